"""Where numbers of the grouping went and came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Lineage:
    """The number that one without faces went on in, and the one that a number was born out of, under its own."""

    merged_into: Mapping[int, int] = field(default_factory=dict)
    split_from: Mapping[int, int] = field(default_factory=dict)

    def heir(self, number: int) -> int:
        """Where the number is now; itself where it goes on."""
        while number in self.merged_into:
            number = self.merged_into[number]
        return number

    def born_out_of(self, number: int, *, since: int = 0) -> list[int]:
        """The numbers, from `since` on, that were born out of this one or out of one of them, in order."""
        born = {number}
        # Numbers rise with time: a parent comes before its children.
        for child, parent in sorted(self.split_from.items()):
            if child >= since and parent in born:
                born.add(child)
        return sorted(born - {number})
