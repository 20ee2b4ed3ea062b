"""Invitations, as they are asked for and shown."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from kanta_core.api.schemas.times import Moment
from kanta_core.pipeline.guests.invitations import Invitation
from kanta_core.storage.blobs import Blobs
from kanta_core.storage.names import EVENT_IMAGES, QR_CODE_TYPE


class InvitationIn(BaseModel):
    """An invitation to be made."""

    upload: bool = Field(default=True, description="Whether guests may add photos.")
    expires_at: Moment | None = Field(default=None, description="Left out: in 180 days. At most in a year.")


class InvitationOut(BaseModel):
    """A new invitation. `url` is shown this once; the QR code that leads there stays."""

    id: UUID = Field(description="Of its token, as /tokens lists it.")
    url: str
    qr_code_image_url: str
    upload: bool
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, invitation: Invitation, blobs: Blobs, *, upload: bool) -> InvitationOut:
        return cls(
            id=invitation.token.id,
            url=invitation.url,
            qr_code_image_url=blobs.link(
                invitation.qr_code_blob, content_type=QR_CODE_TYPE, container=EVENT_IMAGES
            ),
            upload=upload,
            created_at=invitation.token.created_at,
            expires_at=invitation.token.expires_at,
        )
