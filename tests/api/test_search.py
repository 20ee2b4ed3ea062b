"""POST /find-similar and /find-people: show one face, get the faces like it, or the people it may be."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from PIL import Image

from kanta_core.services import Services
from tests.api import photos
from tests.api.client import Api, problem

PATHS = ["/find-similar", "/find-people"]


@pytest.fixture
def gallery(two_encoded: str, services: Services) -> str:
    """An event with two encoded people, and 120 faces around one of them."""
    with services.database.transaction() as connection:
        connection.execute(
            """INSERT INTO faces (id, event_id, image_id, x, y, width, height, landmarks, score, quality, encoder,
                                  embedding)
               SELECT gen_random_uuid(), event_id, image_id, n, 0, 9, 9, landmarks, 1, quality, encoder,
                      (SELECT array_agg(v * (1 + n * sin(n * i) / 200) ORDER BY i)
                         FROM unnest(embedding::real[]) WITH ORDINALITY AS e (v, i))::vector(128)
                 FROM (SELECT * FROM faces ORDER BY id LIMIT 1) f, generate_series(1, 120) n"""
        )
    return two_encoded


def find(api: Api, code: str, data: bytes, **query: object) -> list[dict[str, Any]]:
    return search(api, "/find-similar", code, data, query)


def people(api: Api, code: str, data: bytes, **query: object) -> list[dict[str, Any]]:
    return search(api, "/find-people", code, data, query)


def search(api: Api, path: str, code: str, data: bytes, query: dict[str, object]) -> list[dict[str, Any]]:
    response = api.post(
        path,
        params={"event_code": code, **query},  # type: ignore[dict-item]
        files={"image": ("me.jpg", data, "image/jpeg")},
    )
    assert response.status_code == 200, response.text
    return list(response.json())


def embeddings(services: Services) -> dict[str, Any]:
    with services.database.transaction() as connection:
        found = connection.execute("SELECT id::text, embedding::real[] FROM faces").fetchall()
    return {face: np.array(values, dtype=np.float64) for face, values in found}


def test_distances_are_exact_and_the_nearest_come_first(
    api: Api, gallery: str, services: Services, obama: bytes
) -> None:
    stored = embeddings(services)
    (shown,) = services.encode(obama).faces
    wanted = np.asarray(shown.embedding, dtype=np.float64)

    def l2(vector: Any) -> float:  # noqa: ANN401 - an array
        return float(np.linalg.norm(vector - wanted))

    def cosine(vector: Any) -> float:  # noqa: ANN401 - an array
        return float(1 - vector @ wanted / np.linalg.norm(vector) / np.linalg.norm(wanted))

    for query, distance in [({"metric": "l2"}, l2), ({"metric": "cosine"}, cosine), ({}, cosine)]:
        found = find(api, gallery.upper(), obama, top_k=100, **query)
        assert len(found) == 100
        distances = [match["distance"] for match in found]
        assert distances == sorted(distances)
        np.testing.assert_allclose(distances, sorted(map(distance, stored.values()))[:100], atol=1e-6)
        for match in found:
            assert match["distance"] == pytest.approx(distance(stored[match["face_id"]]), abs=1e-6)


def test_a_match_says_which_face_in_which_photo(api: Api, gallery: str, biden: bytes) -> None:
    (match,) = find(api, gallery, biden, top_k=1)
    assert match["distance"] == pytest.approx(0, abs=1e-6)
    image = api.get(f"/pics/{uuid.UUID(match['image_uuid'])}").json()
    face = next(face for face in image["faces"] if face["face_id"] == match["face_id"])
    assert (match["cluster_id"], match["bbox"]) == (face["cluster_id"], face["bbox"])
    assert httpx2.get(match["azure_blob_url"]).content == biden


def test_1_to_100_matches_are_asked_for_and_10_unless_told(api: Api, gallery: str, obama: bytes) -> None:
    assert len(find(api, gallery, obama)) == 10
    assert [len(find(api, gallery, obama, top_k=k)) for k in (1, 100)] == [1, 100]
    for name, odd in [("top_k", "0"), ("top_k", "101"), ("top_k", "x"), ("metric", "L2"), ("metric", "")]:
        response = api.post("/find-similar", params={"event_code": gallery, name: odd}, files={"image": obama})
        problem(response, 422, "invalid-request")


def test_the_face_is_sought_in_one_event_only_and_the_photo_is_not_kept(
    api: Api, gallery: str, stored: Callable[[], object], obama: bytes
) -> None:
    api.post("/events", json={"event_code": "empty"}).raise_for_status()
    before = stored()
    assert find(api, "empty", obama) == []
    assert find(api, gallery, obama)
    assert stored() == before


def test_the_photo_may_be_the_bare_body(api: Api, gallery: str, obama: bytes) -> None:
    response = api.post("/find-similar", params={"event_code": gallery, "top_k": 3}, content=obama)
    assert [match["face_id"] for match in response.json()] == [
        match["face_id"] for match in find(api, gallery, obama, top_k=3)
    ]


@pytest.mark.parametrize("path", PATHS)
def test_a_photo_without_a_face_is_refused_with_what_to_do_and_one_with_several_with_where_they_are(
    api: Api, event: str, services: Services, path: str, obama: bytes, biden: bytes
) -> None:
    response = api.post(path, params={"event_code": event}, files={"image": photos.jpeg()})
    refused = problem(response, 422, "no-face")
    assert "show one that" in refused["detail"]
    assert "faces" not in refused
    with Image.open(io.BytesIO(obama)) as one, Image.open(io.BytesIO(biden)) as other:
        pair = Image.new("RGB", (one.width + other.width, max(one.height, other.height)), "grey")
        pair.paste(one, (0, 0))
        pair.paste(other, (one.width, 0))
    both = photos.saved(pair, "JPEG")
    refused = problem(api.post(path, params={"event_code": event}, files={"image": both}), 422, "several-faces")
    assert refused["detail"].startswith("2 faces were found")
    found = [face.box for face in services.encode(both).faces]
    assert refused["faces"] == [
        {"bbox": {"x": box.x, "y": box.y, "width": box.width, "height": box.height}} for box in found
    ]


@pytest.mark.parametrize("path", PATHS)
def test_an_unknown_event_is_404_and_a_missing_photo_is_422(api: Api, event: str, path: str, obama: bytes) -> None:
    problem(api.post(path, params={"event_code": "no"}, files={"image": obama}), 404, "event-not-found")
    problem(api.post(path, files={"image": obama}), 422, "invalid-request")
    wrong = api.post(path, params={"event_code": event}, files={"image_file": obama})
    problem(wrong, 422, "invalid-request")
    problem(api.post(path, params={"event_code": event}), 422, "image-empty")


def test_the_people_a_face_may_be_come_with_how_probable_that_is_and_the_faces_that_say_so(
    api: Api, event: str, encode_all: Callable[[], None], make_people: Callable[[str], None], sample_photos: Path
) -> None:
    shots = sorted(sample_photos.glob("*.jpg"))
    *event_photos, selfie = [path for path in shots if path.name.startswith("obama")]
    other = next(path for path in shots if path.name.startswith("biden"))
    stored = {
        path: api.post(f"/pics/{event}", content=path.read_bytes()).json() for path in [*event_photos, other]
    }
    encode_all()
    make_people(event)
    found = people(api, event, selfie.read_bytes())
    (first, second) = found
    assert first["probability"] > 0.99
    assert second["probability"] < 0.05
    assert first["margin"] == pytest.approx(-second["margin"])
    assert first["margin"] > 0.05
    assert first["face_count"] == len(first["faces"]) == len(event_photos)
    assert {face["image_uuid"] for face in first["faces"]} == {stored[path]["uuid"] for path in event_photos}
    listed = {person["cluster_id"]: person for person in api.get("/clusters", params={"event_code": event}).json()}
    assert {person["cluster_id"]: person["revision"] for person in found} == {
        number: person["revision"] for number, person in listed.items()
    }
    similar = find(api, event, selfie.read_bytes())
    keys = ("face_id", "image_uuid", "cluster_id", "bbox", "quality", "distance")
    for faces in (first["faces"], second["faces"]):
        for face in faces:
            assert {key: face[key] for key in keys} in [{key: match[key] for key in keys} for match in similar]
            assert httpx2.get(face["crop_url"]).status_code == 200
    assert [person["cluster_id"] for person in people(api, event, selfie.read_bytes(), top_k=1)] == [
        first["cluster_id"]
    ]


def test_1_to_20_people_are_asked_for(api: Api, event: str, obama: bytes) -> None:
    assert people(api, event, obama) == []
    assert people(api, event, obama, top_k=20) == []
    for odd in ("0", "21", "x"):
        response = api.post("/find-people", params={"event_code": event, "top_k": odd}, files={"image": obama})
        problem(response, 422, "invalid-request")
