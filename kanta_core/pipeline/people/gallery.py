"""The faces of an event around one that is shown: found in memory where they are held, else by the database."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from kanta_core.database import gallery as vectors
from kanta_core.database import matches
from kanta_core.database.matches import Metric, Near
from kanta_core.database.pool import Connection
from kanta_core.errors import EventNotFound
from kanta_core.services import Services

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from kanta_core.people.search.gallery import Gallery

# The database searches so many in a few milliseconds, and no memory is worth more.
_WORTH_HOLDING = 10_000
# A gallery is used until so many faces came that are not in it, or it is that old: deleted ones leave it then.
_MOST_CHANGED = 2_000
_LASTS = timedelta(minutes=10)
# How many times more faces are named to the database where hidden ones were among them.
_MORE = 4

# Gives the so many nearest faces, nearest first.
Nearest = Callable[[int], list[Near]]


def look_around(
    services: Services,
    connection: Connection,
    event_id: uuid.UUID,
    shown: NDArray[np.float32],
    *,
    encoder: str,
    metric: Metric,
) -> Nearest:
    """What gives the faces around `shown`, an embedding of this encoder. None is missed.

    EventNotFound when the event is gone. Distances and people are always the database's, of one moment: memory
    only tells which faces to ask it for, besides those that came since they were read into it.
    """
    matches.at_one_moment(connection)
    state = vectors.state(connection, event_id)
    if state is None:
        raise EventNotFound
    revision, now = state
    key = (event_id, encoder)
    gallery = services.galleries.at(key)
    came: list[uuid.UUID] | None = []
    if gallery is not None and gallery.revision != revision:
        came = vectors.changed(connection, event_id, encoder, gallery.since, most=_MOST_CHANGED)
    if gallery is None or came is None or (gallery.revision != revision and now - gallery.since > _LASTS):
        services.galleries.ask_for(key, revision, lambda room: _read(services, event_id, encoder, room))
    if gallery is None or came is None:

        def from_database(most: int) -> list[Near]:
            return matches.nearest(connection, event_id, shown, encoder=encoder, metric=metric, most=most)

        return from_database
    around = gallery.around(shown, metric)

    def from_memory(most: int) -> list[Near]:
        wanted = most
        while True:
            held = around.nearest(wanted)
            among = {*held, *came}
            found = matches.nearest(
                connection, event_id, shown, encoder=encoder, metric=metric, most=len(among), among=list(among)
            )
            # Those that are hidden or gone made room for others, farther away, which are to be named as well.
            if wanted - (len(among) - len(found)) >= most or len(held) == len(around):
                return found[:most]
            wanted *= _MORE

    return from_memory


def _read(
    services: Services, event_id: uuid.UUID, encoder: str, make_room: Callable[[int], bool]
) -> Gallery | None:
    from kanta_core.people.search.gallery import FACE_BYTES, Gallery  # noqa: PLC0415 - numpy is for those who search

    with services.database.transaction() as connection:
        since = vectors.horizon(connection)
    with services.database.transaction() as connection:
        matches.at_one_moment(connection)
        state = vectors.state(connection, event_id)
        many = vectors.count(connection, event_id, encoder)
        if state is None or many < _WORTH_HOLDING or not make_room(many * FACE_BYTES):
            return None
        return Gallery(state[0], since, *vectors.read(connection, event_id, encoder, many))
