"""A dlib that was built is used where it says the same, faster; otherwise it is said what is wrong with it."""

from __future__ import annotations

import copy
import math
import os
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from native.comparison import Comparison, Trial, compare, try_out, unpack
from native.errors import Refusal
from tests.native.standins import write_wheel


@pytest.fixture
def used() -> Trial:
    random = Random(1).random
    embeddings = [[random() for _ in range(128)] for _ in range(2)]
    boxes = [[(1, 2, 3, 4)], [(5, 6, 7, 8)], []]
    return Trial("20.0.1", False, boxes, embeddings, hog_ms=(30.0, 20.0, 21.0), resnet_ms=(50.0, 54.0, 90.0))


@pytest.fixture
def built(used: Trial) -> Trial:
    return replace(used, openblas=True, hog_ms=(18.0, 19.0, 40.0), resnet_ms=(10.0, 9.0, 10.8))


def test_the_same_faces_faster_are_welcome(used: Trial, built: Trial) -> None:
    near = [[number + 9e-6 for number in face] for face in built.embeddings]
    comparison = Comparison(used, replace(built, embeddings=near))
    assert comparison.objection() is None
    assert comparison.gain == pytest.approx((21 + 54) / (19 + 10))


def test_embeddings_that_differ_are_not(used: Trial, built: Trial) -> None:
    other = copy.deepcopy(built.embeddings)
    other[1][127] += 1.2e-5
    objection = Comparison(used, replace(built, embeddings=other)).objection()
    assert objection == "its embeddings differ by 1.2e-05, more than 1e-05"


def test_nor_are_embeddings_that_are_no_numbers(used: Trial, built: Trial) -> None:
    other = copy.deepcopy(built.embeddings)
    other[0][0] = math.nan
    objection = Comparison(used, replace(built, embeddings=other)).objection()
    assert objection is not None
    assert "differ" in objection


@pytest.mark.parametrize("boxes", [[[(1, 2, 3, 5)], [(5, 6, 7, 8)], []], [[(1, 2, 3, 4), (5, 6, 7, 8)], [], []]])
def test_other_faces_are_not(used: Trial, built: Trial, boxes: list[list[tuple[int, int, int, int]]]) -> None:
    comparison = Comparison(used, replace(built, boxes=boxes))
    assert comparison.objection() == "it finds other faces than the one in use"
    assert comparison.difference == math.inf


def test_one_that_is_no_faster_is_not(used: Trial, built: Trial) -> None:
    slow = replace(built, hog_ms=(19.0,), resnet_ms=(55.0,))
    assert Comparison(used, slow).objection() == "it is no faster (1.01 × the speed of the one in use)"


def test_photos_without_faces_prove_nothing(used: Trial, built: Trial) -> None:
    nobody = [replace(each, boxes=[[], []], embeddings=[]) for each in (used, built)]
    assert Comparison(*nobody).objection() == "the photos it was tried on show no faces"


def test_the_table_says_by_how_much_it_is_faster(used: Trial, built: Trial) -> None:
    title, hog, resnet, difference = Comparison(used, built).table()
    assert title.split()[-4:] == ["in", "use", "built", "faster"]
    assert "3 photos, 2 faces" in title
    assert hog.split()[-3:] == ["21.0", "19.0", "1.1×"]
    assert resnet.split()[-3:] == ["54.0", "10.0", "5.4×"]
    assert difference.split()[-1] == "0.0e+00"
    assert len({len(line) for line in (title, hog, resnet, difference)}) == 1


def test_the_dlib_in_use_is_its_own_equal(sample_photos: Path) -> None:
    trial = try_out(None, sorted(sample_photos.glob("obama*.jpg")), os.environ, rounds=1)
    assert trial.version.startswith("20.")
    assert len(trial.embeddings) == sum(map(len, trial.boxes)) >= 3
    for embedding in trial.embeddings:
        assert len(embedding) == 128
        assert math.hypot(*embedding) == pytest.approx(1.4, abs=0.2)
    assert trial.hog > 0
    assert trial.resnet > 0
    assert Comparison(trial, trial).difference == 0


def test_a_dlib_that_this_processor_can_not_run_is_refused(sample_photos: Path, tmp_path: Path) -> None:
    files = {"_dlib_pybind11.py": "import os, signal\nos.kill(os.getpid(), signal.SIGILL)", "dlib/__init__.py": ""}
    folder = unpack(write_wheel(tmp_path, "dlib", dict(files)), tmp_path / "unpacked")
    with pytest.raises(Refusal, match=r"does not work here: it ended with status -4"):
        compare(folder, [sample_photos / "obama.jpg"], os.environ, turns=1)


def test_one_never_tries_another_dlib_than_the_one_given(sample_photos: Path, tmp_path: Path) -> None:
    # With nothing compiled in it, Python would find the installed one.
    folder = unpack(write_wheel(tmp_path, "dlib", {"dlib/__init__.py": ""}), tmp_path / "unpacked")
    with pytest.raises(Refusal, match=r"_dlib_pybind11 came from .* instead of"):
        try_out(folder, [sample_photos / "obama.jpg"], os.environ)
