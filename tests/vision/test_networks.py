"""The networks in ONNX Runtime say what dlib says, or are not used."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from kanta_core.errors import SettingsError
from kanta_core.vision import align, models
from kanta_core.vision.copies import Copies
from kanta_core.vision.decode import decode
from kanta_core.vision.neural import __main__ as keep
from kanta_core.vision.neural import blaze_graph, kept, resnet_graph, runtime
from kanta_core.vision.neural.detector import detect

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An environment in which no network is kept."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    runtime.embedder.cache_clear()
    runtime.detector.cache_clear()
    yield tmp_path
    runtime.embedder.cache_clear()
    runtime.detector.cache_clear()


@pytest.fixture(scope="module")
def chips(sample_photos: Path) -> NDArray[np.uint8]:
    found = []
    for name in ("biden.jpg", "obama.jpg", "obama2.jpg", "obama_partial_face.jpg"):
        pixels = decode((sample_photos / name).read_bytes(), max_pixels=64_000_000).pixels
        found.append(align.chips(pixels, [align.landmarks(pixels, face) for face in detect(Copies(pixels))]))
    return np.concatenate(found)


def test_embeddings_are_those_of_dlib(chips: NDArray[np.uint8]) -> None:
    embeddings = runtime.embedder()(chips)
    assert embeddings.shape == (len(chips), 128)
    assert embeddings.dtype == np.float32
    assert np.abs(embeddings - models.embed_by_dlib(chips)).max() <= 1e-5


def test_a_face_is_embedded_alike_alone_and_among_others(chips: NDArray[np.uint8]) -> None:
    together = runtime.embedder()(np.concatenate([chips] * 3))
    alone = np.concatenate([runtime.embedder()(chip[None]) for chip in chips])
    assert np.abs(together - np.concatenate([alone] * 3)).max() <= 1e-6


def test_converting_gives_the_same_bytes_every_time() -> None:
    for convert, weights in (
        (resnet_graph.graph, models.resnet_weights()),
        (blaze_graph.graph, models.blazeface_weights()),
    ):
        assert convert(weights) == convert(weights)


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    cut = tmp_path / "cut.dat"
    cut.write_bytes(models.resnet_weights().read_bytes()[:10_000_000])
    with pytest.raises(SettingsError, match=r"cut\.dat is not dlib's ResNet"):
        resnet_graph.graph(cut)


def test_networks_are_kept_once_and_then_read_without_converting(
    elsewhere: Path, chips: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    converted = runtime.embedder()(chips)
    assert keep.main() == 0
    assert sorted(path.name.split("-")[0] for path in (elsewhere / "share" / "kanta").iterdir()) == [
        "blazeface",
        "resnet",
    ]

    def never(weights: Path) -> bytes:
        raise AssertionError(f"{weights} was converted again")

    monkeypatch.setattr(resnet_graph, "graph", never)
    monkeypatch.setattr(blaze_graph, "graph", never)
    runtime.embedder.cache_clear()
    runtime.detector.cache_clear()
    assert np.array_equal(runtime.embedder()(chips), converted)
    runtime.detector()


def test_where_the_runtime_says_something_else_dlib_embeds(
    elsewhere: Path,
    chips: NDArray[np.uint8],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # As a processor on which the runtime computes wrongly: a mean that is off by a grey level.
    monkeypatch.setattr(resnet_graph, "_MEAN", resnet_graph._MEAN + 1)
    with caplog.at_level(logging.WARNING):
        embed = runtime.embedder()
    assert "off dlib's on this machine" in caplog.text
    assert np.array_equal(embed(chips), models.embed_by_dlib(chips))

    assert keep.main() == 1
    assert "off dlib's" in capsys.readouterr().err
    assert not kept.path("resnet", models.resnet_weights()).exists()


def test_the_networks_tell_nobody_and_leave_nothing_at_home(tmp_path: Path) -> None:
    """Catches an ONNX Runtime that reports to its maker: it keeps a device's number in HOME."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    program = "from kanta_core.vision.neural.runtime import detector; detector()"
    subprocess.run([sys.executable, "-B", "-c", program], env=environment, check=True, cwd=ROOT, timeout=60)
    assert list(tmp_path.rglob("*")) == []
