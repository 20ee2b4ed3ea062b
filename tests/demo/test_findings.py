import asyncio
import io
from collections.abc import Mapping
from typing import Any

import pytest
from kanta_client import KantaClient
from rich.console import Console

from demo.findings import Findings, Person, read_findings, show

Row = dict[str, Any]


def row(name: str, *clusters: int, status: str = "encoded", reason: str | None = None) -> Row:
    return {
        "uuid": f"uuid of {name}",
        "name": name,
        "faces": len(clusters),
        "status": status,
        "status_reason": reason,
        "clusters": clusters,
    }


class Gallery(KantaClient):
    """An API that holds these rows."""

    def __init__(self, rows: list[Row]) -> None:
        super().__init__("http://127.0.0.1:1", None, print)
        self.rows = rows

    async def get(self, path: str, query: Mapping[str, str | int] | None = None) -> Any:  # noqa: ANN401 - JSON
        assert query is not None
        assert query["event_code"] == "party"
        if path == "/pics":
            wanted = query.get("cluster_list_id")
            rows = [row for row in self.rows if wanted is None or wanted in row["clusters"]]
            offset = int(query.get("offset", 0))
            return rows[offset : offset + int(query["limit"])]
        assert path == "/clusters"
        faces = [cluster for row in self.rows for cluster in row["clusters"]]
        biggest_first = sorted(set(faces), key=lambda cluster: (cluster == -1, -faces.count(cluster)))
        return [
            {
                "cluster_id": cluster,
                "face_count": faces.count(cluster),
                "image_count": sum(cluster in row["clusters"] for row in self.rows),
            }
            for cluster in biggest_first
        ]


def found(*rows: Row) -> Findings:
    return asyncio.run(read_findings(Gallery(list(rows)), "party"))


def shown(findings: Findings) -> str:
    console = Console(file=io.StringIO(), width=100, markup=False, highlight=False, soft_wrap=True)
    show(findings, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_people_come_biggest_first_with_the_photos_they_are_in() -> None:
    findings = found(row("a.jpg", 7, 2), row("b.jpg", 2), row("c.jpg", -1), row("d.jpg"))
    assert findings.people == 2
    assert findings.photos == 4
    assert findings.faces == 4
    assert findings.found == (
        Person(2, 2, 2, ("a.jpg", "b.jpg")),
        Person(7, 1, 1, ("a.jpg",)),
        Person(-1, 1, 1, ("c.jpg",)),
    )
    assert findings.unfinished == ()


def test_more_photos_than_a_page_are_all_counted() -> None:
    findings = found(*[row(f"{number}.jpg", 1) for number in range(401)])
    assert findings.photos == 401
    assert findings.found[0].photos == 401


@pytest.mark.parametrize("status", ["pending", "rejected", "failed"])
def test_a_photo_that_is_not_encoded_is_named_with_its_reason(status: str) -> None:
    findings = found(row("a.jpg", 1), row("b.jpg", status=status, reason="It is cut off."))
    assert findings.unfinished == (f"b.jpg: {status} (It is cut off.)",)
    assert findings.photos_by_state == {"encoded": 1, status: 1}


def test_a_duplicate_is_as_good_as_encoded() -> None:
    assert found(row("a.jpg", 1), row("b.jpg", status="duplicate")).unfinished == ()


def test_the_table_has_a_line_for_each_person_with_a_few_files() -> None:
    text = shown(found(*[row(f"{number}.jpg", 3) for number in range(6)], row("x" * 200 + ".jpg", -1)))
    assert "│            3 │      6 │     6 │ 0.jpg, 1.jpg, 2.jpg, 3.jpg " in text
    assert "│ in no person │      1 │     1 │ xxx" in text
    assert "xxx… │\n└" in text
    assert text.endswith("1 person, 7 photos (7 encoded), 7 faces\n")


def test_a_crowd_is_shown_by_its_biggest() -> None:
    text = shown(found(*[row(f"{number}.jpg", number) for number in range(40)]))
    assert text.count(".jpg") == 25
    assert "and 15 more" in text


def test_a_file_name_is_neither_markup_nor_an_order_to_the_terminal() -> None:
    assert "[red]a\ufffd[2J.jpg" in shown(found(row("[red]a\x1b[2J.jpg", 1)))


def test_the_json_has_every_count() -> None:
    findings = found(row("a.jpg", 1), row("b.jpg", status="failed", reason="No."))
    assert findings.as_json() == {
        "people": 1,
        "photos": 2,
        "faces": 1,
        "photos_by_state": {"encoded": 1, "failed": 1},
        "found": [{"cluster_id": 1, "photos": 1, "faces": 1, "files": ["a.jpg"]}],
    }
