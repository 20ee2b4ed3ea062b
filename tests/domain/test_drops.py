"""Drops: which event a blob's name means, and which names nobody means as a photo."""

from __future__ import annotations

import pytest

from kanta_core.domain.drops import Drop, Unaddressable, address, is_litter


@pytest.mark.parametrize(
    ("blob_name", "code", "name"),
    [
        ("wedding/a.jpg", "wedding", "a.jpg"),
        ("WEDDING/a.jpg", "wedding", "a.jpg"),
        ("wedding/Evening/Dance Floor/IMG 1.JPG", "wedding", "Evening/Dance Floor/IMG 1.JPG"),
        ("wedding//a.jpg", "wedding", "/a.jpg"),
        ("wedding/..a..b..", "wedding", "..a..b.."),
        ("wedding/日本 🎉#?%.jpg", "wedding", "日本 🎉#?%.jpg"),
        # An upload ticket's own folder is nobody's word for a photo.
        ("wedding/ticket-0123456789ab/a.jpg", "wedding", "a.jpg"),
        ("wedding/ticket-0123456789ab/day 1/a.jpg", "wedding", "day 1/a.jpg"),
        ("wedding/ticket-0123456789ab", "wedding", "ticket-0123456789ab"),
        ("wedding/202606201504/a.jpg", "wedding", "202606201504/a.jpg"),
    ],
)
def test_the_first_folder_is_the_events_and_the_rest_is_the_photos(blob_name: str, code: str, name: str) -> None:
    assert address(blob_name) == Drop(blob_name, code, name)


@pytest.mark.parametrize(
    "blob_name", ["a.jpg", "wedding", "/a.jpg", "no/a.jpg", "not a code/a.jpg", "-wedding/a.jpg"]
)
def test_a_name_without_a_code_belongs_to_no_event_and_says_why(blob_name: str) -> None:
    target = address(blob_name)
    assert isinstance(target, Unaddressable)
    assert "event code" in target.problem


@pytest.mark.parametrize("blob_name", ["wedding/../party/a.jpg", "wedding/./a.jpg", "wedding/.."])
def test_a_path_that_leads_elsewhere_belongs_to_no_event(blob_name: str) -> None:
    assert isinstance(address(blob_name), Unaddressable)


@pytest.mark.parametrize(
    "blob_name", ["wedding/.DS_Store", "wedding/x/THUMBS.DB", ".ds_store", "wedding/", "wedding/x/"]
)
def test_what_desktops_leave_behind_is_litter(blob_name: str) -> None:
    assert is_litter(blob_name)


@pytest.mark.parametrize("blob_name", ["wedding/DS_Store", "wedding/Thumbs.db.jpg", "wedding/.DS_Store/a.jpg"])
def test_what_only_looks_like_litter_is_kept(blob_name: str) -> None:
    assert not is_litter(blob_name)
