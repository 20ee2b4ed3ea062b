"""docs/scale.md says what the model says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scale.compared import BOUND, Line, recorded_comparison
from scale.document import DOCUMENT, table_of, with_tables
from scale.gatherings import ALL, DINNER, WEDDING
from scale.service_times import recorded
from scale.sizes import LARGE, SMALL
from scale.tables import cheap_tables, made_of, simulated_tables

SIZES = (SMALL, LARGE)


def test_the_tables_that_cost_nothing_are_those_of_today() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, table in cheap_tables(ALL, SIZES, recorded()).items():
        assert table_of(text, name) == table, f"{name} is another by now: python -m scale --write"


def test_the_rows_of_small_gatherings_are_those_of_today() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, table in simulated_tables((DINNER, WEDDING), SIZES, recorded(), seed=0).items():
        rows, there = table.splitlines()[:-1], table_of(text, name).splitlines()
        assert there[: len(rows)] == rows, f"{name} is another by now: python -m scale --write"


def test_the_rows_of_large_gatherings_were_made_of_what_there_is_today() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    mark = f"<!-- made of {made_of(ALL, SIZES, recorded(), seed=0)} -->"
    for name in ("outcomes", "costs"):
        # Heads, a line below them, a row for each gathering and size, and the mark.
        lines = table_of(text, name).splitlines()
        assert len(lines) == 2 + len(ALL) * len(SIZES) + 1
        assert lines[-1] == mark, f"{name} is another by now: python -m scale --write"


def test_what_simulations_are_made_of_is_told_apart() -> None:
    times = recorded()
    slower = times.model_copy(update={"load": times.load + 1})
    found = {
        made_of(ALL, SIZES, times, seed=0),
        made_of(ALL, SIZES, times, seed=1),
        made_of(ALL, SIZES, slower, seed=0),
        made_of(ALL, (SMALL, replace(LARGE, cores=292.0)), times, seed=0),
        made_of(ALL[1:], SIZES, times, seed=0),
    }
    assert len(found) == 5


def test_the_model_was_no_farther_off_than_it_is_held_to() -> None:
    compared = recorded_comparison()
    assert compared.off <= BOUND
    assert {line.what.partition(":")[0] for line in compared.lines} == {"1 workers", "2 workers"}
    assert compared.photos >= 100
    text = DOCUMENT.read_text(encoding="utf-8")
    assert table_of(text, "compared") == compared.table(), "python -m scale.compare --write"


def test_off_is_the_farthest_either_way() -> None:
    compared = recorded_comparison()
    near, far = Line(what="near", ran=10, model=11), Line(what="far", ran=10, model=7)
    assert compared.model_copy(update={"lines": (near, far)}).off == pytest.approx(0.3)


def test_a_table_takes_the_place_of_the_one_there() -> None:
    text = "before\n<!-- costs -->\nold\n<!-- end -->\nafter\n"
    assert with_tables(text, {"costs": "new\n"}) == "before\n<!-- costs -->\nnew\n<!-- end -->\nafter\n"


def test_a_table_that_has_no_place_is_not_lost_silently() -> None:
    with pytest.raises(ValueError, match="costs"):
        with_tables("<!-- sizes -->\n<!-- end -->", {"costs": "new\n"})
