"""Who is where while corrections are replayed: each face's number, and the numbers that others went on as."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from kanta_core.domain.faces import NO_PERSON

Rows = NDArray[np.intp]


class Seats:
    """`numbers` is the person of each face, int32, NO_PERSON for none.

    `placed` is the last correction that put the face where it is, 0 for the grouping. `joined` says which number a
    number went on as, and by which correction.
    """

    def __init__(self, grouped: NDArray[np.int32]) -> None:
        self.numbers = grouped.astype(np.int32, copy=True)
        self.placed = np.zeros(len(grouped), np.int32)
        self.joined: dict[int, tuple[int, int]] = {}

    def now(self, number: int | None) -> int:
        """The number under which a person is by now."""
        assert number is not None
        return self.joined[number][0] if number in self.joined else number

    def place(self, rows: Rows, number: int, correction_id: int) -> None:
        """From now on the faces are where the correction puts them, wherever the grouping would."""
        self.numbers[rows] = number
        self.placed[rows] = correction_id

    def send(self, rows: Rows, numbers: Iterable[int], number: int, correction_id: int) -> bool:
        """Have those of the faces that are in one of `numbers` go to `number`; whether there were any.

        What a later correction said about a face counts more than this one.
        """
        leaving = rows[np.isin(self.numbers[rows], list(numbers)) & (self.placed[rows] <= correction_id)]
        leaving = leaving[self.numbers[leaving] != number]
        self.numbers[leaving] = number
        return len(leaving) > 0

    def go_on(self, number: int, into: int, correction_id: int) -> None:
        """The person of one number goes on as another."""
        if number == into:
            return
        self.numbers[self.numbers == number] = into
        for former, (current, since) in self.joined.items():
            if current == number:
                self.joined[former] = into, since
        self.joined[number] = into, correction_id

    def stand_alone(self, number: int | None) -> None:
        """The number is a person's of its own again."""
        assert number is not None
        self.joined.pop(number, None)

    def shared(self, rows: Rows, others: Rows) -> NDArray[np.int32]:
        """The people who have faces of both."""
        both = np.intersect1d(self.numbers[rows], self.numbers[others])
        return np.asarray(both[both != NO_PERSON], np.int32)

    def holds(self, number: int, rows: Rows) -> bool:
        """Whether the person has any of the faces."""
        return bool((self.numbers[rows] == number).any())


def commonest(numbers: NDArray[np.int32]) -> int:
    """The number that most have, the lowest of equals; NO_PERSON where none has any."""
    numbers = numbers[numbers != NO_PERSON]
    return int(np.bincount(numbers).argmax()) if len(numbers) else NO_PERSON
