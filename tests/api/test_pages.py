"""The pages: what they are sent with, and that they load nothing that isn't ours."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from kanta_core.services import Services
from tests.api.client import Api, problem


@pytest.fixture
def services(lasting_services: Services) -> Services:
    """One for all: pages are what they are."""
    return lasting_services


PAGES = ("/", "/join", "/docs", "/redoc")


def policy_of(api: Api, path: str) -> dict[str, list[str]]:
    rules = api.get(path).headers["content-security-policy"].split("; ")
    return {rule.split()[0]: rule.split()[1:] for rule in rules}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_no_script_and_takes_no_style_but_from_files_of_ours(api: Api, path: str) -> None:
    policy = policy_of(api, path)
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["form-action"] == ["'self'"]
    assert policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    # A hash lets one text in, and only where a page can't do without.
    assert {source for source in policy["style-src"] if not source.startswith("'sha256-")} == {"'self'"}
    sources = {source for rule in policy.values() for source in rule}
    assert not sources & {"'unsafe-inline'", "'unsafe-eval'", "'unsafe-hashes'", "*", "http:", "https:"}
    headers = api.get(path).headers
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")


def test_the_documentation_asks_nobody_but_kanta(api: Api) -> None:
    for page in ("/docs", "/redoc"):
        assert policy_of(api, page)["connect-src"] == ["'self'"], page


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_script_and_no_style_in_it(api: Api, path: str) -> None:
    page = api.get(path).text
    assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=", page)
    assert not re.findall(r"https?://", page)


def test_photos_may_come_from_and_go_to_where_links_lead_and_nowhere_else(
    api: Api, event: str, obama: bytes
) -> None:
    link = urlsplit(api.post(f"/pics/{event}", content=obama).json()["blob_url"])
    for page in ("/", "/join"):
        policy = policy_of(api, page)
        storage = f"{link.scheme}://{link.netloc}"
        assert policy["img-src"] == ["'self'", storage, "blob:", "data:"], page
        assert policy["connect-src"] == ["'self'", storage], page
        assert policy["require-trusted-types-for"] == ["'script'"], page


@pytest.mark.parametrize("page", ["/", "/join"])
def test_every_file_is_kept_for_ever_under_its_version_and_asked_for_anew_under_another(
    api: Api, page: str
) -> None:
    files = re.findall(r'"(/assets/[^"]+)"', api.get(page).text)
    assert {file.rpartition(".")[2] for file in files} == {"css", "js", "svg"}
    for file in files:
        answer = api.get(file)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable", file
        assert answer.headers["x-content-type-options"] == "nosniff", file
        version = file.split("/")[2]
        other = api.get(file.replace(version, "another"))
        assert (other.content, other.headers["cache-control"]) == (answer.content, "no-cache")


@pytest.mark.parametrize(("page", "first"), [("/", "main.js"), ("/join", "join.js")])
def test_every_module_that_a_module_imports_is_there(api: Api, page: str, first: str) -> None:
    (start,) = re.findall(rf'src="(/assets/[^"]+/){first}"', api.get(page).text)
    known, todo = set[str](), [first]
    while todo:
        name = todo.pop()
        known.add(name)
        answer = api.get(start + name)
        assert answer.status_code == 200, name
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        todo += set(re.findall(r'(?:from|import|import\() ?"\./([^"]+)"', answer.text)) - known
    assert len(known) > 10


def test_who_has_a_page_already_is_sent_nothing_and_others_may_have_it_packed(api: Api) -> None:
    plain = api.get("/", headers={"Accept-Encoding": "identity"})
    again = api.get("/", headers={"If-None-Match": plain.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == plain.headers["content-security-policy"]
    packed = api.get("/", headers={"Accept-Encoding": "gzip"})
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert int(packed.headers["content-length"]) < len(plain.content) == len(packed.content)


@pytest.mark.parametrize("name", ["nothing.js", "organiser.html", "..", "%2e%2e%2fsettings.py"])
def test_no_other_file_is_served(api: Api, name: str) -> None:
    problem(api.get(f"/assets/any/{name}"), 404, "not-found")
