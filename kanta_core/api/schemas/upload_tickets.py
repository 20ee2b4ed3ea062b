"""Upload tickets, as they are asked for and given."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from kanta_core.pipeline.photos.upload_tickets import File, UploadTicket

_MOST_FILES = 500
_KIND = {"x-ms-blob-type": "BlockBlob"}


class FileIn(BaseModel):
    """A file that is to be sent."""

    name: Annotated[str, Field(max_length=1_000)]
    size: Annotated[int, Field(ge=0, lt=2**63)] | None = Field(
        default=None, description="In bytes: what is too large is refused before it is sent."
    )
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        default=None, description="Of the file's bytes: what the event has need not be sent."
    )

    def wanted(self) -> File:
        return File(self.name, self.size, None if self.sha256 is None else bytes.fromhex(self.sha256))


class UploadTicketIn(BaseModel):
    """What a ticket is to be for."""

    files: Annotated[list[FileIn], Field(min_length=1, max_length=_MOST_FILES)] | None = Field(
        default=None, description="Left out: any number of files, for azcopy. That is the organiser's alone."
    )

    def wanted(self) -> list[File] | None:
        return None if self.files is None else [each.wanted() for each in self.files]


class PlaceOut(BaseModel):
    """Where one file goes."""

    name: str = Field(description="The file's name as it is kept; told apart where several have the same.")
    blob_name: str
    url: str = Field(description="Takes the file, once, as the body of a PUT with the ticket's `headers`.")
    block_bytes: int | None = Field(
        description="For a large file: it may also go in blocks of so many bytes (Put Block, Put Block List), "
        "so that a lost connection costs one block."
    )
    there: bool = Field(description="The event has these bytes: they need not be sent.")


class UploadTicketOut(BaseModel):
    """Links that write new photos into the event and can do nothing else. They end by themselves, and only so."""

    prefix: str = Field(description="Where in the container `photos` its photos arrive.")
    expires_at: datetime
    headers: dict[str, str] = Field(
        description="What each PUT of a file has to carry; Put Block List only what begins with x-ms-meta-."
    )
    files: list[PlaceOut]
    url: str | None = Field(
        description="For any number of files; null where files were named. It could add photos to any event."
    )
    azcopy: str | None = Field(description="The command that sends a folder by `url`.")

    @classmethod
    def of(cls, ticket: UploadTicket) -> UploadTicketOut:
        return cls(
            prefix=ticket.prefix,
            expires_at=ticket.expires_at,
            headers=_KIND | {f"x-ms-meta-{name}": value for name, value in ticket.metadata.items()},
            files=[PlaceOut(**asdict(each)) for each in ticket.places],
            url=ticket.url,
            azcopy=ticket.azcopy,
        )
