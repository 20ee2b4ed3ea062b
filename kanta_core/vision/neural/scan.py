"""The network over a picture, and over pictures larger than it sees at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kanta_core.vision.neural.rows import COLUMNS, Rows
from kanta_core.vision.neural.runtime import detector

Pixels = NDArray[np.uint8]

# Blocks of a size that stays in the processor's cache cost half as much a pixel as whole pictures.
_BLOCK = 544
_OVERLAP = 48
_CUT = 4
_STEP = 32


def scan(level: Pixels, least: float) -> Rows:
    """What scores `least` and more as a face, in pixels of the level; a face that a block cuts is another's."""
    height, width = level.shape[:2]
    found = [np.empty((0, COLUMNS), np.float32)]
    for top, bottom in _stretches(height):
        for left, right in _stretches(width):
            block = level[top:bottom, left:right]
            rows = run(block, least)
            before, after = rows[:, :2] - rows[:, 2:4] / 2, rows[:, :2] + rows[:, 2:4] / 2
            size = np.array([block.shape[1], block.shape[0]])
            rest = np.array([width - left, height - top]) > size
            cut = ((before < _CUT) & (np.array([left, top]) > 0)) | ((after > size - _CUT) & rest)
            rows[:, :2] += (left, top)
            found.append(rows[~cut.any(axis=1)])
    return np.concatenate(found)


def run(picture: NDArray[np.uint8], least: float) -> Rows:
    """The network over one picture: the places that score `least` and more."""
    height, width = picture.shape[:2]
    pad = -height % _STEP, -width % _STEP
    if any(pad):
        picture = np.pad(picture, ((0, pad[0]), (0, pad[1]), (0, 0)))
    logits, boxes = detector().run(["scores", "boxes"], {"picture": picture})
    rows, columns = np.nonzero(logits >= np.log(least / (1 - least)))
    found = np.empty((len(rows), COLUMNS), np.float32)
    found[:, :4] = boxes[rows, columns, :4]
    found[:, 0] += columns * 4 + 2
    found[:, 1] += rows * 4 + 2
    found[:, 4] = 1 / (1 + np.exp(-logits[rows, columns]))
    found[:, 5:] = boxes[rows, columns, 6:8] - boxes[rows, columns, 4:6]
    return found


def _stretches(length: int) -> list[tuple[int, int]]:
    """As few stretches as may be that overlap, are about as long as each other, and cover the length."""
    count = max(1, -(-(length - _OVERLAP) // (_BLOCK - _OVERLAP)))
    size = -(-(length + (count - 1) * _OVERLAP) // count)
    size = min(size + -size % _STEP, length)
    starts = [number * (length - size) // max(count - 1, 1) for number in range(count)]
    return [(start, start + size) for start in starts]
