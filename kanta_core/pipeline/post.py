"""Post: a request to an address that somebody else chose, which must not lead into our own network.

The name is looked up once, what it leads to is checked, and that very address is connected to: whoever owns a
name could have it lead elsewhere a moment later. No redirect is followed, no proxy asked, and only the answer's
status is read. All of it ends within a time, however slowly the other side answers; looking a name up takes what
the system's resolver takes.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import closing
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from kanta_core.errors import Invalid, KantaError

_SECONDS = 15.0
_LONGEST_HEAD = 65_536
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r]")
_VISIBLE = re.compile(r"[!-\[\]-~]+")
_MOST_ADDRESSES = 2
_PORTS = {"https": 443, "http": 80}
# Where IPv6-only networks show IPv4 (RFC 6052, RFC 8215).
_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/96"))
# Azure's own services for a machine, under an address of the internet.
_AZURE = ip_address("168.63.129.16")


class NotPosted(KantaError):
    """The request was not answered with a success."""

    slug = "not-posted"


def check_url(url: str, *, anywhere: bool) -> None:
    """Invalid unless requests may be sent to the URL as things are now; `anywhere`: into our own network, too."""
    try:
        target = _split(url, anywhere=anywhere)
        _addresses(target, anywhere=anywhere)
    except NotPosted as refused:
        raise Invalid(f"url: {refused.message}") from None


def post(url: str, body: bytes, headers: Mapping[str, str], *, anywhere: bool) -> None:
    """Post the body; NotPosted says why it was not taken: the answer's status was no 2xx, or there was none."""
    target = _split(url, anywhere=anywhere)
    deadline = time.monotonic() + _SECONDS
    try:
        with closing(_connected(target, deadline, anywhere=anywhere)) as connection:
            connection.sendall(_request(target, body, headers))
            status = _status(connection, deadline)
    except ssl.SSLCertVerificationError as error:
        raise NotPosted(f"Its certificate is no good: {error.verify_message}.") from None
    except TimeoutError:
        raise NotPosted(f"It did not answer within {_SECONDS:.0f} s.") from None
    except OSError as error:
        raise NotPosted(f"It can't be reached: {error.strerror or type(error).__name__}.") from None
    if status // 100 != 2:  # noqa: PLR2004 - the successes
        raise NotPosted(f"It answered {status}.")


def _split(url: str, *, anywhere: bool) -> SplitResult:
    try:
        target = urlsplit(url)
        usable = bool(target.hostname) and target.port != 0
    except ValueError:
        usable = False
    if not usable or not _VISIBLE.fullmatch(url):
        raise NotPosted("It is no URL, or has characters that are to be escaped in one.")
    if target.scheme != "https" and not (anywhere and target.scheme == "http"):
        raise NotPosted("It does not begin with https://.")
    if target.username is not None or target.password is not None or target.fragment:
        raise NotPosted("It holds a user, a password or a fragment.")
    return target


def _addresses(target: SplitResult, *, anywhere: bool) -> list[tuple[socket.AddressFamily, tuple[object, ...]]]:
    """Where the name leads; NotPosted if that is nowhere, or somewhere it must not."""
    assert target.hostname is not None
    port = target.port or _PORTS[target.scheme]
    try:
        found = socket.getaddrinfo(target.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotPosted("Its host is not to be found.") from None
    if not all(_may_lead_to(str(address[0]), anywhere=anywhere) for *_, address in found):
        raise NotPosted("It leads into a network of its own, not into the internet.")
    return [(family, address) for family, *_, address in found[:_MOST_ADDRESSES]]


def _may_lead_to(address: str, *, anywhere: bool) -> bool:
    its = _unwrapped(ip_address(address))
    if its == _AZURE or its.is_link_local or its.is_multicast or its.is_unspecified:
        return False
    return anywhere or (its.is_global and not its.is_reserved)


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if any(address in network for network in _TRANSLATED):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _connected(target: SplitResult, deadline: float, *, anywhere: bool) -> socket.socket:
    failure: OSError | None = None
    for family, address in _addresses(target, anywhere=anywhere):
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(_left(deadline) / 2)
            connection.connect(address)
            connection.settimeout(_left(deadline))
            if target.scheme == "https":
                # The certificate is held against the name, not against the address.
                return _trusting().wrap_socket(connection, server_hostname=target.hostname)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    assert failure is not None
    raise failure


@cache
def _trusting() -> ssl.SSLContext:
    return ssl.create_default_context()


def _request(target: SplitResult, body: bytes, headers: Mapping[str, str]) -> bytes:
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    sent = {"Host": target.netloc, **headers, "Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
    return "\r\n".join(lines).encode("ascii") + body


def _status(connection: socket.socket, deadline: float) -> int:
    """The status of the answer; what comes before it (1xx) is passed over, what comes after it is left unread."""
    head = b""
    while True:
        answered = _STATUS.match(head)
        if answered and not answered[1].startswith(b"1"):
            return int(answered[1])
        before, ended, after = head.partition(b"\r\n\r\n")
        if answered and ended:
            head = after
            continue
        if len(head) > _LONGEST_HEAD or (len(before) >= len(b"HTTP/1.1 200 ") and not answered):
            raise NotPosted("Its answer is no HTTP/1.1.")
        connection.settimeout(_left(deadline))
        received = connection.recv(4_096)
        if not received:
            raise NotPosted("It hung up without an answer.")
        head += received


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
