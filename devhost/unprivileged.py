"""Who PostgreSQL runs as: never root, and somebody with a name."""

import os
import pwd
import shutil

from devhost.preflight import StartupError

# Root's folders may be closed to everybody else; this lets their reader through and changes nothing.
_CAPABILITY = "+dac_read_search"


def nobody() -> tuple[int, int]:
    """The user and group that own the data when root starts the server."""
    found = pwd.getpwnam("nobody")
    return found.pw_uid, found.pw_gid


def prefix(uid: int, gid: int, *, named: bool) -> list[str]:
    """What goes before a command so that it runs as the owner of its data. Raises StartupError.

    `named` says that the command looks its user's name up. A parent-death signal has to be set after the
    prefix: a change of uid clears one that was set before.
    """
    if os.geteuid() == 0:
        change = [f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
        pass_through = [f"--inh-caps={_CAPABILITY}", f"--ambient-caps={_CAPABILITY}"]
        return [_program("setpriv"), *change, *pass_through, "--"]
    if named and not _has_name(uid):
        # A container's `--user 1234`: it is shown a name in a namespace of its own.
        user, group = nobody()
        return [_program("unshare"), "--user", f"--map-user={user}", f"--map-group={group}"]
    return []


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise StartupError(f"PostgreSQL needs {name} to run as somebody other than you; install util-linux")
    return path
