"""Whatever comes in between after any step, the end is that of one after the other."""

from __future__ import annotations

import itertools

import pytest

from tests.pipeline import truth
from tests.pipeline.steps import Ended, overtaken_after
from tests.pipeline.stories import CODE, STORIES, begun, ended, told
from tests.pipeline.world import World

PAIRS = [
    ("a photo is dropped", "the code is used again"),
    ("known bytes are dropped", "the holder's blob vanishes"),
    ("known bytes are dropped", "a duplicate is removed"),
    ("the holder is overwritten by known bytes", "a duplicate is removed"),
    ("the holder is overwritten by nothing", "the holder is written again as it was"),
    ("a duplicate is removed", "known bytes are dropped"),
    ("a photo is uploaded", "the code is used again"),
    ("the people are made", "a duplicate is removed"),
    ("the people are made", "a photo is dropped"),
    ("a photo is dropped", "the people are made"),
    ("two people are merged", "a photo is dropped"),
    ("two people are merged", "a duplicate is removed"),
    ("two people are merged", "the people are made"),
    ("the people are made", "two people are merged"),
    ("a photo is dropped", "two people are merged"),
    ("the photos are encoded once more", "two people are merged"),
    ("the photos are encoded once more", "a duplicate is removed"),
    ("the photos are encoded once more", "the holder's blob vanishes"),
    ("the photos are encoded once more", "the code is used again"),
    ("pictures are lost", "a duplicate is removed"),
    ("the people are made", "somebody asks to be forgotten"),
    ("somebody asks to be forgotten", "the photos are encoded once more"),
    ("somebody asks to be forgotten", "a photo is dropped"),
]


def after(world: World, *stories: str) -> truth.Summary:
    """How it ends when these happen one after the other."""
    begun(world)
    for story in stories:
        told(STORIES[story], world.services, world, CODE)
    return ended(world)


@pytest.mark.parametrize(("story", "other"), PAIRS, ids=[f"{a}, {b}" for a, b in PAIRS])
def test_overtaken_anywhere_it_ends_as_one_after_the_other(world: World, story: str, other: str) -> None:
    ends = [after(world, story, other), after(world, other, story)]
    if story.startswith("the holder is overwritten") and "holder" in other:
        # Overwritten before anybody had seen the version in between.
        ends.append(after(world, other))

    for step in itertools.count(1):
        begun(world)
        try:
            overtaken = overtaken_after(
                step,
                world.services,
                lambda its: told(STORIES[story], its, world, CODE),
                lambda: told(STORIES[other], world.services, world, CODE),
            )
        except Ended:
            return
        if overtaken:
            assert ended(world) in ends, f"after step {step}"
