from pathlib import Path

from outcomes import Ending, Outcome, Result

from demo.demonstration import Stopwatch, problems_of
from demo.findings import Findings, Person
from demo.selection import Selection

SAMPLE = Selection(Path("photos"), "demo", is_sample=True)
OWN = Selection(Path("party.zip"), "demo-party", is_sample=False)
NOBODY = Findings(0, 1, 0, {"encoded": 1}, (), ())
SOMEBODY = Findings(1, 1, 1, {"encoded": 1}, (Person(1, 1, 1, ("a.jpg",)),), ())


def outcome(*results: Result) -> Outcome:
    return Outcome(len(results), list(results))


def test_all_photos_there_and_somebody_found_is_success() -> None:
    fine = outcome(
        Result("a.jpg", Ending.NEW, "1"), Result("b.jpg", Ending.KNOWN, "2"), Result("c.txt", Ending.SKIPPED)
    )
    assert problems_of(SAMPLE, fine, SOMEBODY) == []


def test_a_photo_that_did_not_arrive_is_a_problem() -> None:
    failed = outcome(Result("a.jpg", Ending.FAILED, reason="encrypted in the zip"))
    assert problems_of(OWN, failed, SOMEBODY) == ["a.jpg: not uploaded (encrypted in the zip)"]


def test_an_upload_that_stopped_is_a_problem() -> None:
    stopped = outcome()
    stopped.stopped = "no answer"
    assert problems_of(OWN, stopped, SOMEBODY) == ["the upload stopped: no answer"]


def test_a_photo_that_was_not_encoded_is_a_problem() -> None:
    rejected = Findings(1, 2, 1, {"encoded": 1, "rejected": 1}, (), ("b.jpg: rejected (cut off)",))
    assert problems_of(OWN, outcome(), rejected) == ["b.jpg: rejected (cut off)"]


def test_photos_of_nobody_are_a_problem_in_the_sample_alone() -> None:
    assert problems_of(SAMPLE, outcome(), NOBODY) == ["nobody was found in the sample photos"]
    assert problems_of(OWN, outcome(), NOBODY) == []


def test_a_stage_is_timed_and_so_is_the_whole() -> None:
    watch = Stopwatch()
    with watch.stage("upload"):
        pass
    watch.stop()
    assert list(watch.seconds) == ["upload", "total"]
    assert 0 <= watch.seconds["upload"] <= watch.seconds["total"]
