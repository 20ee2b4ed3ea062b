"""A function app that does what its input says, and writes down every call."""

import asyncio
import hashlib
import json
import logging
import os
import signal
import threading
import time
from pathlib import Path

import azure.functions as func
from azurefunctions.extensions.bindings.blob import BlobClient
from fastapi import FastAPI, Request

STORAGE = "AzureWebJobsStorage"
_CALLS = Path("calls.jsonl")
web = FastAPI()
app = func.AsgiFunctionApp(web, http_auth_level=func.AuthLevel.ANONYMOUS, function_name="fastapi")


def note(function: str, **what: object) -> None:
    """Writes one call down, in one write: other processes do so too."""
    with _CALLS.open("a", encoding="utf-8") as calls:
        calls.write(json.dumps({"function": function, "pid": os.getpid(), "time": time.time(), **what}) + "\n")


def act(command: bytes, key: str) -> None:
    """Does what the input says."""
    if command.startswith(b"fail once") and not Path(f"failed-{hashlib.md5(key.encode()).hexdigest()}").exists():
        Path(f"failed-{hashlib.md5(key.encode()).hexdigest()}").touch()
        raise ValueError("once")
    if command.startswith(b"fail always"):
        raise ValueError("always")
    if command.startswith(b"die"):
        signal.raise_signal(signal.SIGSEGV)
    if command.startswith(b"meet"):
        meet(key)
    if command.startswith(b"sleep"):
        time.sleep(float(command.split()[1]))


def meet(key: str) -> None:
    """Returns once two have come."""
    Path(f"here-{key}").touch()
    deadline = time.monotonic() + 20
    while len(list(Path().glob("here-*"))) < 2:
        if time.monotonic() > deadline:
            raise TimeoutError("nobody else came")
        time.sleep(0.01)


@web.api_route("/asgi/{rest:path}", methods=["GET", "POST", "HEAD"])
async def through_fastapi(request: Request, rest: str) -> dict[str, object]:
    body = await request.body()
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.scope["headers"]}
    return {"rest": rest, "query": request.url.query, "size": len(body), "headers": headers}


@app.route(route="echo/{*rest}")
async def echo(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    await asyncio.sleep(float(req.params.get("sleep", "0")))
    body = req.get_body()
    told = {
        "method": req.method,
        "url": req.url,
        "params": dict(req.params),
        "route": dict(req.route_params),
        "headers": dict(req.headers),
        "size": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "function": context.function_name,
        "invocation": context.invocation_id,
        "trace": [context.trace_context.trace_parent, context.trace_context.trace_state],
    }
    response = func.HttpResponse(json.dumps(told), mimetype="application/json")
    response.headers.add("Set-Cookie", "a=1; Path=/")
    response.headers.add("Set-Cookie", "b=2; HttpOnly")
    return response


@app.route(route="item/{number:int}", methods=["GET"])
def by_number(req: func.HttpRequest) -> str:
    return f"number {req.route_params['number']} in {threading.current_thread().name}"


@app.route(route="item/{name}/{part?}", methods=["GET"])
def by_name(req: func.HttpRequest) -> str:
    return f"name {req.route_params['name']} part {req.route_params.get('part')}"


@app.route(route="fail", methods=["GET"])
def fail(req: func.HttpRequest) -> str:
    raise RuntimeError("a secret of the app")


@app.route(route="die", methods=["POST"])
def die(req: func.HttpRequest) -> str:
    signal.raise_signal(signal.SIGSEGV)
    return "dead"


@app.blob_trigger("blob", "photos/{name}", STORAGE)
def by_client(blob: BlobClient) -> None:
    content = blob.download_blob().readall()
    note("by_client", blob=blob.blob_name, content=content.decode()[:40])
    act(content, str(blob.blob_name))
    note("by_client done", blob=blob.blob_name)


@app.blob_trigger("stream", "texts/{name}.txt", STORAGE)
async def by_stream(stream: func.InputStream, context: func.Context) -> None:
    content = stream.read()
    note(
        "by_stream",
        blob=stream.name,
        length=stream.length,
        uri=stream.uri,
        content=content.decode(),
        invocation=context.invocation_id,
    )
    logging.getLogger("toy").warning("read %s", stream.name)


@app.blob_trigger("blob", "events/{name}", STORAGE, source=func.BlobSource.EVENT_GRID)
def by_event_grid(blob: BlobClient) -> None:
    note("by_event_grid", blob=blob.blob_name)


@app.queue_trigger("message", "%JOBS%", STORAGE)
def job(message: func.QueueMessage) -> None:
    body = message.get_body()
    note("job", body=body.decode(), count=message.dequeue_count, id=message.id)
    act(body, str(message.id))
    note("job done", body=body.decode())


@app.timer_trigger("timer", "* * * * * *")
def every_second(timer: func.TimerRequest) -> None:
    note("every_second", past_due=timer.past_due)
    if Path("slow-timer").exists():
        time.sleep(1.3)
    note("every_second done")


@app.timer_trigger("timer", "0 0 0 1 1 *", run_on_startup=True)
def on_startup(timer: func.TimerRequest) -> None:
    note("on_startup", past_due=timer.past_due)
