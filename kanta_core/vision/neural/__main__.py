"""`python -m kanta_core.vision.neural`: converts the networks, checks them against dlib and keeps them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kanta_core.vision import models
from kanta_core.vision.neural import blaze_graph, kept, resnet_graph
from kanta_core.vision.neural.runtime import TOLERANCE, distance_from_dlib, embedder_of


def main() -> int:
    """0, or 1 when ONNX Runtime does not say what dlib says: then nothing is kept, and dlib will embed."""
    weights = models.resnet_weights()
    graph = resnet_graph.graph(weights)
    error = distance_from_dlib(embedder_of(graph))
    if error > TOLERANCE:
        print(f"ONNX Runtime's embeddings are {error:.1e} off dlib's on this machine.", file=sys.stderr)
        return 1
    _keep(kept.path("resnet", weights), graph)
    weights = models.blazeface_weights()
    _keep(kept.path("blazeface", weights), blaze_graph.graph(weights))
    return 0


def _keep(path: Path, graph: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}")
    part.write_bytes(graph)
    part.replace(path)


if __name__ == "__main__":
    sys.exit(main())
