"""The FastAPI application."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from kanta_core import __version__
from kanta_core.api import events, images, people, problems, search, system

_DESCRIPTION = """
Kanta finds every face in an event's photos, groups the faces into people, and gives each guest the photos they
are in.

Errors are problem documents (RFC 9457) with a stable `type`. Times are RFC 3339 in UTC. A `bbox` is in pixels of
the upright image. Links to photos are short-lived and read one photo each.
"""


def create_app() -> FastAPI:
    """The application. Swagger UI at /docs and ReDoc at /redoc bring their own assets: no internet is needed."""
    app: FastAPI = FastAPIOffline(
        title="Kanta",
        version=__version__,
        description=_DESCRIPTION,
        static_url="/docs/assets",
        # Our routes end without a slash, and a redirect would lose the body of an upload.
        redirect_slashes=False,
    )
    problems.install(app)
    for module in (system, events, images, people, search):
        app.include_router(module.router)
    return app
