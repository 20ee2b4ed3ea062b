"""Correct: what an organiser states about people takes effect at once, and for every later recluster.

Undone, the people are what they would be without it; the history keeps it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

from kanta_core import telemetry
from kanta_core.database import assignments, audit, corrections, events, people
from kanta_core.database.assignments import Number, Standing
from kanta_core.database.pool import Connection
from kanta_core.domain.audit import Action
from kanta_core.domain.corrections import MAKES_A_PERSON, Correction, CorrectionKind, Statement
from kanta_core.domain.records import Person
from kanta_core.errors import CorrectionNotFound, FaceNotFound, Invalid, PersonNotFound, StalePeople
from kanta_core.pipeline.people.replaying import replay_event
from kanta_core.services import Services

# How many of a person's faces show who it is.
SAMPLES = 5
_OF_TWO = frozenset({CorrectionKind.MERGE, CorrectionKind.DIFFERENT_PEOPLE})
_OF_ITS_FACES = MAKES_A_PERSON | {CorrectionKind.COVER}


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction as it is kept, and the people it changed as they are now."""

    correction: Correction
    people: list[Person]


def correct(services: Services, code: str, asked: Statement, *, seen: Mapping[int, int]) -> Corrected:
    """Keep what was `asked` and act on it.

    `asked` names people and the faces it is about; the rest of the statement is found here. `seen` has the
    revision at which each person was looked at, of those named at least. StalePeople when one of them has changed
    since, or goes on under another number. EventNotFound, PersonNotFound, FaceNotFound; Invalid for what makes no
    sense.
    """
    if asked.name is not None and len(asked.name) > services.settings.max_name_length:
        raise Invalid(f"name: at most {services.settings.max_name_length} characters.")
    with services.database.transaction() as connection:
        event_id, _ = events.hold_code(connection, code)
        standing = assignments.standing(connection, event_id)
        _check_seen(event_id, asked, seen, assignments.numbers(connection, event_id), standing)
        _check_faces(asked, standing)
        statement, following = _completed(connection, event_id, asked, standing)
        correction = corrections.insert(connection, event_id, statement, next_cluster_id=following)
        named = {statement.cluster_id, statement.other_cluster_id, *seen} - {None}
        changed = _replayed(connection, event_id, standing)
        people_named = [statement.cluster_id, statement.other_cluster_id]
        audit.note(
            connection,
            event_id,
            Action.CORRECTION_MADE,
            correction.id,
            kind=statement.kind,
            cluster_ids=[number for number in people_named if number is not None],
        )
        shown = changed | {number for number in named if number is not None}
        corrected = Corrected(correction, _people(connection, event_id, shown))
    telemetry.count_people_changed(len(changed))
    return corrected


def set_undone(services: Services, code: str, correction_id: int, *, undone: bool) -> Corrected:
    """Undo a correction, or redo one; asked for twice it is done once. EventNotFound, CorrectionNotFound."""
    with services.database.transaction() as connection:
        event_id, _ = events.hold_code(connection, code)
        correction = corrections.set_undone(connection, event_id, correction_id, undone=undone)
        if correction is None:
            raise CorrectionNotFound
        action = Action.CORRECTION_UNDONE if undone else Action.CORRECTION_REDONE
        audit.note(connection, event_id, action, correction_id)
        changed = _replayed(connection, event_id, assignments.standing(connection, event_id))
        corrected = Corrected(correction, _people(connection, event_id, changed))
    telemetry.count_people_changed(len(changed))
    return corrected


def _replayed(connection: Connection, event_id: uuid.UUID, standing: Mapping[uuid.UUID, Standing]) -> set[int]:
    return replay_event(connection, event_id, standing, {face: its.grouped_as for face, its in standing.items()})


def _people(connection: Connection, event_id: uuid.UUID, cluster_ids: set[int]) -> list[Person]:
    return people.list_people(connection, event_id, sample_size=SAMPLES, hidden=True, cluster_ids=cluster_ids)


def _check_seen(
    event_id: uuid.UUID,
    asked: Statement,
    seen: Mapping[int, int],
    known: Mapping[int, Number],
    standing: Mapping[uuid.UUID, Standing],
) -> None:
    named = [number for number in (asked.cluster_id, asked.other_cluster_id) if number is not None]
    if len(set(named)) != len(named):
        raise Invalid("cluster_id: a person can't be told from, or made one with, itself.")
    living = {its.cluster_id for its in standing.values()}
    stale = set()
    for number in dict.fromkeys([*named, *seen]):
        current = number if number in living else known[number].goes_on_as if number in known else None
        if current is None or current not in living or number not in known:
            raise PersonNotFound(f"There is no person {number} in the event.")
        if number not in seen:
            raise Invalid(f"revisions: the revision at which person {number} was looked at is missing.")
        if current != number or known[number].revision != seen[number]:
            stale.add(current)
    if stale:
        # All that were looked at: whoever decides anew sees them as they are together.
        raise StalePeople(event_id, stale | {number for number in seen if number in living})


def _check_faces(asked: Statement, standing: Mapping[uuid.UUID, Standing]) -> None:
    for face in asked.face_ids:
        if face not in standing:
            raise FaceNotFound(f"There is no face {face} in the event.")
        if asked.kind in _OF_ITS_FACES and standing[face].cluster_id != asked.cluster_id:
            raise Invalid(f"face_ids: the face {face} is not person {asked.cluster_id}'s.")


def _completed(
    connection: Connection, event_id: uuid.UUID, asked: Statement, standing: Mapping[uuid.UUID, Standing]
) -> tuple[Statement, int]:
    """The statement with every face and number it is about, and the next number that was never used."""

    def faces_of(number: int | None) -> set[uuid.UUID]:
        return {face for face, its in standing.items() if its.cluster_id == number}

    made = 1 if asked.kind in MAKES_A_PERSON else 0
    following = assignments.take_numbers(connection, event_id, made)
    if asked.kind in _OF_TWO:
        first, second = faces_of(asked.cluster_id), faces_of(asked.other_cluster_id)
        if asked.kind is CorrectionKind.MERGE:
            # What was placed by an earlier correction follows its number, and goes back when that one is undone.
            placed = _placed(connection, event_id)
            first, second = first - placed, second - placed
        return replace(asked, face_ids=_sorted(first), other_face_ids=_sorted(second)), following
    if asked.kind is CorrectionKind.ONE_PERSON:
        return replace(
            asked, face_ids=_sorted(faces_of(asked.cluster_id) - _placed(connection, event_id))
        ), following
    if asked.kind in MAKES_A_PERSON:
        others = faces_of(asked.cluster_id) - set(asked.face_ids)
        if not others and asked.kind is CorrectionKind.SPLIT:
            raise Invalid("face_ids: a split leaves at least one face where it is.")
        return replace(asked, other_cluster_id=following - 1, other_face_ids=_sorted(others)), following
    return asked, following


def _placed(connection: Connection, event_id: uuid.UUID) -> set[uuid.UUID]:
    made = corrections.in_order(connection, event_id)
    return {face for correction in made if correction.undone_at is None for face in correction.statement.placed}


def _sorted(faces: set[uuid.UUID]) -> tuple[uuid.UUID, ...]:
    return tuple(sorted(faces))
