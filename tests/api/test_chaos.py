"""Many clients doing everything at once to the same few events: each is answered, none with a 500."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from kanta_core.pipeline.sweep import sweep
from kanta_core.services import Services
from tests.api import photos
from tests.api.client import Api

CODES = ("gala", "party", "picnic")
CLIENTS = 8
STEPS = 25

# How often each is done, the method, the path, and what goes with it.
DEEDS: dict[str, tuple[int, str, str, dict[str, Any]]] = {
    "create": (4, "POST", "/events", {"json": {"event_code": "{code}"}}),
    "rename": (2, "PUT", "/events", {"json": {"event_code": "{code}", "new_event_code": "{other}"}}),
    "remove": (1, "DELETE", "/events", {"json": {"event_code": "{code}"}}),
    "picture": (1, "PUT", "/events/image/{code}", {"content": photos.png(1)}),
    "upload": (4, "POST", "/pics/{code}", {"content": photos.jpeg(1)}),
    "upload another": (4, "POST", "/pics/{code}", {"content": photos.jpeg(2)}),
    "look": (2, "GET", "/pics/{uuid}", {}),
    "retry": (1, "POST", "/pics/{code}/{uuid}/retry", {}),
    "delete": (2, "DELETE", "/pics/{code}/{uuid}", {}),
    "people": (1, "GET", "/clusters?event_code={code}", {}),
}


def test_clients_that_get_in_each_others_way_get_answers_all_the_same_and_leave_nothing_behind(
    api: Api, services: Services, stored: Callable[[], dict[str, object]]
) -> None:
    answers: Counter[tuple[str, int]] = Counter()

    def client(seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(STEPS):
            code, other = dice.choice(CODES), dice.choice(CODES)
            rows = api.get("/pics", params={"event_code": code}).json()
            uuid = dice.choice(rows)["uuid"] if isinstance(rows, list) and rows else UUID(int=0)
            (deed,) = dice.choices(list(DEEDS), [often for often, *_ in DEEDS.values()])
            _, method, path, body = DEEDS[deed]
            if "json" in body:
                body = {"json": {key: value.format(code=code, other=other) for key, value in body["json"].items()}}
            answer = api.request(method, path.format(code=code, uuid=uuid), **body)
            answers[deed, answer.status_code] += 1

    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(client, range(CLIENTS)))
    succeeded = {deed for deed, status in answers if status < 300}
    assert succeeded >= {"create", "upload", "look", "delete", "remove"}
    for event in api.get("/events").json()["events"]:
        assert api.request("DELETE", "/events", json={"event_code": event["code"]}).status_code == 204
    sweep(services)
    assert {name: left for name, left in stored().items() if left} == {}
