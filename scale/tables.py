"""The tables of docs/scale.md."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from math import isfinite

from scale.document import markdown
from scale.flow import Flow
from scale.gatherings import Gathering
from scale.limits import largest_event, limits
from scale.outcome import Outcome, Spread, simulate
from scale.prices import DATABASES, PRICES, cost, standing
from scale.region import Region
from scale.service_times import ServiceTimes
from scale.sizes import AppSize, Size


def all_tables(
    gatherings: Sequence[Gathering], sizes: Sequence[Size], times: ServiceTimes, *, seed: int
) -> dict[str, str]:
    """Every table by its name, as Markdown."""
    return cheap_tables(gatherings, sizes, times) | simulated_tables(gatherings, sizes, times, seed=seed)


def cheap_tables(gatherings: Iterable[Gathering], sizes: Sequence[Size], times: ServiceTimes) -> dict[str, str]:
    """Those that need no simulation."""
    full = [limit_row(gathering, size, times) for gathering in gatherings for size in sizes]
    return {
        "sizes": _sizes(sizes),
        "standing": _standing(sizes),
        "limits": markdown(_LIMIT_HEADS, full),
        "photos": _photos(times),
        "events": _events(times),
        "prices": _prices(),
    }


def simulated_tables(
    gatherings: Sequence[Gathering], sizes: Sequence[Size], times: ServiceTimes, *, seed: int
) -> dict[str, str]:
    """What comes of the gatherings, and what it costs, each with a mark of what it was made of."""
    mark = f"<!-- made of {made_of(gatherings, sizes, times, seed=seed)} -->\n"
    came, costs = [], []
    for gathering in gatherings:
        for size in sizes:
            outcome = simulate(Flow(gathering, size, times, region=Region(), seed=seed))
            came.append(outcome_row(gathering, size, outcome))
            costs.append(cost_row(gathering, size, outcome, times))
    return {
        "outcomes": markdown(_OUTCOME_HEADS, came) + mark,
        "costs": markdown(_COST_HEADS, costs) + mark,
    }


def made_of(gatherings: Sequence[Gathering], sizes: Sequence[Size], times: ServiceTimes, *, seed: int) -> str:
    """A digest of all that a simulation goes by, its code aside: another one, and its tables are of yesterday."""
    given = (times.model_dump_json(), *gatherings, *sizes, Region(), PRICES, DATABASES, seed)
    return hashlib.sha256("\n".join(map(repr, given)).encode()).hexdigest()[:16]


def _sizes(sizes: Sequence[Size]) -> str:
    rows = [
        (
            size.name,
            *(_app(app) for app in (size.http, size.encode, size.recluster)),
            f"{size.most_cores:g} of {size.cores:g}",
            _database(size),
        )
        for size in sizes
    ]
    return markdown(("size", "http", "encode", "recluster", "cores at most", "database"), rows)


def _photos(times: ServiceTimes) -> str:
    rows = [
        (
            photo.name,
            *(f"{1000 * each:.0f}" for each in photo.stages.values()),
            *(_ms(each) for each in (photo.encode, photo.around, photo.database, photo.upload)),
        )
        for photo in times.photos
    ]
    heads = ("ms of one core", *times.photos[0].stages, "encoder", "around it", "database", "upload")
    measured = f"{times.machine}, {times.measured_on}, {times.load:.1f} processes wanted to run.\n"
    return f"{markdown(heads, rows)}\n{measured}"


def _events(times: ServiceTimes) -> str:
    rows = [
        (
            f"{faces:,}",
            *(_ms(each.at(faces)) for each in (times.join_database, times.search, times.search_database)),
            *(_seconds(each.at(faces)) for each in (times.recluster, times.recluster_database)),
        )
        for faces, _ in times.recluster.points
    ]
    heads = ("faces", "join a face, database, ms", "search, ms", "database, ms", "recluster", "database")
    large = (
        f"At about {largest_event(times):,} faces a recluster would take ten minutes, as long as a function may.\n"
    )
    return f"{markdown(heads, rows)}\n{large}"


def _prices() -> str:
    rows = [(each.per, f"{each.dollars:.8f}".rstrip("0"), each.source) for each in PRICES]
    databases = [(f"hour of {sku}", f"{each.dollars}", each.source) for sku, each in DATABASES.items()]
    return markdown(("a", "$", "from"), [*rows, *databases])


_OUTCOME_HEADS = (
    *("", "photos a minute", "searchable p50 / p95", "in people p50 / p95", "search p50 / p95", "cold starts"),
    *("replicas http / encode / recluster", "connections", "busiest part", "full"),
)


def outcome_row(gathering: Gathering, size: Size, outcome: Outcome) -> tuple[str, ...]:
    part = max(outcome.busiest, key=lambda name: outcome.busiest[name])
    return (
        f"{gathering.name}, {size.name}",
        f"{outcome.photos_a_minute:,.0f}",
        *(_spread(each) for each in (outcome.searchable, outcome.in_people, outcome.search)),
        f"{outcome.cold_starts:,}",
        " / ".join(str(outcome.most_replicas[app]) for app in ("http", "encode", "recluster")),
        f"{outcome.most_connections:,}",
        f"{part} {outcome.busiest[part]:.0%}",
        ", ".join(outcome.full) or "–",
    )


_COST_HEADS = ("$ a 1,000 photos", "containers", "database", "operations", "a month of keeping", "together")


def cost_row(gathering: Gathering, size: Size, outcome: Outcome, times: ServiceTimes) -> tuple[str, ...]:
    its = cost(outcome, size, times.photo(gathering.kind))
    sums = (its.containers, its.database, its.operations, its.kept, its.total)
    return (f"{gathering.name}, {size.name}", *(f"{1000 * each / outcome.photos:.3f}" for each in sums))


_LIMIT_HEADS = ("full at photos a minute", "the lowest first", "what moves the first")


def limit_row(gathering: Gathering, size: Size, times: ServiceTimes) -> tuple[str, ...]:
    found = limits(gathering, size, times)
    shown = (f"{each.part} {each.photos_a_minute:,.0f}" for each in found if isfinite(each.photos_a_minute))
    return f"{gathering.name}, {size.name}", ", ".join(shown), found[0].knob


def _standing(sizes: Sequence[Size]) -> str:
    """A month in which nothing happens."""
    rows = []
    for size in sizes:
        its = standing(size)
        rows.append((size.name, *(f"{each:.0f}" for each in (its.containers, its.database, its.kept, its.total))))
    return markdown(("$ a month, nothing happening", "least replicas", "database", "its disk", "together"), rows)


def _app(app: AppSize) -> str:
    return f"{app.least}–{app.most} × {app.cores:g} vCPU, {app.processes} × {app.places} at once"


def _database(size: Size) -> str:
    return size.database.sku + (", with a standby" if size.database.doubled else "")


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f}"


def _spread(spread: Spread) -> str:
    return f"{_seconds(spread.p50)} / {_seconds(spread.p95)}" if spread.p95 else "–"


def _seconds(seconds: float) -> str:
    if seconds < 10:  # noqa: PLR2004 - where tenths say nothing any more
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"  # noqa: PLR2004 - and seconds
