"""docs/scale.md: its tables are the model's, between marks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

DOCUMENT = Path(__file__).parent.parent / "docs" / "scale.md"
_END = "<!-- end -->"


def with_tables(text: str, tables: Mapping[str, str]) -> str:
    """The text with each table where `<!-- its name -->` is, up to the next end. ValueError: it is not."""
    for name, table in tables.items():
        before, _, after = _parts(text, name)
        text = f"{before}{table}{after}"
    return text


def table_of(text: str, name: str) -> str:
    """The table that stands between its marks. ValueError: none does."""
    return _parts(text, name)[1]


def write_tables(tables: Mapping[str, str]) -> None:
    """Into the document."""
    DOCUMENT.write_text(with_tables(DOCUMENT.read_text(encoding="utf-8"), tables), encoding="utf-8")


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _parts(text: str, name: str) -> tuple[str, str, str]:
    """What stands before a table, the table, and what stands after it, with their marks."""
    before, mark, rest = text.partition(f"<!-- {name} -->\n")
    table, end, after = rest.partition(_END)
    if not (mark and end):
        raise ValueError(f"{DOCUMENT.name} has no place for the table {name}")
    return before + mark, table, end + after
