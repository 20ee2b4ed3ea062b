"""Multipart bodies: which part is the photo, and what is said of a body that is none."""

from __future__ import annotations

from collections.abc import Callable

import httpx2

from tests.api import forms, photos
from tests.api.client import Api, problem

PHOTO = photos.jpeg()


def send(
    api: Api, event: str, body: bytes, content_type: str = "multipart/form-data; boundary=b"
) -> httpx2.Response:
    return api.post(f"/pics/{event}", content=body, headers={"Content-Type": content_type})


TAKEN = [
    forms.part(PHOTO, 'name="image_file"; filename="a.jpg"') + forms.END,
    forms.part(PHOTO, "name=image_file; filename=a.jpg") + forms.END,
    forms.part(PHOTO, 'name="image_file"; filename=""') + forms.END,
    forms.part(PHOTO, 'name="image_file"') + forms.END,
    forms.part(PHOTO, "name=\"image_file\"; filename*=UTF-8''%f0%9f%8e%89.jpg") + forms.END,
    forms.part(PHOTO, 'name="image_file"; filename="a.jpg"', b"Content-Type: text/html; charset=utf-7")
    + forms.END,
    forms.part(b"x", 'name="other"')
    + forms.part(PHOTO, 'name="image_file"; filename="a.jpg"')
    + forms.part(bytes(100_000), 'name="more"; filename="b.bin"')
    + forms.END,
    b"\r\n" + forms.part(PHOTO, 'name="image_file"; filename="a.jpg"') + forms.END + b"after the end",
    forms.part(PHOTO, 'name="image_file"; filename="\xe9.jpg"') + forms.END.rstrip(),
]


def test_the_part_of_the_right_name_is_the_photo_however_it_is_dressed(api: Api, event: str) -> None:
    for body in TAKEN:
        taken = send(api, event, body)
        assert taken.status_code == 202, (body[:100], taken.text)
        assert httpx2.get(taken.json()["blob_url"]).content == PHOTO
        assert api.delete(f"/pics/{event}/{taken.json()['uuid']}").status_code == 204


def test_a_charset_changes_nothing(api: Api, event: str) -> None:
    for seed, charset in enumerate([b"utf-8", b"utf-16", b"bogus", b"undefined", b"unicode_escape", b"\xff"]):
        body = forms.photo(photos.jpeg(seed), "\\ud800é.jpg")
        kind = b"multipart/form-data; charset=" + charset + b"; boundary=b"
        taken = api.post(f"/pics/{event}", content=body, headers=[(b"Content-Type", kind)])
        assert taken.status_code == 202, charset
        assert taken.json()["name"] == "ud800é.jpg"


def test_a_file_name_that_is_no_utf_8_is_read_as_latin_1(api: Api, event: str) -> None:
    body = forms.photo(PHOTO, "café.jpg").replace("é".encode(), b"\xe9", 1)
    assert send(api, event, body).json()["name"] == "café.jpg"


def test_a_photo_in_a_part_of_another_name_is_missing(api: Api, event: str, stored: Callable[[], object]) -> None:
    before = stored()
    for name in ("image", "file", "IMAGE_FILE", "image_file[]", ""):
        body = forms.part(PHOTO, f'name="{name}"; filename="a.jpg"') + forms.END
        document = problem(send(api, event, body), 422, "invalid-request")
        assert "image_file" in document["detail"]
    assert stored() == before


def test_two_photos_in_one_body_are_refused_rather_than_one_of_them_lost(
    api: Api, event: str, stored: Callable[[], object]
) -> None:
    before = stored()
    files = [("image_file", ("a.jpg", photos.jpeg(1))), ("image_file", ("b.jpg", photos.jpeg(2)))]
    problem(api.post(f"/pics/{event}", files=files), 422, "invalid-request")
    assert stored() == before


WHOLE = forms.photo(PHOTO, "a.jpg")


MALFORMED = [
    b"",
    b"no form at all",
    PHOTO,
    WHOLE[: len(WHOLE) // 2],
    WHOLE.removesuffix(forms.END),
    WHOLE.replace(b"--b", b"--c"),
    b"--b\r\n\x00\xff: x\r\n\r\nx\r\n--b--\r\n",
    b"--b\r\n: x\r\n\r\nx\r\n--b--\r\n",
    b"--b\r\nno colon\r\n\r\nx\r\n--b--\r\n",
    b"--b\r\n" + b"X-Y: z\r\n" * 1_000 + b"\r\nx\r\n--b--\r\n",
    b"--b\r\nX-Y: " + b"z" * 100_000 + b"\r\n\r\nx\r\n--b--\r\n",
    b"--b\n\n\n--b--",
]


def test_a_malformed_body_is_refused_and_nothing_is_stored(
    api: Api, event: str, stored: Callable[[], object]
) -> None:
    before = stored()
    for body in MALFORMED:
        problem(send(api, event, body), 422, "malformed-body")
    assert stored() == before


BOUNDLESS = [
    "multipart/form-data",
    "multipart/form-data;",
    "multipart/form-data; boundary",
    "multipart/form-data; boundary=",
    'multipart/form-data; boundary=""',
    "multipart/form-data; boundary*=UTF-8''b",
    "multipart/form-data; boundary=" + "b" * 5_000,
    "MULTIPART/FORM-DATA; boundary=other",
]


def test_a_boundary_that_is_none_is_refused(api: Api, event: str) -> None:
    for content_type in BOUNDLESS:
        problem(send(api, event, WHOLE, content_type), 422, "malformed-body")


def test_a_body_without_parts_lacks_the_photo(api: Api, event: str) -> None:
    problem(send(api, event, forms.END), 422, "invalid-request")
