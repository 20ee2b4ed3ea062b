"""How right the people are, beside plain average linkage at 0.50 on the same embeddings."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from bench.photos import yale
from bench.scores import scores
from bench.tables import show
from kanta_core.people.agglomeration import agglomerate
from kanta_core.vision.encoder import FaceEncoder

_SIZES = (1_000, 4_000, 16_000)


def run() -> None:
    photos = yale()
    if photos is None:
        print("grouping on Yale: left out, the data is not at hand")
    else:
        _yale(photos)
    _growth()


def _average(faces: NDArray[np.float32]) -> NDArray[np.intp]:
    return np.asarray(fcluster(linkage(faces, "average"), 0.50, "distance"))


def _yale(photos: dict[str, bytes]) -> None:
    encoder = FaceEncoder(max_pixels=1_000_000)
    distinct = {data: name.split(".")[0] for name, data in sorted(photos.items())}
    faces, people = [], []
    for data, person in distinct.items():
        for face in encoder.encode(data).faces:
            faces.append(face.embedding)
            people.append(person)
    methods: dict[str, Callable[[NDArray[np.float32]], NDArray[np.intp]]] = {
        "Kanta": agglomerate,
        "average linkage 0.50": _average,
    }
    rows = []
    for name, method in methods.items():
        found = scores(method(np.array(faces)).tolist(), people)
        rows.append((name, found.precision, found.recall, found.bcubed, found.groups))
    title = f"Yale, {len(distinct)} distinct photos, {len(faces)} faces, {len(set(people))} people"
    show(title, ("", "precision", "recall", "BCubed F", "groups"), rows)


def _growth() -> None:
    """Made-up people, ten faces each, so that only time is told."""
    random = np.random.default_rng(0)
    rows = []
    for size in _SIZES:
        centres = np.repeat(random.normal(size=(size // 10, 128)), 10, axis=0)
        faces = (centres + random.normal(scale=0.2, size=centres.shape)).astype(np.float32)
        started = time.perf_counter()
        agglomerate(faces)
        rows.append((f"{size:,} faces", time.perf_counter() - started))
    show("grouping by number of faces", ("", "seconds"), rows)
