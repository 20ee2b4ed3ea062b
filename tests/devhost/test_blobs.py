"""Blob triggers deliver at least once, charge each failure to its own blob, and give up in the open."""

import json
import re

import pytest
from azure.storage.blob import ContainerClient

from tests.devhost.running import RunningHost, eventually


@pytest.fixture
def photos(host: RunningHost) -> ContainerClient:
    container = host.container("photos")
    eventually("the container, which the host makes", container.exists)
    return container


def poisoned(host: RunningHost, name: str) -> dict[str, str]:
    """The poison message of a blob."""
    queue = host.queue("webjobs-blobtrigger-poison")

    def found() -> dict[str, str] | None:
        messages = [json.loads(message.content) for message in queue.peek_messages(32)]
        return next((message for message in messages if message["BlobName"] == name), None)

    eventually("the blob to be given up", lambda: f"{name} is given up" in host.log)
    return eventually(f"the poison message of {name}", found)


@pytest.mark.parametrize(
    "name",
    [
        "plain.jpg",
        "e/with space.jpg",
        "e/ü😀 (1).jpg",
        "e/100%41.jpg",
        "e/what?#is+this&that.jpg",
        "e//double/",
        "e/" + "x" * 240 + ".jpg",
        "e/trailing ",
    ],
)
def test_a_blob_of_any_name_is_delivered_once(host: RunningHost, photos: ContainerClient, name: str) -> None:
    photos.upload_blob(name, b"content")
    eventually(f"{name} to be delivered", lambda: host.calls("by_client done", blob=name))
    assert len(host.calls("by_client", blob=name)) == 1


def test_a_folder_marker_is_delivered_too(host: RunningHost, photos: ContainerClient) -> None:
    photos.upload_blob("folder/", b"", metadata={"hdi_isfolder": "true"})
    eventually("the marker", lambda: host.calls("by_client", blob="folder/"))


def test_an_overwritten_blob_is_delivered_again(host: RunningHost, photos: ContainerClient) -> None:
    photos.upload_blob("twice.jpg", b"first")
    eventually("the first version", lambda: host.calls("by_client", blob="twice.jpg", content="first"))
    photos.upload_blob("twice.jpg", b"second", overwrite=True)
    eventually("the second version", lambda: host.calls("by_client", blob="twice.jpg", content="second"))


def test_an_input_stream_has_name_length_and_address(host: RunningHost) -> None:
    host.container("texts").upload_blob("a/b c.txt", "grüße")
    host.container("texts").upload_blob("a/other.png", b"")
    (call,) = eventually("the text", lambda: host.calls("by_stream", blob="texts/a/b c.txt"))
    assert (call["content"], call["length"]) == ("grüße", 7)
    assert call["uri"].endswith("/devhost/texts/a/b%20c.txt")
    assert call["invocation"]
    eventually("the app's own log line", lambda: "app   WARNING toy: read texts/a/b c.txt" in host.log)
    assert not host.calls("by_stream", blob="texts/a/other.png")


def test_a_blob_that_fails_once_comes_again_at_once(host: RunningHost, photos: ContainerClient) -> None:
    photos.upload_blob("once.jpg", b"fail once")
    eventually("the second try", lambda: host.calls("by_client done", blob="once.jpg"))
    first, second = host.calls("by_client", blob="once.jpg")
    assert second["time"] - first["time"] < 5


def test_a_blob_is_delivered_five_times_then_poisoned(host: RunningHost, photos: ContainerClient) -> None:
    photos.upload_blob("e/poison ü.jpg", b"fail always")
    message = poisoned(host, "e/poison ü.jpg")
    assert len(host.calls("by_client", blob="e/poison ü.jpg")) == 5
    etag = str(photos.get_blob_client("e/poison ü.jpg").get_blob_properties().etag).strip('"')
    assert message == {
        "Type": "BlobTrigger",
        "FunctionId": "Host.Functions.by_client",
        "BlobType": "BlockBlob",
        "ContainerName": "photos",
        "BlobName": "e/poison ü.jpg",
        "ETag": etag,
    }


def test_a_worker_that_dies_fails_its_own_blob_alone(host: RunningHost, photos: ContainerClient) -> None:
    photos.upload_blob("deadly.jpg", b"die")
    names = [f"beside-{number}.jpg" for number in range(10)]
    for name in names:
        photos.upload_blob(name, b"sleep 0.05")
    poisoned(host, "deadly.jpg")
    eventually("the others", lambda: all(host.calls("by_client done", blob=name) for name in names))
    assert [len(host.calls("by_client", blob=name)) for name in names] == [1] * 10
    assert len(host.calls("by_client", blob="deadly.jpg")) == 5
    assert "its worker died of SIGSEGV" in host.log


def test_a_function_that_takes_too_long_is_killed_and_counted(host: RunningHost, photos: ContainerClient) -> None:
    photos.upload_blob("endless.jpg", b"sleep 600")
    cut_off = re.compile(r"endless\.jpg \d+\.\d s failed, try 1 of 5: took longer")
    eventually("the first try to be cut off", lambda: cut_off.search(host.log))
    # Gone, so that it is not tried again.
    photos.delete_blob("endless.jpg")
    eventually("its last try", lambda: "endless.jpg" not in host.log.rsplit("took longer", 1)[1])
    photos.upload_blob("after-endless.jpg", b"")
    eventually("another blob", lambda: host.calls("by_client done", blob="after-endless.jpg"))


def test_event_grid_is_said_to_send_nothing(host: RunningHost) -> None:
    assert "by_event_grid waits for Event Grid, which sends nothing here" in host.log
    assert not host.calls("by_event_grid")
