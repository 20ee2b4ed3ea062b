"""What an event holds once its people are current: read through the API, shown as a table, kept as JSON."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from kanta_client import KantaClient
from rich.console import Console
from rich.table import Table
from rich.text import Text
from terminal import printable

NO_PERSON: Final = -1
_PAGE: Final = 200
_MOST_SHOWN: Final = 25
_FILES_SHOWN: Final = 4


@dataclass(frozen=True)
class Person:
    """One human inside the event; `files` names the first few of the `photos` the person is in."""

    cluster_id: int
    photos: int
    faces: int
    files: tuple[str, ...]


@dataclass(frozen=True)
class Findings:
    """`people` counts all; `found` describes the biggest, with those in no person last (cluster −1)."""

    people: int
    photos: int
    faces: int
    photos_by_state: dict[str, int]
    found: tuple[Person, ...]
    unfinished: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "people": self.people,
            "photos": self.photos,
            "faces": self.faces,
            "photos_by_state": self.photos_by_state,
            "found": [
                {
                    "cluster_id": person.cluster_id,
                    "photos": person.photos,
                    "faces": person.faces,
                    "files": list(person.files),
                }
                for person in self.found
            ],
        }


async def read_findings(api: KantaClient, event_code: str) -> Findings:
    """The people and photos of the event; `unfinished` names each photo that is no good, and why."""
    states: Counter[str] = Counter()
    faces = 0
    unfinished: list[str] = []
    async for row in _all_photos(api, event_code):
        states[row["status"]] += 1
        faces += row["faces"]
        if row["status"] not in {"encoded", "duplicate"}:
            unfinished.append(f"{_name(row)}: {row['status']} ({row['status_reason'] or 'no reason given'})")
    clusters = await api.get("/clusters", {"event_code": event_code, "sample_size": 1})
    people = [cluster for cluster in clusters if cluster["cluster_id"] != NO_PERSON]
    others = [cluster for cluster in clusters if cluster["cluster_id"] == NO_PERSON]
    found = [
        Person(
            cluster["cluster_id"],
            cluster["image_count"],
            cluster["face_count"],
            await _first_files(api, event_code, cluster["cluster_id"]),
        )
        for cluster in [*people[:_MOST_SHOWN], *others]
    ]
    return Findings(len(people), states.total(), faces, dict(states), tuple(found), tuple(unfinished))


async def _all_photos(api: KantaClient, event_code: str) -> AsyncIterator[dict[str, Any]]:
    offset = 0
    while page := await api.get("/pics", {"event_code": event_code, "limit": _PAGE, "offset": offset}):
        for row in page:
            yield row
        offset += len(page)


async def _first_files(api: KantaClient, event_code: str, cluster_id: int) -> tuple[str, ...]:
    query: dict[str, str | int] = {
        "event_code": event_code,
        "cluster_list_id": cluster_id,
        "limit": _FILES_SHOWN,
    }
    return tuple(_name(row) for row in await api.get("/pics", query))


def _name(row: dict[str, Any]) -> str:
    return str(row.get("name") or row["uuid"])


def show(findings: Findings, console: Console) -> None:
    """A row for each person, then what there is in all."""
    table = Table(title="People")
    for heading in ("person", "photos", "faces"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("in")
    for person in findings.found:
        table.add_row(
            "in no person" if person.cluster_id == NO_PERSON else str(person.cluster_id),
            str(person.photos),
            str(person.faces),
            Text(printable(", ".join(person.files)), no_wrap=True, overflow="ellipsis"),
        )
    console.print(table, soft_wrap=False)
    if (hidden := findings.people - sum(p.cluster_id != NO_PERSON for p in findings.found)) > 0:
        console.print(f"and {hidden} more")
    states = ", ".join(f"{count} {state}" for state, count in sorted(findings.photos_by_state.items()))
    people = "1 person" if findings.people == 1 else f"{findings.people} people"
    console.print(f"{people}, {findings.photos} photos ({states}), {findings.faces} faces", style="bold")
