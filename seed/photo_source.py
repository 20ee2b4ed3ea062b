"""Photos out of a zip or a folder, one at a time; nothing is unpacked and no photo is held in memory."""

import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from image_kinds import HEAD_LENGTH, media_type

# The API takes no more.
MAX_PHOTO_BYTES: Final = 100_000_000

_CHUNK: Final = 256 * 1024
_ENCRYPTED: Final = 0x1
_LITTER: Final = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
# What reading a damaged or vanished file raises, or a zip's member in a way that Python cannot unpack.
READ_ERRORS: Final = (
    OSError,
    EOFError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


class NoPhotosError(Exception):
    """There is nothing to read at that path, and the message says what is there instead."""


@dataclass(frozen=True)
class File:
    """One file of the source. `size` is in bytes; each `open()` reads it from its start."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]
    encrypted: bool = False


@dataclass(frozen=True)
class Photo:
    """A file that is an image and was read to its end once. `name` is its path inside the source."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]
    media_type: str


@dataclass(frozen=True)
class Refusal:
    """A file that is not sent. `lost` tells a photo that may be missing from what never was one."""

    name: str
    reason: str
    lost: bool


@contextmanager
def open_source(path: Path) -> Iterator[list[File]]:
    """The files of the zip or folder at `path`, in the order of their names, readable inside the block.

    Raises NoPhotosError when there is no such zip or folder, or it cannot be opened.
    """
    if path.is_dir():
        yield sorted(_files_of_folder(path), key=lambda file: file.name)
        return
    if not path.exists():
        raise NoPhotosError(f"There are no photos at {path}: no such zip or folder.")
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise NoPhotosError(f"{path} is neither a folder nor a zip that can be read ({error}).") from error
    except OSError as error:
        raise NoPhotosError(f"{path} cannot be read: {error.strerror or error}.") from error
    with archive:
        yield sorted(_files_of_zip(archive), key=lambda file: file.name)


def examine(file: File) -> Photo | Refusal:
    """Reads `file` once, in pieces: a Photo if it is a whole image of at most MAX_PHOTO_BYTES."""
    if refusal := _refused_by_name(file):
        return refusal
    try:
        with file.open() as stream:
            kind = media_type(stream.read(HEAD_LENGTH))
            if kind is None:
                return Refusal(file.name, "no image" if file.size else "empty", lost=False)
            if file.size > MAX_PHOTO_BYTES:
                return Refusal(file.name, f"larger than {MAX_PHOTO_BYTES // 1_000_000} MB", lost=True)
            # A zip compares a member's checksum at its end: broken bytes are found before any is sent.
            while stream.read(_CHUNK):
                pass
    except READ_ERRORS as error:
        return Refusal(file.name, f"cannot be read ({str(error) or type(error).__name__})", lost=True)
    return Photo(file.name, file.size, file.open, kind)


def _refused_by_name(file: File) -> Refusal | None:
    parts = PurePosixPath(file.name).parts
    if "__MACOSX" in parts or parts[-1].startswith("._"):
        return Refusal(file.name, "left behind by macOS", lost=False)
    if parts[-1].lower() in _LITTER:
        return Refusal(file.name, "left behind by the file manager", lost=False)
    return Refusal(file.name, "encrypted in the zip", lost=True) if file.encrypted else None


def _files_of_zip(archive: zipfile.ZipFile) -> Iterator[File]:
    for member in archive.infolist():
        if member.is_dir():
            continue

        def opened(member: zipfile.ZipInfo = member) -> IO[bytes]:
            return archive.open(member)

        yield File(member.filename, member.file_size, opened, bool(member.flag_bits & _ENCRYPTED))


def _files_of_folder(folder: Path) -> Iterator[File]:
    for parent, _, names in os.walk(folder, onerror=_raise):
        for path in (Path(parent, name) for name in names):
            # A named pipe would block whoever opens it.
            if path.is_file():

                def opened(path: Path = path) -> IO[bytes]:
                    return path.open("rb")

                yield File(path.relative_to(folder).as_posix(), path.stat().st_size, opened)


def _raise(error: OSError) -> None:
    raise NoPhotosError(f"{error.filename} cannot be read: {error.strerror}.") from error
