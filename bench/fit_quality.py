"""Fits the line behind `quality` on half of LFW's people, and judges it on the other half.

Their photos are taken as they are, smaller and softer. Prints the line for kanta_core/vision/quality.py, and how
well what it foretells goes with what is measured. A face's distance is the mean of those to the person's other
photos as they are.
"""

from __future__ import annotations

import io
import random
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy.stats import spearmanr

from bench.boxes import matches
from bench.pairs import person
from bench.photos import lfw
from bench.recall import LFW_FACE
from bench.tables import show
from kanta_core.vision import align
from kanta_core.vision.copies import Copies
from kanta_core.vision.decode import decode
from kanta_core.vision.encoder import Engine, engine
from kanta_core.vision.quality import features

_PEOPLE, _PHOTOS_EACH, _ENOUGH = 240, 5, 4
_SIZES = (15, 18, 22, 28, 36, 50, 70)
_BLURS = (1.0, 2.0, 3.0, 4.5)
_AS_IT_IS = "as it is"


@dataclass(frozen=True, slots=True)
class _Seen:
    person: str
    photo: str
    kind: str
    features: NDArray[np.float64]
    point: NDArray[np.float64]


def run() -> None:
    photos = lfw()
    if photos is None:
        print("quality: left out, LFW is not at hand")
        return
    seen = _look(photos)
    far = _distances(seen)
    judged = [index for index, distance in enumerate(far) if not np.isnan(distance)]
    people = sorted({face.person for face in seen})
    fitted_on = set(people[::2])
    table, distance = np.array([seen[index].features for index in judged]), far[judged]
    mine = np.array([seen[index].person in fitted_on for index in judged])
    line, *_ = np.linalg.lstsq(table[mine], distance[mine], rcond=None)
    print("the line:", ", ".join(f"{number:.4f}" for number in line))
    foretold = table @ line
    kinds = np.array([seen[index].kind for index in judged])
    rows = []
    for kind in ("all", _AS_IT_IS, "smaller", "softer"):
        part = ~mine & ((kinds == kind) | (kind == "all"))
        rho = spearmanr(foretold[part], distance[part]).statistic
        rows.append((kind, int(part.sum()), float(distance[part].mean()), float(rho)))
    show("foretold and measured distance, people not fitted on", ("photos", "faces", "mean", "Spearman's ρ"), rows)


def _look(photos: dict[str, bytes]) -> list[_Seen]:
    chance = random.Random(0)
    by_person = defaultdict(list)
    for name in sorted(photos):
        by_person[person(name)].append(name)
    several = [one for one, names in by_person.items() if len(names) >= _ENOUGH]
    its = engine()
    seen = []
    for one in chance.sample(several, min(_PEOPLE, len(several))):
        for name in chance.sample(by_person[one], min(_PHOTOS_EACH, len(by_person[one]))):
            picture = Image.open(io.BytesIO(photos[name])).convert("RGB")
            scale = chance.choice(_SIZES) / LFW_FACE[2]
            side = round(picture.width * scale)
            softer = picture.filter(ImageFilter.GaussianBlur(chance.choice(_BLURS)))
            for kind, variant in (
                (_AS_IT_IS, picture),
                ("smaller", picture.resize((side, side), Image.Resampling.LANCZOS)),
                ("softer", softer),
            ):
                face = _face(its, variant)
                if face is not None:
                    seen.append(_Seen(one, name, kind, *face))
    return seen


def _face(its: Engine, picture: Image.Image) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """What is seen of the portrait's own face, and its embedding at unit length."""
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=90)
    pixels = decode(data.getvalue(), max_pixels=1_000_000).pixels
    side = len(pixels)
    x, y, width, height = (each * side / 250 for each in LFW_FACE)
    for found in its.detect(Copies(pixels)):
        face = found.within(side, side)
        if face is None:
            continue
        box = face.box(1, side, side)
        if matches((box.x, box.y, box.width, box.height), (x, y, width, height)):
            landmarks = align.landmarks(pixels, face)
            chip = align.chips(pixels, [landmarks])
            point = its.embed(chip)[0].astype(np.float64)
            return features(chip[0], landmarks, face.score / its.usual_score), point / np.linalg.norm(point)
    return None


def _distances(seen: list[_Seen]) -> NDArray[np.float64]:
    """Each face's mean distance to the person's other photos as they are; NaN with fewer than two of those."""
    whole = defaultdict(list)
    for face in seen:
        if face.kind == _AS_IT_IS:
            whole[face.person].append(face)
    far = np.full(len(seen), np.nan)
    for index, face in enumerate(seen):
        others = [other.point for other in whole[face.person] if other.photo != face.photo]
        if len(others) > 1:
            far[index] = np.linalg.norm(np.array(others) - face.point, axis=1).mean()
    return far
