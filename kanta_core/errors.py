"""Everything that can go wrong in Kanta, as one tree.

The first branches decide what happens next: a `Refusal` is permanent (the caller must change something,
a photo is `rejected`), an `Unavailable` is transient (raised, so that the host tries again). The HTTP layer
maps the tree to problem documents in one place, `api/problems.py`; `slug` is the stable part of a
problem's `type`, and the message is a sentence for people. No message carries a secret, a vector or SQL.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence
from typing import ClassVar


class KantaError(Exception):
    """Something went wrong in Kanta."""

    slug: ClassVar[str] = "internal-error"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])

    @property
    def message(self) -> str:
        return str(self.args[0])


class SettingsError(KantaError):
    """A setting is missing or absurd."""

    slug = "settings"


class Refusal(KantaError):
    """The request can't be met as it stands."""


class NotFound(Refusal):
    """There is no such thing."""

    slug = "not-found"


class EventNotFound(NotFound):
    """There is no such event."""

    slug = "event-not-found"


class ImageNotFound(NotFound):
    """There is no such image."""

    slug = "image-not-found"


class PersonNotFound(NotFound):
    """There is no such person."""

    slug = "person-not-found"


class FaceNotFound(NotFound):
    """There is no such face in the event."""

    slug = "face-not-found"


class CorrectionNotFound(NotFound):
    """There is no such correction."""

    slug = "correction-not-found"


class TokenNotFound(NotFound):
    """There is no such token."""

    slug = "token-not-found"


class ExportNotFound(NotFound):
    """There is no such export."""

    slug = "export-not-found"


class WebhookNotFound(NotFound):
    """There is no such webhook."""

    slug = "webhook-not-found"


class NobodyFound(NotFound):
    """Nobody in the event's photos is surely the person in this one; try another, well lit and from the front."""

    slug = "nobody-found"


class Unauthenticated(Refusal):
    """A good credential is needed: the organiser's key or a token of the event, as `Authorization: Bearer …`."""

    slug = "unauthenticated"


class ScopeMissing(Refusal):
    """The token does not cover this."""

    slug = "scope-missing"


class OriginRefused(Refusal):
    """Pages of this origin may not ask this of Kanta; KANTA_CORS_ORIGINS names those that may."""

    slug = "origin-refused"


class TooManyRequests(Refusal):
    """That was asked for too often with this token; ask again after the seconds that Retry-After tells."""

    slug = "too-many-requests"

    def __init__(self, retry_after: int = 60) -> None:
        super().__init__()
        # Seconds.
        self.retry_after = retry_after


class Conflict(Refusal):
    """The request conflicts with what is there."""

    slug = "conflict"


class EventCodeTaken(Conflict):
    """This event code is taken."""

    slug = "event-code-taken"


class NothingToRetry(Conflict):
    """Only an image that failed or was rejected can be retried."""

    slug = "nothing-to-retry"


class TooManyWebhooks(Conflict):
    """The event has as many webhooks as it can have."""

    slug = "too-many-webhooks"


class StalePeople(Conflict):
    """People changed since they were looked at; look again and decide anew."""

    slug = "stale-people"

    def __init__(self, event_id: uuid.UUID | None = None, cluster_ids: Collection[int] = ()) -> None:
        super().__init__()
        self.event_id = event_id
        # The numbers under which they are now.
        self.cluster_ids = tuple(cluster_ids)


class Invalid(Refusal):
    """The request doesn't make sense."""

    slug = "invalid-request"


class ConsentMissing(Refusal):
    """No face is matched before its owner agrees: `consent` is the version of the text agreed to, as in /me."""

    slug = "consent-missing"


class MalformedBody(Refusal):
    """The request's body can't be taken apart."""

    slug = "malformed-body"


class ImageRefused(Refusal):
    """The bytes can't be taken as a photo."""

    slug = "image-refused"


class EmptyImage(ImageRefused):
    """The file is empty."""

    slug = "image-empty"


class UnsupportedImage(ImageRefused):
    """The file is not a photo in a format Kanta reads: JPEG, PNG, WebP, HEIC, AVIF, GIF or TIFF."""

    slug = "image-unsupported"


class BrokenImage(ImageRefused):
    """The photo is damaged or cut off and can't be read."""

    slug = "image-broken"


class ImageTooLarge(ImageRefused):
    """The file is larger than Kanta takes."""

    slug = "image-too-large"


class TooManyPixels(ImageRefused):
    """The photo has more pixels than Kanta takes."""

    slug = "image-too-many-pixels"


class NoFace(Refusal):
    """No face was found in the photo; show one that is well lit, looks this way and is not too small."""

    slug = "no-face"


class SeveralFaces(Refusal):
    """Several faces were found in the photo; show one."""

    slug = "several-faces"

    def __init__(self, boxes: Sequence[tuple[int, int, int, int]] = ()) -> None:
        super().__init__(
            f"{len(boxes)} faces were found in the photo; cut it to the one you mean." if boxes else None
        )
        # Each one's left and top edge, width and height, in pixels of the upright photo.
        self.boxes = tuple(boxes)


class Unavailable(KantaError):
    """A part that Kanta needs is down for the moment."""

    slug = "unavailable"


class DatabaseUnavailable(Unavailable):
    """The database can't be reached for the moment."""

    slug = "database-unavailable"


class SchemaOutdated(Unavailable):
    """The database's schema is not the one this version needs; run the migrations."""

    slug = "schema-outdated"


class StorageUnavailable(Unavailable):
    """The storage can't be reached for the moment."""

    slug = "storage-unavailable"


class SignInFailed(Unavailable):
    """Kanta can't sign in to Azure for the moment."""

    slug = "sign-in-failed"


class Busy(Unavailable):
    """Kanta is looking at other photos; ask again in a moment."""

    slug = "busy"


class BlobChanged(Unavailable):
    """The photo changed while it was looked at."""

    slug = "blob-changed"


class BlocksLost(Unavailable):
    """What was staged of a file is gone."""

    slug = "blocks-lost"


class UploadOvertaken(Unavailable):
    """The photo was removed while it was on its way; send it again if it is still wanted."""

    slug = "upload-overtaken"


def slug_of(message: str) -> str:
    """The slug of the kind of error that says so, "other" for a sentence of its own."""
    return _SLUGS.get(message, "other")


def _kinds(base: type[KantaError] = KantaError) -> Iterator[type[KantaError]]:
    yield base
    for kind in base.__subclasses__():
        yield from _kinds(kind)


_SLUGS = {kind().message: kind.slug for kind in _kinds()}
