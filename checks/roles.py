"""Roles: Kanta's identity has those that what the code calls needs, and no other.

What Kanta calls is read off kanta_core/storage; what the host, the scaler and Event Grid do is theirs to do and
stands here. From the operations follows the least built-in role that allows them all, and that one has to be in
the templates.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from azure.storage.blob import BlobClient, BlobLeaseClient, BlobServiceClient, ContainerClient
from azure.storage.queue import QueueClient, QueueServiceClient

from checks.templates import read, settled

_SDK: Final = (BlobServiceClient, ContainerClient, BlobClient, BlobLeaseClient, QueueServiceClient, QueueClient)

_KEY: Final = "blobServices/generateUserDelegationKey"
_CONTAINER: Final = "containers"
_BLOB: Final = "blobs"
_QUEUE: Final = "queues"
_MESSAGE: Final = "messages"

# What each method of the SDK asks Azure for: https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory
_METHODS: Final[dict[str, str | None]] = {
    "create_container": f"{_CONTAINER}/write",
    "exists": f"{_CONTAINER}/read",
    "get_blob_properties": f"{_BLOB}/read",
    "upload_blob": f"{_BLOB}/write",
    "stage_block": f"{_BLOB}/write",
    "commit_block_list": f"{_BLOB}/write",
    "set_blob_metadata": f"{_BLOB}/write",
    "delete_blob": f"{_BLOB}/delete",
    "walk_blobs": f"{_BLOB}/read",
    "acquire": f"{_BLOB}/write",
    "release": f"{_BLOB}/write",
    "renew": f"{_BLOB}/write",
    "break_lease": f"{_BLOB}/write",
    "get_user_delegation_key": _KEY,
    "create_queue": f"{_QUEUE}/write",
    "get_queue_properties": f"{_QUEUE}/read",
    "send_message": f"{_MESSAGE}/add",
    "peek_messages": f"{_MESSAGE}/read",
    # Of cors.py, which goes on where it is refused: the template has made the rule.
    "get_service_properties": None,
    "set_service_properties": None,
    # They ask nobody.
    "close": None,
    "from_connection_string": None,
    "get_blob_client": None,
    "get_container_client": None,
    "get_queue_client": None,
}
# Of the plain requests in transfer.py.
_REQUESTS: Final = {"GET": f"{_BLOB}/read", "PUT": f"{_BLOB}/write"}
# Links can do no more than whoever signs them: https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas
_SIGNED: Final = {
    "read": f"{_BLOB}/read",
    "create": f"{_BLOB}/write",
    "write": f"{_BLOB}/write",
    "list": f"{_BLOB}/read",
}
# What the Functions host does in the same account: leases and keys in containers of its own, and it takes messages
# and puts what failed aside. The scaler counts messages.
_HOSTS: Final = frozenset(
    {f"{_CONTAINER}/write", f"{_BLOB}/read", f"{_BLOB}/write", f"{_BLOB}/delete"}
    | {f"{_QUEUE}/read", f"{_QUEUE}/write", f"{_MESSAGE}/read", f"{_MESSAGE}/add", f"{_MESSAGE}/delete"}
)

# Built-in roles by id, and what each allows, the least first:
# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage
_BLOB_ROLES: Final[dict[str, set[str]]] = {
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": {f"{_CONTAINER}/read", f"{_BLOB}/read", _KEY},
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": {
        *(f"{_CONTAINER}/{verb}" for verb in ("read", "write", "delete")),
        *(f"{_BLOB}/{verb}" for verb in ("read", "write", "delete")),
        _KEY,
    },
}
_QUEUE_ROLES: Final[dict[str, set[str]]] = {
    "19e7f393-937e-4f77-808e-94535e297925": {f"{_QUEUE}/read", f"{_MESSAGE}/read"},
    "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a": {f"{_MESSAGE}/add"},
    "8a0f0c08-91a1-4084-bc3d-661d67233fed": {f"{_MESSAGE}/read", f"{_MESSAGE}/delete"},
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": {
        *(f"{_QUEUE}/{verb}" for verb in ("read", "write", "delete")),
        *(f"{_MESSAGE}/{verb}" for verb in ("read", "add", "delete")),
    },
}
_ACCOUNT: Final = "account"
# Roles beside the account's, by what they are for: the image is pulled, secrets are read, undelivered events kept.
_OTHERS: Final = {
    ("registry", "7f951dda-4ed3-4680-a7ca-43fe172d538d"),
    ("vault", "4633458b-17de-408a-b874-0445c86b69e6"),
    ("account::blobs::undelivered", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"),
}
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def check(root: Path) -> list[str]:
    """What the identity of the checkout `root` may not and has to, or may and has not to."""
    needed, findings = operations(root)
    wanted = {(_ACCOUNT, role) for role in _least(needed)} | _OTHERS
    given = set(_assigned(root))
    findings += [f"nobody is given the role {_called(role)} on {scope}" for scope, role in sorted(wanted - given)]
    findings += [f"nothing needs the role {_called(role)} on {scope}" for scope, role in sorted(given - wanted)]
    return findings


def operations(root: Path) -> tuple[set[str], list[str]]:
    """What the checkout's code and its host ask of the account, and a finding for each call nobody here knows."""
    methods = {name for kind in _SDK for name, _ in inspect.getmembers(kind, callable) if not name.startswith("_")}
    needed: set[str | None] = set(_HOSTS)
    findings: list[str] = []
    for path in sorted((root / "kanta_core" / "storage").glob("*.py")):
        for call in (
            node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
        ):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            where = f"kanta_core/storage/{path.name}, line {call.lineno}"
            if name in methods and isinstance(call.func, ast.Attribute):
                if name not in _METHODS:
                    findings.append(f"{where}: nobody knows which right {name} needs")
                needed.add(_METHODS.get(name))
            elif name == "_ask" and call.args and isinstance(call.args[0], ast.Constant):
                needed |= _known(_REQUESTS, {str(call.args[0].value)}, where, findings)
            elif name.endswith("SasPermissions"):
                # An account's key signs for itself; an identity's links need the identity's rights.
                needed |= _known(_SIGNED, {str(keyword.arg) for keyword in call.keywords}, where, findings)
    return {operation for operation in needed if operation}, findings


