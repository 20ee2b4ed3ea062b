"""The FastAPI application."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI

from kanta_core import __version__
from kanta_core.api import (
    audit,
    bulk,
    corrections,
    events,
    exports,
    guests,
    images,
    invitations,
    me,
    pages,
    people,
    problems,
    reports,
    search,
    system,
    tokens,
    upload_tickets,
    webhooks,
)
from kanta_core.api.correlation import Correlated
from kanta_core.api.cors import Cors
from kanta_core.api.openapi import DocumentedApp
from kanta_core.services import Services, services

_DESCRIPTION = """
Kanta finds every face in an event's photos, groups the faces into people, and gives each guest the photos they
are in.

Everything but `/system/health` asks for `Authorization: Bearer …`: the organiser's key, or a token of the event
with the scope that the operation names. Another event's things are answered like things that do not exist.

Errors are problem documents (RFC 9457) with a stable `type` and the request's id. 429 and 503 say in `Retry-After`
when to ask again. Times are RFC 3339 in UTC. A `bbox` is in pixels of
the upright image. Links to photos are short-lived and read one photo each.
"""


def create_app(provide: Callable[[], Services] = services) -> FastAPI:
    """The application: every route, every error as a problem document, and the documentation pages.

    `provide` is asked for the services with every request; it fails while the settings are no good.
    """
    app = DocumentedApp(
        title="Kanta",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        # Our routes end without a slash, and a redirect would lose the body of an upload.
        redirect_slashes=False,
    )
    app.state.services = provide
    problems.install(app)
    app.add_middleware(Cors, provide=provide)
    # The last one comes first: whoever answers, the answer has an id.
    app.add_middleware(Correlated)
    pages.install(app)
    app.include_router(system.public)
    for module in (
        system,
        events,
        images,
        bulk,
        upload_tickets,
        people,
        corrections,
        reports,
        search,
        exports,
        webhooks,
        tokens,
        invitations,
        guests,
        me,
        audit,
    ):
        app.include_router(module.router)
    return app
