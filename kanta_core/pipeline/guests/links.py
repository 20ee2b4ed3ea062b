"""Guests: a photo of somebody → a link that shows the photos of that human, and nobody else's.

A wrong person's photos are the worst that a link can show, so it is made only for people who are surely the human
in the photo, and follows them as `database/guests.py` says.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from kanta_core.database import events, guests
from kanta_core.domain.access import Caller, Scope, Token, new_token
from kanta_core.domain.faces import NO_PERSON
from kanta_core.domain.guests import CONSENT_VERSION
from kanta_core.domain.records import Found
from kanta_core.errors import ConsentMissing, ImageNotFound, NobodyFound
from kanta_core.pipeline.people.search import find_people
from kanta_core.pipeline.tokens import end_of_life, keep_token
from kanta_core.services import Services

if TYPE_CHECKING:
    from kanta_core.vision.strip import Stripped, Turn

_LIFE = timedelta(days=30)
_LABEL = "guest link"
# One human may have come out as several people, hardly as more.
_CANDIDATES = 10


@dataclass(frozen=True, slots=True)
class GuestLink:
    """A new link: its token with the text, which is shown this once, and how many photos it shows."""

    token: Token
    text: str
    photos: int


def make_link(services: Services, caller: Caller, code: str, data: bytes, *, consent: str | None) -> GuestLink:
    """A link to the photos of the one human in `data`, who has agreed to the text of the version `consent`.

    The photo and its embedding are kept nowhere. ConsentMissing for another version, or none; EventNotFound;
    NobodyFound; NoFace and SeveralFaces as `find_people`.
    """
    with services.database.transaction() as connection:
        events.resolve(connection, code)
    if consent != CONSENT_VERSION:
        raise ConsentMissing
    theirs = _surely(find_people(services, code, data, top_k=_CANDIDATES))
    if not theirs:
        raise NobodyFound
    text = new_token()
    now = datetime.now(UTC)
    with services.database.transaction() as connection:
        event_id, _ = events.hold_code(connection, code)
        token = keep_token(
            connection,
            caller,
            event_id,
            text,
            scopes={Scope.GUEST},
            label=_LABEL,
            created_at=now,
            expires_at=end_of_life(caller, now, None, usual=_LIFE),
        )
        faces_of = {each.cluster_id: [match.face.id for match in each.faces] for each in theirs}
        guests.bind(connection, token, faces_of, consent_version=consent, consented_at=now)
        photos = guests.count_photos(connection, token, everyone=False)
    return GuestLink(token, text, photos)


def _surely(found: Sequence[Found]) -> list[Found]:
    """Those of the people found who are the human shown."""
    # numpy is for those who search.
    from kanta_core.people.search.recognising import Candidate  # noqa: PLC0415
    from kanta_core.people.search.sure import surely  # noqa: PLC0415

    people = {each.cluster_id: each for each in found if each.cluster_id != NO_PERSON}
    # Twice the cosine distance is the squared distance at unit length.
    candidates = [
        Candidate(number, its.probability, None if its.margin is None else 2.0 * its.margin, ())
        for number, its in people.items()
    ]
    return [people[each.number] for each in surely(candidates)]


def read_photo(services: Services, token: Token, image_id: uuid.UUID, *, turn: Turn) -> Stripped:
    """A photo that the token shows, at its full size, without what it tells of camera, place and owner.

    ImageNotFound for any other, and for one whose bytes are no longer those that were looked at. One that has to
    be decoded waits for its `turn`.
    """
    # Pillow is for those who look at photos.
    from kanta_core.vision.strip import strip  # noqa: PLC0415

    with services.database.transaction() as connection:
        found = guests.find_photo(connection, token, image_id)
    if found is None:
        raise ImageNotFound
    blob_name, sha256 = found
    read = services.blobs.read(blob_name, at_most=services.settings.max_upload_bytes)
    data = None if read is None else read[1]
    # Overwritten a moment ago it is another photo, which may show somebody else.
    if data is None or hashlib.sha256(data).digest() != sha256:
        raise ImageNotFound
    return strip(data, max_pixels=services.settings.max_pixels, turn=turn)
