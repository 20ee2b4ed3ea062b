"""Names of photos as files: every system can save them, each once, and people know their photos again."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanta_core.domain.file_names import TakenNames, saved_as

DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "123456789")}


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("IMG_0001.JPG", "IMG_0001.JPG"),
        ("Größe 📷 (2).jpg", "Größe 📷 (2).jpg"),
        ("Trauung/abends/a.jpeg", "Trauung/abends/a.jpeg"),
        ("../../etc/passwd.jpg", "etc/passwd.jpg"),
        ("/root/.ssh/key.jpg", "root/ssh/key.jpg"),
        ("..\\..\\Windows\\a.jpg", "Windows/a.jpg"),
        ("C:\\a.jpg", "C_/a.jpg"),
        ("a//./b.jpg", "a/b.jpg"),
        ('what?<"|*>.jpg', "what______.jpg"),
        ("con.jpg", "_con.jpg"),
        ("NUL/COM1.tar.jpg", "_NUL/_COM1.tar.jpg"),
        ("contact.jpg", "contact.jpg"),
        ("folder. /a.jpg", "folder/a.jpg"),
        ("a\r\nb\0.jpg", "a__b_.jpg"),
        ("gpj.\u202eexe.jpg", "gpj._exe.jpg"),
        ("malware.exe", "malware.exe.jpg"),
        ("photo.heic", "photo.heic.jpg"),
        ("photo", "photo.jpg"),
        ("", "photo.jpg"),
        ("...", "photo.jpg"),
        (".jpg", "jpg.jpg"),
        (".hidden.jpg", "hidden.jpg"),
    ],
)
def test_a_name_is_kept_as_far_as_every_system_can_save_it(name: str, saved: str) -> None:
    assert saved_as(name, "jpg") == saved


@pytest.mark.parametrize(("name", "extension"), [("a.heif", "heic"), ("a.TIF", "tiff"), ("a.png", "png")])
def test_another_spelling_of_the_formats_extension_is_kept(name: str, extension: str) -> None:
    assert saved_as(name, extension) == name


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), max_size=8), st.data())
def test_whatever_photos_are_called_they_are_saved_below_one_folder_each_once(
    names: list[str], data: st.DataObject
) -> None:
    taken = TakenNames()
    given_again = names + data.draw(st.lists(st.sampled_from(names or ["a"]), max_size=4))
    given_again += [name.upper() for name in names]
    chosen = []
    for number, name in enumerate(given_again):
        if number == len(names):
            taken = TakenNames(taken.as_bytes())
        chosen.append(taken.take(saved_as(name, "jpg"), mark=f"{number:08x}"))
    folded = [unicodedata.normalize("NFC", name.casefold()) for name in chosen]
    assert len(set(folded)) == len(chosen)
    for name in chosen:
        assert name.lower().endswith((".jpg", ".jpeg", ".jfif", ".jpe"))
        assert len(name.split("/")) <= 8
        for part in name.split("/"):
            assert part
            assert part not in {".", ".."}
            assert len(part.encode()) <= 255
            assert not re.search(r'[<>:"|?*\\]', part)
            assert part == part.strip(" ")
            assert not part.endswith(".")
            assert part.split(".")[0].strip().lower() not in DEVICES
            assert all(c.isprintable() or c == "\u200d" for c in part)


def test_names_that_differ_in_case_or_accents_alone_are_told_apart() -> None:
    taken = TakenNames()
    assert taken.take("a/IMG.jpg", mark="1f") == "a/IMG.jpg"
    assert taken.take("A/img.JPG", mark="2f") == "A/img 2f.JPG"
    assert taken.take("a/IMG.jpg", mark="2f") == "a/IMG 2f-2.jpg"
    assert taken.take("b/IMG.jpg", mark="3f") == "b/IMG.jpg"
    assert taken.take("cafe\u0301.jpg", mark="4f") == "cafe\u0301.jpg"
    assert taken.take("caf\u00e9.jpg", mark="5f") == "caf\u00e9 5f.jpg"
