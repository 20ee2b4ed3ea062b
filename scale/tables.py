"""The tables of docs/scale.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite

from scale.flow import Flow
from scale.gatherings import Gathering
from scale.limits import largest_event, limits
from scale.outcome import Outcome, Spread, simulate
from scale.prices import cost, standing
from scale.region import Region
from scale.service_times import ServiceTimes
from scale.sizes import AppSize, Size


def assumptions(times: ServiceTimes, sizes: Sequence[Size]) -> str:
    """The sizes, and which machine the times are from."""
    rows = [
        (size.name, *(_app(app) for app in (size.http, size.encode, size.recluster)), _database(size))
        for size in sizes
    ]
    measured = f"Service times: {times.machine}, {times.measured_on}, load {times.load:.1f}."
    return _markdown(("size", "http", "encode", "recluster", "database"), rows) + f"\n{measured}\n"


def service_table(times: ServiceTimes) -> str:
    """What a photo takes, and what grows with an event."""
    photos = [
        (
            photo.name,
            *(f"{1000 * each:.0f}" for each in photo.stages.values()),
            *(_ms(each) for each in (photo.encode, photo.around, photo.database, photo.upload)),
        )
        for photo in times.photos
    ]
    stages = tuple(times.photos[0].stages)
    curves = [
        (
            f"{faces:,}",
            _ms(times.join_database.at(faces)),
            _ms(times.search.at(faces)),
            _ms(times.search_database.at(faces)),
            _seconds(times.recluster.at(faces)),
            _seconds(times.recluster_database.at(faces)),
        )
        for faces, _ in times.recluster.points
    ]
    heads = ("faces", "join, database, a face", "search", "search, database", "recluster", "recluster, database")
    return "\n".join(
        (
            _markdown(("ms of one core", *stages, "encoder", "around it", "database", "upload"), photos),
            _markdown(heads, curves),
            f"A recluster takes ten minutes at about {largest_event(times):,} faces.\n",
        )
    )


def outcome_tables(
    gatherings: Iterable[Gathering], sizes: Sequence[Size], times: ServiceTimes, *, seed: int
) -> str:
    """What came of each gathering on each size, and what it cost."""
    came, costs = [], []
    for gathering in gatherings:
        for size in sizes:
            outcome = simulate(Flow(gathering, size, times, region=Region(), seed=seed))
            came.append(outcome_row(gathering, size, outcome))
            costs.append(cost_row(gathering, size, outcome, times))
    return "\n".join((_markdown(OUTCOME_HEADS, came), _markdown(_COST_HEADS, costs)))


OUTCOME_HEADS = (
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


def limit_table(gatherings: Iterable[Gathering], sizes: Sequence[Size], times: ServiceTimes) -> str:
    """Where each part is full, the lowest first, and the knob that moves the lowest."""
    rows = []
    for gathering in gatherings:
        for size in sizes:
            found = limits(gathering, size, times)
            shown = (
                f"{each.part} {each.photos_a_minute:,.0f}" for each in found if isfinite(each.photos_a_minute)
            )
            rows.append((f"{gathering.name}, {size.name}", ", ".join(shown), found[0].knob))
    return _markdown(("full at photos a minute", "the lowest first", "what moves the first"), rows)


def standing_table(sizes: Sequence[Size]) -> str:
    """A month in which nothing happens."""
    rows = []
    for size in sizes:
        its = standing(size)
        rows.append((size.name, *(f"{each:.0f}" for each in (its.containers, its.database, its.kept, its.total))))
    return _markdown(("$ a month, nothing happening", "least replicas", "database", "its disk", "together"), rows)


def _app(app: AppSize) -> str:
    return f"{app.least}–{app.most} × {app.cores:g} vCPU, {app.processes} × {app.places} at once"


def _database(size: Size) -> str:
    return size.database.sku + (", with a standby" if size.database.doubled else "")


def _markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f}"


def _spread(spread: Spread) -> str:
    return f"{_seconds(spread.p50)} / {_seconds(spread.p95)}" if spread.p95 else "–"


def _seconds(seconds: float) -> str:
    if seconds < 10:  # noqa: PLR2004 - where tenths say nothing any more
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"  # noqa: PLR2004 - and seconds
