import re
from pathlib import Path

import pytest

from demo.errors import DemoError
from demo.selection import event_code_of, own_photos

VALID = re.compile(r"[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("yale_png.zip", "demo-yale-png"),
        ("Summer Party 2026.zip", "demo-summer-party-2026"),
        ("--odd--.zip", "demo-odd"),
        ("photos.tar.zip", "demo-photos-tar"),
    ],
)
def test_the_event_is_named_after_the_file(name: str, code: str) -> None:
    assert event_code_of(Path("/somewhere") / name) == code


@pytest.mark.parametrize("name", ["照片.zip", ".zip", "a" * 200 + ".zip", "x" * 57 + "--y.zip", "\udcff.zip", "é"])
def test_any_name_gives_a_valid_code_and_the_same_one_each_time(name: str) -> None:
    code = event_code_of(Path(name))
    assert VALID.fullmatch(code)
    assert event_code_of(Path("/elsewhere") / name) == code


def test_names_without_one_latin_letter_stay_apart() -> None:
    assert event_code_of(Path("照片.zip")) != event_code_of(Path("写真.zip"))


def test_a_folders_full_name_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "2026.05 picnic"
    folder.mkdir()
    assert event_code_of(folder) == "demo-2026-05-picnic"
    monkeypatch.chdir(folder)
    assert event_code_of(Path()) == "demo-2026-05-picnic"


def test_no_path_is_no_choice() -> None:
    assert own_photos("") is None
    assert own_photos(" ") is None


def test_a_path_with_nothing_there_is_named() -> None:
    with pytest.raises(DemoError, match=r"no photos at /nowhere\.zip"):
        own_photos("/nowhere.zip")


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "party.zip").touch()
    chosen = own_photos("~/party.zip")
    assert chosen is not None
    assert chosen.photos == tmp_path / "party.zip"
    assert not chosen.is_sample
