"""What the name of a blob in `photos` says: `{event_code}/{anything}`."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from kanta_core.domain.codes import fold_code

# Left behind by desktops in every folder that is copied as a whole.
_LITTER = frozenset({".ds_store", "thumbs.db"})
# What an upload ticket lets in lies in a folder of the ticket's own, which is no part of what a photo is called.
_TICKETS_FOLDER = re.compile(r"ticket-[0-9a-f]{12}/(?=.)")


@dataclass(frozen=True, slots=True)
class Drop:
    """A blob that names the event it belongs to. `code` is folded; `name` is the rest, as it was given."""

    blob_name: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Unaddressable:
    """A blob that no event can ever claim, and the sentence that says why."""

    blob_name: str
    problem: str


def ticket_folder() -> str:
    """A folder, with its slash, that no other upload ticket has."""
    return f"ticket-{uuid.uuid4().hex[:12]}/"


def is_litter(blob_name: str) -> bool:
    """Whether the name is a desktop's litter or a folder's, which nobody means as a photo."""
    return blob_name.endswith("/") or blob_name.rsplit("/", 1)[-1].lower() in _LITTER


def address(blob_name: str) -> Drop | Unaddressable:
    """Which event a blob is meant for, by its name alone."""
    prefix, slash, name = blob_name.partition("/")
    if not slash:
        return Unaddressable(blob_name, "The name has no event code: put photos under {event_code}/.")
    code = fold_code(prefix)
    if code is None:
        return Unaddressable(blob_name, "The first folder of the name is not a valid event code.")
    if {".", ".."} & set(blob_name.split("/")):
        # Every client takes such a path for another one on its way out: asked for this blob, it reads another.
        return Unaddressable(blob_name, "The name has a folder . or .., which no client can ask for.")
    ticket = _TICKETS_FOLDER.match(name)
    return Drop(blob_name, code, name[ticket.end() :] if ticket else name)
