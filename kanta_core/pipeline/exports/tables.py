"""The faces of an export as a table: where each is, how well it is seen, and whose it is. No embedding leaves."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kanta_core.database import exported, people
from kanta_core.database.exported import FaceRow
from kanta_core.pipeline.exports.writing import Writing

# Photos at a time.
_PAGE = 200
COLUMNS = (
    *("face_id", "image_uuid", "photo", "taken_at", "created_at", "cluster_id", "person", "hidden"),
    *("x", "y", "width", "height", "score", "quality"),
)
# What a spreadsheet would take for a formula: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(writing: Writing) -> Iterator[None]:
    """Write a row for each face, under the names of the columns; pauses after each page of photos.

    UTF-8 with a byte order mark, without which Excel reads names wrongly. `photo` and `person` are what others
    wrote; text that a spreadsheet would calculate begins with an apostrophe.
    """
    if not writing.progress.position:
        writing.write(b"\xef\xbb\xbf" + _line(COLUMNS))
    for rows in _pages(writing):
        writing.write(b"".join(_line([_harmless(value) for value in _values(row).values()]) for row in rows))
        yield


def write_json(writing: Writing) -> Iterator[None]:
    """Write the event's code, its people and its faces as one object; pauses after each page of photos."""
    progress, export = writing.progress, writing.export
    if not progress.position:
        with writing.services.database.transaction() as connection:
            found = exported.people(connection, export.event_id, cluster_id=_person(writing))
        head = {"event_code": export.event_code, "people": [person._asdict() for person in found]}
        writing.write(f'{json.dumps(head, ensure_ascii=False)[:-1]}, "faces": ['.encode())
    for rows in _pages(writing):
        for row in rows:
            comma = ",\n" if progress.entries else "\n"
            writing.write(f"{comma}{json.dumps(_values(row), ensure_ascii=False)}".encode())
            progress.entries += 1
        yield
    writing.write(b"\n]}\n")


def _pages(writing: Writing) -> Iterator[list[FaceRow]]:
    """The faces of the photos that are not written yet, some photos at a time."""
    progress, export = writing.progress, writing.export
    while True:
        number = _person(writing)
        with writing.services.database.transaction() as connection:
            page = exported.faces(connection, export.event_id, progress.after, cluster_id=number, limit=_PAGE)
        if not page:
            return
        last = page[-1]
        progress.after = (last.created_at.isoformat(), str(last.image_uuid))
        shown = [row for row in page if row.face_id is not None]
        progress.photos += len({row.image_uuid for row in shown})
        yield shown


def _person(writing: Writing) -> int | None:
    """The number under which the person is now."""
    export = writing.export
    if export.cluster_id is None:
        return None
    with writing.services.database.transaction() as connection:
        return people.resolve(connection, export.event_id, [export.cluster_id])[0]


def _values(row: FaceRow) -> dict[str, Any]:
    """What is told of a face, by column. Times are RFC 3339; a camera's clock has no zone."""
    known = row._asdict()
    return {column: _plain(known[column]) for column in COLUMNS}


def _plain(value: Any) -> Any:  # noqa: ANN401 - of a row
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def _harmless(value: Any) -> Any:  # noqa: ANN401 - of a row
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _line(values: Any) -> bytes:  # noqa: ANN401 - what csv writes
    text = io.StringIO()
    csv.writer(text).writerow(values)
    return text.getvalue().encode()
