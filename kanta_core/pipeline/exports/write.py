"""Write an export, photo by photo, into a blob that nobody sees before it is whole.

Written in parts, each a message of its own, so that no part comes near the time that the host gives a function. Of
a part that is killed nothing is kept, and its next delivery writes it anew. Delivered twice, the later one goes on
and the earlier one stops. A deleted event ends it, a photo that is deleted meanwhile is passed over.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterator

from kanta_core import telemetry
from kanta_core.database import export_runs, exports
from kanta_core.domain.exports import Export, ExportKind
from kanta_core.domain.file_names import TakenNames
from kanta_core.drain import is_draining
from kanta_core.errors import BlocksLost, KantaError
from kanta_core.pipeline.exports.own_photos import write_own_photos
from kanta_core.pipeline.exports.photos import write_photos
from kanta_core.pipeline.exports.tables import write_csv, write_json
from kanta_core.pipeline.exports.writing import Writing
from kanta_core.services import Services
from kanta_core.storage.names import EXPORT_QUEUE, EXPORTS

_log = logging.getLogger(__name__)

# How long an export can be fetched.
_LIFE = 86_400.0
# How often somebody is told how far it is, and asked whether anybody still waits.
_REPORTED_EVERY = 1.0
_CONTENTS = {ExportKind.ZIP: write_photos, ExportKind.CSV: write_csv, ExportKind.JSON: write_json}


def write_export(services: Services, export_id: uuid.UUID) -> None:
    """Write the export, or the next part of it. Raises what may end better on another try."""
    with telemetry.stage("export", kind="consumer", export=export_id) as span:
        _write(services, export_id, span)


def _write(services: Services, export_id: uuid.UUID, span: telemetry.Span) -> None:
    run = uuid.uuid4()
    with services.database.transaction() as connection:
        begun = export_runs.begin(connection, export_id, run)
    if begun is None:
        return
    export, progress, names = begun
    span.note(event=export.event_id, kind=export.kind)
    writing = Writing(services, export, progress, TakenNames(names))
    try:
        if _write_part(writing, run):
            _finish(writing, run)
    except Exception as error:
        _note(services, export_id, run, error)
        raise


def _write_part(writing: Writing, run: uuid.UUID) -> bool:
    """Whether all is written. If it is not, another message goes on, or nobody waits any more."""
    services, export, progress = writing.services, writing.export, writing.progress
    began = reported = time.monotonic()
    for _ in _pieces(writing):
        now = time.monotonic()
        if now - began >= services.settings.export_part_seconds or is_draining():
            writing.flush()
            with services.database.transaction() as connection:
                names = writing.names.as_bytes()
                if export_runs.keep(connection, export.id, run, progress=progress, names=names):
                    # Before the commit: what could not be sent is not kept; a worker that is quicker waits.
                    services.queues.send(EXPORT_QUEUE, {"export_id": str(export.id)})
            return False
        if now - reported >= _REPORTED_EVERY:
            with services.database.transaction() as connection:
                if not export_runs.report(connection, export.id, run, photos=progress.photos):
                    return False
            reported = now
    return True


def _pieces(writing: Writing) -> Iterator[None]:
    if writing.export.token_id is not None:
        return write_own_photos(writing)
    return _CONTENTS[writing.export.kind](writing)


def _finish(writing: Writing, run: uuid.UUID) -> None:
    services, export, progress = writing.services, writing.export, writing.progress
    writing.flush()
    with services.database.transaction() as connection:
        if not export_runs.report(connection, export.id, run, photos=progress.photos):
            return
    services.blobs.commit(
        EXPORTS, export.blob_name, [*progress.blocks, *progress.directory], content_type=export.content_type
    )
    with services.database.transaction() as connection:
        ready = export_runs.finish(connection, export.id, run, progress=progress, seconds=_LIFE)
    if ready:
        _log.info("an export of %d photos is ready, %d bytes", progress.photos, progress.size)
    else:
        _take_back(services, export)


def _take_back(services: Services, export: Export) -> None:
    """Nobody waits any more: what was made of the photos goes at once, unless another run is making it."""
    with services.database.transaction() as connection:
        wanted = exports.living(connection, [export.id])
    if not wanted:
        services.blobs.delete(export.blob_name, container=EXPORTS)


def _note(services: Services, export_id: uuid.UUID, run: uuid.UUID, error: Exception) -> None:
    reason = error.message if isinstance(error, KantaError) else "Writing stopped with an error of its own."
    # Best effort: what stopped the writing may stop this, too.
    try:
        with services.database.transaction() as connection:
            export_runs.note_error(connection, export_id, reason)
            if isinstance(error, BlocksLost):
                export_runs.start_anew(connection, export_id, run)
    except KantaError:
        _log.warning("could not note why an export was not written: %s", reason)
