"""Service times as round numbers, so that what comes of them can be told by hand."""

from __future__ import annotations

from dataclasses import replace

from scale.gatherings import Gathering
from scale.service_times import Curve, Photo, ServiceTimes, Start
from scale.sizes import AppSize, DatabaseSize, Size

KIND = "3 MP, 6 people"


def _photo(name: str, encode: float) -> Photo:
    return Photo(
        name=name,
        faces=6.0,
        megabytes=0.5,
        stages={"all": encode},
        encode=encode,
        around=0.0,
        database=0.01,
        storage=0.02,
        transactions=8.0,
        upload=0.01,
        upload_database=0.002,
    )


def _flat(seconds: float) -> Curve:
    return Curve(points=((1_000, seconds), (10_000, seconds)))


def service_times(*, encode: float = 0.2, database: float = 0.01, encoder_start: float = 0.5) -> ServiceTimes:
    photos = (_photo(KIND, encode), _photo("3 MP, 1 person", 0.1))
    return ServiceTimes(
        measured_on="2026-01-01",
        machine="made up",
        load=0.0,
        start=Start(app=1.0, encoder=encoder_start),
        photos=tuple(photo.model_copy(update={"database": database}) for photo in photos),
        join_database=_flat(0.0001),
        search=_flat(0.002),
        search_database=_flat(0.001),
        recluster=_flat(0.1),
        recluster_database=_flat(0.02),
    )


def gathering(**changed: float) -> Gathering:
    """200 photos of one event within ten minutes, half of them through the upload."""
    given = {"events": 1, "photos": 200, "hours": 1 / 6, "searches": 10, "over_http": 0.5, **changed}
    return Gathering("test", kind=KIND, **given)  # type: ignore[arg-type]  # counts are whole where they are given


def size(*, workers: int = 4, least: int | None = None, database: int = 4, cores: float = 100.0) -> Size:
    """`workers` replicas of one process for encoding, all there from the beginning unless `least` says so."""
    one = AppSize(cores=1, memory=2, processes=1, places=2, connections=2, target=2, least=1, most=1)
    encode = replace(one, least=workers if least is None else least, most=workers)
    return Size(
        "test",
        http=one,
        encode=encode,
        recluster=one,
        database=DatabaseSize("Standard_B2s", database, 414),
        recluster_every=15.0,
        cores=cores,
    )
