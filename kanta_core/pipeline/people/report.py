"""Report: how well an event's people are known, and what its organiser should look at first.

Doubts are worked out when they are asked for, from the people as readers see them: 0.4 s for 7,000 faces.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kanta_core.database import assignments, corrections, events, neighbours, people, reclusters, reports
from kanta_core.database.assignments import Number
from kanta_core.database.pool import Connection
from kanta_core.database.reports import PeopleCounts
from kanta_core.domain.corrections import Correction, CorrectionKind
from kanta_core.domain.faces import NO_PERSON
from kanta_core.domain.records import Event, Person
from kanta_core.errors import EventNotFound
from kanta_core.services import Services

if TYPE_CHECKING:
    from kanta_core.people.doubts import Doubt

# How many of a person's faces show who it is.
_SAMPLES = 5
# More are no list that anybody works through.
_MOST = 1_000
# A doubt that is right this often makes its people doubtful.
_DOUBTFUL = 0.25
# Statements that two people are not one.
_APART = frozenset({CorrectionKind.SPLIT, CorrectionKind.NOT_THIS_PERSON, CorrectionKind.DIFFERENT_PEOPLE})
# Statements that faces are one person's.
_TOGETHER = frozenset({CorrectionKind.MERGE, CorrectionKind.MOVE, CorrectionKind.ONE_PERSON})


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A doubt with the people it is about; `face_ids` are those of the side that may be another person.

    `cohesion` says how alike each one's faces are, 0..1.
    """

    kind: str
    people: tuple[Person, ...]
    face_ids: tuple[uuid.UUID, ...]
    probability: float
    cohesion: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The event in numbers: `left_out` are faces in no person by reason, `doubtful` people with a likely doubt."""

    event: Event
    photos: Mapping[str, int]
    people: PeopleCounts
    doubtful: int
    left_out: Mapping[str, int]


def find_doubts(services: Services, code: str, *, most: int) -> list[Doubtful]:
    """The doubts whose answers mend most, first. What an organiser has answered is not asked again."""
    with services.database.transaction() as connection:
        event_id = events.resolve(connection, code)
    open_ones, ids, cohesion = _open_doubts(services, event_id)
    open_ones = open_ones[:most]
    with services.database.transaction() as connection:
        numbers = {number for doubt in open_ones for number in doubt.numbers}
        listed = people.list_people(connection, event_id, sample_size=_SAMPLES, hidden=False, cluster_ids=numbers)
    person_of = {person.cluster_id: person for person in listed}
    return [
        Doubtful(
            kind=doubt.kind,
            people=tuple(person_of[number] for number in doubt.numbers),
            face_ids=tuple(ids[row] for row in doubt.rows),
            probability=doubt.probability,
            cohesion=tuple(cohesion[number] for number in doubt.numbers),
        )
        for doubt in open_ones
        # Somebody may have changed the people meanwhile.
        if person_of.keys() >= set(doubt.numbers)
    ]


def cohesion_of(connection: Connection, event_id: uuid.UUID, cluster_id: int) -> float:
    """How alike the faces of a person who is there are, 0..1."""
    import numpy as np  # noqa: PLC0415 - for those who compare

    from kanta_core.people.doubts import cohesion  # noqa: PLC0415

    embeddings = neighbours.embeddings_of_person(connection, event_id, cluster_id)
    return cohesion(embeddings, np.full(len(embeddings), cluster_id))[cluster_id]


def report(services: Services, code: str) -> Report:
    """What there is to know of the event in numbers."""
    from kanta_core.people.groups.poor import POOR  # noqa: PLC0415 - with numpy

    with services.database.transaction() as connection:
        event_id = events.resolve(connection, code)
    open_ones, _, _ = _open_doubts(services, event_id)
    doubtful = {
        number for doubt in open_ones[:_MOST] if doubt.probability >= _DOUBTFUL for number in doubt.numbers
    }
    with services.database.transaction() as connection:
        event = events.get(connection, event_id)
        if event is None:
            raise EventNotFound
        return Report(
            event=event,
            photos=reports.photos(connection, event.id),
            people=reports.people(connection, event.id),
            doubtful=len(doubtful),
            left_out=reports.left_out(connection, event.id, poor=POOR),
        )


def _open_doubts(
    services: Services, event_id: uuid.UUID
) -> tuple[list[Doubt], tuple[uuid.UUID, ...], dict[int, float]]:
    """What is to be asked, the faces whose rows the doubts speak of, and how alike each person's faces are."""
    with services.database.transaction() as connection:
        read = reclusters.embeddings(connection, event_id)
        standing = assignments.standing(connection, event_id)
        made = corrections.in_order(connection, event_id)
        known = assignments.numbers(connection, event_id)
    found, cohesion = _doubts(read, {face: its.cluster_id for face, its in standing.items()})
    hidden = {number for number, its in known.items() if its.hidden}
    unanswered = _unanswered(found, read.ids, made, known)
    return [doubt for doubt in unanswered if hidden.isdisjoint(doubt.numbers)], read.ids, cohesion


def _doubts(
    read: reclusters.Embeddings, person_of: Mapping[uuid.UUID, int]
) -> tuple[list[Doubt], dict[int, float]]:
    """The doubts about each encoder's faces, whose embeddings alone can be compared; and how alike they are."""
    import numpy as np  # noqa: PLC0415 - for those who look for doubts

    from kanta_core.people.doubts import Doubt, cohesion, doubts  # noqa: PLC0415
    from kanta_core.people.groups.grouping import Faces  # noqa: PLC0415

    found: list[Doubt] = []
    alike: dict[int, float] = {}
    numbers = np.array([person_of.get(face, NO_PERSON) for face in read.ids], np.intp)
    for its in read.by_encoder():
        faces = Faces(read.vectors[its], read.qualities[its], photos=read.photos[its])
        alike |= cohesion(faces.embeddings, numbers[its])
        found += [
            Doubt(doubt.kind, doubt.numbers, tuple(its[list(doubt.rows)].tolist()), doubt.probability)
            for doubt in doubts(faces, numbers[its], most=_MOST)
        ]
    return found, alike


def _unanswered(
    found: Iterable[Doubt], ids: Sequence[uuid.UUID], made: Iterable[Correction], known: Mapping[int, Number]
) -> Iterator[Doubt]:
    """Those that no active correction has answered, by telling people apart or by bringing faces together."""
    apart = set[frozenset[int | None]]()
    together = set[uuid.UUID]()
    for correction in made:
        statement = correction.statement
        if correction.undone_at is None and statement.kind in _APART:
            apart.add(frozenset((_now(statement.cluster_id, known), _now(statement.other_cluster_id, known))))
        elif correction.undone_at is None and statement.kind in _TOGETHER:
            together.update(statement.face_ids, statement.other_face_ids)
    for doubt in found:
        brought = sum(ids[row] in together for row in doubt.rows)
        if frozenset(doubt.numbers) not in apart and not 2 * brought > len(doubt.rows):
            yield doubt


def _now(number: int | None, known: Mapping[int, Number]) -> int | None:
    its = known.get(number) if number is not None else None
    return number if its is None or its.goes_on_as is None else its.goes_on_as
