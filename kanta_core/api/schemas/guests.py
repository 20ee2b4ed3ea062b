"""What guests are told: who they are, which photos are theirs, what was forgotten."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kanta_core.api.schemas.events import event_image_link
from kanta_core.api.schemas.images import BoxOut
from kanta_core.database.guests import GuestPhoto
from kanta_core.domain.access import Caller, Scope, Token
from kanta_core.domain.guests import CONSENT_TEXT, CONSENT_VERSION, GuestsSee
from kanta_core.domain.records import Event
from kanta_core.pipeline.guests.erase import Receipt
from kanta_core.pipeline.guests.invitations import guest_url
from kanta_core.pipeline.guests.links import GuestLink
from kanta_core.storage.blobs import Blobs
from kanta_core.storage.names import PICTURE_TYPE, PICTURES, thumbnail_name


class GuestEvent(BaseModel):
    """The event, as its guests see it."""

    code: str
    name: str | None
    description: str | None
    start_date_time: datetime | None
    end_date_time: datetime | None
    event_image_url: str | None


class May(BaseModel):
    """What a guest may do: add photos, and show a photo of themselves to get a link."""

    upload: bool
    search: bool


class Consent(BaseModel):
    """What is asked before any face is matched; the version goes with the photo."""

    version: str
    text: str


class MeOut(BaseModel):
    """A guest, as the token they show has it."""

    event: GuestEvent
    guests_see: GuestsSee
    may: May
    consent: Consent
    photos: int | None = Field(description="How many photos show them; null: nobody was found yet.")
    expires_at: datetime

    @classmethod
    def of(cls, caller: Caller, token: Token, event: Event, photos: int | None, blobs: Blobs) -> MeOut:
        return cls(
            event=GuestEvent(
                code=event.code,
                name=event.name,
                description=event.description,
                start_date_time=event.start_date_time,
                end_date_time=event.end_date_time,
                event_image_url=event_image_link(event, blobs),
            ),
            guests_see=event.guests_see,
            may=May(upload=caller.may(Scope.UPLOAD), search=caller.may(Scope.JOIN)),
            consent=Consent(version=CONSENT_VERSION, text=CONSENT_TEXT),
            photos=photos,
            expires_at=token.expires_at,
        )


class GuestPhotoOut(BaseModel):
    """A photo that a guest may see. Its bytes are at `/me/pics/{uuid}/photo`."""

    uuid: UUID
    thumbnail_url: str = Field(description="At most 640 px wide and high, a JPEG without metadata.")
    width: int
    height: int
    taken_at: str | None = Field(description="What the camera's clock showed, without an offset.")
    created_at: datetime
    own_faces: list[BoxOut] = Field(description="Where in the photo the guest is.")

    @classmethod
    def of(cls, photo: GuestPhoto, blobs: Blobs) -> GuestPhotoOut:
        thumbnail = thumbnail_name(photo.event_id, photo.sha256)
        return cls(
            uuid=photo.id,
            thumbnail_url=blobs.link(thumbnail, content_type=PICTURE_TYPE, container=PICTURES),
            width=photo.width,
            height=photo.height,
            taken_at=None if photo.taken_at is None else photo.taken_at.isoformat(),
            created_at=photo.created_at,
            own_faces=[BoxOut.of(box) for box in photo.own_faces],
        )


class GuestPhotos(BaseModel):
    """A page of photos, the first that came first; `total` counts those of all pages."""

    pics: list[GuestPhotoOut]
    total: int
    next_cursor: str | None = Field(description="Of the next page; null on the last one.")


class GuestLinkOut(BaseModel):
    """A new guest link with its token, which is shown this once."""

    token: str = Field(description="Sent as `Authorization: Bearer …`.")
    url: str
    expires_at: datetime
    photos: int = Field(description="How many photos it shows.")

    @classmethod
    def of(cls, link: GuestLink, public_url: str) -> GuestLinkOut:
        url = guest_url(public_url, link.text)
        return cls(token=link.text, url=url, expires_at=link.token.expires_at, photos=link.photos)


class ReceiptOut(BaseModel):
    """What was forgotten."""

    model_config = ConfigDict(from_attributes=True)

    erased_at: datetime
    faces: int = Field(description="Faces with their vectors.")
    crops: int = Field(
        description="Pictures cut out of photos; any that storage did not delete yet go within minutes."
    )
    people: int = Field(description="People, with their names.")
    photos_stay: int = Field(description="The photos they were in, which show others, too.")
    consent_version: str = Field(description="Of the consent that was given, and is taken back.")

    @classmethod
    def of(cls, receipt: Receipt) -> ReceiptOut:
        return cls.model_validate(receipt)
