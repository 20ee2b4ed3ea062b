"""ONNX Runtime, one thread a session: processes are what Kanta runs side by side."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

import dlib
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from kanta_core.vision import models
from kanta_core.vision.neural import blaze_graph, resnet_graph

_log = logging.getLogger(__name__)

# Beyond this two embeddings are not of the same network; what is measured is 4e-7.
_TOLERANCE = 1e-5
_CHIP = 150


def session(graph: bytes) -> onnxruntime.InferenceSession:
    """A session on this graph. It may be run from several threads."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Its warnings are about the machine it runs on, at every start.
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


@cache
def detector() -> onnxruntime.InferenceSession:
    """BlazeFace, of `blaze_graph.graph`'s inputs and outputs."""
    return session(blaze_graph.graph(models.blazeface_weights()))


@cache
def embedder() -> Any:  # noqa: ANN401 - a session or dlib's own
    """What makes embeddings of chips, uint8 (n, 150, 150, 3): float32 (n, 128).

    dlib's ResNet in ONNX Runtime where it says what dlib says, else dlib's own, which is slower and the same.
    """
    its = session(resnet_graph.graph(models.resnet_weights()))

    def run(chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.asarray(its.run(["embeddings"], {"chips": chips})[0], np.float32)

    error = float(np.abs(run(_proof()) - models.embed_by_dlib(_proof())).max())
    if error <= _TOLERANCE:
        return run
    _log.warning("ONNX Runtime's embeddings are %.1e off dlib's on this machine; dlib makes them", error)
    return models.embed_by_dlib


def _proof() -> NDArray[np.uint8]:
    """Chips from coarse to fine, the same on every machine."""
    random = np.random.default_rng(0)
    sizes = (3, 10, 150)
    coarse = [random.integers(0, 256, (size, size, 3), dtype=np.uint8) for size in sizes]
    return np.stack([np.asarray(dlib.resize_image(each, _CHIP, _CHIP)) for each in coarse])
