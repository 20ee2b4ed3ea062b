import asyncio
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import kanta_client
import pytest
from outcomes import Ending, ExitStatus, Outcome, Result
from photo_source import NoPhotosError
from seeding import UNANSWERED_IN_A_ROW, Options, SeedError, seed
from starlette.responses import JSONResponse, PlainTextResponse, Response

from tests.seed.scripted_kanta import ScriptedKanta, image

pytestmark = pytest.mark.usefixtures("_hasty")


class Heard:
    """A Report that remembers."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self.results: list[Result] = []
        self.event_is_new: bool | None = None
        self.ended: Outcome | None = None
        self.on_result: Callable[[], object] = lambda: None

    def begin(self, options: Options, files: int, *, event_is_new: bool) -> None:
        self.event_is_new = event_is_new

    def notice(self, sentence: str) -> None:
        self.notices.append(sentence)

    def result(self, result: Result) -> None:
        self.results.append(result)
        self.on_result()

    def end(self, outcome: Outcome) -> None:
        self.ended = outcome


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def options(kanta: ScriptedKanta, album: Path) -> Options:
    return Options(album, event_code="party", api_url=kanta.url, delay=0)


def endings(outcome: Outcome) -> dict[str, Ending]:
    return {result.name: result.ending for result in outcome.results}


def reason(outcome: Outcome, name: str) -> str:
    return next(result.reason or "" for result in outcome.results if result.name == name)


def test_every_photo_arrives_once_and_shows_its_uuid(kanta: ScriptedKanta, options: Options, heard: Heard) -> None:
    outcome = asyncio.run(seed(options, heard))
    assert sorted(kanta.uploads) == ["a.png", "b.png", "c.png"]
    assert {result.uuid for result in heard.results} == set(kanta.uuids.values())
    assert {result.ending for result in heard.results} == {Ending.NEW}
    assert heard.event_is_new
    assert heard.ended is outcome
    assert outcome.exit_status is ExitStatus.ALL_THERE


def test_a_second_run_finds_the_event_and_the_same_uuids(
    kanta: ScriptedKanta, options: Options, heard: Heard
) -> None:
    first = asyncio.run(seed(options, Heard()))
    stored = dict(kanta.uuids)
    second = asyncio.run(seed(options, heard))
    assert heard.event_is_new is False
    assert kanta.uuids == stored
    assert set(endings(second).values()) == {Ending.KNOWN}
    assert {r.name: r.uuid for r in second.results} == {r.name: r.uuid for r in first.results}
    assert second.exit_status is ExitStatus.ALL_THERE


def test_a_batch_is_uploaded_at_once_and_no_more_than_a_batch(
    kanta: ScriptedKanta, options: Options, heard: Heard, album: Path
) -> None:
    for number in range(7):
        (album / f"{number}.png").write_bytes(image(str(number)))
    kanta.gate.clear()
    runner = threading.Thread(target=asyncio.run, args=(seed(replace(options, batch_size=4), heard),))
    runner.start()
    try:
        kanta.wait_until(lambda: kanta.uploading == 4, "four uploads are under way")
    finally:
        kanta.gate.set()
        runner.join(20)
    assert heard.ended is not None
    assert heard.ended.there == 10
    assert kanta.most_at_once == 4


def test_the_delay_is_waited_between_batches_and_not_after_the_last(options: Options, heard: Heard) -> None:
    outcome = asyncio.run(seed(replace(options, batch_size=1, delay=1), heard))
    assert 2 <= outcome.seconds < 3


def test_a_photos_length_is_declared_so_that_the_api_can_refuse_before_it_reads(
    kanta: ScriptedKanta, options: Options, heard: Heard, album: Path
) -> None:
    asyncio.run(seed(options, heard))
    assert len(kanta.lengths) == 3
    assert all(int(length or 0) > (album / "a.png").stat().st_size for length in kanta.lengths)


@pytest.mark.parametrize("name", ['quo"te.png', "zwölf.png", "semi;colon.png", "per%22cent.png"])
def test_an_odd_file_name_arrives_as_it_is(
    kanta: ScriptedKanta, options: Options, heard: Heard, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / name).write_bytes(image(name))
    assert asyncio.run(seed(replace(options, photos=folder), heard)).there == 1
    assert kanta.uploads == [name.replace('"', "%22")]


def test_what_is_no_image_is_never_sent(kanta: ScriptedKanta, options: Options, heard: Heard, album: Path) -> None:
    (album / "Readme.txt").write_text("About these photos")
    outcome = asyncio.run(seed(options, heard))
    assert endings(outcome)["Readme.txt"] is Ending.SKIPPED
    assert "Readme.txt" not in kanta.uploads
    assert outcome.exit_status is ExitStatus.ALL_THERE


def test_a_photo_that_fails_stops_no_other_and_says_why(
    kanta: ScriptedKanta, options: Options, heard: Heard
) -> None:
    kanta.refusals["a.png"] = lambda: kanta.problem(422, "Not an image", "The bytes are cut off.")
    outcome = asyncio.run(seed(replace(options, batch_size=1), heard))
    assert endings(outcome) == {"a.png": Ending.FAILED, "b.png": Ending.NEW, "evening/c.png": Ending.NEW}
    assert reason(outcome, "a.png") == "Not an image: The bytes are cut off"
    assert outcome.exit_status is ExitStatus.SOME_FAILED


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (PlainTextResponse("Internal Server Error", 500), "HTTP 500 Internal Server Error"),
        (PlainTextResponse("<html>", 200), "no JSON object"),
        (JSONResponse(["uuid"], 202), "no JSON object"),
        (JSONResponse({"id": 1}, 202), "no 'uuid'"),
    ],
)
def test_an_answer_that_is_not_kantas_is_a_failure_in_words(
    kanta: ScriptedKanta, options: Options, heard: Heard, answer: Response, said: str
) -> None:
    kanta.answers.append(answer)
    outcome = asyncio.run(seed(replace(options, batch_size=1), heard))
    assert said in reason(outcome, "a.png")
    assert outcome.there == 2


def test_a_problem_that_repeats_its_title_is_said_once(
    kanta: ScriptedKanta, options: Options, heard: Heard
) -> None:
    kanta.refusals["a.png"] = lambda: kanta.problem(422, "It is cut off.", "It is cut off.")
    assert reason(asyncio.run(seed(options, heard)), "a.png") == "It is cut off"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_api_gets_the_photo_again(
    kanta: ScriptedKanta, options: Options, heard: Heard, status: int
) -> None:
    kanta.answers += [kanta.problem(status, "Busy", Retry_After="0")] * 2
    outcome = asyncio.run(seed(options, heard))
    assert outcome.exit_status is ExitStatus.ALL_THERE
    assert len(kanta.uploads) == 5
    assert len(heard.notices) == 2


def test_a_connection_cut_in_the_middle_of_a_photo_is_taken_up_again(
    kanta: ScriptedKanta, options: Options, heard: Heard, album: Path
) -> None:
    (album / "a.png").write_bytes(image("a", size=1_000_000))
    kanta.cuts += [1, 200_000]
    outcome = asyncio.run(seed(replace(options, batch_size=1), heard))
    assert outcome.exit_status is ExitStatus.ALL_THERE
    assert len(heard.notices) == 2
    assert len(kanta.uuids) == 3


@pytest.mark.parametrize("size", [9_000, 1_000, 0])
def test_a_photo_whose_length_changes_while_it_is_sent_fails_alone(
    options: Options, heard: Heard, album: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    frame = kanta_client._multipart_frame

    def change(*arguments: object) -> tuple[bytes, bytes]:
        (album / "a.png").write_bytes(image("a", size=size))
        return frame(*arguments)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(kanta_client, "_multipart_frame", change)
    outcome = asyncio.run(seed(replace(options, batch_size=1), heard))
    assert endings(outcome)["a.png"] is Ending.FAILED
    assert reason(outcome, "a.png") == "its length changed while it was sent"
    assert outcome.there == 2


def test_an_api_that_answers_nobody_any_more_is_left_alone(
    kanta: ScriptedKanta, options: Options, heard: Heard, album: Path
) -> None:
    for number in range(20):
        (album / f"n{number}.png").write_bytes(image(str(number)))
        kanta.refusals[f"n{number}.png"] = lambda: kanta.problem(503, "Down", Retry_After="3600")
    outcome = asyncio.run(seed(replace(options, batch_size=1), heard))
    assert outcome.there == 3
    assert outcome.count(Ending.FAILED) == UNANSWERED_IN_A_ROW
    assert outcome.stopped == f"no answer for {UNANSWERED_IN_A_ROW} photos in a row"
    assert outcome.exit_status is ExitStatus.SOME_FAILED


def test_a_key_that_is_refused_ends_the_run_after_one_batch(
    kanta: ScriptedKanta, options: Options, heard: Heard
) -> None:
    kanta.answers.append(kanta.problem(403, "Not allowed", "This key is for another event."))
    outcome = asyncio.run(seed(replace(options, batch_size=1), heard))
    assert outcome.stopped == "Not allowed: This key is for another event"
    assert len(kanta.uploads) == 1


def test_the_key_is_sent_as_a_bearer_token(kanta: ScriptedKanta, options: Options, heard: Heard) -> None:
    kanta.key = "organiser"
    with pytest.raises(SeedError, match=r"party could not be created: No key: Send the organiser's key$"):
        asyncio.run(seed(options, heard))
    assert asyncio.run(seed(replace(options, api_key="organiser"), heard)).there == 3


def test_a_refused_event_code_is_shown_in_the_apis_words(options: Options, heard: Heard) -> None:
    with pytest.raises(SeedError, match="Invalid event code: It has a space"):
        asyncio.run(seed(replace(options, event_code="a party"), heard))


def test_an_api_that_is_not_there_is_named(options: Options, heard: Heard) -> None:
    with pytest.raises(SeedError, match=r"does not answer at http://127\.0\.0\.1:1 .* Is it running\?"):
        asyncio.run(seed(replace(options, api_url="http://127.0.0.1:1"), heard))
    assert len(heard.notices) == 5


def test_photos_that_are_not_there_are_named_before_the_event_is_created(
    kanta: ScriptedKanta, options: Options, heard: Heard, tmp_path: Path
) -> None:
    with pytest.raises(NoPhotosError):
        asyncio.run(seed(replace(options, photos=tmp_path / "nowhere"), heard))
    assert kanta.events == set()


def test_a_source_without_one_photo_is_not_success(options: Options, heard: Heard, tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("no photo")
    outcome = asyncio.run(seed(replace(options, photos=tmp_path / "texts"), heard))
    assert outcome.exit_status is ExitStatus.NOTHING_DONE


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    options: Options, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert asyncio.run(seed(options, heard)).there == 3


def test_a_cancelled_run_still_reports_what_it_did(options: Options, heard: Heard) -> None:
    async def cancelled_after_one() -> None:
        task = asyncio.create_task(seed(replace(options, batch_size=1, delay=30), heard))
        heard.on_result = task.cancel
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled_after_one())
    assert heard.ended is not None
    assert len(heard.ended.results) == 1
    assert heard.ended.files == 3


def test_uuids_are_uuids(options: Options, heard: Heard) -> None:
    for result in asyncio.run(seed(options, heard)).results:
        assert result.uuid is not None
        uuid.UUID(result.uuid)
