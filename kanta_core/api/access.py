"""Who is let in: what a route asks of its callers, and that it asks before it reads what they sent."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.params import Depends, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from kanta_core.api import openapi
from kanta_core.api.dependencies import CallerOf, EventCode, ServicesOf
from kanta_core.domain.access import Caller, Scope
from kanta_core.domain.audit import acting
from kanta_core.errors import ScopeMissing, Unauthenticated
from kanta_core.pipeline.tokens import count_search, recognise

_FOR_ORGANISER = "organiser"
_BEARER = HTTPBearer(
    scheme_name="bearer",
    description="The organiser's key, which lets do everything, or a token of an event, which lets do there what "
    "its scopes say: `upload`, `search`, `browse`, or `manage`, which covers them. While access is open, on a "
    "laptop, none is asked for.",
    # It describes; the route has asked already.
    auto_error=False,
)


def needs(scope: Scope) -> Security:
    """What a route for the organiser, and for tokens of this scope, lists among its dependencies."""
    return Security(_BEARER, scopes=[scope])


def needs_organiser() -> Security:
    """The same of a route that is the organiser's alone."""
    return Security(_BEARER, scopes=[_FOR_ORGANISER])


def counted() -> Depends:
    """What a route that searches by face lists besides: a token has so many searches, and is asked to wait then.

    Looked at before the body is read, and for an event that is the caller's. Who manages it is not counted.
    """
    return Depends(_count)


def _count(event_code: EventCode, caller: CallerOf, its: ServicesOf) -> None:  # noqa: ARG001 - it has to be theirs
    if caller.token is not None and not caller.may(Scope.MANAGE):
        count_search(its, caller.token.id)


class GuardedRoute(APIRoute):
    """A route that knows who asks, and that they may, before it reads a body or looks at a parameter.

    FastAPI would parse the body before it asks any dependency. A route that does not say whom it is for can't be
    made. Handlers get the caller as `dependencies.CallerOf`.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - FastAPI's
        asked = [each for each in options.get("dependencies") or () if isinstance(each, Security)]
        if len(asked) != 1:
            raise TypeError(f"{endpoint.__name__} does not say whom it is for: needs() or needs_organiser()")
        (needed,) = asked[0].scopes or ()
        self._needed = None if needed == _FOR_ORGANISER else Scope(needed)
        refusals = openapi.problems_of(Unauthenticated, ScopeMissing)
        options["responses"] = {**refusals, **(options.get("responses") or {})}
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            request.state.caller = await run_in_threadpool(_admit, request, self._needed)
            with acting(request.state.caller):
                return await handle(request)

        return guarded


def _admit(request: Request, needed: Scope | None) -> Caller:
    caller = recognise(request.app.state.services(), _credential(request))
    if not caller.may(needed):
        raise ScopeMissing
    return caller


def _credential(request: Request) -> str | None:
    """What comes after `Authorization: Bearer`; None where nothing does, or where there are two to choose from."""
    given = request.headers.getlist("authorization")
    scheme, _, credential = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    return credential.strip(" ") or None if scheme.lower() == "bearer" else None
