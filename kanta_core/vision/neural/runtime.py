"""ONNX Runtime, one thread a session: processes are what Kanta runs side by side."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

# Since 1.29 it tells its maker of every session, and keeps a device's number in HOME, unless this is set before it
# is imported. Nothing of Kanta's work is anybody's business.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

from kanta_core.vision import models
from kanta_core.vision.neural import kept

_log = logging.getLogger(__name__)

Embed = Callable[[NDArray[np.uint8]], NDArray[np.float32]]

# Beyond this two embeddings are not of the same network; what is measured is 4e-7.
TOLERANCE = 1e-5


@cache
def detector() -> onnxruntime.InferenceSession:
    """BlazeFace, of `blaze_graph.graph`'s inputs and outputs."""
    weights = models.blazeface_weights()
    if (path := kept.path("blazeface", weights)).exists():
        return _session(str(path))
    # Imported here: what converts weighs 50 MB, and is not needed where the graph is kept.
    from kanta_core.vision.neural import blaze_graph  # noqa: PLC0415

    return _session(blaze_graph.graph(weights))


@cache
def embedder() -> Embed:
    """What makes embeddings of chips, uint8 (n, 150, 150, 3): float32 (n, 128).

    dlib's ResNet in ONNX Runtime where that says what dlib says, else dlib's own, which is slower and the same.
    """
    weights = models.resnet_weights()
    if (path := kept.path("resnet", weights)).exists():
        return embedder_of(str(path))
    from kanta_core.vision.neural import resnet_graph  # noqa: PLC0415

    embed = embedder_of(resnet_graph.graph(weights))
    if (error := distance_from_dlib(embed)) <= TOLERANCE:
        return embed
    _log.warning("ONNX Runtime's embeddings are %.1e off dlib's on this machine; dlib makes them", error)
    return models.embed_by_dlib


def embedder_of(graph: str | bytes) -> Embed:
    """The same by this graph, or the file of it, unchecked."""
    session = _session(graph)

    def embed(chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        # A few at a time: their layers take 10 MB a face.
        parts = [
            session.run(["embeddings"], {"chips": chips[start : start + 4]})[0]
            for start in range(0, len(chips), 4)
        ]
        return np.concatenate(parts)

    return embed


def distance_from_dlib(embed: Embed) -> float:
    """How far embeddings are from dlib's at most, on a few chips from coarse to fine."""
    random = np.random.default_rng(0)
    grids = [random.integers(0, 256, (side, side, 3), dtype=np.uint8) for side in (3, 10, 150)]
    chips = np.stack([np.kron(grid, np.ones((150 // len(grid), 150 // len(grid), 1), np.uint8)) for grid in grids])
    return float(np.abs(embed(chips) - models.embed_by_dlib(chips)).max())


def _session(graph: str | bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Its warnings are about the machine it runs on, at every start.
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
