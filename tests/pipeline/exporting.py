"""What exports of a small event are held to: what is asked for, how it stands, what is in it."""

from __future__ import annotations

import io
import uuid
import zipfile

from azure.storage.blob import ContainerClient

from kanta_core.domain.exports import Export, ExportKind
from kanta_core.pipeline.exports.requests import request_export
from kanta_core.storage import names
from tests.pipeline.scripted import JPEG as START
from tests.pipeline.scripted import photo
from tests.pipeline.world import World

ZIP, CSV, JSON = ExportKind.ZIP, ExportKind.CSV, ExportKind.JSON


def jpeg(*people: str, take: int = 1) -> bytes:
    """A photo of these people that begins as a JPEG does."""
    return START + photo(*people, take=take)


PHOTOS = {
    "IMG_1.jpg": jpeg("anna"),
    "evening/IMG_1.jpg": jpeg("anna", "ben"),
    "evening/img_1.JPG": jpeg("ben", take=2),
}


def asked(world: World, code: str, kind: ExportKind, person: int | None = None) -> Export:
    return request_export(world.services, code, kind, cluster_id=person)


def state(world: World, export: Export) -> tuple[str, int, str | None]:
    """Status, number of photos, reason."""
    ((status, photos, reason),) = world.query(
        "SELECT status::text, photos, reason FROM exports WHERE id = %(id)s", {"id": export.id}
    )
    return status, photos, reason


def in_storage(world: World) -> ContainerClient:
    return world.container(names.EXPORTS)


def content(world: World, export: Export) -> bytes:
    assert state(world, export)[0] == "ready"
    found = in_storage(world).download_blob(export.blob_name).readall()
    ((size,),) = world.query("SELECT size FROM exports WHERE id = %(id)s", {"id": export.id})
    assert len(found) == size
    return found


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        assert found.testzip() is None
        return {name: found.read(name) for name in found.namelist()}


def of_name(world: World, name: str) -> uuid.UUID:
    return next(image.id for image in world.images("wedding") if image.name == name)


def number_of(world: World, name: str) -> int:
    """The person's number of the only face of the photo of this name."""
    ((number,),) = world.query(
        "SELECT cluster_id FROM faces WHERE image_id = %(id)s", {"id": of_name(world, name)}
    )
    return int(number)
