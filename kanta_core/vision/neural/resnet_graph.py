"""dlib's ResNet v1 as an ONNX graph, made from face_recognition's own model file.

ONNX Runtime runs it many times as fast as dlib's wheel and without holding the interpreter. The graph's input is
uint8 (n, 150, 150, 3), RGB chips as `dlib.get_face_chips` cuts them; its output float32 (n, 128).

The network (dlib's `dnn_face_recognition_ex.cpp` has it as a type): a 7 × 7 convolution by 2, a 3 × 3 maximum
by 2, then 14 residual blocks of two 3 × 3 convolutions, the mean of what is left, and one matrix.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from kanta_core.errors import SettingsError

Floats = NDArray[np.float32]

# Innermost first: how wide each residual block is, and whether it halves the picture.
_BLOCKS = [
    *[(32, False)] * 3,
    *[(64, True), (64, False), (64, False), (64, False)],
    *[(128, True), (128, False), (128, False)],
    *[(256, True), (256, False), (256, False)],
    (256, True),
]
# What dlib's input layer takes from every pixel before it divides by 256.
_MEAN = np.array([122.782, 117.001, 104.298], np.float32)
_OPSET = 13
_IR_VERSION = 8


def graph(weights: Path) -> bytes:
    """The ONNX model of the weights in a dlib `.dat` file, the same bytes every time.

    SettingsError when the file holds another network.
    """
    builder = _Builder(_Tensors(weights))
    chips = builder.node("Transpose", builder.node("Cast", "chips", to=TensorProto.FLOAT), perm=[0, 3, 1, 2])
    last = builder.first_convolution(chips)
    last = builder.node("MaxPool", last, kernel_shape=[3, 3], strides=[2, 2])
    side, channels = 35, 32
    for width, halves in _BLOCKS:
        last, side = builder.residual(last, side, channels, width, halves=halves)
        channels = width
    last = builder.node("GlobalAveragePool", last)
    last = builder.node("Flatten", last)
    builder.node("MatMul", last, builder.constant(builder.tensors.matrix(256, 128)), output="embeddings")
    return builder.model()


class _Tensors:
    """The tensors of a dlib network in the order of its file, innermost layer first.

    A tensor is four packed integers (its shape) and little-endian floats; between two of them lie things that
    the shape says already. https://dlib.net/dnn_introduction_ex.cpp.html
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._data = path.read_bytes()
        self._at = 0

    def vector(self, size: int) -> Floats:
        return self._next(size, 1, 1, 1)

    def matrix(self, rows: int, columns: int) -> Floats:
        return self._next(rows, columns, 1, 1).reshape(rows, columns)

    def convolution(self, width: int, channels: int, side: int) -> tuple[Floats, Floats]:
        """A convolution with the affine layer after it, as one: weights (out, in, side, side) and bias."""
        size = width * channels * side * side
        both, affine = self.vector(size + width), self.vector(2 * width)
        weights, bias = both[:size].reshape(width, channels, side, side), both[size:]
        scale, shift = affine[:width], affine[width:]
        return weights * scale[:, None, None, None], bias * scale + shift

    def _next(self, *shape: int) -> Floats:
        header = b"".join(_packed(number) for number in shape)
        start = self._data.find(header, self._at) + len(header)
        end = start + 4 * int(np.prod(shape))
        if start < len(header) or end > len(self._data):
            raise SettingsError(f"{self._path.name} is not dlib's ResNet v1: it lacks a tensor of {shape}.")
        self._at = end
        return np.frombuffer(self._data, "<f4", (end - start) // 4, start).astype(np.float32)


def _packed(number: int) -> bytes:
    # dlib writes an integer as its length in bytes, then those bytes.
    raw = struct.pack("<Q", number).rstrip(b"\0")
    return bytes([len(raw)]) + raw


class _Builder:
    """Puts the graph together, layer by layer; values are known by the names of what made them."""

    def __init__(self, tensors: _Tensors) -> None:
        self.tensors = tensors
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._names = self._numbered()

    def node(self, operator: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:  # noqa: ANN401
        name = output or next(self._names)
        self._nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def constant(self, values: NDArray[np.generic]) -> str:
        name = next(self._names)
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def first_convolution(self, chips: str) -> str:
        weights, bias = self.tensors.convolution(32, 3, 7)
        # (pixel - mean) / 256, in the weights: nothing is padded, so it comes to the same.
        weights = weights / np.float32(256)
        bias = bias - np.einsum("oihw,i->o", weights, _MEAN)
        return self.node("Relu", self._convolve(chips, weights, bias, stride=2, pad=0))

    def residual(self, before: str, side: int, channels: int, width: int, *, halves: bool) -> tuple[str, int]:
        """Two convolutions added to what came in; the output and the picture's side after it."""
        weights, bias = self.tensors.convolution(width, channels, 3)
        stride, pad = (2, 0) if halves else (1, 1)
        branch = self.node("Relu", self._convolve(before, weights, bias, stride=stride, pad=pad))
        weights, bias = self.tensors.convolution(width, width, 3)
        branch = self._convolve(branch, weights, bias, stride=1, pad=1)
        if halves:
            convolved, side = (side - 3) // 2 + 1, side // 2
            before = self.node("AveragePool", before, kernel_shape=[2, 2], strides=[2, 2])
            # dlib adds what differs in size by taking zeros for what is missing.
            before = self._padded(before, [0, width - channels, 0, 0])
            branch = self._padded(branch, [0, 0, side - convolved, side - convolved])
        return self.node("Relu", self.node("Add", branch, before)), side

    def model(self) -> bytes:
        chips = helper.make_tensor_value_info("chips", TensorProto.UINT8, ["n", 150, 150, 3])
        embeddings = helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["n", 128])
        made = helper.make_graph(self._nodes, "dlib_resnet_v1", [chips], [embeddings], self._constants)
        opset = helper.make_opsetid("", _OPSET)
        model = helper.make_model(made, opset_imports=[opset], ir_version=_IR_VERSION)
        return bytes(model.SerializeToString(deterministic=True))

    def _convolve(self, before: str, weights: Floats, bias: Floats, *, stride: int, pad: int) -> str:
        names = self.constant(weights), self.constant(bias)
        return self.node("Conv", before, *names, strides=[stride, stride], pads=[pad] * 4)

    def _padded(self, before: str, after: list[int]) -> str:
        if not any(after):
            return before
        return self.node("Pad", before, self.constant(np.array([0, 0, 0, 0, *after], np.int64)))

    @staticmethod
    def _numbered() -> Iterator[str]:
        number = 0
        while True:
            yield f"value{number}"
            number += 1
