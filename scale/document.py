"""docs/scale.md: its tables are the model's, between marks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

DOCUMENT = Path(__file__).parent.parent / "docs" / "scale.md"
_END = "<!-- end -->"


def with_tables(text: str, tables: Mapping[str, str]) -> str:
    """The text with each table where `<!-- its name -->` is, up to the next end. ValueError: it is not."""
    for name, table in tables.items():
        before, mark, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(_END)
        if not (mark and end):
            raise ValueError(f"{DOCUMENT.name} has no place for the table {name}")
        text = f"{before}{mark}{table}{end}{after}"
    return text
