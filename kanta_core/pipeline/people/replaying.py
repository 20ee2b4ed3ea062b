"""Replaying: an event's people become what its grouping and its corrections make them.

Both a recluster and a correction end here, holding the event; only what changes is written.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kanta_core.database import assignments, corrections, neighbours, notices
from kanta_core.database.assignments import Number, Standing
from kanta_core.database.pool import Connection
from kanta_core.domain.corrections import MAKES_A_PERSON, Correction
from kanta_core.domain.faces import NO_PERSON
from kanta_core.people.numbers.lineage import Lineage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from kanta_core.people.numbers.replay import Stated
    from kanta_core.people.numbers.seats import Rows
    from kanta_core.people.numbers.traits import Traits


def replay_event(
    connection: Connection,
    event_id: uuid.UUID,
    before: Mapping[uuid.UUID, Standing],
    grouped: Mapping[uuid.UUID, int],
) -> set[int]:
    """Write the people that follow; the numbers of those that changed in any way that readers see.

    `before` has every face of the event as it is, `grouped` the number the grouping has for each of them.
    """
    # numpy is for those who change people.
    import numpy as np  # noqa: PLC0415

    from kanta_core.people.numbers.replay import replay  # noqa: PLC0415
    from kanta_core.people.numbers.traits import goes_on_as, traits_of  # noqa: PLC0415

    made = corrections.in_order(connection, event_id)
    active = [correction for correction in made if correction.undone_at is None]
    known = assignments.numbers(connection, event_id)
    lineage = Lineage(
        merged_into={number: its.merged_into for number, its in known.items() if its.merged_into is not None},
        split_from={number: its.split_from for number, its in known.items() if its.split_from is not None},
    )
    faces = list(before)
    replayed = replay(
        np.array([grouped[face] for face in faces], np.int32),
        _by_rows(active, faces),
        lineage=lineage,
        nearer=_Sides(connection, event_id, faces),
    )
    person_of = dict(zip(faces, replayed.numbers.tolist(), strict=True))
    moves = {
        face: standing
        for face, number in person_of.items()
        if (standing := Standing(grouped[face], number)) != before[face]
    }
    assignments.assign(connection, event_id, moves)

    living = frozenset(person_of.values()) - {NO_PERSON}
    goes_on = goes_on_as(
        known.keys() | living,
        living,
        joined=replayed.joined,
        lineage=lineage,
        made_out_of=_made_out_of(made),
    )
    traits = traits_of(active, person_of, goes_on=goes_on, joined=replayed.joined)
    was = {number: known.get(number, Number(number)) for number in known.keys() | living}
    changed = [
        now
        for number, its in was.items()
        if (now := _described(its, traits.get(number), goes_on_as=goes_on.get(number))) != its
    ]
    assignments.describe(connection, event_id, changed)
    notices.tell_people(connection, event_id)
    moved = {number for face, now in moves.items() for number in (before[face].cluster_id, now.cluster_id)}
    return (moved | {number.cluster_id for number in changed}) & living


def _described(was: Number, its: Traits | None, *, goes_on_as: int | None) -> Number:
    return was._replace(
        name=its.name if its else None,
        hidden=its.hidden if its else False,
        cover_face_id=its.cover if its else None,
        goes_on_as=None if goes_on_as == was.cluster_id else goes_on_as,
    )


def _made_out_of(made: Sequence[Correction]) -> dict[int, int]:
    """Whom the number of a person that a correction made stands for once that is undone."""
    statements = [correction.statement for correction in made]
    return {
        statement.other_cluster_id: statement.cluster_id
        for statement in statements
        if statement.kind in MAKES_A_PERSON
        and statement.other_cluster_id is not None
        and statement.cluster_id is not None
    }


def _by_rows(active: Sequence[Correction], faces: Sequence[uuid.UUID]) -> list[Stated]:
    """The corrections with their faces as rows; faces that are gone are left out."""
    import numpy as np  # noqa: PLC0415

    from kanta_core.people.numbers.replay import Stated  # noqa: PLC0415

    row_of = {face: row for row, face in enumerate(faces)}

    def rows(of: Sequence[uuid.UUID]) -> NDArray[np.intp]:
        return np.array([row_of[face] for face in of if face in row_of], np.intp)

    return [
        Stated(correction, rows(correction.statement.face_ids), rows(correction.statement.other_face_ids))
        for correction in active
    ]


class _Sides:
    """Reads the embeddings of faces that are to choose a side, and only those."""

    def __init__(self, connection: Connection, event_id: uuid.UUID, faces: Sequence[uuid.UUID]) -> None:
        self._connection, self._event_id, self._faces = connection, event_id, faces

    def __call__(self, late: Rows, first: Rows, second: Rows) -> NDArray[np.bool_]:
        """Which of the late faces are nearer to the first side; only embeddings of one encoder are compared."""
        import numpy as np  # noqa: PLC0415

        from kanta_core.people.numbers.sides import nearer_to_first  # noqa: PLC0415

        rows = np.concatenate([late, first, second])
        encoders, vectors = neighbours.embeddings_of(
            self._connection, self._event_id, [self._faces[row] for row in rows.tolist()]
        )
        side = np.repeat([0, 1, 2], [len(late), len(first), len(second)])
        nearer = np.zeros(len(rows), bool)
        for encoder in set(encoders):
            its = np.array([other == encoder for other in encoders])
            sides = [vectors[its & (side == which)] for which in range(3)]
            if all(map(len, sides)):
                nearer[its & (side == 0)] = nearer_to_first(*sides)
        return nearer[: len(late)]
