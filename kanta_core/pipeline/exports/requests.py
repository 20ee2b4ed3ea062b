"""Exports: asked for, given up, and swept when their day is over. `write_export` writes them."""

from __future__ import annotations

import uuid
from dataclasses import replace

from kanta_core.database import audit, events, export_runs, exported, exports, guests, people, tokens
from kanta_core.database.pool import Connection
from kanta_core.domain.access import Token
from kanta_core.domain.audit import Action
from kanta_core.domain.exports import Export, ExportKind, ExportStatus
from kanta_core.errors import ExportNotFound, NobodyFound, PersonNotFound, StorageUnavailable, Unauthenticated
from kanta_core.services import Services
from kanta_core.storage.listing import Blob
from kanta_core.storage.names import EXPORT_QUEUE, EXPORTS

# Longer than the host lets a function run.
_LOST_AFTER = 900.0
# How long the list goes on showing those that failed or expired.
_KEPT_DAYS = 30


def request_export(services: Services, code: str, kind: ExportKind, *, cluster_id: int | None) -> Export:
    """Have an export of the event written, or of one of its people; one that is being written already is the one.

    EventNotFound, PersonNotFound.
    """
    with services.database.transaction() as connection:
        event_id, _ = events.hold_code(connection, code)
        if cluster_id is not None:
            cluster_id = _living(connection, event_id, cluster_id)
        asked = exports.ask_for(connection, event_id, kind, cluster_id=cluster_id)
        if asked[1]:
            audit.note(connection, event_id, Action.EXPORT_MADE, asked[0].id, kind=kind, cluster_id=cluster_id)
    return _begun(services, asked)


def _begun(services: Services, asked: tuple[Export, bool]) -> Export:
    """The export that was asked for, on its way to be written if it is a new one."""
    export, is_new = asked
    if is_new:
        # After the commit: a worker that is quicker would find none.
        try:
            services.queues.send(EXPORT_QUEUE, {"export_id": str(export.id)})
        except StorageUnavailable:
            with services.database.transaction() as connection:
                exports.delete(connection, export.id)
            raise
    return export


def request_own_export(services: Services, token: Token) -> Export:
    """Have the guest's own photos written.

    NobodyFound when the token is no guest link; Unauthenticated when it has ended meanwhile.
    """
    with services.database.transaction() as connection:
        if not events.hold(connection, token.event_id) or not tokens.is_good(connection, token.id):
            raise Unauthenticated
        if not guests.is_bound(connection, token):
            raise NobodyFound("Nobody was found with this token yet: it has no photos to save.")
        asked = exports.ask_for(connection, token.event_id, ExportKind.ZIP, token_id=token.id)
    return _begun(services, asked)


def find_own_export(services: Services, token: Token, export_id: uuid.UUID) -> Export:
    """The guest's export; ExportNotFound for any other.

    One with a photo in it that does not show the guest any more is gone, whoever has a link to it.
    """
    with services.database.transaction() as connection:
        found = exports.get(connection, token.event_id, export_id, token_id=token.id)
        if found is None:
            raise ExportNotFound
        if found.status is not ExportStatus.READY or not _withdrawn(connection, token, export_id):
            return found
    services.blobs.delete(found.blob_name, container=EXPORTS)
    return replace(found, status=ExportStatus.EXPIRED)


def _withdrawn(connection: Connection, token: Token, export_id: uuid.UUID) -> bool:
    """Whether a photo in the guest's ZIP does not show them any more; then it is shown to nobody."""
    if guests.shows_all(connection, token, exports.shown(connection, export_id)):
        return False
    exports.withdraw(connection, export_id)
    return True


def give_up_export(services: Services, export_id: uuid.UUID) -> None:
    """The host has given up on an export after its tries: it is `failed`, unless it ended otherwise."""
    with services.database.transaction() as connection:
        export_runs.fail(connection, export_id)


def sweep_exports(services: Services) -> None:
    """Exports whose day is over go, guests' that are not theirs any more, and blobs that belong to none.

    Those whose message got lost are sent again.
    """
    with services.database.transaction() as connection:
        exports.expire(connection, kept_days=_KEPT_DAYS)
        lost = exports.take_lost(connection, lost_after=_LOST_AFTER)
        # Before the commit: what could not be sent is not marked as sent.
        services.queues.send_all(EXPORT_QUEUE, [{"export_id": str(export_id)} for export_id in lost])
        for export_id, token_id in exports.ready_of_guests(connection):
            token = tokens.get(connection, token_id)
            if token is not None:
                _withdrawn(connection, token, export_id)
    for page in services.blobs.pages(container=EXPORTS):
        with services.database.transaction() as connection:
            living = exports.living(connection, [number for blob in page if (number := _export_id(blob))])
        services.blobs.delete_all([blob for blob in page if _export_id(blob) not in living], container=EXPORTS)


def _living(connection: Connection, event_id: uuid.UUID, cluster_id: int) -> int:
    """The number of the person that is meant, who has faces."""
    (number,) = people.resolve(connection, event_id, [cluster_id])
    if not exported.people(connection, event_id, cluster_id=number):
        raise PersonNotFound(f"There is no person {cluster_id} in the event.")
    return number


def _export_id(blob: Blob) -> uuid.UUID | None:
    try:
        return uuid.UUID(blob.name.rsplit("/", 1)[-1])
    except ValueError:
        return None
