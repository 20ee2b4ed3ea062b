"""What the routes ask for: the services, the code of an event, a number."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query
from pydantic import Field

from kanta_core.domain.codes import fold_code
from kanta_core.errors import EventNotFound
from kanta_core.services import Services, services

# PostgreSQL's integer: a larger number can be no image's and no person's.
Int4 = Annotated[int, Field(ge=-(2**31), lt=2**31)]

ServicesOf = Annotated[Services, Depends(services)]


def known_form(event_code: str) -> str:
    """The code, folded; what can't be a code is an unknown event's."""
    code = fold_code(event_code)
    if code is None:
        raise EventNotFound
    return code


def _in_query(event_code: Annotated[str, Query(description="The event's code; upper case is folded.")]) -> str:
    return known_form(event_code)


def _in_path(event_code: Annotated[str, Path(description="The event's code; upper case is folded.")]) -> str:
    return known_form(event_code)


EventCode = Annotated[str, Depends(_in_query)]
PathEventCode = Annotated[str, Depends(_in_path)]
