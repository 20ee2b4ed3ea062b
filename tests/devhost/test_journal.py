"""The journal loses no blob and delivers no version twice."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from devhost.journal import Journal, ListedBlob, Work
from devhost.preflight import StartupError

SOURCE = "AzureWebJobsStorage/photos"
ALL = re.compile(".*", re.DOTALL).fullmatch


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite") as opened:
        opened.begin(["f", "g"])
        yield opened


def listed(journal: Journal, *blobs: tuple[str, str], functions: tuple[str, ...] = ("f",)) -> int:
    """One whole listing of names and ETags; how much work it made."""
    journal.begin_listing()
    page = [ListedBlob(name, etag, "BlockBlob") for name, etag in blobs]
    new = journal.add_page(SOURCE, page, [(function, ALL) for function in functions])
    journal.end_listing(SOURCE)
    return new


def taken(journal: Journal) -> Work:
    work = journal.take()
    assert work is not None
    return work


def test_a_version_is_queued_once_for_each_function(journal: Journal) -> None:
    assert listed(journal, ("a", "1"), functions=("f", "g")) == 2
    assert listed(journal, ("a", "1"), functions=("f", "g")) == 0
    assert listed(journal, ("a", "2")) == 1


def test_oldest_work_comes_first_and_each_once(journal: Journal) -> None:
    listed(journal, ("a", "1"), ("b", "1"))
    assert [taken(journal).name, taken(journal).name] == ["a", "b"]
    assert journal.take() is None


def test_a_failed_try_comes_again_before_newer_work(journal: Journal) -> None:
    listed(journal, ("a", "1"), ("b", "1"))
    first = taken(journal)
    journal.again(first, tries=first.tries)
    second = taken(journal)
    assert (second.name, second.tries) == ("a", 2)


def test_a_blob_that_changes_while_it_is_worked_on_is_delivered_again_with_tries_anew(journal: Journal) -> None:
    listed(journal, ("a", "1"))
    running = taken(journal)
    listed(journal, ("a", "2"))
    assert journal.take() is None
    journal.done(running)
    again = taken(journal)
    assert (again.etag, again.tries) == ("2", 1)
    journal.done(again)
    assert journal.take() is None


def test_a_blob_that_changes_in_the_queue_is_delivered_once_in_its_new_version(journal: Journal) -> None:
    listed(journal, ("a", "1"))
    listed(journal, ("a", "2"))
    assert taken(journal).etag == "2"
    assert journal.take() is None


def test_a_vanished_blob_is_forgotten_and_comes_back_as_new(journal: Journal) -> None:
    listed(journal, ("a", "1"), ("b", "1"))
    listed(journal, ("b", "1"))
    assert taken(journal).name == "b"
    assert journal.take() is None
    assert listed(journal, ("a", "1"), ("b", "1")) == 1


def test_a_listing_that_broke_off_forgets_nothing(journal: Journal) -> None:
    listed(journal, ("a", "1"))
    journal.begin_listing()
    assert taken(journal).name == "a"
    assert listed(journal, ("a", "1")) == 0


def test_other_containers_are_left_alone(journal: Journal) -> None:
    listed(journal, ("a", "1"))
    journal.begin_listing()
    journal.end_listing("AzureWebJobsStorage/other")
    assert taken(journal).name == "a"


def test_work_that_a_kill_cut_off_is_there_at_the_next_start_with_its_try_counted(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    killed = Journal(path)
    killed.begin(["f"])
    listed(killed, ("a", "1"), ("b", "1"))
    taken(killed)
    # The killed process never closes its file; another opens it.
    with Journal(path) as next_start:
        assert next_start.begin(["f"]) == 2
        work = taken(next_start)
        assert (work.name, work.tries) == ("a", 2)
    killed.close()


def test_work_of_a_function_that_the_app_lacks_waits_for_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with Journal(path) as journal:
        journal.begin(["f"])
        listed(journal, ("a", "1"))
    with Journal(path) as journal:
        assert journal.begin(["g"]) == 0
        assert journal.take() is None
    with Journal(path) as journal:
        assert journal.begin(["f"]) == 1


def test_names_of_every_kind_survive(journal: Journal) -> None:
    names = ["e/ü😀", "%41", "a?b#c", "' OR 1=1", "x" * 1024, "tab\tnl\n", ""]
    listed(journal, *((name, "1") for name in names))
    assert {taken(journal).name for _ in names} == set(names)


def test_what_is_no_journal_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"something else, and longer than a header of a hundred bytes" * 10)
    with pytest.raises(StartupError, match="remove it"):
        Journal(tmp_path / "journal.sqlite")
