"""What a TensorFlow Lite file holds: one graph of operators, and the tensors between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray

_KINDS: dict[int, str] = {
    code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)
}
_TYPES: dict[int, np.dtype[Any]] = {
    tflite.TensorType.FLOAT32: np.dtype("<f4"),
    tflite.TensorType.FLOAT16: np.dtype("<f2"),
    tflite.TensorType.INT32: np.dtype("<i4"),
}


class Operator:
    """One operator: what it does, the tensors it takes, the one it makes; tensors by number."""

    def __init__(self, kind: str, table: Any) -> None:  # noqa: ANN401 - tflite has no types
        self.kind = kind
        self.inputs = [int(each) for each in table.InputsAsNumpy()]
        self.output = int(table.Outputs(0))
        self._table = table

    def options(self, kind: Any) -> Any:  # noqa: ANN401
        """Its options, read as those of this kind."""
        table = self._table.BuiltinOptions()
        kind.Init(table.Bytes, table.Pos)
        return kind


class TfliteFile:
    """The first graph of a file; KeyError for an operator or a type that TensorFlow Lite doesn't have."""

    def __init__(self, path: Path) -> None:
        self._model = tflite.Model.GetRootAsModel(path.read_bytes(), 0)
        self._graph = self._model.Subgraphs(0)
        self.inputs = [int(each) for each in self._graph.InputsAsNumpy()]
        self.outputs = [int(each) for each in self._graph.OutputsAsNumpy()]
        tables = [self._graph.Operators(index) for index in range(self._graph.OperatorsLength())]
        self.operators = [Operator(self._kind(table), table) for table in tables]

    def channels(self, tensor: int) -> int:
        """The last of a tensor's dimensions."""
        return int(self._graph.Tensors(tensor).ShapeAsNumpy()[-1])

    def values(self, tensor: int) -> NDArray[Any]:
        """What the file says a tensor holds."""
        its = self._graph.Tensors(tensor)
        raw = self._model.Buffers(its.Buffer()).DataAsNumpy().tobytes()
        return np.frombuffer(raw, _TYPES[its.Type()]).reshape(its.ShapeAsNumpy())

    def _kind(self, table: Any) -> str:  # noqa: ANN401
        code = self._model.OperatorCodes(table.OpcodeIndex())
        return _KINDS[int(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()))]
