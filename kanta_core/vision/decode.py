"""Photo bytes → upright pixels."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile, ImageOps

from kanta_core.errors import BrokenImage, ImageRefused, TooManyPixels
from kanta_core.vision.formats import Format, identify

pillow_heif.register_heif_opener()

# Pillow's own guard counts differently from one format to the next; ours runs before anything is decoded.
Image.MAX_IMAGE_PIXELS = None
ImageFile.LOAD_TRUNCATED_IMAGES = False

# A JPEG checked at an eighth of its size is still read to its last byte, in a third of the time.
_CHECK_SCALE = 8
_SIXTEEN_BITS = frozenset({"I;16", "I;16B", "I;16L", "I;16N", "I", "F"})


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded photo: `pixels` is RGB, uint8, of shape (height, width, 3), turned the way it is looked at.

    `taken_at` is what the camera's clock showed, in whatever zone it was set to.
    """

    pixels: NDArray[np.uint8]
    format: Format
    taken_at: datetime | None

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


def decode(data: bytes, *, max_pixels: int) -> Photo:
    """The photo in `data`; an ImageRefused says why there is none."""
    format_ = identify(data)
    with warnings.catch_warnings():
        # What a decoder finds odd but can read is no news.
        warnings.simplefilter("ignore")
        try:
            with _open(data, format_, max_pixels) as image:
                upright = ImageOps.exif_transpose(image)
                return Photo(np.asarray(_rgb(upright)), format_, _taken_at(image))
        except (ImageRefused, MemoryError):
            raise
        except Exception as error:
            # Damaged files make decoders raise whatever they stumble over; what the bytes do once, they do always.
            raise BrokenImage from error


def check(data: bytes, *, max_pixels: int) -> Format:
    """The format of a photo that can be decoded to its end; an ImageRefused says why it can't."""
    format_ = identify(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with _open(data, format_, max_pixels) as image:
                image.draft("RGB", (image.width // _CHECK_SCALE, image.height // _CHECK_SCALE))
                image.load()
        except (ImageRefused, MemoryError):
            raise
        except Exception as error:
            raise BrokenImage from error
    return format_


def _open(data: bytes, format_: Format, max_pixels: int) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=format_.decoders)
    if image.width * image.height > max_pixels:
        image.close()
        raise TooManyPixels(
            f"The photo has {image.width} × {image.height} pixels; Kanta takes {max_pixels / 1e6:g} megapixels."
        )
    return image


def _taken_at(image: Image.Image) -> datetime | None:
    exif = image.getexif()
    for text in (
        exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal),
        exif.get(ExifTags.Base.DateTime),
    ):
        try:
            return datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - no zone is known
        except ValueError:
            continue
    return None


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode in _SIXTEEN_BITS:
        # Pillow clips where it should scale.
        values = np.asarray(image, dtype=np.float64)
        low, high = float(values.min()), float(values.max())
        top = 65_535.0 if high > 255 and image.mode != "F" else 255.0  # noqa: PLR2004 - 8 or 16 bits
        if image.mode == "F" or low < 0:
            values, top = values - low, max(high - low, 1e-9)
        return Image.fromarray((values * (255.0 / top)).clip(0, 255).astype(np.uint8), "L").convert("RGB")
    if image.has_transparency_data:
        # Transparent pixels may hold any colour; on white they look as they do in a gallery.
        layered = image.convert("RGBA")
        ground = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(ground, layered).convert("RGB")
    return image.convert("RGB")
