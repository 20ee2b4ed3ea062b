"""That the judge judges: small function apps, good and bad, before Microsoft's runtime."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.runtime import triggers
from tests.runtime.host import Host, IndexingFailed, InvocationFailed

Index = Callable[[str], Host]

GOOD = """
import json
import azure.functions as func
from azurefunctions.extensions.bindings.blob import BlobClient

app = func.FunctionApp()

@app.route(route="{*route}", methods=["GET", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
def web(req: func.HttpRequest) -> func.HttpResponse:
    print("printing does no harm")
    seen = {"method": req.method, "url": req.url, "query": dict(req.params), "body": len(req.get_body()),
            "agent": req.headers.get("User-Agent"), "route": dict(req.route_params)}
    return func.HttpResponse(json.dumps(seen), status_code=201, headers={"x-kind": "toy"})

@app.blob_trigger(arg_name="blob", path="photos/{name}", connection="AzureWebJobsStorage")
def encode(blob: BlobClient) -> None:
    raise ValueError(f"{blob.container_name}|{blob.blob_name}")

@app.queue_trigger(arg_name="message", queue_name="recluster", connection="AzureWebJobsStorage")
def recluster(message: func.QueueMessage) -> None:
    raise ValueError(f"{message.get_body().decode()}|{message.dequeue_count}|{message.insertion_time.year}")

@app.timer_trigger(arg_name="timer", schedule="0 */5 * * * *", run_on_startup=False)
def sweep(timer: func.TimerRequest) -> None:
    raise ValueError(f"past due: {timer.past_due}")
"""


@pytest.fixture
def good(index: Index) -> Host:
    return index(GOOD)


def test_every_function_is_indexed_with_its_trigger(good: Host) -> None:
    assert {name: function.trigger["type"] for name, function in good.functions.items()} == {
        "web": "httpTrigger",
        "encode": "blobTrigger",
        "recluster": "queueTrigger",
        "sweep": "timerTrigger",
    }
    assert good.functions["encode"].trigger["path"] == "photos/{name}"
    assert good.functions["encode"].trigger["properties"]["SupportsDeferredBinding"] is True


def test_an_http_request_goes_in_and_its_response_comes_out(good: Host) -> None:
    url = f"{triggers.ORIGIN}/events/x?a=1&b="
    request = httpx.Request("POST", url, content=b"\0" * 5_000_000, headers={"User-Agent": "test"})

    response = triggers.http(good, "web", request)

    assert (response.status_code, response.headers["x-kind"]) == (201, "toy")
    assert response.json() == {
        "method": "POST",
        "url": url,
        "query": {"a": "1"},
        "body": 5_000_000,
        "agent": "test",
        "route": {"route": "events/x"},
    }


def test_a_blob_arrives_as_the_sdk_client_of_that_blob(good: Host) -> None:
    with pytest.raises(InvocationFailed, match=r"ValueError: photos\|gala/sub folder/é\.jpg"):
        triggers.blob(good, "encode", "photos", "gala/sub folder/é.jpg")


def test_a_message_arrives_with_what_the_queue_knows_of_it(good: Host) -> None:
    with pytest.raises(InvocationFailed, match=r'ValueError: {"event": 1}\|3\|20'):
        triggers.queue(good, "recluster", '{"event": 1}', dequeue_count=3)


def test_a_tick_says_whether_it_is_late(good: Host) -> None:
    with pytest.raises(InvocationFailed, match="ValueError: past due: True"):
        triggers.timer(good, "sweep", past_due=True)


def test_invocations_run_side_by_side(index: Index) -> None:
    host = index("""
import threading
import azure.functions as func

app = func.FunctionApp()
both = threading.Barrier(2, timeout=20)

@app.timer_trigger(arg_name="timer", schedule="0 * * * * *")
def meet(timer: func.TimerRequest) -> None:
    both.wait()
""")
    with ThreadPoolExecutor(2) as pool:
        for met in [pool.submit(triggers.timer, host, "meet") for _ in range(2)]:
            met.result()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (("blob_trigger(", "blob_triger("), "has no attribute 'blob_triger'"),
        (("queue_name=", "queue="), "unexpected keyword argument|missing 1 required"),
        (('arg_name="blob"', 'arg_name="photo"'), "declared in Python but not in the function definition"),
        (("timer: func.TimerRequest", "timer: func.QueueMessage"), "do not match .* type annotation QueueMessage"),
        (("def sweep(", "def recluster("), "recluster does not have a unique function name"),
        (("message: func.QueueMessage", "message: func.QueueMessage, more: str"), "more"),
        (("import json", "import nothing_of_the_kind"), "Cannot find module"),
        (("app = func.FunctionApp()", "app = func.FunctionApp()\nother = func.FunctionApp()"), "More than one"),
    ],
    ids=[
        "a decorator's name",
        "a decorator's argument",
        "an argument's name",
        "an annotation",
        "a name used twice",
        "an argument nobody binds",
        "a module that is not there",
        "two apps",
    ],
)
def test_a_mistake_in_the_function_app_is_refused(index: Index, wrong: tuple[str, str], reason: str) -> None:
    assert wrong[0] in GOOD
    with pytest.raises(IndexingFailed, match=reason):
        index(GOOD.replace(*wrong))
