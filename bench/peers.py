"""The ways of grouping faces that others use, with dlib's embeddings as they come."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from importlib.util import find_spec

import dlib
import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from kanta_core.people.groups.grouping import Faces, group

Method = Callable[[Faces], NDArray[np.intp]]


def methods() -> dict[str, Method]:
    """What groups faces, by name: Kanta, and its peers where scikit-learn is installed."""
    found: dict[str, Method] = {"Kanta": group, "average linkage 0.50": average, "Chinese whispers 0.47": whispers}
    if find_spec("sklearn") is None:
        print("DBSCAN and HDBSCAN: left out, scikit-learn is not installed")
        return found
    return found | {"HDBSCAN 3, 3": hdbscan, "DBSCAN 0.42, 3": dbscan_narrow, "DBSCAN 0.50, 3": dbscan_wide}


def average(faces: Faces) -> NDArray[np.intp]:
    return np.asarray(fcluster(linkage(faces.embeddings, "average"), 0.50, "distance"), np.intp)


def whispers(faces: Faces) -> NDArray[np.intp]:
    points = [dlib.vector(face.tolist()) for face in faces.embeddings.astype(np.float64)]
    return np.array(dlib.chinese_whispers_clustering(points, 0.47), np.intp)


def hdbscan(faces: Faces) -> NDArray[np.intp]:
    cluster = importlib.import_module("sklearn.cluster")
    found = cluster.HDBSCAN(min_cluster_size=3, min_samples=3, copy=True).fit_predict(faces.embeddings)
    return _each_alone(np.asarray(found, np.intp))


def dbscan_narrow(faces: Faces) -> NDArray[np.intp]:
    return _dbscan(faces, 0.42)


def dbscan_wide(faces: Faces) -> NDArray[np.intp]:
    return _dbscan(faces, 0.50)


def _dbscan(faces: Faces, radius: float) -> NDArray[np.intp]:
    cluster = importlib.import_module("sklearn.cluster")
    found = cluster.DBSCAN(eps=radius, min_samples=3).fit_predict(faces.embeddings)
    return _each_alone(np.asarray(found, np.intp))


def _each_alone(numbers: NDArray[np.intp]) -> NDArray[np.intp]:
    """What they call noise, -1, are people with one or two photos."""
    noise = np.flatnonzero(numbers < 0)
    numbers[noise] = numbers.max(initial=-1) + 1 + np.arange(len(noise))
    return numbers