def _known(meaning: dict[str, str], words: set[str], where: str, findings: list[str]) -> set[str]:
    findings += [f"{where}: nobody knows which right {word} needs" for word in sorted(words - set(meaning))]
    return {meaning[word] for word in words & set(meaning)}


def _least(needed: set[str]) -> Iterator[str]:
    """Of blobs and of queues the first role that allows all of it."""
    for roles in (_BLOB_ROLES, _QUEUE_ROLES):
        ours = needed & set[str]().union(*roles.values())
        if ours:
            yield next((role for role, allows in roles.items() if ours <= allows), "that there is none for")


def _assigned(root: Path) -> Iterator[tuple[str, str]]:
    templates, _ = read(root)
    for template in templates:
        variables = template.parsed.get("variables", {})
        for its in template.resources.values():
            if its["type"] == "Microsoft.Authorization/roleAssignments":
                config = settled(its["config"])
                text = str(config["properties"]["roleDefinitionId"])
                named = [name for name in variables if f"'{name}'" in text]
                role = _ID.search(text) or _ID.search(str(variables[named[0]]["value"]) if named else "")
                yield _scope(config.get("scope")), role[0] if role else text


def _scope(scope: object) -> str:
    if isinstance(scope, dict):
        operands = scope.get("operator", {}).get("operands", {})
        return "::".join(_scope(operand) for operand in operands.values())
    return str(scope)


def _called(role: str) -> str:
    names = {
        "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
        "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
        "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
        "7f951dda-4ed3-4680-a7ca-43fe172d538d": "AcrPull",
        "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    }
    return names.get(role, role)
