"""The decoder of the libwebp that Pillow brings: what of its C interface is needed to decode at a chosen size."""

from __future__ import annotations

import ctypes

import numpy as np
from numpy.typing import NDArray
from PIL import _webp

from kanta_core.errors import BrokenImage

# Symbols of a library are looked up in those it was linked with too: this is libwebp, wherever it lies.
_LIBRARY = ctypes.CDLL(_webp.__file__)
# libwebp refuses callers of another major version of its structures; theirs has been this one since 2012.
_ABI = 0x0209
_MODE_RGB, _MODE_RGBA = 0, 1
_OK = 0


class _Features(ctypes.Structure):
    _fields_ = (
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("has_alpha", ctypes.c_int),
        ("has_animation", ctypes.c_int),
        ("format", ctypes.c_int),
        ("padding", ctypes.c_uint32 * 5),
    )


class _Rgba(ctypes.Structure):
    _fields_ = (("pixels", ctypes.c_void_p), ("stride", ctypes.c_int), ("size", ctypes.c_size_t))


class _Yuva(ctypes.Structure):
    _fields_ = (
        ("planes", ctypes.c_void_p * 4),
        ("strides", ctypes.c_int * 4),
        ("sizes", ctypes.c_size_t * 4),
    )


class _Samples(ctypes.Union):
    _fields_ = (("rgba", _Rgba), ("yuva", _Yuva))


class _Output(ctypes.Structure):
    _fields_ = (
        ("colorspace", ctypes.c_int),
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("is_external_memory", ctypes.c_int),
        ("samples", _Samples),
        ("padding", ctypes.c_uint32 * 4),
        ("private_memory", ctypes.c_void_p),
    )


class _Options(ctypes.Structure):
    _fields_ = (
        ("filtering", ctypes.c_int * 2),
        ("cropping", ctypes.c_int * 5),
        ("use_scaling", ctypes.c_int),
        ("scaled_width", ctypes.c_int),
        ("scaled_height", ctypes.c_int),
        ("others", ctypes.c_int * 4),
        ("padding", ctypes.c_uint32 * 5),
    )


class _Configuration(ctypes.Structure):
    _fields_ = (("input", _Features), ("output", _Output), ("options", _Options))


_initialise = _LIBRARY.WebPInitDecoderConfigInternal
_initialise.argtypes = (ctypes.POINTER(_Configuration), ctypes.c_int)
_features = _LIBRARY.WebPGetFeaturesInternal
_features.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(_Features), ctypes.c_int)
_decode = _LIBRARY.WebPDecode
_decode.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(_Configuration))
if not _initialise(_Configuration(), _ABI):
    raise ImportError("libwebp's decoder has another interface than the one known here")


def decode_into(target: NDArray[np.uint8], still: bytes, *, scaled: bool) -> None:
    """Fills `target`, RGB or RGBA in an array that may be larger, with a WebP that is no film; BrokenImage."""
    height, width, depth = target.shape
    configuration = _Configuration()
    _initialise(configuration, _ABI)
    output, options = configuration.output, configuration.options
    output.colorspace = _MODE_RGBA if depth == 4 else _MODE_RGB  # noqa: PLR2004 - with alpha
    output.is_external_memory = 1
    output.samples.rgba.pixels = target.ctypes.data
    output.samples.rgba.stride = target.strides[0]
    output.samples.rgba.size = target.strides[0] * (height - 1) + width * depth
    if scaled:
        options.use_scaling, options.scaled_width, options.scaled_height = 1, width, height
    if _decode(still, len(still), configuration) != _OK:
        # Which status it is tells nothing: damaged transparency is reported as too little memory.
        raise BrokenImage


def declared(data: bytes) -> tuple[int, int, bool]:
    """Width, height and whether there is transparency; BrokenImage."""
    features = _Features()
    if _features(data, len(data), features, _ABI) != _OK or features.width < 1 or features.height < 1:
        raise BrokenImage
    return features.width, features.height, bool(features.has_alpha)
