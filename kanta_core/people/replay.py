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
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kanta_core.domain.corrections import Correction, CorrectionKind
from kanta_core.domain.faces import NO_PERSON

Rows = NDArray[np.intp]
# Of the first rows those that are nearer to the second than to the third; False where that can't be told.
Nearer = Callable[[Rows, Rows, Rows], NDArray[np.bool_]]

# A face sent away can come to where another statement does not want it; after so many rounds it is in no person.
_MOST_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where numbers of the grouping went and came from, each under its own number."""

    merged_into: Mapping[int, int] = field(default_factory=dict)
    split_from: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stated:
    """An active correction; `faces` and `others` are the rows of those of its faces that are there."""

    correction: Correction
    faces: Rows
    others: Rows


@dataclass(frozen=True, slots=True)
class Replayed:
    """`numbers` is the person of each face, int32, NO_PERSON for none.

    `joined` says which number a number went on as by a merge, and the correction that made it so.
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
    return Replayed(its.numbers, its.joined)


class _Replay:
    def __init__(self, grouped: NDArray[np.int32], lineage: Lineage, nearer: Nearer) -> None:
        self.numbers = grouped.astype(np.int32, copy=True)
        self.placed = np.zeros(len(grouped), np.int32)
        self.joined: dict[int, tuple[int, int]] = {}
        self._grouped = grouped
        self._living = frozenset(np.unique(grouped).tolist())
        self._lineage = lineage
        self._nearer = nearer
        self._apart: list[Stated] = []

    def obey(self, stated: Stated) -> None:
        match stated.correction.statement.kind:
            case CorrectionKind.MERGE:
                self._merge(stated)
            case CorrectionKind.MOVE:
                self._place(stated.faces, self._now(stated.correction.statement.other_cluster_id), stated)
            case CorrectionKind.NEVER_GROUP:
                self._place(stated.faces, NO_PERSON, stated)
            case CorrectionKind.SPLIT:
                self._split(stated)
            case CorrectionKind.NOT_THIS_PERSON:
                self._keep_from_now_on(stated)
            case CorrectionKind.DIFFERENT_PEOPLE:
                self._differ(stated)
            case CorrectionKind.NAME | CorrectionKind.HIDE | CorrectionKind.COVER:
                pass  # of people, not of faces: see traits.py

    def follow_the_grouping(self) -> None:
        """Placed faces whose number the grouping joined to another go along, unless a statement is against it."""
        for number in np.unique(self.numbers).tolist():
            heir = last_of(number, self._lineage.merged_into)
            if number not in self._living and heir != number:
                self._join(number, self._now(heir))

    def keep_apart(self) -> None:
        """Faces stated to be different people are: who came together later by the grouping alone parts again."""
        for _ in range(_MOST_ROUNDS):
            moved = [self._part(stated) for stated in self._apart]
            if not any(moved):
                return
        for stated in self._apart:
            together = self._shared(stated)
            late = np.isin(self.numbers, together) & (self.placed <= stated.correction.id)
            self.numbers[stated.faces[late[stated.faces]]] = NO_PERSON

    def _place(self, rows: Rows, number: int, stated: Stated) -> None:
        self.numbers[rows] = number
        self.placed[rows] = stated.correction.id

    def _merge(self, stated: Stated) -> None:
        spoken_of = stated.correction.statement.cluster_id
        number, into = self._now(spoken_of), self._now(stated.correction.statement.other_cluster_id)
        for each in (number, *self._born(stated)):
            self._go_on(each, into, stated.correction.id)
        if number not in self._living and len(stated.faces):
            # The grouping has its faces elsewhere by now: whoever they are with is this person, too.
            groups = self._grouped[stated.faces]
            if len(groups := groups[groups != NO_PERSON]):
                found = self._now(int(np.bincount(groups).argmax()))
                if found != into and not self._told_apart(found, into):
                    self._go_on(found, into, stated.correction.id)
        self._place(stated.faces, into, stated)
        self._place(stated.others, into, stated)

    def _split(self, stated: Stated) -> None:
        number = self._now(stated.correction.statement.other_cluster_id)
        self._choose(stated, self._all_of(stated), number)
        self._place(stated.faces, number, stated)
        self._keep_from_now_on(stated)

    def _differ(self, stated: Stated) -> None:
        statement = stated.correction.statement
        if self._now(statement.cluster_id) == self._now(statement.other_cluster_id):
            # Stated after a merge of both: their ways part here.
            self._stand_alone(statement.cluster_id)
        homes = {self._now(statement.cluster_id), self._now(statement.other_cluster_id)}
        homes |= {_commonest(self.numbers[rows]) for rows in (stated.faces, stated.others)}
        together = homes & set(self._shared(stated).tolist())
        self._choose(stated, together, self._now(statement.cluster_id))
        self._keep_from_now_on(stated)

    def _choose(self, stated: Stated, numbers: Iterable[int], number: int) -> None:
        """Faces that came later go with the side they are nearer to."""
        listed = np.zeros(len(self.numbers), bool)
        listed[stated.faces] = listed[stated.others] = True
        late = np.flatnonzero(np.isin(self.numbers, list(numbers)) & (self.placed == 0) & ~listed)
        if len(late) and len(stated.faces) and len(stated.others):
            self.numbers[late[self._nearer(late, stated.faces, stated.others)]] = number

    def _keep_from_now_on(self, stated: Stated) -> None:
        self._apart.append(stated)
        self._part(stated)

    def _evict(self, stated: Stated) -> bool:
        """Faces that are not a person leave it, also when none of its own faces is left."""
        if stated.correction.statement.kind is not CorrectionKind.NOT_THIS_PERSON:
            return False
        return self._send(stated.faces, self._all_of(stated), self._sides(stated)[0], stated)

    def _part(self, stated: Stated) -> bool:
        """Whether faces of both sides were in one person, and had to leave it."""
        first, second = self._sides(stated)
        if first == second:
            return False  # a later merge says that they are one after all
        moved = self._evict(stated)
        moved |= self._send(stated.faces, self._shared(stated), first, stated)
        return moved | self._send(stated.others, self._shared(stated), second, stated)

    def _send(self, rows: Rows, numbers: Iterable[int], number: int, stated: Stated) -> bool:
        # What was stated about a face later counts more.
        leaving = rows[np.isin(self.numbers[rows], list(numbers)) & (self.placed[rows] <= stated.correction.id)]
        leaving = leaving[self.numbers[leaving] != number]
        self.numbers[leaving] = number
        return len(leaving) > 0

    def _shared(self, stated: Stated) -> NDArray[np.int32]:
        both = np.intersect1d(self.numbers[stated.faces], self.numbers[stated.others])
        return np.asarray(both[both != NO_PERSON], np.int32)

    def _sides(self, stated: Stated) -> tuple[int, int]:
        """The numbers of the two sides of a statement that keeps faces apart."""
        statement = stated.correction.statement
        first, second = statement.cluster_id, statement.other_cluster_id
        if statement.kind is not CorrectionKind.DIFFERENT_PEOPLE:
            first, second = second, first
        return self._now(first), self._now(second)

    def _join(self, number: int, other: int) -> None:
        if number != other and not self._told_apart(number, other):
            self.numbers[self.numbers == number] = other

    def _told_apart(self, number: int, other: int) -> bool:
        def holds(rows: Rows, which: int) -> bool:
            return bool((self.numbers[rows] == which).any())

        return any(
            (holds(stated.faces, number) and holds(stated.others, other))
            or (holds(stated.faces, other) and holds(stated.others, number))
            for stated in self._apart
        )

    def _born(self, stated: Stated) -> list[int]:
        """Numbers born out of the one it speaks of after it was stated, and what they are now."""
        of, since = stated.correction.statement.cluster_id, stated.correction.next_cluster_id
        assert of is not None
        born = {of}
        # Numbers rise with time, so that a parent comes before its children.
        for number, parent in sorted(self._lineage.split_from.items()):
            if number >= since and parent in born:
                born.add(number)
        return sorted({self._now(number) for number in born - {of}})

    def _all_of(self, stated: Stated) -> list[int]:
        """Every number that the person it speaks of has by now."""
        number = stated.correction.statement.cluster_id
        assert number is not None
        heir = last_of(number, self._lineage.merged_into)
        return [self._now(number), self._now(heir), *self._born(stated)]

    def _now(self, number: int | None) -> int:
        assert number is not None
        return self.joined[number][0] if number in self.joined else number

    def _go_on(self, number: int, into: int, correction_id: int) -> None:
        if number == into:
            return
        self.numbers[self.numbers == number] = into
        for former, (current, since) in self.joined.items():
            if current == number:
                self.joined[former] = into, since
        self.joined[number] = into, correction_id

    def _stand_alone(self, number: int | None) -> None:
        assert number is not None
        self.joined.pop(number, None)


def last_of(number: int, merged_into: Mapping[int, int]) -> int:
    """Where a number of the grouping is now."""
    while number in merged_into:
        number = merged_into[number]
    return number


def _commonest(numbers: NDArray[np.int32]) -> int:
    numbers = numbers[numbers != NO_PERSON]
    return int(np.bincount(numbers).argmax()) if len(numbers) else NO_PERSON
