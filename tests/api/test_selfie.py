"""A photo that somebody shows to be found by is kept nowhere: no part of it, nothing that was made of it."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageEnhance

from kanta_core.domain.guests import CONSENT_VERSION
from kanta_core.pipeline.people import gallery
from kanta_core.services import Services
from tests.api import photos
from tests.api.client import Api
from tests.api.traces import left, traces_of


@pytest.fixture
def selfie(sample_photos: Path) -> bytes:
    """A photo that no other test has, nor this one's last run."""
    with Image.open(sample_photos / "obama.jpg") as photo:
        photo.thumbnail((400, 400))
        chance = random.Random()
        return photos.saved(ImageEnhance.Brightness(photo).enhance(chance.uniform(0.8, 1.2)), "JPEG", quality=91)


# It reads every file that was written meanwhile, beside tests that write many.
@pytest.mark.timeout(300)
def test_nothing_is_left_of_it_in_database_blobs_queues_files_and_log(
    api: Api,
    event: str,
    services: Services,
    encode_all: Callable[[], None],
    make_people: Callable[[str], None],
    selfie: bytes,
    obama: bytes,
    biden: bytes,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    since = time.time() - 1
    traces = traces_of(services, selfie)
    for data in (obama, biden):
        api.post(f"/pics/{event}", content=data).raise_for_status()
    encode_all()
    make_people(event)
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        # By the database, then in memory.
        for worth_holding in (10**9, 1):
            monkeypatch.setattr(gallery, "_WORTH_HOLDING", worth_holding)
            for send in ({"files": {"image": ("me.jpg", selfie, "image/jpeg")}}, {"content": selfie}):
                for path in ("/find-similar", "/find-people"):
                    for query in ({}, {"metric": "l2"}, {"top_k": "0"}):
                        api.post(path, params={"event_code": event, **query}, **send)
                        services.galleries.wait()
            sent = {"image": selfie, "consent": CONSENT_VERSION.encode()}
            for code in (event, "nowhere"):
                link = api.post("/guest-links", params={"event_code": code}, files=sent)
                assert link.status_code == (201 if code == event else 404), link.text
                services.galleries.wait()
        found = api.post("/find-people", params={"event_code": event}, content=selfie).json()
    assert found[0]["probability"] > 0.9
    assert left(services, traces, caplog.text, since) == set()

    # Had it been kept, it would have been found.
    api.post(f"/pics/{event}", content=selfie).raise_for_status()
    encode_all()
    (face,) = services.encode(selfie).faces
    said = f"{selfie!r} {face.embedding.tolist()}"
    assert left(services, traces, said, since) >= {
        "hash in database",
        "vector in database",
        "photo in blobs",
        "crop in blobs",
        "vector in files",
        "photo in log",
        "vector in log",
    }
