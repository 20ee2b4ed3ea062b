"""Every operation of the OpenAPI document, with a request to it that makes sense."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2

from kanta_core.api.app import create_app
from kanta_core.domain.access import Scope
from kanta_core.domain.guests import CONSENT_VERSION
from tests.api import forms, photos
from tests.api.client import Api
from tests.api.credentials import KEY, Headers, bearer, make_token

# By the names of the parameters that speak of them.
Things = dict[str, str]

_numbers = itertools.count(1)

# What is sent as JSON about some things.
_BODIES: dict[str, Callable[[Things], dict[str, Any]]] = {
    "post /events": lambda _: {"event_code": f"new-{next(_numbers)}"},
    "put /events": lambda its: {"event_code": its["event_code"], "name": "Ada & Bob"},
    "delete /events": lambda its: {"event_code": its["event_code"]},
    "post /corrections/{event_code}": lambda its: {
        "kind": "hide",
        "cluster_id": its["cluster_id"],
        "revisions": {its["cluster_id"]: its["revision"]},
    },
    "post /tokens/{event_code}": lambda _: {"scopes": ["browse"]},
    "post /pics/{event_code}/deletions": lambda its: {"uuids": [its["uuid"]]},
    "post /pics/{event_code}/retries": lambda its: {"uuids": [its["uuid"]]},
    "post /upload-tickets/{event_code}": lambda _: {"files": [{"name": "a.jpg"}]},
    "post /invitations/{event_code}": lambda _: {},
    "post /exports/{event_code}": lambda _: {"kind": "csv"},
    # An address of the internet, so that no name is looked up; nothing is sent to it.
    "post /webhooks/{event_code}": lambda _: {"url": "https://1.1.1.1/kanta", "kinds": ["people.changed"]},
}


@dataclass(frozen=True)
class Operation:
    """One method of one path. `scope` is what a token needs for it, None where none will do."""

    method: str
    path: str
    described: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_public(self) -> bool:
        return "security" not in self.described

    @property
    def scope(self) -> Scope | None:
        ((needed,),) = (asked["bearer"] for asked in self.described["security"])
        return None if needed == "organiser" else Scope(needed)

    @property
    def is_about_the_caller(self) -> bool:
        """Whether it is about nothing but whoever asks, a guest."""
        return self.scope is Scope.GUEST and not self.parameters("path")

    def parameters(self, where: str) -> set[str]:
        return {each["name"] for each in self.described.get("parameters", []) if each["in"] == where}

    def ask(self, api: Api, its: Things, headers: Headers | dict[str, str], *, query: str = "") -> httpx2.Response:
        """The answer to a request about these things."""
        pairs = headers.items() if isinstance(headers, dict) else headers
        sent = [(name.encode(), value.encode("latin-1")) for name, value in pairs]
        content = self.described.get("requestBody", {}).get("content", {})
        body = b""
        if "application/json" in content:
            sent.append((b"Content-Type", b"application/json"))
            body = json.dumps(_BODIES[self.name](its)).encode()
        elif "image/*" in content:
            body = its["photo"].encode("latin-1")
        elif content:
            (form,) = content.values()
            (photo, *texts) = form["schema"]["properties"]
            sent += [(name.encode(), value.encode()) for name, value in forms.HEADERS.items()]
            body = b"".join(forms.part(its[name].encode(), f'name="{name}"') for name in texts)
            body += forms.photo(its["photo"].encode("latin-1"), "me.jpg", photo)
        if "event_code" in self.parameters("query"):
            query = f"event_code={its['event_code']}&{query}"
        return api.request(self.method, f"{self.path.format(**its)}?{query}", headers=sent, content=body)


def operations() -> Iterator[Operation]:
    for path, methods in create_app().openapi()["paths"].items():
        for method, described in methods.items():
            yield Operation(method, path, described)


GUARDED = [operation for operation in operations() if not operation.is_public]


def things_of(closed: Api, event: str) -> Things:
    """Something of each kind that the event has; its image and its token are new ones."""
    photo = photos.jpeg(1_000 + next(_numbers))
    image = closed.post(f"/pics/{event}", content=photo, headers=bearer(KEY)).json()["uuid"]
    token_id, _ = make_token(closed, event, [Scope.UPLOAD])
    people = closed.get("/clusters", params={"event_code": event, "hidden": True}, headers=bearer(KEY)).json()
    revision = next((str(person["revision"]) for person in people if person["cluster_id"] == 1), "1")
    found = {"event_code": event, "uuid": image, "token_id": token_id, "revision": revision}
    export = closed.post(f"/exports/{event}", json={"kind": "zip"}, headers=bearer(KEY))
    webhooks = closed.get(f"/webhooks/{event}", headers=bearer(KEY)).json()
    webhook = {"url": "https://1.1.1.1/kanta", "kinds": ["photo.encoded"]}
    webhooks = webhooks or [closed.post(f"/webhooks/{event}", json=webhook, headers=bearer(KEY)).json()]
    found |= {"export_id": export.json()["id"], "webhook_id": webhooks[0]["id"]}
    return {**NOTHING, **found, "cluster_id": "1", "correction_id": "1"}


# None of which is there.
NOTHING: Things = {
    "event_code": "nowhere",
    "uuid": str(uuid4()),
    "token_id": str(uuid4()),
    "export_id": str(uuid4()),
    "webhook_id": str(uuid4()),
    "cluster_id": "1",
    "correction_id": "4711",
    "revision": "1",
    "photo": photos.jpeg().decode("latin-1"),
    "consent": CONSENT_VERSION,
}
