"""An event in memory: faces on a line, groupings that come and go, and an organiser who corrects what is seen."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from kanta_core.domain.corrections import MAKES_A_PERSON, Correction, CorrectionKind, Statement
from kanta_core.domain.faces import NO_PERSON
from kanta_core.people.numbers.identity import regroup
from kanta_core.people.numbers.lineage import Lineage
from kanta_core.people.numbers.replay import Replayed, Stated, replay
from kanta_core.people.numbers.seats import Rows

_WHEN = datetime(2026, 5, 1, tzinfo=UTC)
APART = MAKES_A_PERSON | {CorrectionKind.DIFFERENT_PEOPLE}


def face(number: int) -> uuid.UUID:
    return uuid.UUID(int=number)


@dataclass
class Album:
    """`where` is each face's place on the line: sides are chosen by it."""

    where: list[float]
    grouped: dict[uuid.UUID, int] = field(default_factory=dict)
    corrections: list[Correction] = field(default_factory=list)
    lineage: Lineage = field(default_factory=lambda: Lineage({}, {}))
    next_number: int = 1

    def group(self, groups: Sequence[Sequence[int]]) -> None:
        """A new grouping of the faces, by their numbers; faces it does not name are in no person."""
        faces = [face(number) for number in range(len(self.where))]
        previous = {each: self.grouped.get(each, NO_PERSON) for each in faces}
        ordered = sorted(([face(number) for number in group] for group in groups), key=len, reverse=True)
        found = regroup([ordered], faces, previous, next_number=self.next_number)
        self.grouped, self.next_number = found.numbers, found.next_number
        self.lineage = Lineage(
            {**self.lineage.merged_into, **found.merged_into}, {**self.lineage.split_from, **found.split_from}
        )

    @property
    def active(self) -> list[Correction]:
        return [correction for correction in self.corrections if correction.undone_at is None]

    def replayed(self) -> Replayed:
        return replay(
            np.array([self.grouped[each] for each in self.faces], np.int32),
            [
                Stated(each, self._rows(each.statement.face_ids), self._rows(each.statement.other_face_ids))
                for each in self.active
            ],
            lineage=self.lineage,
            nearer=self._nearer,
        )

    @property
    def faces(self) -> list[uuid.UUID]:
        return list(self.grouped)

    @property
    def people(self) -> dict[uuid.UUID, int]:
        return dict(zip(self.faces, self.replayed().numbers.tolist(), strict=True))

    def members(self, number: int) -> list[int]:
        """The faces of a person, by their numbers."""
        return sorted(each.int for each, its in self.people.items() if its == number)

    def shown(self) -> dict[int, list[int]]:
        """Who is in each person."""
        return {number: self.members(number) for number in sorted(set(self.people.values()))}

    def merge(self, number: int, into: int) -> Correction:
        placed = {each for correction in self.active for each in correction.statement.placed}
        first, second = (tuple(each for each in self._of(its) if each not in placed) for its in (number, into))
        return self._keep(
            Statement(
                kind=CorrectionKind.MERGE,
                cluster_id=number,
                other_cluster_id=into,
                face_ids=first,
                other_face_ids=second,
            )
        )

    def split(
        self, number: int, numbers: Sequence[int], kind: CorrectionKind = CorrectionKind.SPLIT
    ) -> Correction:
        leaving = tuple(face(each) for each in numbers)
        staying = tuple(each for each in self._of(number) if each not in leaving)
        self.next_number += 1
        return self._keep(
            Statement(
                kind=kind,
                cluster_id=number,
                other_cluster_id=self.next_number - 1,
                face_ids=leaving,
                other_face_ids=staying,
            )
        )

    def deny(self, number: int, numbers: Sequence[int]) -> Correction:
        return self.split(number, numbers, CorrectionKind.NOT_THIS_PERSON)

    def confirm(self, number: int) -> Correction:
        placed = {face for made in self.active for face in made.statement.placed}
        its = tuple(each for each in self._of(number) if each not in placed)
        return self._keep(Statement(kind=CorrectionKind.ONE_PERSON, cluster_id=number, face_ids=its))

    def differ(self, number: int, other: int) -> Correction:
        return self._keep(
            Statement(
                kind=CorrectionKind.DIFFERENT_PEOPLE,
                cluster_id=number,
                other_cluster_id=other,
                face_ids=self._of(number),
                other_face_ids=self._of(other),
            )
        )

    def move(self, numbers: Sequence[int], into: int) -> Correction:
        return self._keep(
            Statement(
                kind=CorrectionKind.MOVE, other_cluster_id=into, face_ids=tuple(face(each) for each in numbers)
            )
        )

    def never(self, numbers: Sequence[int]) -> Correction:
        return self._keep(
            Statement(kind=CorrectionKind.NEVER_GROUP, face_ids=tuple(face(each) for each in numbers))
        )

    def set_undone(self, correction_id: int, *, undone: bool) -> None:
        its = self.corrections[correction_id - 1]
        self.corrections[correction_id - 1] = replace(its, undone_at=_WHEN if undone else None)

    def without(self, correction: Correction) -> None:
        self.set_undone(correction.id, undone=True)

    def again(self, correction: Correction) -> None:
        self.set_undone(correction.id, undone=False)

    def _keep(self, statement: Statement) -> Correction:
        made = Correction(
            id=len(self.corrections) + 1,
            statement=statement,
            next_cluster_id=self.next_number,
            made_at=_WHEN,
            undone_at=None,
        )
        self.corrections.append(made)
        return made

    def _of(self, number: int) -> tuple[uuid.UUID, ...]:
        return tuple(each for each, its in self.people.items() if its == number)

    def _rows(self, of: Sequence[uuid.UUID]) -> Rows:
        return np.array([self.faces.index(each) for each in of if each in self.grouped], np.intp)

    def _nearer(self, late: Rows, first: Rows, second: Rows) -> NDArray[np.bool_]:
        places = np.array([self.where[each.int] for each in self.faces])

        def distance(side: Rows) -> NDArray[np.float64]:
            return np.asarray(((places[late][:, None] - places[side][None, :]) ** 2).mean(axis=1))

        return np.asarray(distance(first) < distance(second))


