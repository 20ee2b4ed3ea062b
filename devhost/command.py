"""The command: checks and starts what the host needs, prepares the app, and stops it all again."""

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType

from devhost import app, console, host, lifeline, preflight, processes
from devhost.azurite import Azurite
from devhost.config import Config, HostSettings
from devhost.postgres import Postgres
from devhost.preflight import StartupError

_HELP = """\
Runs the Azure Functions app of the current folder on this machine until Ctrl-C: starts PostgreSQL and
Azurite, runs the app's prepare commands, then the functions of function_app.py: HTTP, blob, queue and timer.

[tool.devhost] in pyproject.toml names the prefix of its environment variables: PREFIX_PORT (7071) is where it
serves, PREFIX_DATA_DIR (.local) where everything it writes lies. While it serves, the file env in there says
where everything is. FUNCTIONS_WORKER_PROCESS_COUNT is the number of workers, one per core by default.

When its parent is make, or has set DEVHOST_PARENT=1, it ends with its parent.
"""
_log = console.source("host")
_PREPARE_SECONDS = 600.0
# Stopping takes less; this is for a storage that hangs in the middle of an answer.
_STOP_SECONDS = 4.7


class _Stopped(BaseException):
    """A signal came while the dev host was still starting."""


def main() -> int:
    """Runs the dev host until it is told to stop; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m devhost", description=_HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.parse_args()
    if "MAKELEVEL" in os.environ or "DEVHOST_PARENT" in os.environ:
        lifeline.watch_parent(os.getppid(), signal.SIGTERM)
    console.set_up()
    for number in host.stop_signals():
        signal.signal(number, _stop_starting)
    try:
        _run(Config.load(Path.cwd(), os.environ))
    except StartupError as error:
        print(f"devhost: {error}", file=sys.stderr)  # noqa: T201 - the one line
        return 1
    except _Stopped:
        pass
    return 0


def _stop_starting(_number: int, _frame: FrameType | None) -> None:
    raise _Stopped


def _run(config: Config) -> None:
    if not (config.root / app.SCRIPT).exists():
        raise StartupError(f"there is no {app.SCRIPT} in {config.root}; run it in the app's folder")
    settings = HostSettings.load(config.root)
    folder = preflight.private_folder(config.data_dir)
    lock = preflight.lock(folder / "lock", holder="another dev host")
    listeners = preflight.bind(config.port, variable=f"{config.prefix}_PORT")
    shutil.rmtree(folder / "tmp", ignore_errors=True)
    (folder / "tmp").mkdir(mode=0o700)
    postgres = Postgres(folder / "postgres", database=config.prefix.lower())
    azurite = Azurite(folder / "azurite")
    with _stopping_both(postgres, azurite):
        azurite.start()
        postgres.start()
        storage = azurite.connection_string()
        environment = config.app_environment(os.environ, database=postgres.url, storage=storage)
        _prepare(config, environment)
        with _env_file(config, environment):
            serving = host.Host(config, settings, environment, listeners, [postgres, azurite])
            asyncio.run(serving.run(lambda: _banner(config), _limit_stopping))
    os.close(lock)


@contextlib.contextmanager
def _stopping_both(*services: Postgres | Azurite) -> Iterator[None]:
    try:
        yield
    finally:
        # It is ending already: a second signal would only leave things half done.
        for number in host.stop_signals():
            signal.signal(number, signal.SIG_IGN)
        with ThreadPoolExecutor(len(services)) as threads:
            list(threads.map(lambda service: service.stop(), services))


def _prepare(config: Config, environment: Mapping[str, str]) -> None:
    """Runs the app's prepare commands. Raises StartupError with the last lines of one that fails."""
    path = config.data_dir / "prepare.log"
    for words in config.prepare:
        command = [sys.executable if words[0] == "python" else shutil.which(words[0]) or words[0], *words[1:]]
        start = time.monotonic()
        with processes.open_log(path) as log:
            before = log.seek(0, os.SEEK_END)
            process = processes.spawn(command, log=log, environment=environment, death_signal=signal.SIGKILL)
            try:
                status = process.wait(_PREPARE_SECONDS)
            except subprocess.TimeoutExpired:
                status = -1
            finally:
                processes.stop(process)
        said = processes.tail(path, before)
        if status != 0:
            raise StartupError(f"`{' '.join(words)}` failed: {said or f'status {status}'} (log: {path})")
        _log.info("%s: %s (%s)", " ".join(words), said or "ok", console.duration(time.monotonic() - start))


@contextlib.contextmanager
def _env_file(config: Config, environment: Mapping[str, str]) -> Iterator[None]:
    """Says where everything is, for tools, as long as that is true."""
    values = {
        f"{config.prefix}_URL": config.url,
        f"{config.prefix}_STORAGE": environment["AzureWebJobsStorage"],
        f"{config.prefix}_DATABASE_URL": environment[f"{config.prefix}_DATABASE_URL"],
        **{name: environment.get(name, "") for name in config.publish},
    }
    path = config.data_dir / "env"
    preflight.replace_private(path, "".join(f"{name}={value}\n" for name, value in values.items()))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _banner(config: Config) -> None:
    lines = [
        f"  serving   {config.url}",
        *([f"  docs      {config.url}{config.docs}"] if config.docs else []),
        f"  data dir  {config.data_dir}",
        f"  storage   and database: see {config.data_dir / 'env'}",
    ]
    print("\n" + "\n".join(lines) + "\n", file=sys.stderr, flush=True)  # noqa: T201 - for people


def _limit_stopping() -> None:
    timer = threading.Timer(_STOP_SECONDS, os._exit, [1])
    timer.daemon = True
    timer.start()
