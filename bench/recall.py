"""Which faces are found: in group photos, on Yale's portraits and on LFW's; KANTA_BENCH_FULL=1 takes all of LFW.

Group photos are compared with bench/reference/groups.json, by the rule of bench/boxes.py. Beside Kanta stand
face_recognition as its examples use it, and Kanta on previews of the sizes that other photo apps search.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence

from bench.boxes import Box, Tally, match
from bench.encoders import Detect, systems
from bench.photos import lfw, yale
from bench.previews import previews
from bench.tables import show
from bench.walls import Known, known_groups, wall

_EDGES = (20, 40, 80, 160)
_WALL_EDGES = (20, 25, 30, 40, 60)
_LFW_SAMPLE = 500
# Where deep funneling puts the face: the mean of dlib's boxes.
LFW_FACE: Box = (70, 80, 106, 106)


def run() -> None:
    plain = systems()
    compared = plain | previews(plain["Kanta"])
    photos = known_groups()
    if photos is None:
        print("recall on group photos: left out, the data is not at hand")
    else:
        _compare(f"{len(photos)} group photos", compared, photos, _EDGES)
        _compare("those photos, small, side by side in one of 12 MP", compared, [wall(photos)], _WALL_EDGES)
    _yale(plain)
    _lfw(plain)


def _compare(title: str, compared: dict[str, Detect], photos: Sequence[Known], edges: Sequence[float]) -> None:
    rows = []
    for name, detect in compared.items():
        tally = Tally(edges)
        for photo in photos:
            tally.add(detect(photo.data), photo.faces, photo.optional)
        rows.append((name, *tally.cells(), tally.recall, tally.false))
    show(f"{title}: faces found, by width in px", ("", *tally.classes(), "recall", "false"), rows)


def _yale(plain: dict[str, Detect]) -> None:
    photos = yale()
    if photos is None:
        print("recall on Yale: left out, the data is not at hand")
        return
    rows = []
    for name, detect in plain.items():
        counts = [len(detect(data)) for data in photos.values()]
        rows.append((name, sum(count > 0 for count in counts), sum(max(count - 1, 0) for count in counts)))
    show(f"Yale, {len(photos)} photos of one face", ("", "photos with a face", "second faces"), rows)


def _lfw(plain: dict[str, Detect]) -> None:
    photos = lfw()
    if photos is None:
        print("recall on LFW: left out, the data is not at hand")
        return
    names = sorted(photos)
    if not os.environ.get("KANTA_BENCH_FULL"):
        names = random.Random(0).sample(names, _LFW_SAMPLE)
    rows = []
    for name, detect in plain.items():
        answers = [detect(photos[photo]) for photo in names]
        right = sum(bool(match(found, [LFW_FACE])) for found in answers)
        rows.append((name, right, right / len(names), sum(map(len, answers)) - right))
    # Not false ones: people stand in the background of a tenth of the photos.
    show(f"LFW, {len(names)} photos", ("", "the face at the centre", "of all", "other faces"), rows)
