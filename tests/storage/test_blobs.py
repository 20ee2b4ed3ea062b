"""Blobs: what is written is read back, under any name, in the version that was asked for."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient

from devhost.azurite import Azurite
from kanta_core.storage.blobs import Blobs
from kanta_core.storage.listing import Blob
from kanta_core.storage.names import EVENT_IMAGES, PHOTOS, PICTURES
from tests.storage.raw import put_photo

NAMES = {
    "a space": "wedding/my photo.jpg",
    "spaces around": "wedding/ a ",
    "percent": "wedding/100%.jpg",
    "looks encoded": "wedding/a%20b%2Fc.jpg",
    "fragment": "wedding/#1.jpg",
    "query": "wedding/what?a=b&sig=c.jpg",
    "punctuation": "wedding/+;,=!$@:'\"()[]{}|^`~<>.jpg",
    "composed": "wedding/" + unicodedata.normalize("NFC", "Zoë.jpg"),
    "decomposed": "wedding/" + unicodedata.normalize("NFD", "Zoë.jpg"),
    "beyond the first plane": "wedding/日本🎉.jpg",
    "right to left": "wedding/תמונה.jpg",
    "long": "wedding/" + "x" * 900 + ".jpg",
    "deep": "/".join(["wedding", *"abcdefghij"]),
    "double dots": "wedding/a..b.jpg",
    "begins with dots": "wedding/..a.jpg",
    "ends with a dot": "wedding/a.",
    "an empty folder": "wedding//a.jpg",
    "begins with a slash": "/a.jpg",
}


@pytest.fixture
def container(storage_connection: str, blobs: Blobs) -> ContainerClient:
    return BlobServiceClient.from_connection_string(storage_connection).get_container_client(PHOTOS)


def listed(blobs: Blobs, prefix: str = "") -> list[Blob]:
    return [blob for page in blobs.pages(prefix=prefix) for blob in page]


def bytes_of(blobs: Blobs, name: str) -> bytes | None:
    found = blobs.read(name, at_most=100 * 2**20)
    assert found is not None
    return found[1]


def look(blobs: Blobs, name: str) -> Blob:
    blob = blobs.look(name)
    assert blob is not None
    return blob


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_blob_of_any_name_is_written_read_linked_listed_and_deleted(blobs: Blobs, name: str) -> None:
    data = name.encode()
    blobs.write(PHOTOS, name, data, content_type="image/jpeg")

    blob = look(blobs, name)
    assert listed(blobs) == [blob]
    assert (blob.name, blob.size, blob.is_folder) == (name, len(data), False)
    assert blobs.read(name, at_most=len(data)) == (blob, data)
    assert blobs.read(name, at_most=len(data) - 1) == (blob, None)
    answer = httpx.get(blobs.link(name, content_type="image/webp"))
    assert (answer.status_code, answer.content) == (200, data)
    assert answer.headers["Content-Type"] == "image/webp"

    assert blobs.delete(name)
    assert blobs.look(name) is None
    assert blobs.read(name, at_most=100) is None
    assert not blobs.delete(name)


def test_composed_and_decomposed_letters_are_two_names(blobs: Blobs) -> None:
    for form in ("composed", "decomposed"):
        blobs.write(PHOTOS, NAMES[form], form.encode(), content_type="image/jpeg")
    assert [bytes_of(blobs, blob.name) for blob in listed(blobs)] == [b"decomposed", b"composed"]


def test_a_link_opens_one_blob_for_reading_and_nothing_else(blobs: Blobs) -> None:
    for name in ("wedding/a.jpg", "wedding/b.jpg"):
        blobs.write(PHOTOS, name, b"a photo", content_type="image/jpeg")
    link = blobs.link("wedding/a.jpg", content_type="image/jpeg")

    assert httpx.get(link).content == b"a photo"
    assert httpx.get(link.replace("a.jpg", "b.jpg", 1)).status_code == 403
    assert httpx.put(link, content=b"x", headers={"x-ms-blob-type": "BlockBlob"}).status_code == 403
    assert httpx.delete(link).status_code == 403
    assert httpx.get(link.partition("?")[0]).status_code in (403, 404, 409)


def test_a_link_stays_the_same_for_a_while_and_ends_in_time(blobs: Blobs) -> None:
    links = {blobs.link("wedding/a.jpg", content_type="image/jpeg") for _ in range(3)}
    # The quarter of an hour may end between two of them.
    assert len(links) <= 2
    (expiry,) = httpx.URL(links.pop()).params.get_list("se")
    left = datetime.fromisoformat(expiry) - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(minutes=75)


def test_a_write_under_a_name_that_is_taken_leaves_the_blob_as_it_is(blobs: Blobs) -> None:
    blobs.write(PHOTOS, "wedding/a.jpg", b"first", content_type="image/jpeg")
    before = look(blobs, "wedding/a.jpg")
    blobs.write(PHOTOS, "wedding/a.jpg", b"second", content_type="image/jpeg")
    assert look(blobs, "wedding/a.jpg") == before
    assert bytes_of(blobs, "wedding/a.jpg") == b"first"


def test_a_write_in_blocks_leaves_a_blob_as_it_is_too(blobs: Blobs, storage_connection: str) -> None:
    blobs.write(PHOTOS, "wedding/a.jpg", b"first", content_type="image/jpeg")
    # Larger than what goes in one piece: the conflict comes with the last request, not the first.
    large = bytes(64 * 2**20 + 1)
    blobs.write(PHOTOS, "wedding/a.jpg", large, content_type="image/jpeg")
    assert bytes_of(blobs, "wedding/a.jpg") == b"first"
    blobs.write(PHOTOS, "wedding/large.jpg", large, content_type="image/jpeg")
    assert bytes_of(blobs, "wedding/large.jpg") == large


def test_only_the_version_that_was_looked_at_is_deleted(blobs: Blobs, container: ContainerClient) -> None:
    container.upload_blob("wedding/a.jpg", b"first")
    first = look(blobs, "wedding/a.jpg")
    container.upload_blob("wedding/a.jpg", b"second", overwrite=True)

    assert not blobs.delete("wedding/a.jpg", etag=first.etag)
    assert blobs.delete_all([first]) == 0

    second = look(blobs, "wedding/a.jpg")
    assert blobs.read("wedding/a.jpg", at_most=100) == (second, b"second")
    assert blobs.delete("wedding/a.jpg", etag=second.etag)


def test_a_blob_goes_with_its_snapshots(blobs: Blobs, container: ContainerClient) -> None:
    client = container.get_blob_client("wedding/a.jpg")
    client.upload_blob(b"first")
    client.create_snapshot()
    assert blobs.delete_all(listed(blobs)) == 1
    assert [blob.name for blob in container.list_blobs(include=["snapshots"])] == []


def test_nobody_keeps_a_photo_from_being_deleted_by_a_lease(blobs: Blobs, container: ContainerClient) -> None:
    client = container.get_blob_client("wedding/a.jpg")
    for etag_known in (False, True):
        etag = str(client.upload_blob(b"first")["etag"]).strip('"')
        client.acquire_lease()
        assert blobs.delete("wedding/a.jpg", etag=etag if etag_known else None)
        assert blobs.look("wedding/a.jpg") is None


@pytest.mark.parametrize("marker", ["hdi_isfolder", "Hdi_isfolder"])
def test_a_folders_marker_is_known_by_its_metadata(blobs: Blobs, container: ContainerClient, marker: str) -> None:
    container.upload_blob("wedding/evening", b"", metadata={marker: "true"})
    assert look(blobs, "wedding/evening").is_folder
    assert [blob.is_folder for blob in listed(blobs)] == [True]


def test_the_first_folders_of_all_names_are_listed_once_each(blobs: Blobs, container: ContainerClient) -> None:
    for name in ("Wedding/a", "wedding/a", "wedding/b/c", "gala/a", "loose.jpg"):
        container.upload_blob(name, b"x")
    assert sorted(blobs.top_folders()) == ["Wedding", "gala", "wedding"]
    assert [blob.name for blob in listed(blobs, "wedding/")] == ["wedding/a", "wedding/b/c"]


def test_a_path_with_dots_never_reaches_another_container(
    blobs: Blobs, storage_connection: str, container: ContainerClient
) -> None:
    blobs.write(EVENT_IMAGES, "secret.jpg", b"secret", content_type="image/jpeg")
    put_photo(storage_connection, "wedding/../../event-images/secret.jpg")
    (blob,) = listed(blobs)

    assert blobs.read(blob.name, at_most=100) == (blob, b"x")
    assert httpx.get(blobs.link(blob.name, content_type="image/jpeg")).status_code == 403


def test_two_clients_in_one_process_are_strangers(blobs: Blobs, azurite: Azurite, storage_connection: str) -> None:
    account = storage_connection.partition("AccountName=")[2].partition(";")[0]
    others = Blobs(
        azurite.connection_string(f"test{399 if account != 'test399' else 398}"), link_lifetime=timedelta()
    )
    others.create_containers()
    others.close()
    blobs.write(PHOTOS, "wedding/a.jpg", b"a photo", content_type="image/jpeg")
    assert blobs.look("wedding/a.jpg") is not None


def test_many_are_written_over_what_is_there_each_as_a_new_version(blobs: Blobs) -> None:
    names = [f"event/{number}.jpg" for number in range(20)]
    blobs.write_all(PICTURES, dict.fromkeys(names, b"old"), content_type="image/jpeg")
    before = {blob.name: blob.etag for page in blobs.pages(container=PICTURES) for blob in page}
    blobs.write_all(PICTURES, {name: name.encode() for name in names[:10]}, content_type="image/jpeg")
    after = {blob.name: blob.etag for page in blobs.pages(container=PICTURES) for blob in page}
    assert set(after) == set(names)
    assert [name for name in names if after[name] != before[name]] == names[:10]
    link = blobs.link(names[3], content_type="image/jpeg", container=PICTURES)
    assert httpx.get(link).content == names[3].encode()
    assert blobs.look(names[3]) is None
    assert blobs.look(names[3], container=PICTURES) is not None
