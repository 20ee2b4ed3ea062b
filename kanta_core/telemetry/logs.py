"""Log lines of Kanta's tell where they come from: `… event=<id> image=<id> invocation=<id> trace=<id> span=<id>`.

They go to the host as before, which takes a line's text and nothing else: so the fields are in the text, in a form
that every log's language reads (`parse-kv` in Application Insights). Handlers that can do more find them on the
record, as `record.kanta`.
"""

from __future__ import annotations

import logging
from typing import Any

from kanta_core.telemetry.invocation import fields, here

_OURS = "kanta_core."


def install() -> None:
    """Have every record of Kanta's loggers tell its fields. Installed twice it tells them once."""
    make = logging.getLogRecordFactory()
    if not isinstance(make, _Telling):
        logging.setLogRecordFactory(_Telling(make))


class _Telling:
    """Makes log records; a filter would have to be on every handler, and the host brings its own."""

    def __init__(self, make: Any) -> None:  # noqa: ANN401 - logging types its factory so
        self._make = make

    def __call__(self, name: str, *args: Any, **kwargs: Any) -> logging.LogRecord:  # noqa: ANN401 - same
        record: logging.LogRecord = self._make(name, *args, **kwargs)
        if name.startswith(_OURS):
            told = {**fields.get(), **_trace()}
            if told:
                record.kanta = told
                text = " ".join(f"{key}={value}" for key, value in told.items())
                # Put together by whoever writes it: a line that doesn't fit its arguments stops nobody's work.
                record.msg = f"{record.msg} {text.replace('%', '%%') if record.args else text}"
        return record


def _trace() -> dict[str, str]:
    traceparent = here.get()
    if not traceparent:
        return {}
    _, trace, span, _ = traceparent.split("-")
    return {"trace": trace, "span": span}
