"""Corrections: what organisers state about an event's people, obeyed by every later grouping."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CorrectionKind(StrEnum):
    """What can be stated."""

    NAME = "name"
    MERGE = "merge"
    SPLIT = "split"
    MOVE = "move"
    NOT_THIS_PERSON = "not_this_person"
    NEVER_GROUP = "never_group"
    HIDE = "hide"
    COVER = "cover"
    ONE_PERSON = "one_person"
    DIFFERENT_PEOPLE = "different_people"


# These make a person of faces that were another's.
MAKES_A_PERSON = frozenset({CorrectionKind.SPLIT, CorrectionKind.NOT_THIS_PERSON})


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one correction says; which fields count depends on its kind.

    name: `cluster_id` is called `name`; None takes its name away
    hide: `cluster_id` is shown or, `hidden`, not
    cover: `cluster_id` is shown by the one face of `face_ids`; without one by its best
    merge: `cluster_id`, with `face_ids`, goes on as `other_cluster_id`, with `other_face_ids`
    split: `face_ids` leave `cluster_id` as `other_cluster_id`; `other_face_ids` stay behind
    not_this_person: `face_ids` are not `cluster_id`, which `other_face_ids` are; when they would be, they are
        `other_cluster_id`
    one_person: `face_ids` are all `cluster_id`, as they are seen to be
    different_people: `cluster_id`, with `face_ids`, is not `other_cluster_id`, with `other_face_ids`
    move: `face_ids` are `other_cluster_id`
    never_group: `face_ids` are in no person
    """

    kind: CorrectionKind
    cluster_id: int | None = None
    other_cluster_id: int | None = None
    face_ids: tuple[uuid.UUID, ...] = ()
    other_face_ids: tuple[uuid.UUID, ...] = ()
    name: str | None = None
    hidden: bool | None = None

    @property
    def placed(self) -> tuple[uuid.UUID, ...]:
        """The faces that are where it puts them from then on, whatever the grouping says."""
        match self.kind:
            case CorrectionKind.MERGE:
                return self.face_ids + self.other_face_ids
            case (
                CorrectionKind.SPLIT | CorrectionKind.MOVE | CorrectionKind.NEVER_GROUP | CorrectionKind.ONE_PERSON
            ):
                return self.face_ids
            case _:
                return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A statement as it is kept: `id` counts inside the event, in the order in which they were made.

    Numbers from `next_cluster_id` on were given to people later. It counts for nothing once it is undone.
    """

    id: int
    statement: Statement
    next_cluster_id: int
    made_at: datetime
    undone_at: datetime | None
