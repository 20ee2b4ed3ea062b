"""A face's place in a photo, as every detector tells it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kanta_core.domain.faces import Box


@dataclass(frozen=True, slots=True)
class Detection:
    """A face in working pixels of the upright photo, and the detector's margin above its threshold of 0.

    Its edges are those of dlib's box: square, from the brows to the chin, perhaps reaching beyond the photo.
    `roll` is by how many degrees the face is turned clockwise, 0 where the detector finds upright ones only.
    """

    left: int
    top: int
    right: int
    bottom: int
    score: float
    roll: float = 0.0

    def within(self, width: int, height: int) -> Detection | None:
        """The part inside a picture of this size, None if it is outside."""
        left, top, right, bottom = (
            max(self.left, 0),
            max(self.top, 0),
            min(self.right, width),
            min(self.bottom, height),
        )
        if right <= left or bottom <= top:
            return None
        return replace(self, left=left, top=top, right=right, bottom=bottom)

    def box(self, scale: float, width: int, height: int) -> Box:
        """The place in a photo of `width` × `height` pixels, `scale` of them to a working pixel."""
        left, top = round(self.left * scale), round(self.top * scale)
        right, bottom = min(round(self.right * scale), width), min(round(self.bottom * scale), height)
        return Box(left, top, right - left, bottom - top)
