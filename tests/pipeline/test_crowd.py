"""Everything at once: many workers, in any order, leave the rows that one alone would have left."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest

from kanta_core.errors import BlobChanged
from kanta_core.pipeline.photos.encode import encode
from kanta_core.services import Services
from tests.pipeline import truth
from tests.pipeline.scripted import photo
from tests.pipeline.world import World

WORKERS = 8
# Twenty blobs of twelve photos, and six that are overwritten, some by bytes that are there.
FIRST = {f"{number:02}": photo("anna", "ben", take=number % 12) for number in range(20)}
THEN = {f"{number:02}": photo("cara", take=number % 4) for number in range(0, 18, 3)}


def outcome(world: World, code: str) -> list[list[tuple[object, ...]]]:
    """What is there under `code`. Which of several blobs of the same bytes holds them is whichever came first."""
    statements = (
        "SELECT name, sha256, size, width FROM images WHERE blob_name LIKE %(blobs)s ORDER BY 1",
        "SELECT sha256, status::text FROM images WHERE blob_name LIKE %(blobs)s ORDER BY 1, 2",
        """SELECT count(*), array_agg(i.sha256 ORDER BY i.sha256)
             FROM faces f JOIN images i ON i.id = f.image_id
            WHERE i.blob_name LIKE %(blobs)s GROUP BY f.cluster_id ORDER BY 2""",
    )
    return [world.query(statement, {"blobs": f"{code}/%"}) for statement in statements]


@pytest.mark.parametrize("seed", range(2))
def test_eight_workers_in_any_order_leave_what_one_would(world: World, seed: int) -> None:
    world.create("wedding-one")
    for blobs in (FIRST, THEN):
        for name, data in blobs.items():
            world.drop(f"wedding-one/{name}", data)
            world.deliver(f"wedding-one/{name}")
    world.settle()

    world.create("wedding-all")
    order = random.Random(seed)
    work = [("drop", name) for name in FIRST] + [("overwrite", name) for name in THEN]
    work += [("deliver", name) for name in FIRST] * 3
    order.shuffle(work)
    with ExitStack() as stack, ThreadPoolExecutor(WORKERS) as threads:
        workers = [stack.enter_context(closing(world.worker())) for _ in range(WORKERS)]
        for name, data in FIRST.items():
            world.drop(f"wedding-all/{name}", data)
        jobs = [
            threads.submit(_do, world, workers[place % WORKERS], what, name)
            for place, (what, name) in enumerate(work)
        ]
        for job in jobs:
            job.result(60)
    # Which of two versions was written last is up to chance so far.
    for name, data in THEN.items():
        world.drop(f"wedding-all/{name}", data)
    world.settle()

    truth.check(world)
    assert outcome(world, "wedding-all") == outcome(world, "wedding-one")


def _do(world: World, services: Services, what: str, name: str) -> None:
    blob_name = f"wedding-all/{name}"
    if what != "deliver":
        world.drop(blob_name, THEN[name] if what == "overwrite" else FIRST[name])
    for _ in range(20):
        try:
            encode(services, blob_name)
        except BlobChanged:
            continue
        return
    pytest.fail(f"{blob_name} changed twenty times while it was looked at")
