"""What the documentation links to and says to type is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from checks import docs

ROOT = Path(__file__).parents[2]
Copied = Callable[..., Path]


def test_the_documentation_of_the_checkout_leads_somewhere() -> None:
    assert docs.check(ROOT) == []


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("[there](nowhere.md)", "links to nowhere.md, which is not there"),
        ("[there](#nothing)", "links to #nothing, which is no heading there"),
        ("[there](secrets.md#nothing)", "links to secrets.md#nothing, which is no heading there"),
        ("```sh\nfor each in one; do echo\n```", "has commands that no shell reads"),
        ("1. First\n   ```sh\n   if true; then\n   ```", "has commands that no shell reads"),
        ('```sh\naz login --name "$name\n```', "has commands that no shell reads"),
        ("`python -m kanta_core.nothing`", "says to run kanta_core.nothing, which is not there"),
    ],
)
def test_what_leads_nowhere_is_found(copied: Copied, text: str, finding: str) -> None:
    checkout = copied("docs/secrets.md", "kanta_core/__init__.py")
    (checkout / "docs" / "new.md").write_text(f"# New\n\n{text}\n")
    assert any(each.startswith(f"docs/new.md {finding}") for each in docs.check(checkout)), docs.check(checkout)


@pytest.mark.parametrize(
    "text",
    [
        "[there](secrets.md#the-organisers-key)",
        "[elsewhere](https://learn.microsoft.com/azure#x)",
        "```sh\ncurl <address of Kanta>/docs\n```",
        "```console\n$ anything ((\n```",
        "`python -m json`",
    ],
)
def test_what_leads_somewhere_is_left_alone(copied: Copied, text: str) -> None:
    checkout = copied("docs/secrets.md")
    (checkout / "docs" / "new.md").write_text(f"# New\n\n{text}\n")
    assert docs.check(checkout) == []
