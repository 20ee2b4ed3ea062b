"""An EXIF block that says which way is up, and nothing else."""

from __future__ import annotations

import struct

UPRIGHT = 1
_ORIENTATION, _SHORT = 0x0112, 3


def block(orientation: int) -> bytes:
    """The block from its TIFF header on, without the name that JPEG puts before it (EXIF 2.32, 4.5)."""
    # One directory right behind the header, with one entry, whose value fits into it, and none after it.
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, _ORIENTATION, _SHORT, 1, orientation, 0, 0)
