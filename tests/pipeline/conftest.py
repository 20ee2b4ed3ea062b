"""A Kanta whose encoder finds what the photo says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from kanta_core.settings import Settings
from tests.pipeline.exporting import PHOTOS
from tests.pipeline.world import World


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    with closing(World(settings)) as its:
        yield its


@pytest.fixture
def wedding(world: World) -> str:
    """The code of an event with nothing in it."""
    return world.create("wedding").code


@pytest.fixture
def album(world: World, wedding: str) -> str:
    """An event with three photos: Anna's, Ben's, and one of both."""
    world.bring(wedding, PHOTOS)
    return wedding
