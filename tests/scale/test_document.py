"""docs/scale.md says what the model says."""

from __future__ import annotations

import pytest

from scale.document import DOCUMENT, with_tables
from scale.gatherings import DINNER, WEDDING
from scale.service_times import recorded
from scale.sizes import LARGE, SMALL
from scale.tables import all_tables


def test_the_document_has_the_tables_of_today() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    # The larger gatherings take a minute.
    tables = all_tables((DINNER, WEDDING), (SMALL, LARGE), recorded(), seed=0)
    for name, table in tables.items():
        for line in table.splitlines():
            assert line in text, f"{name} is another by now: python -m scale --write"


def test_a_table_takes_the_place_of_the_one_there() -> None:
    text = "before\n<!-- costs -->\nold\n<!-- end -->\nafter\n"
    assert with_tables(text, {"costs": "new\n"}) == "before\n<!-- costs -->\nnew\n<!-- end -->\nafter\n"


def test_a_table_that_has_no_place_is_not_lost_silently() -> None:
    with pytest.raises(ValueError, match="costs"):
        with_tables("<!-- sizes -->\n<!-- end -->", {"costs": "new\n"})
