"""The road over HTTP, through the host as it really is: buffered bodies, one process for all requests."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from demo.service import read_env
from tests.e2e.stack import Stack

pytestmark = pytest.mark.timeout(240)


def test_two_people_and_the_photos_they_are_in(stack: Stack, code: str, sample_photos: Path) -> None:
    uploaded = {}
    for path in sorted(sample_photos.glob("*.jpg")):
        answer = httpx.post(
            f"{stack.url}/pics/{code}", files={"image_file": (path.name, path.read_bytes())}, timeout=30
        )
        assert answer.status_code == 202
        uploaded[answer.json()["uuid"]] = path.name
        assert stack.get(f"/pics/{answer.json()['uuid']}")["image"]["uuid"] == answer.json()["uuid"]
    stack.wait_until_final(code, 6)
    people = stack.get("/clusters", event_code=code)
    assert [person["face_count"] for person in people] == [5, 1]
    shown = stack.get("/pics", event_code=code, cluster_list_id=people[0]["cluster_id"])
    assert {uploaded[row["uuid"]] for row in shown} == set(uploaded.values()) - {"biden.jpg"}
    for row in shown:
        assert httpx.get(row["thumbnail_url"], timeout=30).content.startswith(b"\xff\xd8")
    for sample in people[0]["samples"]:
        assert httpx.get(sample["crop_url"], timeout=30).content.startswith(b"\xff\xd8")
    selfie = {"image": ("me.jpg", (sample_photos / "obama2.jpg").read_bytes())}
    near = httpx.post(f"{stack.url}/find-similar", params={"event_code": code}, files=selfie, timeout=30).json()
    assert uploaded[near[0]["image_uuid"]] == "obama2.jpg"
    assert near[0]["distance"] == pytest.approx(0, abs=1e-6)
    me, other = httpx.post(
        f"{stack.url}/find-people", params={"event_code": code}, files=selfie, timeout=30
    ).json()
    assert (me["cluster_id"], other["cluster_id"]) == (people[0]["cluster_id"], people[1]["cluster_id"])
    assert me["probability"] > 0.99
    assert other["probability"] < 0.05


def test_a_large_photo_comes_through_whole(stack: Stack, code: str) -> None:
    noise = np.random.default_rng(7).integers(0, 255, (2_400, 3_000, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG", compress_level=1)
    assert len(out.getvalue()) > 20_000_000
    answer = httpx.post(
        f"{stack.url}/pics/{code}", content=out.getvalue(), headers={"Content-Type": "image/png"}, timeout=60
    )
    assert answer.status_code == 202
    assert httpx.get(answer.json()["blob_url"], timeout=60).content == out.getvalue()
    assert stack.wait_until_final(code, 1)[0]["width"] == 3_000


@pytest.mark.parametrize("size", [100_000_001, 130_000_000])
def test_a_file_that_is_too_large_is_told_so_in_words(stack: Stack, code: str, size: int) -> None:
    answer = httpx.post(
        f"{stack.url}/pics/{code}", content=bytes(size), headers={"Content-Type": "image/jpeg"}, timeout=120
    )
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 413
    assert stack.rows(code) == []


def test_the_same_photo_from_many_phones_at_once_is_one_image(
    stack: Stack, code: str, sample_photos: Path
) -> None:
    data = (sample_photos / "biden.jpg").read_bytes()

    def send(_: int) -> httpx.Response:
        return httpx.post(f"{stack.url}/pics/{code}", files={"image_file": ("b.jpg", data)}, timeout=60)

    with ThreadPoolExecutor(8) as phones:
        answers = list(phones.map(send, range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [202]
    assert len({answer.json()["uuid"] for answer in answers}) == 1
    assert len(stack.wait_until_final(code, 1)) == 1


def test_a_deleted_event_leaves_nothing_and_its_code_starts_afresh(stack: Stack, sample_photos: Path) -> None:
    stack.create_event("short-lived")
    for name in ("biden.jpg", "obama.jpg"):
        stack.photos.upload_blob(f"short-lived/{name}", (sample_photos / name).read_bytes())
    stack.wait_until_final("short-lived", 2)
    answer = httpx.request("DELETE", f"{stack.url}/events", json={"event_code": "short-lived"}, timeout=60)
    assert answer.status_code == 204
    assert httpx.get(f"{stack.url}/pics", params={"event_code": "short-lived"}).status_code == 404
    assert list(stack.photos.list_blobs(name_starts_with="short-lived/")) == []
    stack.create_event("short-lived")
    assert stack.rows("short-lived") == []
    assert stack.event("short-lived")["pending"] == 0


def test_the_documentation_works_without_the_internet(stack: Stack) -> None:
    for path in ("/docs", "/redoc"):
        page = httpx.get(stack.url + path).text
        assert "://" not in page.replace("http://www.w3.org", "")
        for part in page.split('"'):
            if part.startswith("/docs/assets/"):
                assert httpx.get(stack.url + part).status_code == 200, part
    assert httpx.get(f"{stack.url}/openapi.json").json()["info"]["title"] == "Kanta"


def test_while_access_is_open_tools_find_no_key(stack: Stack) -> None:
    assert read_env(stack.data_dir / "env")["KANTA_ORGANISER_KEY"] == ""
