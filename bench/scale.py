"""The model of how Kanta grows, held against the local stack: see scale/compare.py."""

from __future__ import annotations

from scale import compare


def run() -> None:
    compare.run()
