"""An event's faces in memory, to find those near one that somebody shows: one product of a matrix and a vector."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kanta_core.domain.faces import EMBEDDING_SIZE

# A float32 sum of 128 products is off by at most 128/2^24 of the lengths' product. So may be the database's, by
# which the answer is ordered, the other way, and both for either of two faces that are compared.
_ROUNDING = 4 * EMBEDDING_SIZE / 2**24
# What a face takes.
FACE_BYTES = 16 + 4 * EMBEDDING_SIZE + 4


@dataclass(frozen=True, slots=True)
class Gallery:
    """All faces of an event by one encoder, as of one revision of them; faces may have come `since`.

    Row k of `ids` (uint8, (n, 16)) names the face of row k of `vectors` (float32, (n, 128), of any length but 0).
    """

    revision: int
    since: datetime
    ids: NDArray[np.uint8]
    vectors: NDArray[np.float32]
    squares: NDArray[np.float32] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "squares", np.einsum("ij,ij->i", self.vectors, self.vectors))

    @property
    def size(self) -> int:
        """How much memory it takes, in bytes."""
        return self.ids.nbytes + self.vectors.nbytes + self.squares.nbytes

    def around(self, shown: NDArray[np.float32], metric: Literal["cosine", "l2"]) -> Around:
        """Its faces by how near they are to `shown` (float32, (128,))."""
        products = self.vectors @ shown
        if metric == "cosine":
            order = np.asarray(-products / np.sqrt(self.squares), np.float32)
            return Around(self.ids, order, _ROUNDING * float(np.linalg.norm(shown)))
        longest = float(self.squares.max(initial=0.0)) + float(shown @ shown)
        return Around(self.ids, np.asarray(self.squares - 2.0 * products, np.float32), _ROUNDING * longest)


@dataclass(frozen=True, slots=True)
class Around:
    """Faces around one that is shown: `order` rises with the distance, where two differ by more than `slack`."""

    ids: NDArray[np.uint8]
    order: NDArray[np.float32]
    slack: float

    def __len__(self) -> int:
        return len(self.order)

    def nearest(self, most: int) -> list[uuid.UUID]:
        """The `most` nearest faces, in no order, and those that may be as near as the last of them."""
        if most < len(self.order):
            bound = np.partition(self.order, most - 1)[most - 1] + self.slack
            rows = np.flatnonzero(self.order <= bound)
        else:
            rows = np.arange(len(self.order))
        return [uuid.UUID(bytes=face.tobytes()) for face in self.ids[rows]]
