"""When telemetry begins and ends in this process."""

from __future__ import annotations

from typing import Literal

from kanta_core.settings.telemetry import TelemetrySettings
from kanta_core.telemetry import live, logs

# Whoever ends a process won't wait longer for what it had to tell.
_PATIENCE = 3.0


def set_up(settings: TelemetrySettings) -> None:
    """Send spans and metrics where the settings say, from now on; log lines tell where they come from anyway.

    To nowhere, where the settings name nothing: then no part of the SDK is imported.
    """
    logs.install()
    if live.recorder is None and (settings.otlp_endpoint or settings.insights_connection):
        # The SDK is for those who are told.
        from kanta_core.telemetry.destinations import recorder  # noqa: PLC0415

        live.recorder = recorder(settings)


def flush(*, within: float = _PATIENCE) -> bool:
    """Send what has been recorded so far; whether that took no more than so many seconds."""
    return live.recorder is None or live.recorder.flush(within=within)


def shut_down() -> None:
    """Send the rest, and record nothing any more. Takes some seconds at most, whoever does not answer."""
    recorder, live.recorder = live.recorder, None
    if recorder is not None:
        recorder.shut_down(within=_PATIENCE)


def state() -> Literal["off", "ok", "failing"]:
    """Whether there is anybody to tell, and whether they took what was sent last."""
    if live.recorder is None:
        return "off"
    return "ok" if live.recorder.works else "failing"
