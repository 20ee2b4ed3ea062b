"""Limits: how many photos a minute each part lets through when it does nothing else, and what moves that."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from kanta_core.pipeline.people.recluster import PAUSE_FACTOR
from scale.gatherings import Gathering
from scale.service_times import Photo, ServiceTimes
from scale.sizes import AppSize, Size

# Requests a second that a general-purpose v2 account takes, and messages that one of its queues takes: Microsoft
# Learn, scalability targets. A photo: written, read, its pictures; its message written, read, renewed, deleted.
_ACCOUNT_REQUESTS, _QUEUE_MESSAGES = 20_000, 2_000
_REQUESTS_BESIDE_FACES, _MESSAGES_A_PHOTO = 7, 4
# host.json's functionTimeout.
_TIMEOUT = 600.0


@dataclass(frozen=True, slots=True)
class Limit:
    """A part, the photos a minute at which it is full, and the knobs."""

    part: str
    photos_a_minute: float
    knob: str


def limits(gathering: Gathering, size: Size, times: ServiceTimes) -> list[Limit]:
    """The lowest first.

    The database is taken as it is when the event has all of its faces, the environment as if none of its cores
    waited or reclustered.
    """
    photo = times.photo(gathering.kind)
    encode, http = size.encode, size.http
    event = (gathering.before + gathering.photos) * photo.faces
    searches = gathering.searches / gathering.photos
    a_request = gathering.over_http * photo.upload + searches * (
        times.photo("3 MP, 1 person").encode + times.search.at(event)
    )
    environment = (photo.encode + photo.around) * _cores(encode) + a_request * _cores(http)
    rates = [
        Limit("encode", _rate(encode.most * encode.processes, photo.encode + photo.around), "encode's replicas"),
        Limit("environment", _rate(size.cores, environment), "the environment's core quota"),
        Limit("http", _rate(http.most * http.processes, a_request), "http's replicas; upload tickets"),
        Limit(
            "recluster",
            _reclustered(gathering, size, times.recluster.at(event)),
            "recluster's replicas; KANTA_RECLUSTER_SCHEDULE",
        ),
        Limit(
            "database", _rate(size.database.cores, database_seconds(gathering, photo, times)), "database's tier"
        ),
        Limit("storage", _rate(_ACCOUNT_REQUESTS, photo.faces + _REQUESTS_BESIDE_FACES), "a second account"),
        Limit("blob queue", _rate(_QUEUE_MESSAGES, _MESSAGES_A_PHOTO), "none: one queue a function app"),
    ]
    return sorted(rates, key=lambda limit: limit.photos_a_minute)


def database_seconds(gathering: Gathering, photo: Photo, times: ServiceTimes) -> float:
    """What a photo costs the database once its event has all of its faces, with the searches that belong to it."""
    event = (gathering.before + gathering.photos) * photo.faces
    searches = gathering.searches / gathering.photos
    return (
        photo.database
        + gathering.over_http * photo.upload_database
        + photo.faces * times.join_database.at(event)
        + searches * times.search_database.at(event)
    )


def largest_event(times: ServiceTimes) -> int:
    """Faces of an event whose recluster takes as long as a function may; beyond what was measured, a guess."""
    faces = 1_000
    while times.recluster.at(faces) + times.recluster_database.at(faces) < _TIMEOUT:
        faces = round(faces * 1.05)
    return faces


def _reclustered(gathering: Gathering, size: Size, seconds: float) -> float:
    """Photos a minute at which reclusters of `seconds` keep every process busy.

    An event has at most one recluster a photo, one a look of the timer, and reclusters and their pauses back to
    back: where that does not fill the processes in all events together, no rate does.
    """
    processes = size.recluster.most * size.recluster.processes
    share = min(seconds / size.recluster_every, 1 / (1 + PAUSE_FACTOR))
    return inf if gathering.events * share <= processes else _rate(processes, seconds)


def _cores(app: AppSize) -> float:
    """Cores that the environment gives for each process."""
    return app.cores / app.processes


def _rate(servers: float, seconds: float) -> float:
    return 60 * servers / seconds if seconds else inf
