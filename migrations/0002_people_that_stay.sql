-- People that stay: what the grouping says beside what readers see, where numbers went, and what organisers corrected.

-- The person the grouping alone puts the face in. `cluster_id` is that after the corrections.
ALTER TABLE faces ADD COLUMN grouped_as integer NOT NULL DEFAULT -1;
UPDATE faces SET grouped_as = cluster_id;

ALTER TABLE people
    -- Rises with every change of the person's faces, name, visibility or cover.
    ADD COLUMN revision      bigint NOT NULL DEFAULT 1,
    ADD COLUMN hidden        boolean NOT NULL DEFAULT false,
    -- The face chosen to show the person; NULL: the best one does.
    ADD COLUMN cover_face_id uuid,
    -- In the grouping: the person this one's faces went on in, and the one they were born out of.
    ADD COLUMN merged_into   integer,
    ADD COLUMN split_from    integer,
    -- Whom readers find under this number while it has no faces of its own.
    ADD COLUMN goes_on_as    integer;

CREATE INDEX people_goes_on ON people (event_id, goes_on_as) WHERE goes_on_as IS NOT NULL;

CREATE TYPE correction_kind AS ENUM (
    'name', 'merge', 'split', 'move', 'not_this_person', 'never_group', 'hide', 'cover', 'one_person',
    'different_people');

-- What organisers stated, in order; an undone statement stays and counts for nothing.
CREATE TABLE corrections (
    event_id         uuid NOT NULL REFERENCES events ON DELETE CASCADE,
    -- Counts from 1 inside the event.
    id               integer NOT NULL,
    kind             correction_kind NOT NULL,
    -- The person it speaks of, and the one it speaks of beside it or made.
    cluster_id       integer,
    other_cluster_id integer,
    -- Faces, not places: they may be gone, and may come back.
    face_ids         uuid[] NOT NULL DEFAULT '{}',
    other_face_ids   uuid[] NOT NULL DEFAULT '{}',
    name             text,
    hidden           boolean,
    -- Numbers from this one on were given later.
    next_cluster_id  integer NOT NULL,
    made_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    undone_at        timestamptz,
    PRIMARY KEY (event_id, id),
    CONSTRAINT corrections_person CHECK (kind IN ('move', 'never_group') OR cluster_id IS NOT NULL),
    CONSTRAINT corrections_other CHECK (
        (other_cluster_id IS NOT NULL)
        = (kind IN ('merge', 'split', 'move', 'not_this_person', 'different_people'))),
    CONSTRAINT corrections_faces CHECK (
        face_ids <> '{}' OR kind NOT IN ('split', 'move', 'not_this_person', 'never_group')),
    CONSTRAINT corrections_hidden CHECK ((hidden IS NOT NULL) = (kind = 'hide'))
);

-- Names that were given by hand so far are statements like any other.
INSERT INTO corrections (event_id, id, kind, cluster_id, name, next_cluster_id)
SELECT p.event_id, row_number() OVER (PARTITION BY p.event_id ORDER BY p.cluster_id), 'name', p.cluster_id, p.name,
       e.next_cluster_id
  FROM people p JOIN events e ON e.id = p.event_id
 WHERE p.name IS NOT NULL;

-- Whoever changes a person's faces raises its revision: encoding, a recluster, a correction, a photo's removal.
CREATE FUNCTION raise_revisions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE people p SET revision = p.revision + 1
          FROM (SELECT DISTINCT event_id, cluster_id FROM came) c
         WHERE p.event_id = c.event_id AND p.cluster_id = c.cluster_id;
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE people p SET revision = p.revision + 1
          FROM (SELECT DISTINCT event_id, cluster_id FROM went) c
         WHERE p.event_id = c.event_id AND p.cluster_id = c.cluster_id;
    ELSE
        UPDATE people p SET revision = p.revision + 1
          FROM (SELECT w.event_id, unnest(ARRAY[w.cluster_id, c.cluster_id]) AS cluster_id
                  FROM went w JOIN came c ON c.event_id = w.event_id AND c.id = w.id
                 WHERE c.cluster_id <> w.cluster_id
                 GROUP BY 1, 2) c
         WHERE p.event_id = c.event_id AND p.cluster_id = c.cluster_id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER faces_came AFTER INSERT ON faces REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION raise_revisions();
CREATE TRIGGER faces_went AFTER DELETE ON faces REFERENCING OLD TABLE AS went
    FOR EACH STATEMENT EXECUTE FUNCTION raise_revisions();
CREATE TRIGGER faces_moved AFTER UPDATE ON faces REFERENCING OLD TABLE AS went NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION raise_revisions();
