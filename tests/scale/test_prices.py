"""What a run costs is what was used times its price, and every price says where it is from."""

from __future__ import annotations

import pytest

from scale import prices
from scale.flow import Flow
from scale.outcome import simulate
from scale.prices import MEMORY, VCPU, Price, cost, standing
from scale.region import Region
from scale.sizes import LARGE, SMALL
from tests.scale.times import KIND, gathering, service_times, size


def test_containers_cost_what_they_were_there_for() -> None:
    its, times = size(workers=3), service_times()
    outcome = simulate(Flow(gathering(), its, times, region=Region()))
    seconds = sum(outcome.replica_seconds.values())
    # Three for encoding and one of each other kind, from the beginning to the end.
    assert seconds == pytest.approx(5 * outcome.replica_seconds["http"])
    assert cost(outcome, its, times.photo(KIND)).containers == pytest.approx(
        seconds * (VCPU.dollars + 2 * MEMORY.dollars)
    )


def test_twice_the_photos_are_twice_the_operations() -> None:
    def operations(photos: int) -> float:
        times, its = service_times(), size()
        outcome = simulate(Flow(gathering(photos=photos), its, times, region=Region()))
        return cost(outcome, its, times.photo(KIND)).operations

    assert operations(200) == pytest.approx(2 * operations(100))


def test_a_larger_size_costs_more_while_nothing_happens() -> None:
    assert standing(LARGE).total > standing(SMALL).total > 0


def test_every_price_says_where_it_is_from() -> None:
    found = [each for each in vars(prices).values() if isinstance(each, Price)] + [*prices.DATABASES.values()]
    assert len(found) > 10
    assert all(price.dollars > 0 and price.per and price.source for price in found)


def test_every_size_has_a_price_for_its_database() -> None:
    assert {each.database.sku for each in (SMALL, LARGE)} <= set(prices.DATABASES)
