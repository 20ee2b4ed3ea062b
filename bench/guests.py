"""Whom a link is made for: photos held back and shown to an event, of people in it and of people who are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from bench.events import Event, fitted_on, lfw_event, wedding, yale_event
from bench.fit_searches import shown_to
from bench.tables import show
from kanta_core.domain.faces import NO_PERSON
from kanta_core.people.groups.grouping import group
from kanta_core.people.search.joining import Neighbour
from kanta_core.people.search.recognising import recognise
from kanta_core.people.search.sure import surely

# As many people; 0 is all.
_LFW = (0, 700, 300, 300, 150, 150, 150, 75, 75, 75, 40, 40, 40, 40)
_YALE = (0,) * 6
_WEDDINGS = 3
# As the pipeline looks at.
_NEAREST, _CANDIDATES = 256, 10


def run() -> None:
    shown: dict[str, list[tuple[Event, Event]]] = {}
    if (yale := yale_event()) is not None:
        shown["Yale"] = list(shown_to(yale, _YALE))
    if (lfw := lfw_event()) is not None:
        held = lfw.only(np.array([not fitted_on(name) for name in lfw.people.tolist()]))
        shown["LFW, people that nothing was fitted on"] = list(shown_to(held, _LFW))
        parties = [wedding(held, seed=seed) for seed in range(_WEDDINGS)]
        shown["weddings of them"] = [pair for party in parties for pair in shown_to(party, (0,))]
    if not shown:
        print("guests: left out, the data is not at hand")
        return
    show(
        "whom a guest link is made for",
        (
            *("", "shown, there", "their own people", "nobody", "somebody else, too", "somebody else"),
            *("shown, not there", "somebody", "photos in links", "of others", "of their own"),
        ),
        [(name, *_judged(events)) for name, events in shown.items()],
    )


def _judged(events: Sequence[tuple[Event, Event]]) -> Iterator[float | int]:
    there: Counter[str] = Counter()
    absent: Counter[str] = Counter()
    photos = strangers = 0
    shares = []
    for event, asked in events:
        for name, rows, people in _links(event, asked):
            own = event.people == name
            (there if own.any() else absent)[_kind(people, name)] += 1
            linked, theirs = set(event.faces.photos[rows].tolist()), set(event.faces.photos[own].tolist())
            photos += len(linked)
            strangers += len(linked - theirs)
            if linked and theirs:
                shares.append(len(linked & theirs) / len(theirs))
    yield there.total()
    yield from (there[kind] for kind in ("own", "nobody", "both", "other"))
    yield absent.total()
    yield absent.total() - absent["nobody"]
    yield from (photos, strangers, float(np.mean(shares)))


def _kind(people: Sequence[str], name: str) -> str:
    if not people:
        return "nobody"
    right = sum(each == name for each in people)
    return "own" if right == len(people) else "both" if right else "other"


def _links(
    event: Event, asked: Event
) -> Iterator[tuple[str, np.ndarray[tuple[int], np.dtype[np.bool_]], list[str]]]:
    """Of each photo shown who it is, the event's faces that the link has, and who the linked people mostly are."""
    numbers = group(event.faces)
    counts = Counter(numbers.tolist())
    for name, vector, shown in zip(asked.people.tolist(), asked.vectors, asked.faces.embeddings, strict=True):
        distances = 2.0 - 2.0 * event.vectors @ vector
        near = [
            Neighbour(int(numbers[row]), float(distances[row]))
            for row in np.argsort(distances)[:_NEAREST].tolist()
        ]
        found = [each for each in recognise(shown, near, counts) if each.number != NO_PERSON][:_CANDIDATES]
        linked = [each.number for each in surely(found)]
        people = [Counter(event.people[numbers == number].tolist()).most_common(1)[0][0] for number in linked]
        yield name, np.isin(numbers, linked), people
