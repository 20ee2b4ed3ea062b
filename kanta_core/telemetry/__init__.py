"""Telemetry: what Kanta tells of itself while it runs. The only room that knows OpenTelemetry.

    with telemetry.span("encode", kind="consumer", follows=traceparent) as span:
        span.note(event=event_id, image=image_id)
        with telemetry.stage("store"):
            ...
    telemetry.count_image("encoded")

Until `set_up` is told where to send it, nothing is sent, no SDK is imported, and a photo's spans cost it some
microseconds. Ids of events and images are on spans and log lines alone, never on metrics; names, vectors, tokens
and links are on neither.
"""

from __future__ import annotations

from kanta_core.telemetry.invocation import about, invoked
from kanta_core.telemetry.lifetime import flush, set_up, shut_down, state
from kanta_core.telemetry.metrics import (
    count_faces,
    count_image,
    count_people_changed,
    count_poison,
    is_on,
    tell_pending,
    tell_queue,
)
from kanta_core.telemetry.tracing import UNTOLD, Span, carrier, request, span, stage, stage_taken

__all__ = [
    "UNTOLD",
    "Span",
    "about",
    "carrier",
    "count_faces",
    "count_image",
    "count_people_changed",
    "count_poison",
    "flush",
    "invoked",
    "is_on",
    "request",
    "set_up",
    "shut_down",
    "span",
    "stage",
    "stage_taken",
    "state",
    "tell_pending",
    "tell_queue",
]
