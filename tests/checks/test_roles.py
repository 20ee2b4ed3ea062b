"""A role too many is found, and one too few, and a call whose rights nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from checks import roles

ROOT = Path(__file__).parents[2]
Copied = Callable[..., Path]
STORAGE, BLOBS = "infra/modules/storage.bicep", "kanta_core/storage/blobs.py"
OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
CALL = "\n\ndef more(client: BlobClient) -> None:\n    client."


@pytest.fixture
def checkout(copied: Copied) -> Path:
    return copied("infra", "kanta_core/storage")


def test_kanta_may_do_what_it_does_and_no_more() -> None:
    assert roles.check(ROOT) == []


def test_what_kanta_asks_for_is_read_off_its_code(checkout: Path) -> None:
    with_links = roles.operations(checkout)[0]
    (checkout / "kanta_core" / "storage" / "keys.py").unlink()

    assert with_links - roles.operations(checkout)[0] == {"blobServices/generateUserDelegationKey"}


@pytest.mark.parametrize(
    ("file", "old", "new", "findings"),
    [
        (
            STORAGE,
            "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
            OWNER,
            (
                "nobody is given the role Storage Blob Data Contributor on account",
                f"nothing needs the role {OWNER}",
            ),
        ),
        (
            STORAGE,
            "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
            "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
            ("nothing needs the role Storage Blob Data Reader",),
        ),
        (
            STORAGE,
            "resource queueRole 'Microsoft.Authorization/roleAssignments@",
            "resource queueRole 'Microsoft.Authorization/locks@",
            ("nobody is given the role Storage Queue Data Contributor on account",),
        ),
        (
            "infra/modules/registry.bicep",
            "7f951dda-4ed3-4680-a7ca-43fe172d538d",
            "8311e382-0749-4cb8-b61a-304f252e45ec",
            ("nobody is given the role AcrPull", "nothing needs the role 8311e382"),
        ),
        (
            "infra/modules/vault.bicep",
            "scope: vault\n  properties: {\n    description",
            "scope: account\n  properties: {\n    description",
            ("nobody is given the role Key Vault Secrets User on vault",),
        ),
        (BLOBS, "", f"{CALL}set_blob_tags()\n", ("nobody knows which right set_blob_tags needs",)),
        (BLOBS, "", "\n\nBlobSasPermissions(permanent_delete=True)\n", ("which right permanent_delete needs",)),
        ("kanta_core/storage/transfer.py", '_ask("PUT"', '_ask("PATCH"', ("which right PATCH needs",)),
    ],
)
def test_a_right_too_many_or_too_few_is_found(
    checkout: Path, file: str, old: str, new: str, findings: tuple[str, ...]
) -> None:
    path = checkout / file
    text = path.read_text(encoding="utf-8")
    assert old in text

    path.write_text(text.replace(old, new, 1) if old else text + new, encoding="utf-8")

    found = roles.check(checkout)
    for part in findings:
        assert [line for line in found if part in line], found
