"""The container's dlib, built for its processor with OpenBLAS, and the laptop's dlib-bin say the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from native.comparison import TOLERANCE, Comparison, try_out, unpack
from native.install import in_use
from native.recipe import PLAIN

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def built() -> Path:
    """The wheel that KANTA_DLIB_WHEEL names, or the last one that was made in the data dir."""
    given = os.environ.get("KANTA_DLIB_WHEEL")
    data_dir = ROOT / (os.environ.get("KANTA_DATA_DIR") or ".local")
    made = [wheel for wheel in (data_dir / "dlib").glob("*/dlib-*.whl") if PLAIN not in wheel.parent.name]
    kept = sorted(made, key=lambda wheel: wheel.stat().st_mtime)
    if not given and not kept:
        pytest.skip("no second dlib is at hand: `.venv/bin/python -m native build` makes one in some minutes")
    wheel = Path(given) if given else kept[-1]
    if in_use(wheel):
        pytest.skip(f"{wheel.name} is the dlib in use: make clean brings dlib-bin back, to compare it with")
    return wheel


def test_two_builds_of_dlib_find_the_same_faces_and_embeddings(
    built: Path, sample_photos: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    photos = sorted(sample_photos.glob("*.jpg"))
    theirs = try_out(unpack(built, tmp_path), photos, os.environ, rounds=1)
    ours = try_out(None, photos, os.environ, rounds=1)
    assert ours.boxes == theirs.boxes
    assert len(ours.embeddings) >= 5
    comparison = Comparison(ours, theirs)
    record_property("figure", f"two dlibs: embeddings within {comparison.difference:.1e}, bound {TOLERANCE:.0e}")
    assert comparison.difference <= TOLERANCE
