"""Which HTTP function answers a request: ASP.NET's route templates, as far as functions use them.

https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from devhost.preflight import StartupError
from devhost.triggers import HttpTrigger

_PARAMETER = re.compile(r"\{(?P<stars>\*{0,2})(?P<name>\w+)(?::(?P<constraint>\w+))?(?P<optional>\?)?\}")
_CONSTRAINTS = {
    None: r"[^/]+",
    "alpha": r"[A-Za-z]+",
    "int": r"-?[0-9]+",
    "guid": r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
}


@dataclass(frozen=True)
class Match:
    """The function for a request, and what its route's parameters took, decoded."""

    function: str
    parameters: dict[str, str]


@dataclass(frozen=True)
class _Route:
    function: str
    methods: frozenset[str]
    pattern: re.Pattern[str]
    # Segment by segment: literal before constrained before plain before catch-all.
    rank: tuple[int, ...]


class Routes:
    """The routes of all HTTP functions under `prefix`. Raises StartupError for a template it can't read."""

    def __init__(self, triggers: Iterable[HttpTrigger], prefix: str) -> None:
        self._routes = sorted((_route(trigger, prefix) for trigger in triggers), key=lambda route: route.rank)

    def match(self, method: str, path: str) -> Match | None:
        """The function whose route takes `path`, percent-encoded as it came; the most particular one first."""
        for route in self._routes:
            if route.methods and method not in route.methods:
                continue
            found = route.pattern.fullmatch(path)
            if found:
                given = {name: unquote(value) for name, value in found.groupdict().items() if value is not None}
                return Match(route.function, given)
        return None


def _route(trigger: HttpTrigger, prefix: str) -> _Route:
    pattern, rank = "", []
    for segment in filter(None, f"{prefix}/{trigger.route}".split("/")):
        text, weight = _segment(trigger.function, segment)
        pattern += text
        rank.append(weight)
    return _Route(trigger.function, trigger.methods, re.compile(pattern + "/?", re.IGNORECASE), (*rank, 0))


def _segment(function: str, segment: str) -> tuple[str, int]:
    """One segment's pattern with the slash before it, and its weight."""
    parameter = _PARAMETER.fullmatch(segment)
    if parameter is None:
        if "{" in segment:
            raise StartupError(f"function {function}: the dev host can't read the route segment {segment!r}")
        return "/" + re.escape(segment), 1
    name, constraint = parameter["name"], parameter["constraint"]
    if constraint not in _CONSTRAINTS:
        raise StartupError(f"function {function}: the dev host has no route constraint {constraint!r}")
    if parameter["stars"]:
        return f"(?:/(?P<{name}>.*))?", 4
    text = f"/(?P<{name}>{_CONSTRAINTS[constraint]})"
    return f"(?:{text})?" if parameter["optional"] else text, 3 if constraint is None else 2
