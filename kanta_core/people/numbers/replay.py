"""What readers see: the grouping, and over it every correction in the order in which they were made.

A replay is a pure function of both, so that undoing one correction is replaying without it, in any order, and
undoing all gives the grouping back.

A number stands for a person. A statement may place the faces it lists under a number: from then on they no longer
follow the grouping, so that what was stated about them holds whatever the grouping says later. All other faces go
with the number that the grouping gives them, and with what was stated about that number. Faces stated to be two
people are looked at again at the end: where the grouping has brought them together they part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kanta_core.domain.corrections import Correction, CorrectionKind
from kanta_core.domain.faces import NO_PERSON
from kanta_core.people.numbers.lineage import Lineage
from kanta_core.people.numbers.seats import Rows, Seats, commonest

# Of the first rows those that are nearer to the second than to the third; False where that can't be told.
Nearer = Callable[[Rows, Rows, Rows], NDArray[np.bool_]]

# A face sent away can come to where another statement does not want it; after so many rounds it is in no person.
_MOST_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Stated:
    """An active correction; `faces` and `others` are the rows of those of its faces that are there."""

    correction: Correction
    faces: Rows
    others: Rows


@dataclass(frozen=True, slots=True)
class Replayed:
    """`numbers` is the person of each face, int32, NO_PERSON for none.

    `joined` says which number a number went on as, and the merge that made it so, 0 for the grouping.
    """

    numbers: NDArray[np.int32]
    joined: Mapping[int, tuple[int, int]]


def replay(grouped: NDArray[np.int32], stated: Sequence[Stated], *, lineage: Lineage, nearer: Nearer) -> Replayed:
    """The person of each face (row of `grouped`, int32) once every correction in `stated`, in order, is obeyed."""
    its = _Replay(grouped, lineage, nearer)
    for each in stated:
        its.obey(each)
    its.follow_the_grouping()
    its.keep_apart()
    return Replayed(its.seats.numbers, its.followed | its.seats.joined)


class _Replay:
    def __init__(self, grouped: NDArray[np.int32], lineage: Lineage, nearer: Nearer) -> None:
        self.seats = Seats(grouped)
        self.followed: dict[int, tuple[int, int]] = {}
        self._grouped = grouped
        self._living = frozenset(np.unique(grouped).tolist())
        self._lineage = lineage
        self._nearer = nearer
        self._apart: list[Stated] = []

    def obey(self, stated: Stated) -> None:
        number = stated.correction.statement.other_cluster_id
        match stated.correction.statement.kind:
            case CorrectionKind.MERGE:
                self._merge(stated)
            case CorrectionKind.MOVE:
                self.seats.place(stated.faces, self.seats.now(number), stated.correction.id)
            case CorrectionKind.ONE_PERSON:
                self._keep_one(stated)
            case CorrectionKind.NEVER_GROUP:
                self.seats.place(stated.faces, NO_PERSON, stated.correction.id)
            case CorrectionKind.SPLIT:
                self._choose(stated, self._numbers_of(stated), self.seats.now(number))
                self.seats.place(stated.faces, self.seats.now(number), stated.correction.id)
                self._keep_from_now_on(stated)
            case CorrectionKind.NOT_THIS_PERSON:
                self._keep_from_now_on(stated)
            case CorrectionKind.DIFFERENT_PEOPLE:
                self._differ(stated)
            case CorrectionKind.NAME | CorrectionKind.HIDE | CorrectionKind.COVER:
                pass  # of people, not of faces: see traits.py

    def follow_the_grouping(self) -> None:
        """Placed faces whose number the grouping joined to another go along, unless a statement is against it."""
        for number in np.unique(self.seats.numbers).tolist():
            heir = self._lineage.heir(number)
            if number in self._living or heir == number:
                continue
            # Its faces may have left the heir again by now, under a number that is new.
            groups = self._grouped[self.seats.numbers == number]
            groups = groups[np.isin(groups, [heir, *self._lineage.born_out_of(heir)])]
            into = self.seats.now(commonest(groups) if len(groups) else heir)
            if into != number and not self._told_apart(number, into):
                self.seats.numbers[self.seats.numbers == number] = into
                self.followed[number] = into, 0

    def keep_apart(self) -> None:
        """Faces stated to be different people are: who came together later by the grouping alone parts again."""
        for _ in range(_MOST_ROUNDS):
            moved = [self._part(stated) for stated in self._apart]
            if not any(moved):
                return
        for stated in self._apart:
            together = self.seats.shared(stated.faces, stated.others)
            self.seats.send(stated.faces, together, NO_PERSON, stated.correction.id)

    def _merge(self, stated: Stated) -> None:
        statement, by = stated.correction.statement, stated.correction.id
        number, into = self.seats.now(statement.cluster_id), self.seats.now(statement.other_cluster_id)
        for each in (number, *self._born(stated)):
            self.seats.go_on(each, into, by)
        # Where the grouping has its faces elsewhere by now, whoever they are with is this person, too.
        elsewhere = self.seats.now(commonest(self._grouped[stated.faces]))
        gone = statement.cluster_id in self._lineage.merged_into and elsewhere not in (into, NO_PERSON)
        if gone and not self._told_apart(elsewhere, into):
            self.seats.go_on(elsewhere, into, by)
        self.seats.place(stated.faces, into, by)
        self.seats.place(stated.others, into, by)

    def _keep_one(self, stated: Stated) -> None:
        number, by = self.seats.now(stated.correction.statement.cluster_id), stated.correction.id
        for each in self._born(stated):
            self.seats.go_on(each, number, by)
        self.seats.place(stated.faces, number, by)

    def _differ(self, stated: Stated) -> None:
        statement = stated.correction.statement
        if self.seats.now(statement.cluster_id) == self.seats.now(statement.other_cluster_id):
            # Stated after a merge of both: their ways part here.
            self.seats.stand_alone(statement.cluster_id)
        homes = set(self._sides(stated))
        homes |= {commonest(self.seats.numbers[rows]) for rows in (stated.faces, stated.others)}
        together = homes & set(self.seats.shared(stated.faces, stated.others).tolist())
        self._choose(stated, together, self.seats.now(statement.cluster_id))
        self._keep_from_now_on(stated)

    def _choose(self, stated: Stated, numbers: Iterable[int], number: int) -> None:
        """Faces in `numbers` of which nothing was said go to `number` if they are nearer to the first side."""
        free = self.seats.placed == 0
        free[stated.faces] = free[stated.others] = False
        late = np.flatnonzero(np.isin(self.seats.numbers, list(numbers)) & free)
        if len(late) and len(stated.faces) and len(stated.others):
            self.seats.numbers[late[self._nearer(late, stated.faces, stated.others)]] = number

    def _keep_from_now_on(self, stated: Stated) -> None:
        self._apart.append(stated)
        self._part(stated)

    def _part(self, stated: Stated) -> bool:
        """Whether faces of both sides were in one person, and had to leave it."""
        first, second = self._sides(stated)
        if first == second:
            return False  # a later merge says that they are one after all
        faces, others, by = stated.faces, stated.others, stated.correction.id
        moved = False
        if stated.correction.statement.kind is CorrectionKind.NOT_THIS_PERSON:
            # Also when none of that person's own faces is left.
            moved = self.seats.send(faces, self._numbers_of(stated), first, by)
        moved |= self.seats.send(faces, self.seats.shared(faces, others), first, by)
        # Those of the second side leave only where the first is at home.
        return moved | self.seats.send(others, self.seats.shared(faces, others), second, by)

    def _sides(self, stated: Stated) -> tuple[int, int]:
        """The numbers of the two sides of a statement that keeps faces apart."""
        statement = stated.correction.statement
        first, second = statement.cluster_id, statement.other_cluster_id
        if statement.kind is not CorrectionKind.DIFFERENT_PEOPLE:
            first, second = second, first
        return self.seats.now(first), self.seats.now(second)

    def _told_apart(self, number: int, other: int) -> bool:
        holds = self.seats.holds
        return any(
            (holds(number, stated.faces) and holds(other, stated.others))
            or (holds(other, stated.faces) and holds(number, stated.others))
            for stated in self._apart
        )

    def _numbers_of(self, stated: Stated) -> list[int]:
        """Every number that the person it speaks of has by now."""
        number = stated.correction.statement.cluster_id
        assert number is not None
        return [self.seats.now(number), self.seats.now(self._lineage.heir(number)), *self._born(stated)]

    def _born(self, stated: Stated) -> list[int]:
        """Numbers born out of the one it speaks of after it was stated, and what they are now."""
        of, since = stated.correction.statement.cluster_id, stated.correction.next_cluster_id
        assert of is not None
        return [self.seats.now(number) for number in self._lineage.born_out_of(of, since=since)]
