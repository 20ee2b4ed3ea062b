"""What must be true before anything starts, said in one line with its cure when it is not."""

import contextlib
import errno
import fcntl
import os
import shutil
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

OLDEST_NODE = 20
_LOOPBACK = "127.0.0.1"
# A new database takes 40 MB, and its write-ahead log up to 500.
_LEAST_FREE = 256 << 20


class StartupError(Exception):
    """The dev host can't start: one line, with what to do about it."""


def private_folder(path: Path) -> Path:
    """`path`, absolute, made with mode 0700 if it was missing, and proved writable."""
    path = path.absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = path / f".probe-{os.getpid()}"
        probe.write_bytes(b"-" * 4096)
        probe.unlink()
    except OSError as error:
        raise StartupError(f"can't write to {path}: {disk_reason(error)}") from error
    if shutil.disk_usage(path).free < _LEAST_FREE:
        raise StartupError(f"the disk of {path} has less than {_LEAST_FREE >> 20} MB free; free some space")
    return path


def disk_reason(error: OSError) -> str:
    """Why a file could not be written, and the cure."""
    if error.errno == errno.ENOSPC:
        return "the disk is full; free some space"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{os.strerror(error.errno)}; choose another data dir or mend its permissions"
    return os.strerror(error.errno) if error.errno else str(error)


def secret(path: Path, new: str) -> str:
    """The secret kept in `path` with mode 0600: `new` the first time, the same ever after."""
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        replace_private(path, new)
        return new


def replace_private(path: Path, text: str) -> None:
    """Writes a file of mode 0600 in one step: readers see the old text or the new."""
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def lock(path: Path, *, holder: str, wait: float = 0.0) -> int:
    """A descriptor that holds `path` locked until every process that has it closed it.

    Waits up to `wait` seconds; then StartupError, saying that `holder` has it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise StartupError(
                    f"{holder} already uses {path.parent}; stop it or choose another data dir"
                ) from error
            time.sleep(0.05)
        else:
            return descriptor


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listened on a moment ago, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for candidate in sockets:
            candidate.bind((_LOOPBACK, 0))
        return [candidate.getsockname()[1] for candidate in sockets]
    finally:
        for candidate in sockets:
            candidate.close()


def bind(port: int, *, variable: str) -> list[socket.socket]:
    """Sockets on `port` of this machine alone, IPv6 too where there is any; `variable` chooses the port."""
    sockets = [_bound(socket.AF_INET, _LOOPBACK, port, variable)]
    # Some clients take localhost for ::1 and don't try further.
    if socket.has_ipv6:
        with contextlib.suppress(_NoSuchAddress):
            sockets.append(_bound(socket.AF_INET6, "::1", port, variable))
    return sockets


class _NoSuchAddress(Exception):
    pass


def _bound(family: socket.AddressFamily, address: str, port: int, variable: str) -> socket.socket:
    try:
        bound = socket.socket(family)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((address, port))
        bound.listen(512)
    except OSError as error:
        if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            raise _NoSuchAddress from error
        reason = "is taken" if error.errno == errno.EADDRINUSE else f"can't be used ({error.strerror})"
        raise StartupError(f"port {port} {reason}; choose another with {variable}=<port>") from error
    return bound


def node() -> str:
    """The path of a Node that can run Azurite."""
    path = shutil.which("node")
    if path is None:
        raise StartupError(f"Azurite needs Node {OLDEST_NODE} or newer and there is none on PATH; install Node")
    answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False)
    version = answer.stdout.strip()
    major = version.removeprefix("v").partition(".")[0]
    if not major.isdigit() or int(major) < OLDEST_NODE:
        raise StartupError(
            f"Azurite needs Node {OLDEST_NODE} or newer and {path} is {version or 'broken'}; update Node"
        )
    return path


def package_folder(package: str) -> Path:
    """Where an installed Python package lies, without importing it."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise StartupError(f"the Python package {package} is missing; run `make run`, which installs it")
    return Path(spec.origin).parent
