"""How well groups of faces match the people they show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scores:
    """Pairwise precision and recall, and BCubed F (Amigó et al. 2009, doi:10.1007/s10791-008-9066-8), all 0..1."""

    precision: float
    recall: float
    bcubed: float
    groups: int


def scores(groups: Sequence[Hashable], people: Sequence[Hashable]) -> Scores:
    """Compare what was grouped with who it is, face by face."""
    count = len(people)
    both = Counter(zip(groups, people, strict=True))
    found, true = Counter(groups), Counter(people)
    shared = sum(_pairs(n) for n in both.values())
    precision = sum(n * n / found[group] for (group, _), n in both.items()) / count
    recall = sum(n * n / true[person] for (_, person), n in both.items()) / count
    return Scores(
        precision=shared / max(sum(_pairs(n) for n in found.values()), 1),
        recall=shared / max(sum(_pairs(n) for n in true.values()), 1),
        bcubed=2 * precision * recall / (precision + recall),
        groups=len(found),
    )


def _pairs(count: int) -> int:
    return count * (count - 1) // 2
