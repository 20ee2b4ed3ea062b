"""What checkov finds is a finding, unless somebody gave a reason; and so is a reason for nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from checks import policies

Copied = Callable[..., Path]


# checkov takes seconds, so all that can be broken is broken at once.
def test_what_checkov_finds_or_can_not_read_and_reasons_for_nothing_are_findings(copied: Copied) -> None:
    root = copied("infra")
    breaks = (
        ("modules/storage.bicep", "allowSharedKeyAccess: false", "allowSharedKeyAccess: true"),
        ("modules/storage.bicep", "supportsHttpsTrafficOnly: true", "supportsHttpsTrafficOnly: false"),
        ("modules/vault.bicep", "enablePurgeProtection: true", "enablePurgeProtection: false"),
        ("modules/registry.bicep", "adminUserEnabled: false", "adminUserEnabled: true"),
        ("modules/network.bicep", "param name string", "param name = ="),
        ("exceptions.toml", "modules/storage.bicep", "modules/shortage.bicep"),
        ("exceptions.toml", 'reason = "Scanning is Defender', 'reason = "So." # "'),
    )
    for file, old, new in breaks:
        path = root / "infra" / file
        text = path.read_text(encoding="utf-8")
        assert old in text, (file, old)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    findings = policies.check(root)

    for part in (
        "modules/storage.bicep: CKV_AZURE_3 ",
        "modules/vault.bicep: CKV_AZURE_110 ",
        "modules/registry.bicep: CKV_AZURE_137 ",
        "checkov can't read modules/network.bicep",
        "modules/storage.bicep: CKV_AZURE_35 ",
        "the exception CKV_AZURE_35 for modules/shortage.bicep excepts nothing",
        "the exception CKV_AZURE_163 for modules/registry.bicep has no reason",
    ):
        assert [found for found in findings if part in found], (part, findings)
    assert not list((root / ".local").iterdir())
