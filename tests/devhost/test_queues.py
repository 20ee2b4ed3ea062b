"""Queue triggers: every message at least once, counted tries, and a poison queue."""

import asyncio
import contextlib
import os
import shutil
import time
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient, TextBase64EncodePolicy

from devhost import queues
from devhost.azurite import Azurite
from devhost.config import Config, HostSettings
from devhost.pool import Pool
from devhost.triggers import QueueTrigger
from tests.devhost.running import PLAYGROUND, RunningHost, eventually


@pytest.fixture
def jobs(host: RunningHost) -> QueueClient:
    """The queue that the app names by a setting; the host makes it."""
    return host.queue("jobs")


def contents(queue: QueueClient) -> list[str]:
    """The visible messages of a queue, none if it is not there."""
    with contextlib.suppress(ResourceNotFoundError):
        return [str(message.content) for message in queue.peek_messages(32)]
    return []


def waiting(queue: QueueClient) -> int | None:
    """How many messages a queue holds, leased ones too."""
    return queue.get_queue_properties().approximate_message_count


def test_a_message_arrives_once_and_is_deleted(host: RunningHost, jobs: QueueClient) -> None:
    sent = jobs.send_message("hello ü")
    (call,) = eventually("the message", lambda: host.calls("job", body="hello ü"))
    assert (call["count"], call["id"]) == (1, sent.id)
    eventually("its deletion", lambda: sent.id not in {message.id for message in jobs.peek_messages(32)})


def test_a_message_that_fails_once_comes_again_with_its_count(host: RunningHost, jobs: QueueClient) -> None:
    jobs.send_message("fail once")
    eventually("the second try", lambda: host.calls("job done", body="fail once"))
    assert [call["count"] for call in host.calls("job", body="fail once")] == [1, 2]


def test_a_message_is_delivered_five_times_then_poisoned(host: RunningHost, jobs: QueueClient) -> None:
    jobs.send_message("fail always")
    eventually("the poison queue", lambda: "fail always" in contents(host.queue("jobs-poison")))
    assert [call["count"] for call in host.calls("job", body="fail always")] == [1, 2, 3, 4, 5]


def test_a_message_that_is_not_encoded_as_agreed_is_poisoned_and_blocks_nothing(host: RunningHost) -> None:
    plain = QueueClient.from_connection_string(host.told["TOY_STORAGE"], "jobs")
    plain.send_message("no base64!")
    poison = QueueClient.from_connection_string(host.told["TOY_STORAGE"], "jobs-poison")
    eventually("it on the poison queue", lambda: "no base64!" in contents(poison))
    host.queue("jobs").send_message("behind it")
    eventually("the next message", lambda: host.calls("job", body="behind it"))


def test_messages_go_before_a_long_row_of_blobs(host: RunningHost, jobs: QueueClient) -> None:
    photos = host.container("photos")
    for number in range(40):
        photos.upload_blob(f"row/{number}.jpg", b"sleep 0.2")
    eventually("the first blobs", lambda: host.calls("by_client done", blob="row/0.jpg"))
    start = time.time()
    jobs.send_message("urgent")
    (call,) = eventually("the message", lambda: host.calls("job", body="urgent"))
    assert call["time"] - start < 3
    done = [call for call in host.calls("by_client done") if call["blob"].startswith("row/")]
    assert len(done) < 40


def test_a_lease_is_renewed_while_the_function_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "_LEASE_SECONDS", 1)
    monkeypatch.setattr(queues, "_RENEW_SECONDS", 0.3)
    folder = tmp_path / "app"
    shutil.copytree(PLAYGROUND, folder)
    monkeypatch.chdir(folder)
    noted = RunningHost(folder)
    with Azurite(tmp_path / "azurite", in_memory=True) as azurite:
        storage = azurite.connection_string()
        environment = Config.load(folder, {}).app_environment(os.environ, database="", storage=storage)
        sender = QueueClient.from_connection_string(
            storage, "jobs", message_encode_policy=TextBase64EncodePolicy()
        )
        sender.create_queue()
        sender.send_message("sleep 3")

        async def serve() -> None:
            pool = Pool(1, environment=environment, timeout=30)
            await pool.start()
            trigger = QueueTrigger("job", storage, "jobs")
            listening = asyncio.create_task(queues.QueueListener(trigger, pool, HostSettings.load(folder)).run())
            await asyncio.to_thread(eventually, "the message", lambda: noted.calls("job done"))
            await asyncio.to_thread(eventually, "its deletion", lambda: waiting(sender) == 0)
            listening.cancel()
            await asyncio.wait([listening])
            await pool.stop()

        asyncio.run(serve())
        # Three leases long, and nobody else saw it: neither as a second message nor as a second try.
        assert [call["count"] for call in noted.calls("job")] == [1]
