"""Cut off after any step, everything ends as if it had not been: what is begun is finished or never was."""

from __future__ import annotations

import itertools

import pytest

from kanta_core.errors import StorageUnavailable
from tests.pipeline.steps import Killed, stopped_after
from tests.pipeline.stories import CODE, STORIES, Story, begun, ended, told
from tests.pipeline.world import World


@pytest.mark.parametrize("story", STORIES)
def test_killed_anywhere_it_ends_as_if_it_had_not_been(world: World, story: str) -> None:
    cut_off_everywhere(world, Killed(), STORIES[story])


@pytest.mark.parametrize(
    "story", ["a photo is dropped", "a duplicate is removed", "the sweep finds much", "pictures are lost"]
)
def test_when_storage_goes_away_anywhere_nothing_is_lost(world: World, story: str) -> None:
    cut_off_everywhere(world, StorageUnavailable(), STORIES[story])


def cut_off_everywhere(world: World, error: BaseException, story: Story) -> None:
    begun(world)
    told(story, world.services, world, CODE)
    whole = ended(world)

    for step in itertools.count(1):
        begun(world)
        if not stopped_after(step, error, world.services, lambda its: told(story, its, world, CODE)):
            return
        # Without anybody's doing: nothing contradicts itself, nothing is left half done.
        ended(world)
        # The host delivers again, the client asks again.
        told(story, world.services, world, CODE)
        assert ended(world) == whole, f"after step {step}"
