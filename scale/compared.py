"""What came of holding the model against the local stack, as `python -m scale.compare --write` wrote it."""

from __future__ import annotations

from pathlib import Path

from scale.document import markdown
from scale.service_times import Record

COMPARED = Path(__file__).with_name("compared.json")
COMPARED_HEADS = ("", "ran", "model", "off by")
# Not more than this: what the model is held to.
BOUND = 0.2


class Line(Record):
    """One thing that was measured and foretold."""

    what: str
    ran: float
    model: float

    @property
    def off(self) -> float:
        """The model's share too much, or too little below zero."""
        return self.model / self.ran - 1


class Compared(Record):
    """`load` is how busy the machine was before, `crowded` how much longer the encoder takes on all cores."""

    measured_on: str
    machine: str
    load: float
    kind: str
    photos: int
    crowded: float
    lines: tuple[Line, ...]

    @property
    def off(self) -> float:
        """The farthest that the model was off, either way."""
        return max(abs(line.off) for line in self.lines)

    @property
    def said(self) -> str:
        return (
            f"{self.photos} photos of {self.kind}, {self.machine}, {self.measured_on}, {self.load:.1f} processes "
            f"wanted to run before; on all cores at once the encoder takes {self.crowded:.2f} times as long; "
            f"held to {BOUND:.0%}"
        )

    def rows(self) -> list[tuple[str, str, str, str]]:
        return [(line.what, f"{line.ran:.3g}", f"{line.model:.3g}", f"{line.off:+.0%}") for line in self.lines]

    def table(self) -> str:
        """As Markdown."""
        return f"{markdown(COMPARED_HEADS, self.rows())}\n{self.said}.\n"


def recorded_comparison() -> Compared:
    """What was compared last and is kept with the project."""
    return Compared.model_validate_json(COMPARED.read_text(encoding="utf-8"))
