"""Under Microsoft's runtime spans go on with the host's trace, whichever of its settings is on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx
import pytest

from kanta_core.services import Services
from kanta_core.storage import names
from tests.api import photos
from tests.runtime import triggers
from tests.runtime.host import Host
from tests.telemetry.collector import collecting

# What makes the worker attach the host's trace by itself, and tell the host that it sends its own log.
OWN = {"PYTHON_ENABLE_OPENTELEMETRY": "true"}


def traceparent(digit: str) -> str:
    """What the host sends of an invocation: here one with ids of one digit, and not sampled."""
    return f"00-{digit * 32}-{digit * 16}-00"


@pytest.mark.parametrize("setting", [{}, OWN], ids=["as deployed", "with the worker's own"])
def test_a_photo_goes_on_with_its_upload_and_is_linked_to_the_hosts_invocation(
    start_kanta: Callable[[Mapping[str, str]], Host],
    kanta_settings: Mapping[str, str],
    services: Services,
    setting: Mapping[str, str],
) -> None:
    with collecting() as collector:
        kanta = start_kanta({**kanta_settings, **setting, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
        kanta.traceparent = traceparent("1")
        for path, content in (
            ("/events", {"json": {"event_code": "gala"}}),
            ("/pics/gala", {"content": photos.jpeg()}),
        ):
            request = httpx.Request("POST", triggers.ORIGIN + path, **content)
            assert triggers.http(kanta, "http", request).status_code < 300
        (name,) = [blob.name for page in services.blobs.pages() for blob in page]
        kanta.traceparent = traceparent("2")
        triggers.blob(kanta, "encode_photo", names.PHOTOS, name)
        collector.until("the photo to be told of", lambda: collector.named("encode"))
        collector.until("its upload to be told of", lambda: collector.named("POST /pics/{event_code}"))

    request_span, upload, encode = (
        collector.one(name) for name in ("POST /pics/{event_code}", "upload", "encode")
    )
    assert (request_span.trace, request_span.parent) == ("1" * 32, "1" * 16)
    assert (encode.trace, encode.parent) == ("1" * 32, upload.id)
    assert encode.links == (("2" * 32, "2" * 16),)
