"""The endpoint that App Service and Container Apps give an app, where it asks for the tokens of its identity.

As in https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from tests.identity.authority import Authority

CLIENT = "6d0a5b5e-6b2c-4a44-9a0f-5a7f3c1c9e10"
STORAGE = "https://storage.azure.com"
DATABASE = "https://ossrdbms-aad.database.windows.net"
_HOUR = 3600.0


class IdentityEndpoint:
    """Gives tokens to whoever knows its secret and asks as CLIENT, for one of the two services.

    `seconds` is how long a token is good for, `audiences` for whom instead of whom was asked for; `given` are all
    tokens, by whom they were asked for.
    """

    def __init__(self, authority: Authority) -> None:
        self.seconds = _HOUR
        self.audiences: dict[str, str] = {}
        self.given: list[tuple[str, str]] = []
        self._authority = authority
        self._secret = secrets.token_hex(16)
        self._port = 0
        self._server: ThreadingHTTPServer | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the platform sets."""
        return {
            "IDENTITY_ENDPOINT": f"http://127.0.0.1:{self._port}/msi/token",
            "IDENTITY_HEADER": self._secret,
        }

    def start(self) -> None:
        """Answers, where it answered before."""
        its = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, answer = its.answer(self.path, self.headers.get("X-IDENTITY-HEADER", ""))
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing: tests read what was given."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        """Takes no connections until it is started again."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def answer(self, target: str, secret: str) -> tuple[HTTPStatus, dict[str, str]]:
        path, asked = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query))
        if not secrets.compare_digest(secret, self._secret):
            return HTTPStatus.UNAUTHORIZED, {"statusCode": "401", "message": "no such secret"}
        if path != "/msi/token" or asked.get("api-version") != "2019-08-01":
            return HTTPStatus.NOT_FOUND, {"statusCode": "404", "message": "no such version"}
        if asked.get("client_id") != CLIENT:
            return HTTPStatus.BAD_REQUEST, {"statusCode": "400", "message": "No User Assigned identity found"}
        resource = asked.get("resource", "")
        if resource not in (STORAGE, DATABASE):
            return HTTPStatus.BAD_REQUEST, {"statusCode": "400", "message": "no such resource"}
        audience = self.audiences.get(resource, resource)
        token = self._authority.token(audience, client_id=CLIENT, seconds=self.seconds)
        self.given.append((resource, token))
        return HTTPStatus.OK, {
            "access_token": token,
            "client_id": CLIENT,
            "expires_on": str(int(time.time() + self.seconds)),
            "resource": resource,
            "token_type": "Bearer",
        }
