"""When telemetry begins and ends in this process."""

from __future__ import annotations

import logging
from typing import Literal

from kanta_core.settings.telemetry import TelemetrySettings
from kanta_core.telemetry import live, logs

_log = logging.getLogger(__name__)

# Whoever ends a process won't wait longer for what it had to tell.
_PATIENCE = 3.0


def set_up(settings: TelemetrySettings) -> None:
    """Send spans and metrics where the settings say, from now on; log lines tell where they come from anyway.

    To nowhere, where the settings name nothing: then no part of the SDK is imported. To nowhere as well, where
    they name what can't be used: the log and `state` say so, and Kanta does its work unwatched.
    """
    logs.install()
    if live.recorder is None and (settings.otlp_endpoint or settings.insights_connection):
        live.is_refused = False
        try:
            # The SDK is for those who are told.
            from kanta_core.telemetry.destinations import recorder  # noqa: PLC0415

            live.recorder = recorder(settings)
        except Exception as error:  # noqa: BLE001 - whatever the SDK and its exporters raise
            live.is_refused = True
            # By its kind: its text may be the setting's, which is a secret.
            _log.error(
                "telemetry is off: what OTEL_EXPORTER_OTLP_ENDPOINT or APPLICATIONINSIGHTS_CONNECTION_STRING says "
                "can't be used (%s)",
                type(error).__name__,
            )


def flush(*, within: float = _PATIENCE) -> bool:
    """Send what has been recorded so far; whether that took no more than so many seconds."""
    return live.recorder is None or live.recorder.flush(within=within)


def shut_down() -> None:
    """Send the rest, and record nothing any more. Takes some seconds at most, whoever does not answer."""
    recorder, live.recorder, live.is_refused = live.recorder, None, False
    if recorder is not None:
        recorder.shut_down(within=_PATIENCE)


def state() -> Literal["off", "ok", "failing"]:
    """Whether there is anybody to tell, and whether they took what was sent last."""
    if live.recorder is None:
        return "failing" if live.is_refused else "off"
    return "ok" if live.recorder.works else "failing"
