"""What an answer says of the list it is a page of, in its headers: how long it is, and where it goes on."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import Request, Response

TOTAL = "X-Total-Count"
_PLACES = frozenset({"cursor", "offset"})

# What operations that answer with a page say of its headers.
HEADERS = {
    TOTAL: {"description": "How many there are in all.", "schema": {"type": "integer"}},
    "Link": {
        "description": 'The next page (RFC 8288), rel="next"; left out on the last one.',
        "schema": {"type": "string"},
    },
}


def tell(request: Request, response: Response, *, total: int, cursor: str | None) -> None:
    """Put into the answer how many there are, and a link to the page after this one, with all other filters."""
    response.headers[TOTAL] = str(total)
    if cursor is not None:
        asked = [(name, value) for name, value in request.query_params.multi_items() if name not in _PLACES]
        # Relative: whoever is in between may serve Kanta under another name.
        response.headers["Link"] = f'<{request.url.path}?{urlencode([*asked, ("cursor", cursor)])}>; rel="next"'
