"""The pages: the organiser's at /, the guests' at /join, Swagger UI at /docs and ReDoc at /redoc."""

from __future__ import annotations

from importlib.resources import files
from os import PathLike, stat_result
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from kanta_core.api.dependencies import ServicesOf
from kanta_core.api.web import GUARDED, policy, web
from kanta_core.services import Services

# No script may make markup or code out of text, whatever it does with names that people chose.
_TRUSTED = {"require_trusted_types_for": "'script'", "trusted_types": "'none'"}
_SWAGGER_UI = policy(img_src="'self' data:")
# ReDoc puts two style elements into the page: an empty one, which it then fills rule by rule, and this text.
_REDOC = policy(
    img_src="'self' data:",
    style_src="'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' "
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='",
    worker_src="blob:",
)

router = APIRouter(include_in_schema=False)


def install(app: FastAPI) -> None:
    """Serve the pages and what they load; no internet is needed for any of them."""
    app.mount("/docs/assets", _Documentation(directory=str(files("fastapi_offline") / "static")))
    app.include_router(router)


@router.get("/")
def organiser(request: Request, its: ServicesOf) -> Response:
    """The organiser's page. Photos come from storage and go there, by links that the API signs."""
    return web().page("organiser.html", request, _with_storage(its))


@router.get("/join")
def guest(request: Request, its: ServicesOf) -> Response:
    """The guest's page. Which event it is about stands behind the #, which no server and no log sees."""
    return web().page("join.html", request, _with_storage(its))


@router.get("/docs")
def swagger_ui(request: Request) -> Response:
    """The API to try out."""
    return web().page("swagger.html", request, _SWAGGER_UI)


@router.get("/redoc")
def redoc(request: Request) -> Response:
    """The API to read."""
    return web().page("redoc.html", request, _REDOC)


@router.get("/assets/{version}/{name}")
def asset(version: str, name: str, request: Request) -> Response:
    """A file that a page loads."""
    found = web().asset(version, name, request)
    if found is None:
        raise HTTPException(404, "There is no such file.")
    return found


def _with_storage(its: Services) -> dict[str, str]:
    origin = its.blobs.origin
    return policy(connect_src=f"'self' {origin}", img_src=f"'self' {origin} blob: data:", **_TRUSTED)


class _Documentation(StaticFiles):
    """Swagger UI's and ReDoc's own files."""

    def file_response(
        self,
        full_path: str | PathLike[str],
        stat_result: stat_result,
        scope: Any,  # noqa: ANN401 - Starlette's
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(GUARDED)
        return response
