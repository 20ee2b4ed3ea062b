"""What the routes ask for: the services, who asks, the code of an event, a number."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Path, Query, Request
from pydantic import Field

from kanta_core.domain.access import Caller
from kanta_core.domain.codes import fold_code
from kanta_core.errors import EventNotFound
from kanta_core.services import Services

# PostgreSQL's integer: a larger number can be no image's and no person's.
Int4 = Annotated[int, Field(ge=-(2**31), lt=2**31)]


# Coroutines, these and those below: none of them waits, and handing each to a thread would.
async def _services(request: Request) -> Services:
    return cast("Services", request.app.state.services())


async def _caller(request: Request) -> Caller:
    return cast("Caller", request.state.caller)


ServicesOf = Annotated[Services, Depends(_services)]
CallerOf = Annotated[Caller, Depends(_caller)]


def known_form(event_code: str, caller: Caller) -> str:
    """The code, folded. What can't be a code is an unknown event's, and so is what the caller may not know of."""
    code = fold_code(event_code)
    if code is None or not caller.knows(code):
        raise EventNotFound
    return code


async def _in_query(
    event_code: Annotated[str, Query(description="The event's code; upper case is folded.")], caller: CallerOf
) -> str:
    return known_form(event_code, caller)


async def _in_path(
    event_code: Annotated[str, Path(description="The event's code; upper case is folded.")], caller: CallerOf
) -> str:
    return known_form(event_code, caller)


EventCode = Annotated[str, Depends(_in_query)]
PathEventCode = Annotated[str, Depends(_in_path)]


def public_url(request: Request, its: Services) -> str:
    """Where guests find this Kanta, without a slash at its end."""
    return its.settings.public_url or str(request.base_url).rstrip("/")
