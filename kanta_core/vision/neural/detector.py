"""Where the faces are: BlazeFace over the photo at several sizes, then a second look at each candidate by itself.

What a first look proposes is cheap and wrong half of the time. Looked at again in the middle of a small picture,
at the size the network knows best, faces and others fall apart: of 92 faces in group photos none scored below .70,
of 59 wrong candidates none above .53. Blots in soft grounds reach .61 and are why the threshold lies above that.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kanta_core.vision.detection import Detection
from kanta_core.vision.neural.runtime import detector
from kanta_core.vision.patch import patch

# Rows of centre x, centre y, width, height, score, and the way from the right eye to the left in x and y.
Rows = NDArray[np.float32]
Pixels = NDArray[np.uint8]
_COLUMNS = 7

# A face is proposed from 16 px of a level on (97 % of them; 99.8 % from 20 px) up to 96 px and more; each level
# is a third of the one before.
_PROPOSED_AT = 0.25
_COARSE_SIDE = 1_600
_LEVEL = 1 / 3
_LAST_SIDE = 192
# Where faces are small, another level at which 30 px of the photo are 18.
_FINE_SCALE = 0.62
_SMALL = 28.0
_SMALLEST = 16.0
# Blocks of a size that stays in the processor's cache cost half as much a pixel as whole pictures.
_BLOCK = 544
_OVERLAP = 48
_CUT = 4
_STEP = 32
# The second look: a picture of 96 px with the face 40 px wide in its middle.
_LOOK_SIDE = 96
_LOOK_FACE = 40
_LOOK_SMALL_FACE = 32
_ACCEPTED_AT = 0.65
# Of a photo's only face less is asked: LFW shows 3 in 1,000 below the other threshold.
_LONE_AT = 0.5
# A photo that lies on its side is rare; what looks like a face only then must look more like one.
_ACCEPTED_TURNED_AT = 0.7
_DOUBTED_FROM, _UPRIGHT, _SURE = 0.35, 0.75, 0.85
_MOST = 2_000
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
        if len(found := _look(np.rot90(pixels, turns), _ACCEPTED_TURNED_AT)):
            faces = _detections(found, _ACCEPTED_TURNED_AT)
            return [_turned_back(each, turns, width, height) for each in faces]
    return _detections(upright[:1], _ACCEPTED_AT)


def _look(photo: Pixels, accepted_at: float) -> Rows:
    side = max(photo.shape)
    scale = min(1.0, _COARSE_SIDE / side)
    faces = _accepted(photo, _proposals(photo, scale), accepted_at)
    if scale < _FINE_SCALE and (not len(faces) or faces[:, 2].min() * scale < _SMALL):
        found = _enlarged(_scan(_resized(photo, _FINE_SCALE)), 1 / _FINE_SCALE)
        faces = _distinct(np.concatenate([faces, _accepted(photo, _distinct(found), accepted_at)]))
    return faces


def _proposals(photo: Pixels, scale: float) -> Rows:
    found = []
    level = _resized(photo, scale)
    while True:
        found.append(_enlarged(_scan(level), photo.shape[1] / level.shape[1]))
        if max(level.shape) <= _LAST_SIDE:
            return _distinct(np.concatenate(found))
        level = _resized(level, _LEVEL)


def _enlarged(rows: Rows, times: float) -> Rows:
    rows[:, :4] *= times
    return rows


def _resized(photo: Pixels, scale: float) -> Pixels:
    if scale == 1:
        return photo
    height, width = photo.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(photo).resize(size, Image.Resampling.BILINEAR, reducing_gap=1))


def _scan(level: Pixels) -> Rows:
    """What might be a face, in pixels of the level; those that a block cuts off are whole in the next."""
    height, width = level.shape[:2]
    found = [np.empty((0, _COLUMNS), np.float32)]
    for top, bottom in _stretches(height):
        for left, right in _stretches(width):
            block = level[top:bottom, left:right]
            rows = _run(block, _PROPOSED_AT)
            before, after = rows[:, :2] - rows[:, 2:4] / 2, rows[:, :2] + rows[:, 2:4] / 2
            size = np.array([block.shape[1], block.shape[0]])
            rest = np.array([width - left, height - top]) > size
            cut = ((before < _CUT) & (np.array([left, top]) > 0)) | ((after > size - _CUT) & rest)
            rows[:, :2] += (left, top)
            found.append(rows[~cut.any(axis=1)])
    return np.concatenate(found)


def _stretches(length: int) -> list[tuple[int, int]]:
    """As few stretches as may be that overlap, are about as long as each other, and cover the length."""
    count = max(1, -(-(length - _OVERLAP) // (_BLOCK - _OVERLAP)))
    size = -(-(length + (count - 1) * _OVERLAP) // count)
    size = min(size + -size % _STEP, length)
    starts = [number * (length - size) // max(count - 1, 1) for number in range(count)]
    return [(start, start + size) for start in starts]


def _run(picture: NDArray[np.uint8], least: float) -> Rows:
    """The network over one picture: the places that score `least` and more."""
    height, width = picture.shape[:2]
    pad = -height % _STEP, -width % _STEP
    if any(pad):
        picture = np.pad(picture, ((0, pad[0]), (0, pad[1]), (0, 0)))
    logits, boxes = detector().run(["scores", "boxes"], {"picture": picture})
    rows, columns = np.nonzero(logits >= np.log(least / (1 - least)))
    found = np.empty((len(rows), _COLUMNS), np.float32)
    found[:, :4] = boxes[rows, columns, :4]
    found[:, 0] += columns * 4 + 2
    found[:, 1] += rows * 4 + 2
    found[:, 4] = 1 / (1 + np.exp(-logits[rows, columns]))
    found[:, 5:] = boxes[rows, columns, 6:8] - boxes[rows, columns, 4:6]
    return found


def _accepted(photo: Pixels, candidates: Rows, accepted_at: float) -> Rows:
    """The candidates that are faces, with the better box and the score of the second look."""
    looked = [_second_look(photo, each) for each in candidates[:_MOST]]
    kept = [each for each in looked if each is not None and each[4] >= accepted_at and each[2] >= _SMALLEST]
    return _distinct(np.array(kept, np.float32).reshape(-1, _COLUMNS))


def _second_look(photo: Pixels, candidate: Rows) -> Rows | None:
    best, angle = _seen(photo, candidate, 0.0), 0.0
    if best is None or not _DOUBTED_FROM <= best[4] < _SURE:
        return best
    # It may lie on its side: upright the network would be surer, and its eyes would be where they are.
    for other_angle in (math.pi / 2, math.pi, -math.pi / 2) if best[4] < _UPRIGHT else ():
        other = _seen(photo, candidate, other_angle)
        if other is not None and other[4] >= max(float(best[4]), _ACCEPTED_TURNED_AT):
            best, angle = other, other_angle
    # Blots that look like a face at one size don't at another.
    smaller = _seen(photo, best, angle, face_side=_LOOK_SMALL_FACE)
    best[4] = (best[4] + (0 if smaller is None else smaller[4])) / 2
    return best


def _seen(photo: Pixels, candidate: Rows, angle: float, *, face_side: int = _LOOK_FACE) -> Rows | None:
    """The face that a candidate is, looked at as if it were turned clockwise by `angle` radians."""
    scale = float(max(candidate[2], candidate[3])) / face_side
    centre = (float(candidate[0]), float(candidate[1]))
    rows = _run(np.asarray(patch(photo, centre, scale * _LOOK_SIDE, size=_LOOK_SIDE, angle=angle)), 0.05)
    rows[:, :2] -= _LOOK_SIDE / 2
    likely = (np.abs(rows[:, :2]).max(axis=1, initial=0) < face_side * 0.35) & (
        (rows[:, 2] > face_side * 0.6) & (rows[:, 2] < face_side * 1.7)
    )
    rows = rows[likely]
    if not len(rows):
        return None
    best = rows[rows[:, 4].argmax()]
    # Neighbouring places see the same face: their mean is steadier than any of them.
    same = rows[_overlap(best, rows)[0] > 0.5]  # noqa: PLR2004
    face: Rows = np.average(same, axis=0, weights=same[:, 4]).astype(np.float32)
    face[4] = best[4]
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    face[:4] *= scale
    face[:2] = turn @ face[:2] + centre
    face[5:] = turn @ face[5:]
    return face


def _distinct(rows: Rows) -> Rows:
    """Of rows that overlap, or of which one lies within the other, the best; best first."""
    rows = rows[np.argsort(-rows[:, 4], kind="stable")]
    kept = []
    while len(rows):
        kept.append(rows[0])
        overlap, within = _overlap(rows[0], rows)
        same = (overlap > 0.3) | (within > 0.6)  # noqa: PLR2004
        same[0] = True
        rows = rows[~same]
    return np.array(kept, np.float32).reshape(-1, _COLUMNS)


def _overlap(row: Rows, others: Rows) -> tuple[Rows, Rows]:
    """Intersection over union, and over the smaller of the two."""
    before = np.maximum(row[:2] - row[2:4] / 2, others[:, :2] - others[:, 2:4] / 2)
    after = np.minimum(row[:2] + row[2:4] / 2, others[:, :2] + others[:, 2:4] / 2)
    common = (after - before).clip(0).prod(axis=1)
    area, areas = row[2:4].prod(), others[:, 2:4].prod(axis=1)
    return common / np.maximum(area + areas - common, 1e-6), common / np.maximum(np.minimum(area, areas), 1e-6)


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
