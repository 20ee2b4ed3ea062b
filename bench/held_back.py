"""Whether new faces join at once whom the next recluster gives them to: a fifth of an event's photos held back."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from bench.events import Event, fitted_on, lfw_event, wedding, yale_event
from bench.tables import show
from kanta_core.domain.faces import NO_PERSON
from kanta_core.people.groups.grouping import group
from kanta_core.people.search.joining import Neighbour, choose

_SHARE = 0.2
# As many as the pipeline looks at.
_NEAREST = 24


def run() -> None:
    events = {}
    if (yale := yale_event()) is not None:
        events["Yale"] = yale
    if (lfw := lfw_event()) is not None:
        held = lfw.only(np.array([not fitted_on(name) for name in lfw.people.tolist()]))
        events |= {"LFW, people that nothing was fitted on": held, "a wedding of them": wedding(held, seed=0)}
    if not events:
        print("photos held back: left out, the data is not at hand")
        return
    show(
        "faces of photos held back, one photo after the other",
        ("", "faces", "as the recluster decides", "joined", "to another than it"),
        [(name, *_joined(event)) for name, event in events.items()],
    )


def _joined(event: Event) -> tuple[int, float, float, float]:
    photos = event.faces.photos
    new = (np.random.default_rng(0).random(int(photos.max()) + 1) < _SHARE)[photos]
    before = group(event.only(~new).faces)
    expected = _carried(before, group(event.faces)[~new], group(event.faces)[new])
    distances = 2.0 - 2.0 * event.vectors[new] @ event.vectors[~new].T
    nearest = np.argsort(distances, axis=1)[:, :_NEAREST]
    by_photo = defaultdict(list)
    for face, photo in enumerate(photos[new].tolist()):
        by_photo[photo].append(face)
    chosen = np.full(int(new.sum()), NO_PERSON)
    for faces in by_photo.values():
        chosen[faces] = choose(
            [[Neighbour(int(before[row]), float(distances[face, row])) for row in nearest[face]] for face in faces]
        )
    joined = chosen != NO_PERSON
    wrong = joined & (chosen != expected)
    return len(chosen), float((chosen == expected).mean()), float(joined.mean()), float(wrong.sum() / joined.sum())


def _carried(before: NDArray[np.intp], after: NDArray[np.intp], new: NDArray[np.intp]) -> NDArray[np.intp]:
    """The old number of each new face's group: that of the old group it took most faces of, each once."""
    numbers: dict[int, int] = {}
    pairs, shared = np.unique(np.column_stack([before, after]), axis=0, return_counts=True)
    for old, now in pairs[np.argsort(-shared, kind="stable")].tolist():
        if now not in numbers and old not in numbers.values():
            numbers[now] = old
    return np.array([numbers.get(now, NO_PERSON) for now in new.tolist()], np.intp)
