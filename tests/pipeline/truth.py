"""What must be true of Kanta's rows whatever happened, and what they say once names and times are left out."""

from __future__ import annotations

import hashlib
from typing import Any

from kanta_core.storage.names import crop_name, thumbnail_name
from tests.pipeline.world import World

Summary = dict[str, Any]

# Each of these finds rows that contradict one another; the database's own constraints find the rest.
_CONTRADICTIONS = {
    "a duplicate of another's bytes": """
        SELECT i.blob_name FROM images i JOIN images h ON h.id = i.duplicate_of
         WHERE h.sha256 IS DISTINCT FROM i.sha256 OR h.status = 'duplicate'""",
    "a duplicate that shows other than its holder": """
        SELECT i.blob_name FROM images i JOIN images h ON h.id = i.duplicate_of
         WHERE (i.width, i.taken_at, i.encoder) IS DISTINCT FROM (h.width, h.taken_at, h.encoder)""",
    "another number of faces than the image says": """
        SELECT i.blob_name FROM images i
         WHERE i.faces <> (SELECT count(*) FROM faces f WHERE f.event_id = i.event_id AND f.image_id = i.id)""",
    "a face in a person that is not there": """
        SELECT f.id::text FROM faces f
         WHERE f.cluster_id <> -1 AND NOT EXISTS (
            SELECT FROM people p WHERE p.event_id = f.event_id AND p.cluster_id = f.cluster_id)""",
    "a number of nobody's that has faces": """
        SELECT p.cluster_id::text FROM people p JOIN faces f USING (event_id, cluster_id)
         WHERE p.goes_on_as IS NOT NULL""",
    "a face in a group that is not there": """
        SELECT f.id::text FROM faces f
         WHERE f.grouped_as <> -1 AND NOT EXISTS (
            SELECT FROM people p WHERE p.event_id = f.event_id AND p.cluster_id = f.grouped_as)""",
    "a number given before its turn": """
        SELECT p.cluster_id::text FROM people p JOIN events e ON e.id = p.event_id
         WHERE p.cluster_id >= e.next_cluster_id""",
    "a drop that waits for an event that is there": """
        SELECT d.blob_name FROM drops d JOIN event_codes c USING (code)""",
}
_NOTHING = hashlib.sha256(b"").digest()
# These are only contradictions once everything has settled.
_LEFT_OVER = {
    "pending": "SELECT blob_name FROM images WHERE status = 'pending' OR encode_again",
    "half erased": "SELECT id::text FROM events WHERE erasing",
    "people behind": "SELECT id::text FROM events WHERE people_revision <> faces_revision",
    "doomed and still known": "SELECT blob_name FROM doomed_blobs WHERE etag IS NOT NULL",
}


def check(world: World) -> None:
    """Once everything has settled: no two rows disagree, and every blob is in exactly one of them as it is."""
    for what, statement in (_CONTRADICTIONS | _LEFT_OVER).items():
        assert world.query(statement) == [], what
    stored = {blob.name: str(blob.etag).strip('"') for blob in world.photos.list_blobs()}
    known = {
        name: (etag, sha256) for name, etag, sha256 in world.query("SELECT blob_name, etag, sha256 FROM images")
    }
    drops = {name for (name,) in world.query("SELECT blob_name FROM drops")}
    assert known.keys() | drops == stored.keys()
    assert not known.keys() & drops
    for name, (etag, sha256) in known.items():
        assert etag == stored[name], name
        assert world.dropped.get(etag, sha256) == (sha256 or _NOTHING), name
    assert set(world.pictures.list_blob_names()) == pictures(world)


def pictures(world: World) -> set[str]:
    """The names of the pictures there should be: of each encoded photo one, and one of each face."""
    photos = world.query("SELECT event_id, sha256 FROM images WHERE status = 'encoded'")
    faces = world.query(
        "SELECT event_id, sha256, f.id FROM faces f JOIN images i USING (event_id) WHERE i.id = f.image_id"
    )
    return {thumbnail_name(*photo) for photo in photos} | {crop_name(*face) for face in faces}


def summary(world: World, mark: str) -> Summary:
    """What is there of the events whose codes end in `mark`, without ids, times, versions and the mark itself."""

    def plain(statement: str) -> list[Any]:
        rows = world.query(statement, {"codes": f"%{mark}", "blobs": f"%{mark}/%"})
        return sorted(tuple(str(value).replace(mark, "") for value in row) for row in rows)

    return {
        "codes": plain("SELECT code, is_current FROM event_codes WHERE code LIKE %(codes)s"),
        "images": plain(
            """SELECT split_part(i.blob_name, '/', 1), i.name, i.status, i.status_reason, i.faces, i.size,
                      i.width, i.height, i.file_extension, encode(i.sha256, 'hex'), i.last_error, h.name
                 FROM images i LEFT JOIN images h ON h.id = i.duplicate_of
                WHERE i.blob_name LIKE %(blobs)s"""
        ),
        "people": plain(
            """SELECT count(*), string_agg(i.name || ' ' || f.x, ', ' ORDER BY i.name, f.x)
                 FROM faces f JOIN images i ON i.id = f.image_id
                WHERE i.blob_name LIKE %(blobs)s GROUP BY f.event_id, f.cluster_id"""
        ),
        "drops": plain("SELECT blob_name, code FROM drops WHERE blob_name LIKE %(blobs)s"),
    }
