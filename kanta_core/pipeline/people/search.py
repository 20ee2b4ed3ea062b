"""Search: one face somebody shows → the faces of an event that are near it, and whose it is."""

from __future__ import annotations

import uuid

from kanta_core import telemetry
from kanta_core.database import events, matches
from kanta_core.database.matches import Metric, Near
from kanta_core.domain.faces import NO_PERSON, Face
from kanta_core.domain.records import Found, Match
from kanta_core.errors import ImageTooLarge, NoFace, SeveralFaces
from kanta_core.pipeline.people.gallery import Nearest, look_around
from kanta_core.services import Services

# Faces looked at to see whose they are, and how many where too few people are among them. Whoever comes after a
# thousand faces of others is nobody to be named.
_FIRST, _THEN = 256, 1_024
# Faces that say who it is.
_SHOWN = 5


def find_similar(services: Services, code: str, data: bytes, *, metric: Metric, top_k: int) -> list[Match]:
    """The `top_k` faces of the event nearest to the one face in `data`, nearest first.

    Those of hidden people are left out. The photo and its embedding are kept nowhere. NoFace and SeveralFaces
    when it does not show exactly one.
    """
    with telemetry.stage("search") as span:
        event_id, face, encoder = _shown(services, code, data)
        span.note(event=event_id)
        with services.database.transaction() as connection:
            nearest = look_around(services, connection, event_id, face.embedding, encoder=encoder, metric=metric)
            return matches.shown(connection, event_id, nearest(top_k))


def find_people(services: Services, code: str, data: bytes, *, top_k: int) -> list[Found]:
    """At most `top_k` people of the event by how probably they are the human in `data`, and faces that say so.

    Faces like it that are in no person come last, as one of number -1, besides those. Hidden people are left out.
    The photo and its embedding are kept nowhere. NoFace and SeveralFaces when it does not show exactly one.
    """
    with telemetry.stage("search") as span:
        return _find_people(services, code, data, span, top_k=top_k)


def _find_people(services: Services, code: str, data: bytes, span: telemetry.Span, *, top_k: int) -> list[Found]:
    # numpy is for those who search.
    from kanta_core.people.search.joining import Neighbour  # noqa: PLC0415
    from kanta_core.people.search.recognising import STRANGERS, VOICES, recognise  # noqa: PLC0415

    event_id, face, encoder = _shown(services, code, data)
    span.note(event=event_id)
    with services.database.transaction() as connection:
        nearest = look_around(services, connection, event_id, face.embedding, encoder=encoder, metric="cosine")
        near = _enough(nearest, top_k, far=STRANGERS / 2.0)
        numbers = {each.cluster_id for each in near} - {NO_PERSON}
        counts = matches.counts(connection, event_id, numbers, encoder=encoder, most=VOICES)
        # Twice the cosine distance is the squared distance at unit length.
        seen = [Neighbour(each.cluster_id, 2.0 * each.distance) for each in near]
        candidates = recognise(face.embedding, seen, counts)
        chosen = [each for each in candidates if each.number != NO_PERSON][:top_k]
        chosen += [each for each in candidates if each.number == NO_PERSON]
        known = matches.known(connection, event_id, [each.number for each in chosen])
        say_so = [near[place] for each in chosen for place in each.faces[:_SHOWN]]
        shown = {match.face.id: match for match in matches.shown(connection, event_id, say_so)}
    return [
        Found(
            cluster_id=each.number,
            name=its.name if (its := known.get(each.number)) else None,
            revision=its.revision if its else None,
            probability=each.probability,
            margin=None if each.margin is None else each.margin / 2.0,
            face_count=its.face_count if its else len(each.faces),
            faces=tuple(shown[near[place].id] for place in each.faces[:_SHOWN]),
        )
        for each in chosen
    ]


def _shown(services: Services, code: str, data: bytes) -> tuple[uuid.UUID, Face, str]:
    """The event's id, the one face in the photo, and which encoder saw it."""
    with services.database.transaction() as connection:
        event_id = events.resolve(connection, code)
    if len(data) > services.settings.max_upload_bytes:
        raise ImageTooLarge
    encoding = services.encode_now(data)
    if not encoding.faces:
        raise NoFace
    if len(encoding.faces) > 1:
        boxes = [face.box for face in encoding.faces]
        raise SeveralFaces([(box.x, box.y, box.width, box.height) for box in boxes])
    return event_id, encoding.faces[0], encoding.encoder


def _enough(nearest: Nearest, people: int, *, far: float) -> list[Near]:
    """Nearest faces that are of more than `people`, or reach as far as nobody is sought, or are a thousand."""
    near = nearest(_FIRST)
    if (
        len(near) < _FIRST
        or near[-1].distance > far
        or len({each.cluster_id for each in near} - {NO_PERSON}) > people
    ):
        return near
    return nearest(_THEN)
