"""What is said of people rather than of faces: who goes on as whom, and each one's name, visibility and cover."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kanta_core.domain.corrections import Correction, CorrectionKind
from kanta_core.people.numbers.lineage import Lineage


@dataclass(frozen=True, slots=True)
class Traits:
    """What organisers gave a person; `cover` is the face that shows it."""

    name: str | None = None
    hidden: bool = False
    cover: uuid.UUID | None = None


def goes_on_as(
    known: Iterable[int],
    living: frozenset[int],
    *,
    joined: Mapping[int, tuple[int, int]],
    lineage: Lineage,
    made_out_of: Mapping[int, int],
) -> dict[int, int]:
    """Which of the `living` people each known number stands for; numbers of nobody are left out.

    A number with faces is its own. Else it is whom it was merged into by a correction (`joined`), then by the
    grouping, and a number that a split made, which was undone, is whom it was `made_out_of`.
    """
    found = {}
    for number in known:
        current, seen = number, {number}
        while current not in living:
            if current in joined:
                current = joined[current][0]
            elif current in lineage.merged_into:
                current = lineage.merged_into[current]
            elif current in made_out_of:
                current = made_out_of[current]
            else:
                break
            if current in seen:
                break
            seen.add(current)
        if current in living:
            found[number] = current
    return found


def traits_of(
    corrections: Sequence[Correction],
    person_of: Mapping[uuid.UUID, int],
    *,
    goes_on: Mapping[int, int],
    joined: Mapping[int, tuple[int, int]],
) -> dict[int, Traits]:
    """The traits of every person about whom something was said; `corrections` are the active ones, in order.

    Of visibility and cover the last word counts, whichever of its numbers it was said of. A person has the name
    given to its own number, or else the last that came with another.
    """
    hidden: dict[int, bool] = {}
    covers: dict[int, uuid.UUID | None] = {}
    names: dict[int, list[Correction]] = {}
    for correction in corrections:
        statement = correction.statement
        if statement.cluster_id is None or (person := goes_on.get(statement.cluster_id)) is None:
            continue
        if statement.kind is CorrectionKind.HIDE:
            hidden[person] = bool(statement.hidden)
        elif statement.kind is CorrectionKind.COVER:
            face = next(iter(statement.face_ids), None)
            if face is None or person_of.get(face) == person:
                covers[person] = face
        elif statement.kind is CorrectionKind.NAME:
            names.setdefault(person, []).append(correction)
    return {
        person: Traits(
            _name_of(person, names.get(person, []), joined), hidden.get(person, False), covers.get(person)
        )
        for person in {*hidden, *covers, *names}
    }


def _name_of(person: int, said: Sequence[Correction], joined: Mapping[int, tuple[int, int]]) -> str | None:
    last = {correction.statement.cluster_id: correction for correction in said}
    own = last.pop(person, None)
    if own is not None and own.statement.name is not None:
        return own.statement.name
    # Taking its name away takes those away that came with others until then.
    since = own.id if own is not None else 0
    for number, correction in sorted(last.items(), key=lambda item: -item[1].id):
        came = max(correction.id, joined.get(number or 0, (0, 0))[1])
        if correction.statement.name is not None and came > since:
            return correction.statement.name
    return None
