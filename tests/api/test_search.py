"""POST /find-similar: show one face, get the faces like it."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from typing import Any

import httpx2
import numpy as np
import pytest
from PIL import Image

from kanta_core.services import Services
from tests.api import photos
from tests.api.client import Api, problem


@pytest.fixture
def gallery(
    api: Api, event: str, services: Services, encode_all: Callable[[], None], obama: bytes, biden: bytes
) -> str:
    """An event with two encoded people, and 120 faces around one of them."""
    for data in (obama, biden):
        api.post(f"/pics/{event}", content=data).raise_for_status()
    encode_all()
    with services.database.transaction() as connection:
        connection.execute(
            """INSERT INTO faces (id, event_id, image_id, x, y, width, height, landmarks, score, quality, encoder,
                                  embedding)
               SELECT gen_random_uuid(), event_id, image_id, n, 0, 9, 9, landmarks, 1, quality, encoder,
                      (SELECT array_agg(v * (1 + n * sin(n * i) / 200) ORDER BY i)
                         FROM unnest(embedding::real[]) WITH ORDINALITY AS e (v, i))::vector(128)
                 FROM (SELECT * FROM faces ORDER BY id LIMIT 1) f, generate_series(1, 120) n"""
        )
    return event


def find(api: Api, code: str, data: bytes, **query: object) -> list[dict[str, Any]]:
    response = api.post(
        "/find-similar",
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


def test_a_photo_without_a_face_and_one_with_several_are_refused_each_in_its_own_words(
    api: Api, event: str, obama: bytes, biden: bytes
) -> None:
    with Image.open(io.BytesIO(obama)) as one, Image.open(io.BytesIO(biden)) as other:
        pair = Image.new("RGB", (one.width + other.width, max(one.height, other.height)), "grey")
        pair.paste(one, (0, 0))
        pair.paste(other, (one.width, 0))
    for data, slug in [(photos.jpeg(), "no-face"), (photos.saved(pair, "JPEG"), "several-faces")]:
        response = api.post("/find-similar", params={"event_code": event}, files={"image": data})
        problem(response, 422, slug)


def test_an_unknown_event_is_404_and_a_missing_photo_is_422(api: Api, event: str, obama: bytes) -> None:
    problem(api.post("/find-similar", params={"event_code": "no"}, files={"image": obama}), 404, "event-not-found")
    problem(api.post("/find-similar", files={"image": obama}), 422, "invalid-request")
    wrong = api.post("/find-similar", params={"event_code": event}, files={"image_file": obama})
    problem(wrong, 422, "invalid-request")
    problem(api.post("/find-similar", params={"event_code": event}), 422, "image-empty")
