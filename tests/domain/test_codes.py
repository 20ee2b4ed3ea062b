"""Event codes: which texts are one, and which one they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanta_core.domain.codes import fold_code

_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("abc", "abc"),
        ("Wedding-2026", "wedding-2026"),
        ("A_B", "a_b"),
        ("007", "007"),
        ("a--b", "a--b"),
        ("x" * 63, "x" * 63),
    ],
)
def test_upper_case_is_folded_and_all_else_kept(text: str, code: str) -> None:
    assert fold_code(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "ab",
        "x" * 64,
        "-abc",
        "abc-",
        "_abc",
        "abc_",
        "a b",
        "a.b",
        "a/b",
        "abc\n",
        "äbc",
        "abc\0",
        "a\u212ab",
    ],
    ids=ascii,
)
def test_what_is_no_code_stands_for_none(text: str) -> None:
    assert fold_code(text) is None


@given(st.text(_ALPHABET, max_size=70))
def test_folding_a_code_again_changes_nothing(text: str) -> None:
    code = fold_code(text)
    assert code is None or fold_code(code) == code == text.lower()
