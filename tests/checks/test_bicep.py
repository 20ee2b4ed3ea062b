"""Templates that are no Bicep, or don't fit together, are found before Azure finds them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from checks import bicep

ROOT = Path(__file__).parents[2]
Copied = Callable[..., Path]


@pytest.fixture
def checkout(copied: Copied) -> Path:
    return copied("infra", "azure.yaml")


def test_the_templates_fit_together() -> None:
    assert bicep.check(ROOT) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "finding"),
    [
        ("modules/vault.bicep", "param name string", "param name strin g =", "modules/vault.bicep is no Bicep"),
        (
            "main.bicep",
            "params: { name: name, location",
            "params: { location",
            "module identity is not given name",
        ),
        ("main.bicep", "    undeleteDays: its", "    undelete: its", "storage.bicep has no parameter undelete"),
        ("main.bicep", "'modules/registry.bicep'", "'modules/register.bicep'", "module registry is not there"),
        ("main.bicep", "identity.outputs.name", "identity.outputs.label", "identity.bicep has no output label"),
        ("main.bicep", "sku: its.storage.sku", "sku: its.storage.kind", "no size has storage.kind"),
        ("main.bicep", "name: bare\n", "name: bear\n", "nothing is called bear"),
        (
            "main.bicep",
            "environment.outputs.domain}'",
            "enviroment.outputs.domain}'",
            "nothing is called enviroment",
        ),
        (
            "main.bicep",
            "module budget 'modules/budget.bicep'",
            "module vault 'modules/budget.bicep'",
            "main.bicep: vault is declared 2 times",
        ),
        (
            "modules/environment.bicep",
            "output domain string",
            "output domain string = ''\noutput domain string",
            "environment.bicep: domain is declared 2 times",
        ),
        ("modules/budget.bicep", "amount: amount", "amount: 10", "nothing uses amount"),
        ("sizes/large.json", '"backupDays"', '"backUpDays"', "sizes/large.json lacks database.backupDays"),
        ("sizes/small.json", '"tier"', "tier", "sizes/small.json can't be loaded"),
        (
            "main.bicep",
            "module alerts 'modules/alerts.bicep'",
            "module alerts 'modules/budget.bicep'",
            "module alerts is not",
        ),
        ("modules/alerts.bicep", "'../workbook.json'", "'../work.json'", "../work.json can't be loaded"),
        (
            "modules/registry.bicep",
            "output name string",
            "output id string = registry.id\noutput name string",
            "nobody reads the output id",
        ),
        (
            "../azure.yaml",
            "hooks/release.sh",
            "hooks/rollout.sh",
            "azure.yaml does not run infra/hooks/release.sh",
        ),
        ("main.parameters.json", '"location"', '"region"', "disagree about location"),
        ("hooks/release.sh", ' "image=$image"', "", "release.sh does not give image to apps.bicep"),
        ("hooks/release.sh", "deploy subscription.bicep", "deploy subscriptions.bicep", "which is not there"),
        ("hooks/release.sh", "customDomains=", "domains=", "gives domains to apps.bicep"),
        ("hooks/release.sh", "extraSettings=", "moreSettings=", "gives moreSettings to apps.bicep"),
    ],
)
def test_what_does_not_fit_is_found(checkout: Path, file: str, old: str, new: str, finding: str) -> None:
    path = checkout / "infra" / file
    text = path.read_text(encoding="utf-8")
    assert old in text

    path.write_text(text.replace(old, new), encoding="utf-8")

    assert [found for found in bicep.check(checkout) if finding in found]


def test_a_template_that_nobody_deploys_is_found(checkout: Path) -> None:
    (checkout / "infra" / "modules" / "forgotten.bicep").write_text(
        "param name string\noutput name string = name\n"
    )

    assert bicep.check(checkout) == ["nobody deploys forgotten.bicep"]


def test_a_checkout_without_templates_is_found(tmp_path: Path) -> None:
    assert bicep.check(tmp_path) == ["infra/ has no Bicep file"]
