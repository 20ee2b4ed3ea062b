"""A request finds the function that ASP.NET's routing would find."""

import pytest

from devhost.preflight import StartupError
from devhost.routes import Routes
from devhost.triggers import HttpTrigger


def routes(*templates: str, prefix: str = "") -> Routes:
    """Each template is a function of the same name, for every method."""
    return Routes([HttpTrigger(template, template, frozenset()) for template in templates], prefix)


@pytest.mark.parametrize(
    ("path", "function", "parameters"),
    [
        ("/a", "a", {}),
        ("/A/", "a", {}),
        ("/a/b", "a/{x}", {"x": "b"}),
        ("/a/7", "a/{x:int}", {"x": "7"}),
        ("/a/b%20c", "a/{x}", {"x": "b c"}),
        ("/a/b%2Fc", "a/{x}", {"x": "b/c"}),
        ("/a/b/c", "{*rest}", {"rest": "a/b/c"}),
        ("/", "{*rest}", {}),
        ("/o", "o/{y?}", {}),
        ("/o/1", "o/{y?}", {"y": "1"}),
    ],
)
def test_the_most_particular_route_takes_the_path(path: str, function: str, parameters: dict[str, str]) -> None:
    match = routes("{*rest}", "a/{x}", "a", "a/{x:int}", "o/{y?}").match("GET", path)
    assert match is not None
    assert (match.function, {name: value for name, value in match.parameters.items() if value}) == (
        function,
        parameters,
    )


def test_methods_that_a_route_does_not_list_pass_it_by() -> None:
    only_post = Routes([HttpTrigger("f", "f", frozenset({"POST"}))], "")
    assert only_post.match("GET", "/f") is None
    assert only_post.match("POST", "/f") is not None


def test_the_prefix_of_host_json_comes_first() -> None:
    assert routes("f", prefix="api").match("GET", "/f") is None
    assert routes("f", prefix="api").match("GET", "/api/f") is not None


@pytest.mark.parametrize("template", ["{a}-{b}", "{a:regex(^x$)}", "{a:float}"])
def test_a_template_the_dev_host_can_not_read_stops_the_start(template: str) -> None:
    with pytest.raises(StartupError):
        routes(template)
