"""Whether anything is left of a photo that was shown: its bytes, their hash, the cut-out face, its vector."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from kanta_core.services import Services

# Where programs leave things that don't heed TMPDIR.
_SHARED = ("/tmp", "/var/tmp", "/dev/shm")
_PIECE = 48
_AT_A_TIME = 8_000_000
# No trace is longer.
_OVERLAP = 1_000

# What is looked for, and how it may be written.
Traces = dict[str, list[re.Pattern[bytes]]]


def traces_of(services: Services, photo: bytes) -> Traces:
    """What each would look like in any encoding it might be written in."""
    (face,) = services.encode(photo).faces
    middle = len(photo) // 2
    return {
        "photo": _written(photo[middle : middle + _PIECE]),
        "hash": _written(hashlib.sha256(photo).digest()),
        "crop": _written(face.crop[-2 * _PIECE : -_PIECE]),
        "vector": _vector(face.embedding),
    }


def _written(data: bytes) -> list[re.Pattern[bytes]]:
    """As it is, in hex, and in base64 wherever in a text it begins."""
    shifted = [base64.b64encode(bytes(shift) + data)[4:-4] for shift in range(3)]
    texts = (data, data.hex().encode(), data.hex().upper().encode(), *shifted)
    # Whether Python writes an apostrophe with a backslash hangs on all that it writes, not on this piece of it.
    in_python = b"".join(re.escape(repr(bytes([byte]))[2:-1].encode()) for byte in data).replace(b"'", rb"\\?'")
    # One pattern each: what begins with a text of its own is found many times faster.
    return [re.compile(pattern, re.DOTALL) for pattern in (*map(re.escape, texts), in_python)]


def _vector(embedding: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> list[re.Pattern[bytes]]:
    """As numbers of two, four or eight bytes, either way round, as it is or of unit length; or written out."""
    found = []
    for vector in (embedding, embedding / np.linalg.norm(embedding)):
        for kind in ("<f2", ">f2", "<f4", ">f4", "<f8", ">f8"):
            found += _written(vector[:12].astype(kind).tobytes())
        # Six digits of each of four numbers, however many are written.
        written = [re.escape(f"{number:.8f}"[:-2].encode()) for number in vector[40:44].tolist()]
        found.append(re.compile(rb"\d*[,\s]+".join(written)))
    return found


def left(services: Services, traces: Traces, log: str, since: float) -> set[str]:
    """Which traces are anywhere, as `what in where`; of files, those written `since` (seconds since the epoch)."""
    with services.database.transaction() as connection:
        # PostgreSQL writes to its files what it has in memory.
        connection.execute("CHECKPOINT")
    places = {
        "database": _rows(services),
        "blobs": _blobs(services),
        "queues": _messages(services),
        "files": _files(since),
        "log": iter([log.encode(errors="backslashreplace")]),
    }
    return {
        f"{what} in {where}"
        for where, texts in places.items()
        for text in texts
        for what, looks in traces.items()
        if any(look.search(text) for look in looks)
    }


def _rows(services: Services) -> Iterator[bytes]:
    """Every row of every table, and the statements of every connection."""
    with services.database.transaction() as connection:
        tables = connection.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        ).fetchall()
        for (table,) in [*tables, ("pg_stat_activity",), ("pg_prepared_statements",)]:
            for (row,) in connection.execute(f"SELECT t::text FROM {table} t"):
                yield row.encode()


def _blobs(services: Services) -> Iterator[bytes]:
    """Every blob of every container, and its name."""
    connection = services.settings.storage_connection.get_secret_value()
    with BlobServiceClient.from_connection_string(connection) as account:
        for container in account.list_containers():
            with account.get_container_client(container.name) as its:
                for blob in its.list_blobs():
                    yield blob.name.encode()
                    yield its.download_blob(blob.name).readall()


def _messages(services: Services) -> Iterator[bytes]:
    connection = services.settings.storage_connection.get_secret_value()
    with QueueServiceClient.from_connection_string(connection) as account:
        for queue in account.list_queues():
            for message in account.get_queue_client(queue.name).peek_messages(32):
                yield str(message.content).encode()
                yield base64.b64decode(message.content)


def _files(since: float) -> Iterator[bytes]:
    """What was written to temporary folders: there are PostgreSQL's own files and log, too."""
    ours = f"popen-{os.environ.get('PYTEST_XDIST_WORKER', '')}"
    for folder in (tempfile.gettempdir(), *_SHARED):
        for inside, folders, names in os.walk(folder):
            # Other test processes have databases of their own, which never heard of this photo.
            folders[:] = [each for each in folders if not each.startswith("popen-") or each == ours]
            for name in names:
                # What is gone meanwhile, or not ours to read, is passed over.
                with contextlib.suppress(OSError):
                    yield from _pieces(Path(inside, name), since)


def _pieces(path: Path, since: float) -> Iterator[bytes]:
    its = path.lstat()
    if not stat.S_ISREG(its.st_mode) or its.st_mtime < since:
        return
    with path.open("rb", buffering=0) as file:
        before = b""
        while piece := file.read(_AT_A_TIME):
            yield before + piece
            before = piece[-_OVERLAP:]
