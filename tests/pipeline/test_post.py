"""Post: what somebody else's address may be, and that nothing it answers does any harm."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kanta_core.errors import Invalid
from kanta_core.pipeline import post as module
from kanta_core.pipeline.post import NotPosted, check_url, post
from tests.pipeline.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as its:
        yield its


@contextmanager
def answering(answer: bytes, *, then_wait: threading.Event | None = None) -> Iterator[str]:
    """A server that takes one request and answers these bytes; its URL."""

    def serve() -> None:
        connection, _ = server.accept()
        with closing(connection):
            connection.recv(65_536)
            connection.sendall(answer)
            if then_wait is not None:
                then_wait.wait(20)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hook"
        if then_wait is not None:
            then_wait.set()
        thread.join(10)


def test_a_request_arrives_as_it_was_sent(receiver: Receiver) -> None:
    post(f"{receiver.url}/hook?key=1", b'{"a": 1}', {"X-Name": "value"}, anywhere=True)
    (request,) = receiver.requests
    assert (request.path, request.body) == ("/hook?key=1", b'{"a": 1}')
    assert request.headers["X-Name"] == "value"
    assert request.headers["Host"] == receiver.url.removeprefix("http://")


@pytest.mark.parametrize("status", [301, 307, 400, 404, 410, 429, 500, 503])
def test_only_a_success_is_one_and_no_redirect_is_followed(receiver: Receiver, status: int) -> None:
    receiver.status = status
    with pytest.raises(NotPosted, match=re.escape(f"It answered {status}.")):
        post(receiver.url, b"{}", {}, anywhere=True)
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "hung up"),
        (b"HTTP/1.1 2", "hung up"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "no HTTP"),
        (b"x" * 100_000, "no HTTP"),
        (b"HTTP/1.1 200", "hung up"),
        (b"HTTP/2 200 OK\r\n\r\n", "no HTTP"),
    ],
)
def test_what_is_no_answer_is_none(answer: bytes, reason: str) -> None:
    with answering(answer) as url, pytest.raises(NotPosted, match=reason):
        post(url, b"{}", {}, anywhere=True)


def test_what_is_said_before_the_answer_is_passed_over() -> None:
    with answering(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n"
    ) as url:
        post(url, b"{}", {}, anywhere=True)


def test_however_slowly_it_answers_it_is_over_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SECONDS", 0.3)
    for beginning in (b"", b"HTTP/1.1 10"):
        began = time.monotonic()
        with answering(beginning, then_wait=threading.Event()) as url:
            with pytest.raises(NotPosted, match="did not answer within"):
                post(url, b"{}", {}, anywhere=True)
            assert time.monotonic() - began < 2


def test_one_that_feeds_an_endless_head_is_cut_off() -> None:
    endless = b"HTTP/1.1 100 Continue\r\n" + b"A: b\r\n" * 20_000
    with answering(endless) as url, pytest.raises(NotPosted, match="no HTTP"):
        post(url, b"{}", {}, anywhere=True)


def test_nobody_at_the_address_is_told(closed_port: int) -> None:
    with pytest.raises(NotPosted, match="can't be reached: Connection refused"):
        post(f"http://127.0.0.1:{closed_port}", b"{}", {}, anywhere=True)


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


OWN = [
    *("127.0.0.1", "127.1", "0.0.0.0", "10.0.0.4", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254"),
    *("168.63.129.16", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[ff02::1]"),
    *("[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]"),
    *("[2001:db8::1]", "localhost", "LOCALHOST."),
]


@pytest.mark.parametrize("host", OWN)
def test_nothing_is_sent_into_our_own_network(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object) -> None:
        raise AssertionError("something was connected to")

    monkeypatch.setattr(socket.socket, "connect", connect)
    url = f"https://{host}/latest/meta-data"
    with pytest.raises(Invalid, match=r"url: It leads into a network of its own|url: Its host is not to be found"):
        check_url(url, anywhere=False)
    with pytest.raises(NotPosted):
        post(url, b"{}", {}, anywhere=False)


@pytest.mark.parametrize("host", ["169.254.169.254", "168.63.129.16", "[::ffff:169.254.169.254]", "[fe80::1]"])
def test_what_a_cloud_tells_its_machines_is_nobodys_wherever_else_may_be_led(host: str) -> None:
    with pytest.raises(Invalid, match="network of its own"):
        check_url(f"http://{host}/", anywhere=True)


@pytest.mark.parametrize("host", ["1.1.1.1", "[2606:4700::1111]", "[64:ff9b::101:101]", "1.1.1.1:8443"])
def test_the_internet_may_be_led_to(host: str) -> None:
    check_url(f"https://{host}/hook", anywhere=False)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://1.1.1.1/",
            "ftp://1.1.1.1/",
            "//1.1.1.1/",
            "1.1.1.1",
            "",
            "https://",
            "https:///path",
            "file:///etc",
        ),
        *("https://user@1.1.1.1/", "https://:secret@1.1.1.1/", "https://1.1.1.1/#part", "https://1.1.1.1:0/"),
        *("https://1.1.1.1:99999/", "https://1.1.1.1:x/", "https://1.1.1.1/a b", "https://1.1.1.1/\r\nX: y"),
        *("https://1.1.1.1\\@10.0.0.1/", "https://[1.1.1.1/", "https://1.1.1.1/ä", "https://1.1.1.1/\0"),
        *("javascript:alert(1)", "gopher://1.1.1.1", " https://1.1.1.1/"),
    ],
)
def test_what_is_no_https_url_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="url: It"):
        check_url(url, anywhere=False)


def test_a_name_that_leads_elsewhere_at_the_second_look_is_looked_up_once(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(receiver.url.rsplit(":", 1)[1])
    answers = [("1.1.1.1", 443), ("127.0.0.1", port)]
    looked_up: list[str] = []
    connected: list[object] = []

    def look_up(host: str, *_: object, **__: object) -> list[object]:
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", answers[len(looked_up) - 1])]

    def connect(_: socket.socket, address: object) -> None:
        connected.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(NotPosted, match="refused"):
        post("https://rebinding.example/", b"{}", {}, anywhere=False)
    assert (looked_up, connected) == (["rebinding.example"], [("1.1.1.1", 443)])
    # And where one of several addresses is ours, none is connected to.
    answers.insert(1, ("10.0.0.1", 443))
    with pytest.raises(NotPosted, match="network of its own"):
        post("https://rebinding.example/", b"{}", {}, anywhere=False)
    assert len(connected) == 1


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that certifies itself, as a file to trust and as a server has it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - dt.timedelta(1), now + dt.timedelta(1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    trusted, private = folder / "certificate.pem", folder / "key.pem"
    trusted.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, private)
    return trusted, context


def test_a_certificate_is_held_against_the_name(
    certified: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted, context = certified
    with receiving(context) as receiver:
        with pytest.raises(NotPosted, match="certificate is no good: self-signed certificate"):
            post(receiver.url, b"{}", {}, anywhere=True)
        monkeypatch.setattr(module, "_trusting", lambda: ssl.create_default_context(cafile=str(trusted)))
        post(receiver.url, b"{}", {}, anywhere=True)
        with pytest.raises(NotPosted, match="certificate is no good: Hostname mismatch"):
            post(receiver.url.replace("127.0.0.1", "localhost"), b"{}", {}, anywhere=True)
        assert len(receiver.requests) == 1
