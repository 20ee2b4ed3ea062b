"""What it costs: prices in US dollars, where each is from, and what a run makes of them.

Prices change, and differ between regions and contracts: look at your own before you believe a sum. None of these
could be asked of Azure itself when this was written; each says where it was read.
"""

from __future__ import annotations

from dataclasses import dataclass

from scale.outcome import Outcome
from scale.service_times import Photo
from scale.sizes import Size

_MONTH_SECONDS = 730 * 3_600.0


@dataclass(frozen=True, slots=True)
class Price:
    dollars: float
    per: str
    source: str


_CONTAINER_APPS = (
    "Microsoft, Apps on Azure blog, 'Understanding idle usage in Azure Container Apps' (2025), Central US"
)
_ESTIMATE = (
    "an estimate from Azure's retail prices found in a public repository (2026), East US; not Microsoft's own page"
)
_BLOBS = (
    "Microsoft Learn, 'Estimate the cost of using Azure Blob Storage' (2024), sample prices, locally redundant"
)
_UNKNOWN = "not found in a source: from memory of the price list"

VCPU = Price(0.000024, "vCPU-second", _CONTAINER_APPS)
MEMORY = Price(0.000003, "GiB-second", _CONTAINER_APPS)
WRITE = Price(0.055 / 10_000, "write of a blob", _BLOBS)
READ = Price(0.0044 / 10_000, "read of a blob", _BLOBS)
STORED = Price(0.0208, "GB-month, hot", _BLOBS)
QUEUE = Price(0.004 / 10_000, "queue operation", _UNKNOWN)
EVENT_GRID = Price(
    0.60 / 1_000_000, "Event Grid operation", "Microsoft Learn, Event Grid overview (100,000 a month are free)"
)
DATABASE_STORED = Price(0.115, "GB-month of the database", _ESTIMATE)
DATABASES = {
    "Standard_B1ms": Price(0.017, "hour", "about $12 a month in public templates (2025); " + _UNKNOWN),
    "Standard_B2s": Price(0.068, "hour", _UNKNOWN),
    "Standard_D2ds_v5": Price(0.178, "hour", _ESTIMATE),
    "Standard_D4ds_v5": Price(0.356, "hour", "twice Standard_D2ds_v5"),
    "Standard_D8ds_v5": Price(0.712, "hour", "four times Standard_D2ds_v5"),
}

PRICES = (VCPU, MEMORY, WRITE, READ, STORED, QUEUE, EVENT_GRID, DATABASE_STORED)

# Of a photo: its event comes in and goes out; the host writes, reads and deletes a message and renews its lease.
_EVENTS_A_PHOTO, _MESSAGES_A_PHOTO = 2, 4
# The pictures that are kept of a face and of a photo.
_PICTURE_MEGABYTES = 0.006


@dataclass(frozen=True, slots=True)
class Cost:
    """Dollars: `containers`, `database` while the event runs, `operations` of storage and Event Grid for all of
    it; `kept` is a month of the photos and the pictures of their faces, or of the database's disk.
    """

    containers: float
    database: float
    operations: float
    kept: float

    @property
    def total(self) -> float:
        return self.containers + self.database + self.operations + self.kept


def cost(outcome: Outcome, size: Size, photo: Photo) -> Cost:
    apps = {"http": size.http, "encode": size.encode, "recluster": size.recluster}
    containers = sum(
        seconds * (apps[name].cores * VCPU.dollars + apps[name].memory * MEMORY.dollars)
        for name, seconds in outcome.replica_seconds.items()
    )
    a_photo = (
        (photo.faces + 2) * WRITE.dollars
        + READ.dollars
        + _MESSAGES_A_PHOTO * QUEUE.dollars
        + _EVENTS_A_PHOTO * EVENT_GRID.dollars
    )
    gigabytes = outcome.photos * (photo.megabytes + (photo.faces + 1) * _PICTURE_MEGABYTES) / 1_000
    return Cost(
        containers=containers,
        database=outcome.seconds * _database_second(size),
        operations=outcome.photos * a_photo,
        kept=gigabytes * STORED.dollars,
    )


def standing(size: Size) -> Cost:
    """A month in which nothing happens: the least replicas, charged as if they worked, and the database."""
    least = sum(
        app.least * (app.cores * VCPU.dollars + app.memory * MEMORY.dollars)
        for app in (size.http, size.encode, size.recluster)
    )
    return Cost(
        containers=least * _MONTH_SECONDS,
        database=_MONTH_SECONDS * _database_second(size),
        operations=0.0,
        kept=size.database.gigabytes * DATABASE_STORED.dollars * (2 if size.database.doubled else 1),
    )


def _database_second(size: Size) -> float:
    return DATABASES[size.database.sku].dollars / 3_600 * (2 if size.database.doubled else 1)
