"""Whether embeddings tell people apart: LFW-style verification, and what `quality` says of the errors.

6,000 pairs, 10 folds; a photo whose face is not found makes its pairs wrong. Takes minutes, a few thousand photos
being encoded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from bench.boxes import Box, matches
from bench.encoders import encoder
from bench.pairs import Pair, draw, person, verify
from bench.photos import lfw
from bench.recall import LFW_FACE
from bench.tables import show
from kanta_core.domain.faces import Face
from kanta_core.vision.encoder import FaceEncoder

_OF_EACH = 3_000
# Photos of a person, so that a face has others to be compared with.
_ENOUGH = 3
_PARTS = 10


def run() -> None:
    photos = lfw()
    if photos is None:
        print("verification on LFW: left out, the data is not at hand")
        return
    pairs = draw(photos, _OF_EACH, seed=0)
    people = _people(photos)
    needed = {name for a, b, _ in pairs for name in (a, b)} | {name for names in people for name in names}
    kanta = encoder()
    faces = {name: face for name in sorted(needed) if (face := centre_face(kanta, photos[name])) is not None}
    _verification(pairs, faces, len(needed))
    _quality(people, faces)


def centre_face(kanta: FaceEncoder, photo: bytes) -> Face | None:
    """The face that a photo of LFW was taken into it for, None where it is not found."""
    found = [face for face in kanta.encode(photo).faces if matches(_box(face), LFW_FACE)]
    return min(found, key=_off_centre, default=None)


def _box(face: Face) -> Box:
    return face.box.x, face.box.y, face.box.width, face.box.height


def _off_centre(face: Face) -> float:
    x, y = LFW_FACE[0] + LFW_FACE[2] / 2, LFW_FACE[1] + LFW_FACE[3] / 2
    return float(np.hypot(face.box.x + face.box.width / 2 - x, face.box.y + face.box.height / 2 - y))


def _people(photos: Mapping[str, bytes]) -> list[list[str]]:
    """The photos of everybody who has enough of them."""
    by_person = defaultdict(list)
    for name in sorted(photos):
        by_person[person(name)].append(name)
    return [names for names in by_person.values() if len(names) >= _ENOUGH]


def _verification(pairs: Sequence[Pair], faces: Mapping[str, Face], needed: int) -> None:
    same = [same for _, _, same in pairs]
    rows = []
    for measure, unit in (("L2", False), ("L2 at unit length", True)):
        distances = _distances(pairs, faces, unit=unit)
        right, thresholds = verify(distances, same)
        folds = [part.mean() for part in np.array_split(right, len(thresholds))]
        error = float(np.std(folds, ddof=1) / np.sqrt(len(folds)))
        seen = right[~np.isnan(distances)].mean()
        rows.append((measure, f"{right.mean():.4f} ± {error:.4f}", f"{seen:.4f}", float(thresholds.mean())))
        if unit:
            _errors_by_quality(pairs, faces, right)
    show(
        f"verification: {len(pairs):,} pairs of LFW, {needed - len(faces)} of {needed:,} faces not found",
        ("", "right", "right where both are found", "threshold"),
        rows,
    )


def _distances(pairs: Sequence[Pair], faces: Mapping[str, Face], *, unit: bool) -> NDArray[np.float64]:
    """How far the faces of each pair are from each other, NaN where one was not found."""
    points = {name: face.embedding for name, face in faces.items()}
    if unit:
        points = {name: point / np.linalg.norm(point) for name, point in points.items()}
    return np.array(
        [np.linalg.norm(points[a] - points[b]) if a in points and b in points else np.nan for a, b, _ in pairs]
    )


def _errors_by_quality(pairs: Sequence[Pair], faces: Mapping[str, Face], right: NDArray[np.bool_]) -> None:
    found = [position for position, (a, b, _) in enumerate(pairs) if a in faces and b in faces]
    worse = np.array([min(faces[name].quality for name in pairs[position][:2]) for position in found])
    wrong, same = ~right[found], np.array([pairs[position][2] for position in found])
    rows = [
        (
            f"{number * 100 // _PARTS}–{(number + 1) * 100 // _PARTS} %",
            f"{worse[part].min():.2f}–{worse[part].max():.2f}",
            f"{100 * wrong[part].mean():.2f}",
            f"{100 * wrong[part][same[part]].mean():.2f}",
            f"{100 * wrong[part][~same[part]].mean():.2f}",
        )
        for number, part in enumerate(np.array_split(np.argsort(worse, kind="stable"), _PARTS))
    ]
    show(
        "errors by the quality of a pair's worse face, from the worst tenth of the pairs to the best",
        ("", "quality", "wrong, %", "same person, wrong, %", "two people, wrong, %"),
        rows,
    )


def _quality(people: Sequence[Sequence[str]], faces: Mapping[str, Face]) -> None:
    """How well `quality` foretells a face's mean distance to the others of the same person."""
    qualities: list[float] = []
    distances: list[float] = []
    for names in people:
        found = [faces[name] for name in names if name in faces]
        if len(found) < _ENOUGH:
            continue
        points = np.array([face.embedding / np.linalg.norm(face.embedding) for face in found], np.float64)
        apart = np.sqrt((2 - 2 * points @ points.T).clip(0))
        qualities += [face.quality for face in found]
        distances += (apart.sum(axis=1) / (len(found) - 1)).tolist()
    order = np.argsort(qualities, kind="stable")
    parts = np.array_split(order, _PARTS)
    far = np.array(distances)
    show(
        f"quality against the mean distance to one's other faces: {len(far):,} faces",
        ("", "Spearman's ρ", "p", "worst tenth's distance", "best tenth's distance"),
        [("quality", *_spearman(qualities, distances), float(far[parts[0]].mean()), float(far[parts[-1]].mean()))],
    )


def _spearman(one: Sequence[float], other: Sequence[float]) -> tuple[float, str]:
    result = spearmanr(one, other)
    return float(result.statistic), f"{result.pvalue:.1g}"
