"""A release runs the migrations before any app sees the image, waits for each step, and stops where one fails.

There is no Azure here: `az` and `curl` are one of our own that answers as told. What is real is the script.
"""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "infra" / "hooks" / "release.sh"
AZ = Path(__file__).with_name("az.py")
IMAGE = "kanta.azurecr.io/kanta@sha256:0001"
ANSWERS: dict[str, list[str | None]] = {
    "acr show": ["kanta.azurecr.io"],
    "acr repository show": ["sha256:0002"],
    "containerapp job start": ["kanta-1-migrate-x"],
    "containerapp job execution show": ["Running", "Running", "Succeeded"],
    "deployment group create": [""],
    "deployment group show": ['[{"name": "http"}]'],
    "containerapp show --resource-group rg-kanta --name kanta-1-encode --query": ["encode.example"],
    "containerapp show": ["Succeeded\nkanta--2\nkanta--1", "Succeeded\nkanta--2\nkanta--2"],
    "rest --method GET": ["[]"],
    "rest --method PATCH": [""],
    "acr build": [""],
    "curl": [""],
}


@dataclass(frozen=True)
class Released:
    """How it ended, what it said, and each command it gave, as the words of one line."""

    status: int
    said: str
    errors: str
    asked: list[list[str]]

    def steps(self) -> list[str]:
        """The commands that change something, and what they are about."""
        deployed = [(words, [w for w in words if w.endswith(".bicep")]) for words in self.asked]
        steps = []
        for words, templates in deployed:
            if templates:
                steps.append(Path(templates[0]).name)
            elif words[:2] == ["acr", "build"] or words[:3] == ["containerapp", "job", "start"]:
                steps.append(" ".join(words[:3] if words[0] == "containerapp" else words[:2]))
            elif words[:3] == ["rest", "--method", "PATCH"]:
                steps.append("scale rules")
            elif words[0] == "curl":
                steps.append("wake up")
        return steps


Release = Callable[..., Released]


def _given(released: Released, template: str) -> list[str]:
    """The words of the command that deploys it."""
    return next(words for words in released.asked if any(word.endswith(template) for word in words))


