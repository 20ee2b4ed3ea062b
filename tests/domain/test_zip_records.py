"""The records of a ZIP: other programs read what is written, also beyond what the old records can count."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
import zlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import pytest

from kanta_core.domain.zip_records import Entry, central_header, end_records, local_header

MOMENT = datetime(2026, 5, 1, 14, 3, 22)  # noqa: DTZ001 - DOS knows no zone


def write_zip(file: BinaryIO, files: Mapping[str, bytes], *, moment: datetime = MOMENT) -> None:
    """A ZIP of these files, from where the file stands."""
    directory = []
    for name, data in files.items():
        entry = Entry(name, len(data), zlib.crc32(data), moment, file.tell())
        directory.append(central_header(entry))
        file.write(local_header(entry) + data)
    at = file.tell()
    written = b"".join(directory)
    file.write(written + end_records(len(directory), directory_offset=at, directory_size=len(written)))


def test_python_reads_what_was_written_with_its_names_and_times() -> None:
    files = {"a.jpg": b"one", "Größe/📷 ä.jpg": b"two" * 100, "empty.png": b""}
    out = io.BytesIO()
    write_zip(out, files)
    with zipfile.ZipFile(out) as found:
        assert found.testzip() is None
        assert {name: found.read(name) for name in found.namelist()} == files
        assert {info.date_time for info in found.infolist()} == {(2026, 5, 1, 14, 3, 22)}
        assert {info.external_attr >> 16 for info in found.infolist()} == {0o100644}
        assert {info.compress_type for info in found.infolist()} == {zipfile.ZIP_STORED}


def test_an_empty_zip_is_one() -> None:
    out = io.BytesIO()
    write_zip(out, {})
    assert zipfile.ZipFile(out).namelist() == []


@pytest.mark.parametrize(
    ("year", "told"),
    [(1970, (1980, 1, 1, 0, 0, 0)), (1980, (1980, 5, 1, 14, 3, 22)), (9999, (2107, 5, 1, 14, 3, 22))],
)
def test_a_time_that_dos_can_not_tell_is_the_nearest_it_can(year: int, told: tuple[int, ...]) -> None:
    out = io.BytesIO()
    write_zip(out, {"a.jpg": b"one"}, moment=MOMENT.replace(year=year))
    assert zipfile.ZipFile(out).getinfo("a.jpg").date_time == told


def test_more_files_than_sixteen_bits_count_are_all_found() -> None:
    out = io.BytesIO()
    write_zip(out, {f"{number}.jpg": b"" for number in range(65_536)})
    assert len(zipfile.ZipFile(out).namelist()) == 65_536


def test_a_photo_beyond_four_gigabytes_is_found(tmp_path: Path) -> None:
    # The hole takes no room on the disk.
    with (tmp_path / "large.zip").open("w+b") as file:
        file.seek(2**32 + 17)
        write_zip(file, {"far away.jpg": b"photo", "further.jpg": b"another"})
        with zipfile.ZipFile(file) as found:
            assert found.testzip() is None
            assert found.getinfo("far away.jpg").header_offset == 2**32 + 17
            assert found.read("further.jpg") == b"another"
    if unzip := shutil.which("unzip"):
        told = subprocess.run([unzip, "-tq", tmp_path / "large.zip"], check=False, capture_output=True, timeout=60)
        assert told.returncode == 0, told.stdout + told.stderr
