"""A damaged photo is read or refused: no other error, no crash, no hang, no memory beyond a photo's."""

from __future__ import annotations

import pytest

from bench import fuzz
from bench.mutations import damaged, whole_photos


def test_damaged_photos_cost_neither_time_nor_memory_nor_the_process() -> None:
    outcomes, findings = fuzz.fuzz(100_000, 100_600, processes=1)
    print(dict(outcomes))
    assert findings == []
    assert outcomes.total() == 600
    # Some are readable still and some are not, else nothing was tried.
    assert outcomes["read"] > 50
    assert outcomes["image-broken"] > 50


def test_what_it_damages_is_readable_before_and_the_same_every_time() -> None:
    for name, data in whole_photos():
        assert fuzz._judge(data) == ("read", ""), name
    assert damaged(7) == damaged(7) != damaged(8)


def test_an_error_that_is_no_refusal_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(data: bytes, *, max_pixels: int) -> None:
        raise ZeroDivisionError("in a decoder")

    monkeypatch.setattr(fuzz, "decode", raising)
    assert fuzz._judge(b"") == ("raised", "ZeroDivisionError: in a decoder")


def test_a_check_that_takes_what_decoding_refuses_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "check", lambda data, max_pixels: None)
    assert fuzz._judge(b"") == ("image-empty", "decode: image-empty, check: read")
