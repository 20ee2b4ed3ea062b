"""The galleries that a process holds in memory: loaded beside the searches that want them, dropped when idle."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from kanta_core.people.search.gallery import Gallery

_log = logging.getLogger(__name__)

# Faces that were deleted stay in memory for a quarter of an hour at most, where nobody finds them.
_IDLE_SECONDS = 600.0
_CLOSE_SECONDS = 60.0

# An event and an encoder.
Key = tuple[uuid.UUID, str]
# Reads the gallery as it is now, if that is worth it and there can be room for so many bytes, as it asks first.
Load = Callable[[Callable[[int], bool]], "Gallery | None"]


class _Held(NamedTuple):
    revision: int
    gallery: Gallery | None
    used: float


class Galleries:
    """At most `most_bytes` of them, in which the least recently used goes first. Safe to use from many threads."""

    def __init__(self, *, most_bytes: int, idle_seconds: float = _IDLE_SECONDS) -> None:
        self._most_bytes = most_bytes
        self._idle_seconds = idle_seconds
        self._held: OrderedDict[Key, _Held] = OrderedDict()
        self._lock = threading.Lock()
        self._loader: threading.Thread | None = None
        self._janitor: threading.Timer | None = None
        self._closed = False

    def at(self, key: Key) -> Gallery | None:
        """The gallery, if one is held, of whichever revision."""
        with self._lock:
            held = self._held.get(key)
            if held is None:
                return None
            self._held[key] = held._replace(used=time.monotonic())
            self._held.move_to_end(key)
            return held.gallery

    def ask_for(self, key: Key, revision: int, load: Load) -> None:
        """Have the gallery of this revision held soon, if it is worth it; not while another one is being loaded.

        `load` is called in a thread of its own.
        """
        with self._lock:
            held = self._held.get(key)
            if self._closed or self._loader is not None or (held is not None and held.revision == revision):
                return
            # The old one first: there need not be room for both.
            self._held.pop(key, None)
            self._loader = threading.Thread(
                target=self._load, args=(key, revision, load), name="gallery", daemon=True
            )
            self._loader.start()

    def wait(self) -> None:
        """Return once nothing is being loaded; TimeoutError after a minute."""
        loader = self._loader
        if loader is not None:
            loader.join(_CLOSE_SECONDS)
            if loader.is_alive():
                raise TimeoutError(f"waited {_CLOSE_SECONDS:.0f} s for a gallery to be loaded")

    def close(self) -> None:
        """Hold nothing from now on."""
        with self._lock:
            self._closed = True
            self._held.clear()
            if self._janitor is not None:
                self._janitor.cancel()
        self.wait()

    def _load(self, key: Key, revision: int, load: Load) -> None:
        try:
            gallery = load(self._make_room)
        except Exception:  # noqa: BLE001 - a thread's errors have nowhere to go
            # Searches ask the database meanwhile, and the next one asks for this again.
            with self._lock:
                self._loader = None
            _log.warning("a gallery could not be loaded", exc_info=True)
            return
        with self._lock:
            self._loader = None
            if self._closed:
                return
            now = revision if gallery is None else gallery.revision
            self._held[key] = _Held(now, gallery, time.monotonic())
            if self._janitor is None:
                self._watch()
        if gallery is not None:
            _log.info("%d faces are held in memory, %d MB", len(gallery.ids), gallery.size // 1_000_000)

    def _make_room(self, size: int) -> bool:
        if size > self._most_bytes:
            return False
        with self._lock:
            while size + sum(held.gallery.size for held in self._held.values() if held.gallery) > self._most_bytes:
                self._held.popitem(last=False)
        return True

    def _watch(self) -> None:
        self._janitor = threading.Timer(self._idle_seconds / 2, self._drop_idle)
        self._janitor.daemon = True
        self._janitor.start()

    def _drop_idle(self) -> None:
        with self._lock:
            since = time.monotonic() - self._idle_seconds
            for key in [key for key, held in self._held.items() if held.used < since]:
                del self._held[key]
            self._janitor = None
            if self._held and not self._closed:
                self._watch()
