"""Where the faces are: BlazeFace over the photo at several sizes, then a second look at each candidate by itself.

What the first look proposes is cheap and wrong half of the time; the second look decides.
"""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from kanta_core.vision.detection import Detection
from kanta_core.vision.neural.rows import COLUMNS, Rows, distinct, enlarged
from kanta_core.vision.neural.scan import Pixels, scan
from kanta_core.vision.neural.second_look import ACCEPTED_TURNED_AT, second_look

# A face is proposed from 16 px of a level on (97 % of them; 99.8 % from 20 px) up to 96 px and more; each level
# is a third of the one before.
_PROPOSED_AT = 0.25
_COARSE_SIDE = 1_600
_LEVEL = 1 / 3
_LAST_SIDE = 192
# Where faces are small, another level at which 30 px of the photo are 18.
_FINE_SCALE = 0.62
_SMALL = 22.0
_SMALLEST = 16.0
_MOST = 2_000
_ACCEPTED_AT = 0.65
# Of a photo's only face less is asked: LFW shows 3 in 1,000 below the other threshold.
_LONE_AT = 0.5
# BlazeFace's box as dlib's HOG detector draws it, in widths: the medians over 700 LFW photos.
_DLIB_X, _DLIB_Y, _DLIB_WIDTH = -0.014, -0.001, 0.959


def detect(pixels: Pixels) -> list[Detection]:
    """The faces in an upright RGB photo, uint8 (height, width, 3), best first.

    Where none is upright, faces that lie on their sides or heads are looked for. A face in a photo in which
    nothing reached the threshold has a score below 0.
    """
    upright = _look(pixels, _LONE_AT)
    if len(found := upright[upright[:, 4] >= _ACCEPTED_AT]):
        return _detections(found, _ACCEPTED_AT)
    height, width = pixels.shape[:2]
    for turns in (1, 3, 2):
        if len(found := _look(np.rot90(pixels, turns), ACCEPTED_TURNED_AT)):
            faces = _detections(found, ACCEPTED_TURNED_AT)
            return [_turned_back(each, turns, width, height) for each in faces]
    return _detections(upright[:1], _ACCEPTED_AT)


def _look(photo: Pixels, accepted_at: float) -> Rows:
    side = max(photo.shape)
    scale = min(1.0, _COARSE_SIDE / side)
    faces = _accepted(photo, _proposals(photo, scale), accepted_at)
    if scale < _FINE_SCALE and (not len(faces) or faces[:, 2].min() * scale < _SMALL):
        found = enlarged(scan(_resized(photo, _FINE_SCALE), _PROPOSED_AT), 1 / _FINE_SCALE)
        faces = distinct(np.concatenate([faces, _accepted(photo, distinct(found), accepted_at)]))
    return faces


def _proposals(photo: Pixels, scale: float) -> Rows:
    found = []
    level = _resized(photo, scale)
    while True:
        found.append(enlarged(scan(level, _PROPOSED_AT), photo.shape[1] / level.shape[1]))
        if max(level.shape) <= _LAST_SIDE:
            return distinct(np.concatenate(found))
        level = _resized(level, _LEVEL)


def _resized(photo: Pixels, scale: float) -> Pixels:
    if scale == 1:
        return photo
    height, width = photo.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(photo).resize(size, Image.Resampling.BILINEAR, reducing_gap=1))


def _accepted(photo: Pixels, candidates: Rows, accepted_at: float) -> Rows:
    """The candidates that are faces, with the better box and the score of the second look."""
    looked = [second_look(photo, each) for each in candidates[:_MOST]]
    kept = [each for each in looked if each is not None and each[4] >= accepted_at and each[2] >= _SMALLEST]
    return distinct(np.array(kept, np.float32).reshape(-1, COLUMNS))


def _detections(rows: Rows, accepted_at: float) -> list[Detection]:
    found = []
    for centre_x, centre_y, width, height, score, across, down in rows.tolist():
        roll = math.degrees(math.atan2(down, across))
        side = (width + height) / 2
        x, y, half = centre_x + _DLIB_X * side, centre_y + _DLIB_Y * side, _DLIB_WIDTH * side / 2
        left, top, right, bottom = (round(edge) for edge in (x - half, y - half, x + half, y + half))
        found.append(Detection(left, top, right, bottom, score - accepted_at, roll))
    return found


def _turned_back(face: Detection, turns: int, width: int, height: int) -> Detection:
    """A face of the photo turned anticlockwise, in the photo of this width and height as it was."""
    left, top, right, bottom = face.left, face.top, face.right, face.bottom
    match turns:
        case 1:
            left, top, right, bottom = width - bottom, left, width - top, right
        case 2:
            left, top, right, bottom = width - right, height - bottom, width - left, height - top
        case _:
            left, top, right, bottom = top, height - right, bottom, height - left
    # Within half a turn of upright, either way.
    roll = (face.roll + 90 * turns + 180) % 360 - 180
    return Detection(left, top, right, bottom, face.score, roll)
