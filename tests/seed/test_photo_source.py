import os
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from photo_source import MAX_PHOTO_BYTES, NoPhotosError, Photo, Refusal, examine, open_source

from tests.seed.scripted_kanta import JPEG, PNG, image


def make_zip(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def examined(path: Path) -> dict[str, Photo | Refusal]:
    with open_source(path) as files:
        return {file.name: examine(file) for file in files}


def refusal(path: Path, name: str) -> Refusal:
    found = examined(path)[name]
    assert isinstance(found, Refusal)
    return found


def test_a_zip_and_a_folder_of_the_same_files_hold_the_same_photos(album: Path, tmp_path: Path) -> None:
    members = {path.relative_to(album).as_posix(): path.read_bytes() for path in album.rglob("*.png")}
    archive = make_zip(tmp_path / "album.zip", members)
    for source in (album, archive):
        with open_source(source) as files:
            photos = [examine(file) for file in files]
            assert [photo.name for photo in photos] == ["a.png", "b.png", "evening/c.png"]
            for photo in photos:
                assert isinstance(photo, Photo)
                assert photo.size == len(members[photo.name])
                with photo.open() as stream:
                    assert stream.read() == members[photo.name]


def test_folders_inside_a_zip_are_no_files(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {"empty/": b"", "full/": b"", "full/a.png": image("a")})
    assert list(examined(archive)) == ["full/a.png"]


def test_the_bytes_decide_and_the_extension_does_not(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {"photo.txt": image("a", magic=JPEG), "text.jpg": b"no photo at all"})
    found = examined(archive)
    photo = found["photo.txt"]
    assert isinstance(photo, Photo)
    assert photo.media_type == "image/jpeg"
    assert found["text.jpg"] == Refusal("text.jpg", "no image", lost=False)


@pytest.mark.parametrize(
    "name", ["__MACOSX/._a.png", "album/._a.png", ".DS_Store", "album/Thumbs.db", "desktop.ini"]
)
def test_what_an_operating_system_left_behind_is_skipped_even_with_an_images_bytes(
    tmp_path: Path, name: str
) -> None:
    found = refusal(make_zip(tmp_path / "a.zip", {name: image("a")}), name)
    assert "left behind" in found.reason
    assert not found.lost


def test_an_empty_file_is_skipped(tmp_path: Path) -> None:
    assert refusal(make_zip(tmp_path / "a.zip", {"a.png": b""}), "a.png") == Refusal("a.png", "empty", lost=False)


def test_a_member_with_broken_bytes_is_lost_and_its_neighbours_are_not(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {"a.png": image("a"), "b.png": image("b")})
    content = bytearray(archive.read_bytes())
    content[content.index(image("a")) + 1_000] ^= 0xFF
    archive.write_bytes(content)
    found = examined(archive)
    broken = found["a.png"]
    assert isinstance(broken, Refusal)
    assert broken.lost
    assert "CRC" in broken.reason
    assert isinstance(found["b.png"], Photo)


def test_an_encrypted_member_is_lost(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {"a.png": image("a")})
    content = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    archive.write_bytes(content)
    assert refusal(archive, "a.png") == Refusal("a.png", "encrypted in the zip", lost=True)


def test_a_member_packed_in_a_way_python_cannot_unpack_is_lost(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {"a.png": image("a")})
    content = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", content, content.index(signature) + offset, 97)
    archive.write_bytes(content)
    found = refusal(archive, "a.png")
    assert found.lost
    assert "compression" in found.reason


def test_a_member_past_100_mb_is_refused_and_costs_no_memory(tmp_path: Path) -> None:
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped, zipped.open("a.png", "w") as member:
        member.write(PNG)
        for _ in range(MAX_PHOTO_BYTES // 1_000_000):
            member.write(bytes(1_000_000))
    assert archive.stat().st_size < 1_000_000
    tracemalloc.start()
    try:
        found = refusal(archive, "a.png")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == Refusal("a.png", "larger than 100 MB", lost=True)
    assert peak < 2_000_000


def test_examining_a_large_photo_holds_a_piece_of_it_at_a_time(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {"a.png": PNG + bytes(30_000_000)}, zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    try:
        assert isinstance(examined(archive)["a.png"], Photo)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000


def test_a_file_that_vanishes_is_lost(album: Path) -> None:
    with open_source(album) as files:
        (album / "a.png").unlink()
        found = examine(files[0])
    assert isinstance(found, Refusal)
    assert found.lost
    assert "No such file" in found.reason


def test_a_pipe_in_a_folder_is_passed_over(album: Path) -> None:
    os.mkfifo(album / "pipe.png")
    assert "pipe.png" not in examined(album)


def test_a_path_with_nothing_there_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(NoPhotosError, match=r"no photos at .*nowhere\.zip"),
        open_source(tmp_path / "nowhere.zip"),
    ):
        pass


def test_a_file_that_is_no_zip_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"not a zip")
    with pytest.raises(NoPhotosError, match="neither a folder nor a zip"), open_source(tmp_path / "a.zip"):
        pass
