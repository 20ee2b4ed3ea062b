"""Names of photos as files: what people called them, made into something every system can save, each once."""

from __future__ import annotations

import re
import unicodedata
from array import array
from hashlib import blake2b
from pathlib import PurePosixPath

# What Windows takes for something else, with any extension: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(?=\s*(\.|$))", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"|?*]')
# Joins the parts of an emoji; the only invisible character that is missed.
_JOINER = "\u200d"
# Of one part in UTF-8: file systems take 255 bytes.
_LONGEST = 200
_DEEPEST = 8
_OTHER_EXTENSIONS = {"jpg": ("jpeg", "jfif", "jpe"), "tiff": ("tif",), "heic": ("heif",)}


def saved_as(name: str, extension: str) -> str:
    """The path under which a photo of this format can be saved everywhere: relative, its folders kept.

    It ends in an extension of its format, whatever its name says: what is opened by its name is a photo.
    """
    parts = [_part(part) for part in name.replace("\\", "/").split("/")]
    *folders, last = [part for part in parts if part] or ["photo"]
    _, dot, given = last.rpartition(".")
    known = (extension, *_OTHER_EXTENSIONS.get(extension, ()))
    if not dot or given.lower() not in known:
        last = f"{last}.{extension}"
    return "/".join((*folders[: _DEEPEST - 1], last))


class TakenNames:
    """The names that are given already, also where case or a way to write accents tell no names apart.

    Kept as hashes of 8 bytes: two names that share one cost a longer name, and no more.
    """

    def __init__(self, kept: bytes = b"") -> None:
        hashes = array("Q")
        hashes.frombytes(kept)
        self._hashes = set(hashes)

    def take(self, name: str, *, mark: str) -> str:
        """`name` if it is free, else with `mark` before its extension, and a number if that is taken as well."""
        path = PurePosixPath(name)
        chosen, number = name, 1
        while not self._is_free(chosen):
            ending = mark if number == 1 else f"{mark}-{number}"
            chosen = str(path.with_name(f"{path.stem} {ending}{path.suffix}"))
            number += 1
        return chosen

    def as_bytes(self) -> bytes:
        return array("Q", self._hashes).tobytes()

    def _is_free(self, name: str) -> bool:
        folded = unicodedata.normalize("NFC", name.casefold()).encode()
        key = int.from_bytes(blake2b(folded, digest_size=8).digest(), "little")
        if key in self._hashes:
            return False
        self._hashes.add(key)
        return True


def _part(part: str) -> str:
    """One part of a path; empty for what leads nowhere."""
    seen = "".join(c if c.isprintable() or c == _JOINER else "_" for c in unicodedata.normalize("NFC", part))
    mended = _FORBIDDEN.sub("_", seen).strip(". ")
    if _DEVICES.match(mended):
        mended = f"_{mended}"
    return _shortened(mended)


def _shortened(part: str) -> str:
    if len(part.encode()) <= _LONGEST:
        return part
    stem, dot, extension = part.rpartition(".")
    if not dot or len(extension) > 5 or not stem:  # noqa: PLR2004 - the longest is .jpeg's
        stem, dot, extension = part, "", ""
    kept = stem.encode()[: _LONGEST - len((dot + extension).encode())].decode(errors="ignore")
    return f"{kept.rstrip('. ')}{dot}{extension}"
