"""Every setting of Kanta, typed and checked at start."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from kanta_core.settings.access import AccessSettings
from kanta_core.settings.database import DatabaseSettings
from kanta_core.settings.sources import load
from kanta_core.settings.storage import StorageSettings
from kanta_core.settings.telemetry import TelemetrySettings
from kanta_core.settings.triggers import TriggerSettings
from kanta_core.settings.values import Address, Origins

__all__ = [
    "AccessSettings",
    "DatabaseSettings",
    "Settings",
    "StorageSettings",
    "TelemetrySettings",
    "TriggerSettings",
    "load",
]


class Settings(TriggerSettings, StorageSettings, DatabaseSettings, AccessSettings, TelemetrySettings):
    """All of them: each kind's, and here those of no kind. Secrets are never printed."""

    # Which engine encodes: onnx where it is installed and none is named. Faces of the two are never compared.
    engine: Literal["dlib", "onnx"] | None = None
    max_upload_bytes: int = Field(default=100_000_000, ge=1)
    max_pixels: int = Field(default=64_000_000, ge=1)
    max_name_length: int = Field(default=200, ge=1)
    max_description_length: int = Field(default=2_000, ge=1)
    # Where guests find Kanta: what invitations begin with. Left out: wherever the request for one came to.
    public_url: Address | None = None
    # Origins whose pages browsers let ask Kanta, separated by commas. Azure's own CORS setting of the function app
    # stays empty: where it is not, Azure answers browsers before Kanta is asked.
    cors_origins: Origins = ()
    blob_url_minutes: int = Field(default=60, ge=1, le=7 * 24 * 60)
    # As long as somebody may take to send what an upload ticket is for. It can't be taken back before.
    upload_ticket_minutes: int = Field(default=240, ge=5, le=24 * 60)
    # Searches by face that each token has: so many at once, and so many more every hour. Guests share an
    # invitation, and come all at the same time.
    searches_at_once: int = Field(default=500, ge=1)
    searches_per_hour: int = Field(default=600, ge=1)
    database_pool_size: int = Field(default=8, ge=1)
    # Whether a transaction-level pooler (PgBouncer) is in between: it gives every transaction another session.
    database_pooler: bool = False
    # What each process spends on holding the faces of large events, so that a search need not read them: half a
    # kilobyte a face. 0 leaves every search to the database.
    search_memory_bytes: int = Field(default=256_000_000, ge=0)
    # A blob this old that no trigger has brought yet becomes a pending image, so that somebody can see it.
    sweep_grace_seconds: int = Field(default=120, ge=0)
    # An image that nobody has begun for this long is taken for missed, and queued. Most of those that wait longer
    # than the grace are not: their trigger's queue is long, and queueing them once more makes it longer.
    overdue_seconds: int = Field(default=900, ge=0)
    # How long one message writes at an export before the next goes on: well below the host's functionTimeout.
    export_part_seconds: int = Field(default=240, ge=0)
    # Where webhooks may lead: the internet by https, or any network by http as well, as on a laptop.
    webhook_addresses: Literal["public", "any"] = "public"