@pytest.fixture
def release(tmp_path: Path) -> Release:
    """Runs the script with those answers of `az` instead of ANSWERS, and those settings."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    for name, command in (("az", ""), ("curl", "curl")):
        program = bin_ / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{AZ}" {command} "$@"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def run(answers: Mapping[str, list[str | None]] | None = None, **settings: str) -> Released:
        environment = {
            "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}",
            "AZ_STATE": str(tmp_path),
            "AZ_ANSWERS": json.dumps(ANSWERS | dict(answers or {})),
            "AZURE_SUBSCRIPTION_ID": "subscription-1",
            "AZURE_RESOURCE_GROUP": "rg-kanta",
            "KANTA_NAME": "kanta-1",
            "KANTA_REGISTRY": "kanta1",
            "KANTA_IMAGE": IMAGE,
            "KANTA_RELEASE_PAUSE": "0.01",
        }
        done = subprocess.run(
            [str(SCRIPT)], env=environment | settings, capture_output=True, text=True, timeout=60, check=False
        )
        log = tmp_path / "asked"
        asked = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return Released(done.returncode, done.stdout, done.stderr, asked)

    return run


def test_the_migrations_come_before_the_apps_and_the_events_last(release: Release) -> None:
    released = release(
        KANTA_SIZE="large",
        KANTA_PUBLIC_URL="https://photos.example",
        KANTA_CORS_ORIGINS="https://one.example, https://two.example",
    )

    assert released.status == 0, released.errors
    assert released.steps() == [
        "migration.bicep",
        "containerapp job start",
        "apps.bicep",
        *["scale rules"] * 3,
        "wake up",
        "subscription.bicep",
    ]
    given = _given(released, "apps.bicep")
    for parameter in (
        f"image={IMAGE}",
        "size=large",
        "publicUrl=https://photos.example",
        "corsOrigins=https://one.example, https://two.example",
        "extraSettings={}",
        "customDomains=[]",
    ):
        assert parameter in given
    assert "https://encode.example/admin/host/ping" in next(w for w in released.asked if w[0] == "curl")


def test_every_command_is_told_azds_subscription(release: Release) -> None:
    released = release(KANTA_IMAGE="", KANTA_BASE_DIGEST="sha256:base")

    for words in released.asked:
        if words[0] != "curl":
            assert words[words.index("--subscription") + 1] == "subscription-1", words


def test_a_budget_without_a_beginning_is_said_to_be_none(release: Release) -> None:
    assert "there is no budget" in release(KANTA_MONTHLY_BUDGET="100").said
    assert "there is no budget" not in release(KANTA_MONTHLY_BUDGET="100", KANTA_BUDGET_START="2027-01-01").said
    assert "there is no budget" not in release(KANTA_MONTHLY_BUDGET="0").said


def test_custom_domains_outlive_a_release(release: Release) -> None:
    bound = '[{"name": "photos.example", "bindingType": "SniEnabled", "certificateId": "c1"}]'

    released = release({"rest --method GET": [bound]})

    assert f"customDomains={bound}" in _given(released, "apps.bicep")


def test_a_release_that_can_not_see_the_custom_domains_changes_no_app(release: Release) -> None:
    released = release({"rest --method GET": [None]})

    assert released.status == 1
    assert "the custom domains are not known" in released.errors
    assert "apps.bicep" not in released.steps()


def test_each_app_gets_the_scale_rules_of_its_own_template(release: Release) -> None:
    released = release()

    sent = [words for words in released.asked if words[:3] == ["rest", "--method", "PATCH"]]
    apps = [re.search(r"containerApps/([\w-]+)\?", " ".join(words)) for words in sent]
    assert [app and app[1] for app in apps] == ["kanta-1-http", "kanta-1-encode", "kanta-1-recluster"]
    for words in sent:
        scale = json.loads(words[words.index("--body") + 1])["properties"]["template"]["scale"]
        assert scale == {"allowScalingRuleOverride": True, "rules": [{"name": "http"}]}
        version = words[words.index("--url") + 1].partition("?api-version=")[2]
        template = (ROOT / "infra" / "release" / "app.bicep").read_text()
        assert f"resource app 'Microsoft.App/containerApps@{version}'" in template


def test_an_image_is_built_and_released_by_its_digest(release: Release, tmp_path: Path) -> None:
    released = release(KANTA_IMAGE="", KANTA_BASE_DIGEST="sha256:base")

    assert released.status == 0, released.errors
    assert released.steps()[0] == "acr build"
    built = released.asked[0]
    assert "BASE_DIGEST=sha256:base" in built
    sent = (tmp_path / "sent").read_text().splitlines()
    assert {"Dockerfile", ".dockerignore", "function_app.py", "requirements/models.txt"} <= set(sent)
    above = {Path(name).parts[0] for name in sent}
    assert {"kanta_core", "migrations", "native"} <= above
    assert not {".git", ".local", ".venv", "tests", "local.settings.json"} & above
    context = next(Path(word) for word in built if Path(word).is_absolute())
    assert context.parent == ROOT / ".local"
    assert not context.exists()
    assert "releasing kanta.azurecr.io/kanta@sha256:0002" in released.said


@pytest.mark.parametrize("status", ["Failed", "Stopped", "Degraded"])
def test_migrations_that_fail_end_the_release_and_leave_the_apps(release: Release, status: str) -> None:
    released = release({"containerapp job execution show": ["Running", status]})

    assert released.status == 1
    assert released.steps() == ["migration.bicep", "containerapp job start"]
    assert f"the migrations ended as {status}" in released.errors
    assert (
        "az containerapp job logs show --subscription subscription-1 -g rg-kanta -n kanta-1-migrate"
        in released.errors
    )


def test_migrations_that_never_end_are_waited_for_no_longer_than_said(release: Release) -> None:
    released = release({"containerapp job execution show": ["Running"]}, KANTA_MIGRATION_SECONDS="1")

    assert released.status == 1
    assert "took more than 1 s: still Running" in released.errors
    assert "apps.bicep" not in released.steps()


def test_a_look_that_fails_once_ends_no_release(release: Release) -> None:
    released = release({"containerapp job execution show": ["Running", None, "Succeeded"]})

    assert released.status == 0, released.errors


def test_an_app_that_gets_not_ready_ends_the_release(release: Release) -> None:
    released = release({"containerapp show": ["Succeeded\nkanta--2\nkanta--1"]}, KANTA_REVISION_SECONDS="1")

    assert released.status == 1
    assert "the app http is not ready after 1 s" in released.errors
    assert "subscription.bicep" not in released.steps()


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("deployment group create", "migration.bicep could not be deployed"),
        ("containerapp job start", "the migration job could not be started"),
        ("rest --method PATCH", "the app http got no scale rules"),
        ("curl", "the app encode does not answer"),
        ("acr build", "the image could not be built"),
    ],
)
def test_whatever_azure_refuses_ends_the_release_by_name(release: Release, command: str, sentence: str) -> None:
    building = {"KANTA_IMAGE": "", "KANTA_BASE_DIGEST": "sha256:base"} if command == "acr build" else {}

    released = release({command: [None]}, **building)

    assert released.status == 1
    assert sentence in released.errors


def test_without_what_azd_sets_nothing_is_done(release: Release) -> None:
    released = release(KANTA_NAME="")

    assert released.status != 0
    assert "KANTA_NAME" in released.errors
    assert released.asked == []
