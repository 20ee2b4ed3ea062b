"""The composition root: settings → database, blobs, queues, encoder, galleries."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from kanta_core import telemetry
from kanta_core.database.pool import Database
from kanta_core.database.url import address_of
from kanta_core.errors import Busy
from kanta_core.identity import Identity
from kanta_core.people.search.galleries import Galleries
from kanta_core.settings import Settings, load
from kanta_core.storage.account import account_of
from kanta_core.storage.blobs import Blobs
from kanta_core.storage.queues import Queues

if TYPE_CHECKING:
    from kanta_core.domain.faces import Encoding


# Each holds a photo and a thread while it waits; the last of them waits a few seconds.
_SEATS = 8


class Encoder(Protocol):
    """What encodes: image bytes → faces; an ImageRefused says why the bytes can't be read."""

    def encode(self, data: bytes) -> Encoding: ...


@dataclass
class Services:
    """Everything the verbs work on. Parts connect on first use; the encoder loads its models then, too."""

    settings: Settings
    database: Database
    blobs: Blobs
    queues: Queues
    galleries: Galleries
    _encoder_lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _seats: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(_SEATS), repr=False)

    @cached_property
    def _encoder(self) -> Encoder:
        # Imported here: dlib and numpy cost a second that a timer or a health check need not spend.
        from kanta_core.vision.encoder import FaceEncoder  # noqa: PLC0415

        return FaceEncoder(
            max_pixels=self.settings.max_pixels, engine_name=self.settings.engine, stage=telemetry.stage
        )

    def load_models(self) -> None:
        """Have the encoder loaded, whoever needs it first. Once it is, this waits for nobody's photo."""
        if "_encoder" not in vars(self):
            with self.turn():
                _ = self._encoder

    def encode(self, data: bytes) -> Encoding:
        """Image bytes → faces, one photo at a time: dlib holds the interpreter anyway, and memory adds up."""
        with self._encoder_lock:
            return self._encoder.encode(data)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The turn of whoever decodes a photo: one at a time, like all that encode."""
        with self._encoder_lock:
            yield

    @contextmanager
    def turn_now(self) -> Iterator[None]:
        """The same for a request; Busy where so many wait already that others' requests would have to, too."""
        if not self._seats.acquire(blocking=False):
            raise Busy
        try:
            with self.turn():
                yield
        finally:
            self._seats.release()

    def encode_now(self, data: bytes) -> Encoding:
        """The same as `encode` for somebody who waits for it; Busy."""
        with self.turn_now():
            return self._encoder.encode(data)

    def close(self) -> None:
        self.galleries.close()
        self.database.close()
        self.blobs.close()
        self.queues.close()


def build(settings: Settings) -> Services:
    """The services these settings describe. Nothing is connected yet."""
    identity = Identity(settings.azure_client_id)
    account = account_of(settings, identity)
    return Services(
        settings=settings,
        database=Database(
            address_of(settings, identity), size=settings.database_pool_size, pooler=settings.database_pooler
        ),
        blobs=Blobs(account, link_lifetime=timedelta(minutes=settings.blob_url_minutes)),
        queues=Queues(account, stamp=telemetry.carrier),
        galleries=Galleries(most_bytes=settings.search_memory_bytes),
    )


_lock = threading.Lock()
_services: Services | None = None


def services() -> Services:
    """This process's services, built once however many first requests come at the same time."""
    global _services  # noqa: PLW0603 - the one piece of global state
    with _lock:
        if _services is None:
            _services = build(load(Settings))
        return _services


def close_services() -> None:
    """Close this process's services, if it has any; whoever asks for them afterwards gets new ones."""
    global _services
    with _lock:
        its, _services = _services, None
    if its is not None:
        its.close()
