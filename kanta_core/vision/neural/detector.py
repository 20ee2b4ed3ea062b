"""Where the faces are: BlazeFace over the photo at several sizes, then a second look at each candidate by itself.

What the first look proposes is cheap and wrong half of the time; the second look decides.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from kanta_core.vision.copies import Copies, Pixels, resized
from kanta_core.vision.detection import Detection
from kanta_core.vision.neural.rows import COLUMNS, Rows, distinct, enlarged
from kanta_core.vision.neural.scan import scan
from kanta_core.vision.neural.second_look import ACCEPTED_TURNED_AT, second_look

# A face is proposed from 16 px of a level on (97 % of them; 99.8 % from 20 px) up to 96 px and more; each level
# is a third of the one before.
_PROPOSED_AT = 0.25
_LEVEL = 1 / 3
_LAST_SIDE = 192
# Where faces are small, another level at which 30 px of the photo are 18.
_FINE_SCALE = 0.62
_SMALL = 22.0
_SMALLEST = 16.0
# Of a lone face of 30 px in 12 megapixels the coarse copy still has a hint.
_HINTED_AT = 0.1
_MOST_HINTS = 1_000
# Candidates come best first: where so many in a row are none, the others aren't either. Of a thousand faces none
# came after more than 34.
_IN_VAIN = 80
_MOST = 2_000
_ACCEPTED_AT = 0.65
# Of a photo's only face less is asked where it is as large as in a portrait, by its share of the longer side: six
# of 7,171 LFW photos show theirs below the other threshold, none narrower than a quarter. Blots are smaller.
_LONE_AT = 0.5
_LONE_SHARE = 1 / 6
# A photo that lies on its side and shows somebody shows them large: of the coarse copy this much is enough.
_LYING = 1 / 2
_LYING_IN_VAIN = 24
# Or so many of the faces in it lie.
_LYING_SHARE = 0.3
# BlazeFace's box as dlib's HOG detector draws it, in widths: the medians over 700 LFW photos.
_DLIB_X, _DLIB_Y, _DLIB_WIDTH = -0.014, -0.001, 0.959


def detect(photo: Copies) -> list[Detection]:
    """The faces in an upright photo, in its pixels, best first.

    Where many of them lie on their sides or heads, or none is found, the photo is looked at the other ways up. A
    face in a photo in which nothing reached the threshold has a score below 0.
    """
    places = _places(photo, _levels(photo.coarse))
    likely = _accepted(photo, _proposed(places), _LONE_AT)
    found = likely[likely[:, 4] >= _ACCEPTED_AT]
    if len(found) or _hinted(photo, places):
        found = _with_smaller(photo, found, _ACCEPTED_AT)
    # Faces that lie in the upright photo say of a way up what a second look says of a face.
    turned_at = _ACCEPTED_AT if len(found) else ACCEPTED_TURNED_AT
    ways_up = [
        (0, found),
        *((turns, _turned_look(photo, turns, turned_at)) for turns in _other_ways_up(photo, found)),
    ]
    turns, seen = max(ways_up, key=lambda way: float(way[1][:, 4].sum()))
    height, width = photo.pixels.shape[:2]
    if turns:
        return [_turned_back(face, turns, width, height) for face in _detections(seen, turned_at)]
    if not len(found):
        seen = likely[likely[:, 2] >= _LONE_SHARE * max(height, width)][:1]
    return _detections(seen, _ACCEPTED_AT)


def _turned_look(photo: Copies, turns: int, accepted_at: float) -> Rows:
    turned = photo.turned(turns)
    found = _accepted(turned, _proposed(_places(turned, _levels(turned.coarse))), accepted_at)
    return _with_smaller(turned, found, accepted_at)


def _levels(level: Pixels) -> Iterator[Pixels]:
    yield level
    while max(level.shape) > _LAST_SIDE:
        level = resized(level, _LEVEL)
        yield level


def _places(photo: Copies, levels: Iterable[Pixels]) -> Rows:
    """All that may be a face on these levels of the photo, however little it looks like one."""
    width = photo.pixels.shape[1]
    return np.concatenate([enlarged(scan(level, _HINTED_AT), width / level.shape[1]) for level in levels])


def _proposed(places: Rows) -> Rows:
    return distinct(places[places[:, 4] >= _PROPOSED_AT])


def _with_smaller(photo: Copies, faces: Rows, accepted_at: float) -> Rows:
    """These faces, and where some of them are small, or there is none yet, those found on the finer level."""
    if photo.scale >= _FINE_SCALE or (len(faces) and faces[:, 2].min() * photo.scale >= _SMALL):
        return faces
    finer = _proposed(_places(photo, [resized(photo.pixels, _FINE_SCALE)]))
    return distinct(np.concatenate([faces, _accepted(photo, finer, accepted_at)]))


def _hinted(photo: Copies, places: Rows) -> bool:
    """Whether there is a face among the small places that were not proposed, for the finer level to find."""
    if photo.scale >= _FINE_SCALE:
        return False
    hints = places[(places[:, 4] < _PROPOSED_AT) & (places[:, 2] * photo.scale < _SMALL)]
    best = hints[np.argsort(-hints[:, 4], kind="stable")[:_MOST_HINTS]]
    return len(_accepted(photo, distinct(best), _ACCEPTED_AT)) > 0


def _other_ways_up(photo: Copies, found: Rows) -> Iterator[int]:
    """By how many right angles the photo may have to be turned anticlockwise to be upright; nothing if it is."""
    if len(found):
        ways = np.rint(np.degrees(np.arctan2(found[:, 6], found[:, 5])) / 90).astype(int) % 4
        shares = np.bincount(ways, minlength=4) / len(found)
        yield from (turns for turns in (1, 3, 2) if shares[turns] >= _LYING_SHARE)
        return
    for turns in (1, 3, 2):
        turned = photo.turned(turns)
        level = resized(turned.coarse, _LYING if photo.scale < 1 else 1)
        proposed = _proposed(_places(turned, _levels(level)))
        if len(_accepted(turned, proposed, ACCEPTED_TURNED_AT, in_vain=_LYING_IN_VAIN)):
            yield turns


def _accepted(photo: Copies, candidates: Rows, accepted_at: float, *, in_vain: int = _IN_VAIN) -> Rows:
    """The candidates that are faces, with the better box and the score of the second look."""
    kept: list[Rows] = []
    since = 0
    for candidate in candidates[:_MOST]:
        face = second_look(photo, candidate)
        if face is not None and face[4] >= accepted_at and face[2] >= _SMALLEST:
            kept.append(face)
            since = 0
        elif (since := since + 1) == in_vain:
            break
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
