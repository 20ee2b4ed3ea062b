"""A party of many, written straight into the database: more people than an encoder could see in a test's time."""

from __future__ import annotations

import hashlib
import random
import uuid
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from pgvector import Vector
from pgvector.psycopg import register_vector

from kanta_core.domain.corrections import CorrectionKind, Statement
from kanta_core.domain.faces import EMBEDDING_SIZE, NO_PERSON
from kanta_core.pipeline.people.correct import Corrected, correct
from kanta_core.pipeline.people.recluster import recluster
from kanta_core.services import Services
from tests.pipeline.world import World

_COPY = """
    COPY faces (id, event_id, image_id, x, y, width, height, landmarks, score, quality, encoder, embedding)
    FROM STDIN (FORMAT BINARY)
"""
_TYPES = ["uuid", "uuid", "uuid", "int4", "int4", "int4", "int4", "int4[]", "float4", "float4", "text", "vector"]
# How far two embeddings of one person are: .3 in L2 distance at unit length.
_NOISE = 0.019


@dataclass
class Party:
    """Photos of one face each, of people who are told apart with ease."""

    world: World
    code: str
    seed: int = 1

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.seed)
        self._centres: dict[int, Any] = {}
        self._photos = 0
        event = self.world.event(self.code)
        assert event is not None
        self.event_id = event.id

    def photograph(self, shown: list[int]) -> list[uuid.UUID]:
        """One more photo of each of these people; the ids of the faces."""
        rows = [(uuid.uuid4(), uuid.uuid4(), self._embedding(person)) for person in shown]
        with psycopg.connect(self.world.settings.database_url) as connection:
            register_vector(connection)
            for face, image, _ in rows:
                self._photos += 1
                connection.execute(
                    """INSERT INTO images (id, event_id, blob_name, name, sha256, width, height, encoder, status,
                                           faces)
                       VALUES (%s, %s, %s, %s, %s, 640, 480, 'scripted', 'encoded', 1)""",
                    [image, self.event_id, f"{self.code}/{face}", str(face), hashlib.sha256(face.bytes).digest()],
                )
            with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
                copy.set_types(_TYPES)
                for face, image, embedding in rows:
                    copy.write_row(
                        (*(face, self.event_id, image), 0, 0, 80, 80, [0] * 10, 1.0, 0.8, "scripted", embedding)
                    )
            connection.execute(
                "UPDATE events SET faces_revision = faces_revision + 1 WHERE id = %s", [self.event_id]
            )
        return [face for face, _, _ in rows]

    def _embedding(self, person: int) -> Vector:
        if person not in self._centres:
            centre = self._random.normal(size=EMBEDDING_SIZE)
            self._centres[person] = centre / np.linalg.norm(centre)
        noise = self._random.normal(scale=_NOISE, size=EMBEDDING_SIZE)
        return Vector((self._centres[person] + noise).astype(np.float32))

    def group(self) -> None:
        """A full recluster, whether the faces changed or not."""
        self.world.query(
            "UPDATE events SET faces_revision = faces_revision + 1 WHERE id = %(id)s RETURNING 1",
            {"id": self.event_id},
        )
        recluster(self.world.services, self.event_id)

    def people(self) -> dict[uuid.UUID, int]:
        """The person of each face."""
        return dict(self.world.query("SELECT id, cluster_id FROM faces ORDER BY id"))

    def members(self) -> dict[int, list[uuid.UUID]]:
        """The faces of each person, those in none left out."""
        found: dict[int, list[uuid.UUID]] = {}
        for face, number in self.people().items():
            if number != NO_PERSON:
                found.setdefault(number, []).append(face)
        return found

    def revisions(self) -> dict[int, int]:
        return dict(self.world.query("SELECT cluster_id, revision FROM people"))

    def correct(self, services: Services | None = None, **values: Any) -> Corrected:  # noqa: ANN401 - a Statement's
        """A correction by somebody who has just looked."""
        statement = Statement(**values)
        now = self.revisions()
        named = [number for number in (statement.cluster_id, statement.other_cluster_id) if number is not None]
        return correct(
            services or self.world.services,
            self.code,
            statement,
            seen={number: now[number] for number in named},
        )

    def correct_at_random(self, chance: random.Random) -> Corrected:
        """Any correction that makes sense just now."""
        members = self.members()
        large = [number for number in sorted(members) if len(members[number]) > 2]
        kind = chance.choice(list(CorrectionKind))
        first, second = chance.sample(large, 2)
        some = tuple(chance.sample(members[first], chance.randint(1, len(members[first]) // 2)))
        values: dict[CorrectionKind, dict[str, Any]] = {
            CorrectionKind.NAME: {"cluster_id": first, "name": f"guest {first}"},
            CorrectionKind.HIDE: {"cluster_id": first, "hidden": chance.random() < 0.7},
            CorrectionKind.COVER: {"cluster_id": first, "face_ids": some[:1]},
            CorrectionKind.MERGE: {"cluster_id": first, "other_cluster_id": second},
            CorrectionKind.ONE_PERSON: {"cluster_id": first},
            CorrectionKind.DIFFERENT_PEOPLE: {"cluster_id": first, "other_cluster_id": second},
            CorrectionKind.SPLIT: {"cluster_id": first, "face_ids": some},
            CorrectionKind.NOT_THIS_PERSON: {"cluster_id": first, "face_ids": some},
            CorrectionKind.MOVE: {"face_ids": some, "other_cluster_id": second},
            CorrectionKind.NEVER_GROUP: {"face_ids": some[:1]},
        }
        return self.correct(kind=kind, **values[kind])
