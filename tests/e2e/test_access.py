"""A closed Kanta on the dev host: the key reaches tools, the seed program gets in with it and nobody without."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from demo.service import read_env
from tests.e2e.stack import ROOT, UNMEASURED, Stack, running

pytestmark = pytest.mark.timeout(240)
KEY = "organiser-" + "Kk7." * 8


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("closed")
    with running(folder, KANTA_ACCESS="closed", KANTA_ORGANISER_KEY=KEY, **UNMEASURED) as started:
        yield started


def seed(stack: Stack, photos: Path, key: str | None) -> subprocess.CompletedProcess[str]:
    """The seed program's own run over these photos."""
    command = [sys.executable, "main.py", "--api-url", stack.url, "--photos", str(photos), "--delay", "0"]
    environment = {name: value for name, value in os.environ.items() if name != "KANTA_API_KEY"}
    return subprocess.run(
        [*command, "--event-code", "gala", *(["--api-key", key] if key else [])],
        cwd=ROOT / "seed",
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_tools_find_the_key_and_the_seed_program_gets_in_with_it_alone(closed: Stack, sample_photos: Path) -> None:
    key = read_env(closed.data_dir / "env")["KANTA_ORGANISER_KEY"]
    assert key == KEY
    for wrong in (None, KEY[:-1]):
        refused = seed(closed, sample_photos, wrong)
        assert refused.returncode == 2, refused.stdout + refused.stderr
        assert KEY[:-1] not in refused.stdout + refused.stderr
    organiser = {"Authorization": f"Bearer {key}"}
    assert httpx.get(f"{closed.url}/events", headers=organiser, timeout=30).json() == {"events": []}
    seeded = seed(closed, sample_photos, key)
    assert seeded.returncode == 0, seeded.stdout + seeded.stderr
    listed = httpx.get(f"{closed.url}/pics?event_code=gala", headers=organiser, timeout=30)
    assert len(listed.json()) == len(list(sample_photos.glob("*.jpg")))


def test_a_guest_seeds_an_event_with_a_token_that_uploads(closed: Stack, sample_photos: Path) -> None:
    organiser = {"Authorization": f"Bearer {KEY}"}
    httpx.post(
        f"{closed.url}/events", json={"event_code": "picnic"}, headers=organiser, timeout=30
    ).raise_for_status()
    made = httpx.post(f"{closed.url}/tokens/picnic", json={"scopes": ["upload"]}, headers=organiser, timeout=30)
    guest = {"Authorization": f"Bearer {made.json()['token']}"}
    photo = (sample_photos / "obama.jpg").read_bytes()
    sent = httpx.post(f"{closed.url}/pics/picnic", content=photo, headers=guest, timeout=30)
    assert sent.status_code == 202
    assert httpx.post(f"{closed.url}/pics/gala", content=photo, headers=guest, timeout=30).status_code == 404
    assert httpx.get(f"{closed.url}/pics?event_code=picnic", headers=guest, timeout=30).status_code == 403


def test_neither_the_key_nor_a_token_is_in_anything_the_dev_host_writes_but_where_tools_look(
    closed: Stack,
) -> None:
    organiser = {"Authorization": f"Bearer {KEY}"}
    httpx.post(
        f"{closed.url}/events", json={"event_code": "logs"}, headers=organiser, timeout=30
    ).raise_for_status()
    made = httpx.post(
        f"{closed.url}/tokens/logs", json={"scopes": ["browse"]}, headers=organiser, timeout=30
    ).json()
    httpx.get(
        f"{closed.url}/clusters?event_code=logs", headers={"Authorization": f"Bearer {made['token']}"}, timeout=30
    )
    secrets = (KEY.encode(), made["token"].encode())
    holding = {
        path.relative_to(closed.data_dir).as_posix()
        for path in closed.data_dir.rglob("*")
        if path.is_file() and any(secret in path.read_bytes() for secret in secrets)
    }
    assert holding == {"env"}


def test_the_dev_host_does_not_start_an_open_kanta_in_azure(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "KANTA_DATA_DIR": str(tmp_path),
        "KANTA_PORT": str(Stack(tmp_path).port),
        "WEBSITE_INSTANCE_ID": "0a1b2c",
    }
    started = subprocess.run(
        [sys.executable, "-m", "devhost"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert started.returncode != 0
    assert "KANTA_ACCESS=open is for a laptop, and WEBSITE_INSTANCE_ID says that this is Azure" in started.stderr
    assert "Traceback" not in started.stderr
