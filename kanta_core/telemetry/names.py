"""The names of every span, metric and attribute. Alerts and workbook in `infra/` ask for the same ones."""

from __future__ import annotations

from typing import Final, Literal

# A stage is a span whose seconds are counted, too.
Stage = Literal["read", "decode", "detect", "embed", "store", "recluster", "export", "search"]
# A request's span is called by its method and route once it has been answered.
SpanName = Literal["request", "upload", "encode"] | Stage
# What is told apart in the cloud: an answer to a request, work that a message began, a part of either.
Kind = Literal["server", "consumer", "internal"]

IMAGES: Final = "kanta.images"
FACES: Final = "kanta.faces"
STAGE_DURATION: Final = "kanta.stage.duration"
QUEUE_AGE: Final = "kanta.queue.age"
QUEUE_LENGTH: Final = "kanta.queue.length"
PENDING_AGE: Final = "kanta.pending.age"
PEOPLE_CHANGED: Final = "kanta.people.changed"
POISON: Final = "kanta.poison"
METRICS: Final = (IMAGES, FACES, STAGE_DURATION, QUEUE_AGE, QUEUE_LENGTH, PENDING_AGE, PEOPLE_CHANGED, POISON)

# How a span's attributes begin that are no standard's.
OURS: Final = "kanta."
# Attributes of spans that every log line inside them has as well.
FIELDS: Final = frozenset({"event", "image", "export"})