def listed_later(album: Album, correction: Correction) -> set[uuid.UUID]:
    """Faces about which something was said after this correction: of those it says nothing any more."""
    return {
        each
        for later in album.active
        if later.id > correction.id
        for each in later.statement.face_ids + later.statement.other_face_ids
    }


def broken(album: Album) -> list[str]:
    """What was stated and does not hold."""
    replayed = album.replayed()
    people = dict(zip(album.faces, replayed.numbers.tolist(), strict=True))

    def now(number: int | None) -> int:
        assert number is not None
        into, by = replayed.joined.get(number, (number, 0))
        # Only a merge makes two people one whatever was stated before; the grouping doesn't.
        return into if by else number

    checks: list[tuple[Correction, Callable[[list[int], list[int]], bool]]] = []
    for correction in album.active:
        statement = correction.statement
        apart = statement.kind in APART and now(statement.cluster_id) != now(statement.other_cluster_id)
        if apart:
            checks.append((correction, lambda ours, others: not (set(ours) & set(others)) - {NO_PERSON}))
        if statement.kind is CorrectionKind.MERGE:
            checks.append((correction, lambda ours, others: len({*ours, *others}) <= 1))
        if statement.kind in {CorrectionKind.SPLIT, CorrectionKind.MOVE, CorrectionKind.ONE_PERSON}:
            checks.append((correction, lambda ours, _: len(set(ours)) <= 1))
        if statement.kind is CorrectionKind.NEVER_GROUP:
            checks.append((correction, lambda ours, _: set(ours) <= {NO_PERSON}))
    found = []
    for correction, holds in checks:
        later = listed_later(album, correction)
        ours, others = (
            [people[each] for each in side if each in people and each not in later]
            for side in (correction.statement.face_ids, correction.statement.other_face_ids)
        )
        if not holds(ours, others):
            found.append(f"{correction.statement}: {ours} {others}")
    return found
