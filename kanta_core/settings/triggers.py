"""What the function decorators need."""

from __future__ import annotations

from typing import Literal

from kanta_core.settings.sources import Sources
from kanta_core.settings.values import Schedule


class TriggerSettings(Sources):
    """What the function decorators need: read when the functions are indexed, before any other part exists."""

    blob_source: Literal["scan", "event-grid"] = "scan"
    recluster_schedule: Schedule = "*/15 * * * * *"
    sweep_schedule: Schedule = "0 */5 * * * *"
    webhook_schedule: Schedule = "*/15 * * * * *"
