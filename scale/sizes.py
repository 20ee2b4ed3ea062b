"""Sizes: how much of everything a deployment may use. Those of infra/sizes are read from there."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_SIZES = Path(__file__).parent.parent / "infra" / "sizes"


@dataclass(frozen=True, slots=True)
class AppSize:
    """One container app: what each replica is, and how many there may be.

    A replica has `cores` vCPU and `memory` GiB and runs `processes`, each with `places` for invocations at once
    and with `connections` to the database at most. The scale rule wants a replica for every `target` of what
    waits and is worked on.
    """

    cores: float
    memory: float
    processes: int
    places: int
    connections: int
    target: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class DatabaseSize:
    """A PostgreSQL Flexible Server; `connections` is what its users may open, `doubled` that it has a standby."""

    sku: str
    cores: int
    connections: int
    gigabytes: int = 32
    doubled: bool = False


@dataclass(frozen=True, slots=True)
class ScaleRule:
    """KEDA's and Container Apps' defaults: seconds between looks, and before replicas that are not needed go.

    Up goes 1, 4, and then twice as many with every look.
    """

    every: float = 30.0
    after: float = 300.0


@dataclass(frozen=True, slots=True)
class Size:
    name: str
    http: AppSize
    encode: AppSize
    recluster: AppSize
    database: DatabaseSize
    # KANTA_RECLUSTER_SCHEDULE in seconds, as infra/release/settings.bicep has it.
    recluster_every: float = 5.0
    rule: ScaleRule = field(default_factory=ScaleRule)
    # Cores that all replicas together may have: what an environment is given unless more is asked for (Microsoft
    # Learn, "Quotas for Azure Container Apps": Managed Environment Consumption Cores).
    cores: float = 100.0

    @property
    def most_cores(self) -> float:
        """Cores of all the replicas there may be."""
        return sum(app.most * app.cores for app in (self.http, self.encode, self.recluster))


# vCores and user connections: Microsoft Learn, "Limits in Azure Database for PostgreSQL flexible server".
_TIERS: Final = {
    "Standard_B1ms": (1, 35),
    "Standard_B2s": (2, 414),
    "Standard_D2ds_v5": (2, 844),
    "Standard_D4ds_v5": (4, 1_703),
    "Standard_D8ds_v5": (8, 3_422),
}


def _read(name: str) -> Size:
    its = json.loads((_SIZES / f"{name}.json").read_text(encoding="utf-8"))
    database = its["database"]
    return Size(
        name,
        http=_app(its["http"]),
        encode=_app(its["encode"]),
        recluster=_app(its["recluster"]),
        database=DatabaseSize(
            database["sku"],
            *_TIERS[database["sku"]],
            gigabytes=database["storageGb"],
            doubled=database["highAvailability"] != "Disabled",
        ),
    )


def _app(its: dict[str, Any]) -> AppSize:
    return AppSize(
        cores=float(its["cpu"]),
        memory=float(its["memory"].removesuffix("Gi")),
        processes=int(its["processes"]),
        places=int(its["threads"]),
        connections=int(its["connections"]),
        target=int(its["perReplica"]),
        least=int(its["least"]),
        most=int(its["most"]),
    )


SMALL, LARGE = _read("small"), _read("large")
