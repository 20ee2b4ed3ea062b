"""Service times: what each step of Kanta's flow takes a processor, as `python -m scale.measure` wrote it."""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property
from math import exp, log
from pathlib import Path

from pydantic import BaseModel, ConfigDict

RECORD = Path(__file__).with_name("service_times.json")
# What grows with an event is measured in events of so many faces.
FACES = (1_000, 5_000, 20_000, 50_000)


class Record(BaseModel):
    """What is kept with the project as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Curve(Record):
    """Seconds by the number of faces of an event: (faces, seconds), faces rising.

    Between two points a power of the number; below the first the first; beyond the last as the last two rise,
    which is a guess.
    """

    points: tuple[tuple[int, float], ...]

    @cached_property
    def _logs(self) -> tuple[list[float], list[float]]:
        return [log(faces) for faces, _ in self.points], [log(max(seconds, 1e-9)) for _, seconds in self.points]

    def at(self, faces: float) -> float:
        if faces <= self.points[0][0]:
            return self.points[0][1]
        sizes, seconds = self._logs
        where = log(faces)
        after = min(bisect_left(sizes, where), len(sizes) - 1)
        share = (where - sizes[after - 1]) / (sizes[after] - sizes[after - 1])
        return exp(seconds[after - 1] + share * (seconds[after] - seconds[after - 1]))


class Photo(Record):
    """One kind of photo: processor seconds each, of the worker unless said.

    `stages` are those of one photo inside the encoder and say how `encode`, the mean of several, comes about.
    `around` is everything else the worker does for a photo, `database` and `storage` what these two do for it in
    an event without people; `storage` is Azurite's, which no cloud has.
    """

    name: str
    faces: float
    megabytes: float
    stages: dict[str, float]
    encode: float
    around: float
    database: float
    storage: float
    transactions: float
    upload: float
    upload_database: float


class Start(Record):
    """Seconds until a process can work: the app's import, and the encoder's with the first photo."""

    app: float
    encoder: float


class ServiceTimes(Record):
    """All that was measured in one go. `load` is how busy the machine was: processes that wanted to run."""

    measured_on: str
    machine: str
    load: float
    start: Start
    photos: tuple[Photo, ...]
    # For each face of a new photo, the database looks for its neighbours.
    join_database: Curve
    # A search beyond encoding the photo shown.
    search: Curve
    search_database: Curve
    recluster: Curve
    recluster_database: Curve

    def photo(self, name: str) -> Photo:
        return next(photo for photo in self.photos if photo.name == name)


def recorded(path: Path = RECORD) -> ServiceTimes:
    """What was measured last and is kept with the project."""
    return ServiceTimes.model_validate_json(path.read_text(encoding="utf-8"))
