"""What the dev host is told: by the environment, `[tool.devhost]`, the app's settings file and host.json."""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from devhost.preflight import StartupError

_CONNECTIONS = ("AzureWebJobsStorage", "AZURE_STORAGE_CONNECTION_STRING")
_THREADS = "PYTHON_THREADPOOL_THREAD_COUNT"
MOST_THREADS = 32
# Where a custom container runs (Container Apps, Premium, Flex); Consumption alone has 5 minutes.
_DEFAULT_TIMEOUT = "00:30:00"


@dataclass(frozen=True)
class Config:
    """Where and how to run; `prefix` begins the names of the environment variables it was read from.

    `prepare` are the commands that run before the app (`python` is this Python), `publish` names the settings
    that the file `env` shows besides, `docs` is the path of the app's own documentation. Each of `workers`
    processes runs `threads` invocations at a time.
    """

    root: Path
    prefix: str
    port: int
    data_dir: Path
    prepare: tuple[tuple[str, ...], ...]
    publish: tuple[str, ...]
    docs: str
    workers: int
    threads: int

    @classmethod
    def load(cls, root: Path, environment: Mapping[str, str]) -> Self:
        """Reads `[tool.devhost]` of root/pyproject.toml and the environment. Raises StartupError."""
        table = _tool_table(root / "pyproject.toml")
        prefix = str(table.get("prefix", "DEVHOST"))
        workers = environment.get("FUNCTIONS_WORKER_PROCESS_COUNT") or str(_cores())
        threads = environment.get(_THREADS) or _settings_values(root).get(_THREADS) or "1"
        return cls(
            root=root,
            prefix=prefix,
            port=_number(f"{prefix}_PORT", environment.get(f"{prefix}_PORT") or "7071", 65535),
            data_dir=(root / (environment.get(f"{prefix}_DATA_DIR") or ".local")).absolute(),
            prepare=tuple(tuple(str(word) for word in command) for command in table.get("prepare", ())),
            publish=tuple(str(name) for name in table.get("publish", ())),
            docs=str(table.get("docs", "")),
            workers=_number("FUNCTIONS_WORKER_PROCESS_COUNT", workers, 64),
            threads=_number(_THREADS, threads, MOST_THREADS),
        )

    @property
    def url(self) -> str:
        """Where the functions answer."""
        return f"http://localhost:{self.port}"

    def app_environment(self, real: Mapping[str, str], *, database: str, storage: str) -> dict[str, str]:
        """The environment of the app's processes, as `func start` would make it."""
        return {
            "FUNCTIONS_WORKER_RUNTIME": "python",
            "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
            "WEBSITE_HOSTNAME": f"localhost:{self.port}",
            # One function, one core: more threads only get in each other's way.
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "PYTHONUNBUFFERED": "1",
            **_settings_values(self.root),
            **real,
            **dict.fromkeys(_CONNECTIONS, storage),
            f"{self.prefix}_DATABASE_URL": database,
            "TMPDIR": str(self.data_dir / "tmp"),
            "PYTHONPATH": os.pathsep.join(filter(None, (str(_OWN_ROOT), real.get("PYTHONPATH")))),
        }


@dataclass(frozen=True)
class HostSettings:
    """The part of host.json that matters on one machine; durations in seconds."""

    route_prefix: str
    function_timeout: float | None
    blob_tries: int
    queue_batch: int
    queue_tries: int
    queue_retry_delay: float
    queue_base64: bool
    queue_poll: float

    @classmethod
    def load(cls, root: Path) -> Self:
        """Reads root/host.json, with the real host's defaults. Raises StartupError."""
        path = root / "host.json"
        content = _json(path) if path.exists() else {}
        try:
            queues = _section(content, "extensions", "queues")
            return cls(
                route_prefix=str(_section(content, "extensions", "http").get("routePrefix", "api")).strip("/"),
                function_timeout=_timespan(content.get("functionTimeout") or _DEFAULT_TIMEOUT),
                blob_tries=int(_section(content, "extensions", "blobs").get("poisonBlobThreshold", 5)),
                queue_batch=int(queues.get("batchSize", 16)),
                queue_tries=int(queues.get("maxDequeueCount", 5)),
                queue_retry_delay=_timespan(queues.get("visibilityTimeout", "00:00:00")) or 0.0,
                queue_base64=str(queues.get("messageEncoding", "base64")).lower() == "base64",
                queue_poll=_timespan(queues.get("maxPollingInterval", "00:01:00")) or 1.0,
            )
        except (TypeError, ValueError) as error:
            raise StartupError(f"host.json: {error}; correct it") from error


_OWN_ROOT = Path(__file__).resolve().parent.parent


def _tool_table(path: Path) -> dict[str, Any]:
    try:
        return _section(tomllib.loads(path.read_text(encoding="utf-8")), "tool", "devhost")
    except FileNotFoundError:
        return {}
    except (TypeError, ValueError) as error:
        raise StartupError(f"{path.name}: {error}; correct it") from error


def _settings_values(root: Path) -> dict[str, str]:
    for name in ("local.settings.json", "local.settings.sample.json"):
        if (root / name).exists():
            try:
                values = _section(_json(root / name), "Values")
            except TypeError as error:
                raise StartupError(f"{name}: {error}; correct it") from error
            return {str(key): str(value) for key, value in values.items()}
    return {}


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise StartupError(f"{path.name}: {error}; correct it") from error
    if not isinstance(content, dict):
        raise StartupError(f"{path.name} holds no object; correct it")
    return content


def _section(content: dict[str, Any], *names: str) -> dict[str, Any]:
    """The table under `names`, empty if there is none. Raises TypeError where something else is."""
    for name in names:
        content = content.get(name, {})
        if not isinstance(content, dict):
            raise TypeError(f"{name} is no table")
    return content


def _number(name: str, text: str, high: int) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= high):
        raise StartupError(f"{name} must be a number from 1 to {high}, not {text!r}")
    return int(text)


def _timespan(text: str) -> float | None:
    """Seconds of .NET's `[d.]hh:mm:ss[.fff]`; None for -1, which is "never"."""
    if text == "-1":
        return None
    match = re.fullmatch(r"(?:(\d+)\.)?(\d+):(\d\d):(\d\d(?:\.\d+)?)", text)
    if match is None:
        raise ValueError(f"{text!r} is no duration (hh:mm:ss)")
    days, hours, minutes, seconds = match.groups(default="0")
    return ((int(days) * 24 + int(hours)) * 60 + int(minutes)) * 60 + float(seconds)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
