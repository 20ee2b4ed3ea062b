"""Search: one face somebody shows → the faces of an event that are near it."""

from __future__ import annotations

from kanta_core.database import events, faces
from kanta_core.database.faces import Metric
from kanta_core.domain.records import Match
from kanta_core.errors import ImageTooLarge, NoFace, SeveralFaces
from kanta_core.services import Services


def find_similar(services: Services, code: str, data: bytes, *, metric: Metric, top_k: int) -> list[Match]:
    """The `top_k` faces of the event nearest to the one face in `data`, nearest first.

    The photo and its embedding are kept nowhere. NoFace and SeveralFaces when it does not show exactly one.
    """
    with services.database.transaction() as connection:
        event_id = events.resolve(connection, code)
    if len(data) > services.settings.max_upload_bytes:
        raise ImageTooLarge
    encoding = services.encode(data)
    shown = encoding.faces
    if not shown:
        raise NoFace
    if len(shown) > 1:
        raise SeveralFaces(f"{len(shown)} faces were found in the photo; show one.")
    with services.database.transaction() as connection:
        return faces.nearest(
            connection, event_id, shown[0].embedding, encoder=encoding.encoder, metric=metric, top_k=top_k
        )
