-- Events, their images, the faces in them and the people those make.

CREATE EXTENSION IF NOT EXISTS vector;

CREATE TABLE events (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name                text,
    description         text,
    start_date_time     timestamptz,
    end_date_time       timestamptz,
    -- The blob of the event's picture in the container `event-images`.
    image_blob          text,
    created_at          timestamptz NOT NULL DEFAULT now(),
    last_modified       timestamptz NOT NULL DEFAULT now(),
    -- faces_revision rises with every change of the event's faces; the people reflect people_revision.
    faces_revision      bigint NOT NULL DEFAULT 0,
    people_revision     bigint NOT NULL DEFAULT 0,
    -- When a recluster was last asked for and not finished since.
    recluster_queued_at timestamptz,
    next_cluster_id     integer NOT NULL DEFAULT 1,
    -- Set while the event is being erased: nobody sees it any more, its codes are not free yet.
    erasing             boolean NOT NULL DEFAULT false,
    CONSTRAINT events_end_after_start CHECK (end_date_time >= start_date_time),
    CONSTRAINT events_people_not_ahead CHECK (people_revision <= faces_revision)
);

CREATE INDEX events_changed ON events (id) WHERE faces_revision > people_revision;

-- Every code an event ever had goes on leading to it; one of them is current.
CREATE TABLE event_codes (
    code       text COLLATE "C" PRIMARY KEY,
    event_id   uuid NOT NULL REFERENCES events ON DELETE CASCADE,
    is_current boolean NOT NULL,
    CONSTRAINT event_codes_form CHECK (code ~ '^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$')
);

CREATE INDEX event_codes_event ON event_codes (event_id);
CREATE UNIQUE INDEX event_codes_one_current ON event_codes (event_id) WHERE is_current;

CREATE TYPE image_status AS ENUM ('pending', 'encoded', 'duplicate', 'rejected', 'failed');

-- One row per blob of an event.
CREATE TABLE images (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    event_id       uuid NOT NULL REFERENCES events ON DELETE CASCADE,
    blob_name      text COLLATE "C" NOT NULL,
    -- What people know the photo by: the uploaded file's name, or the drop's path.
    name           text NOT NULL,
    -- Of the version of the blob that this row speaks of; NULL until it was read.
    etag           text,
    sha256         bytea,
    size           bigint,
    file_extension text,
    width          integer,
    height         integer,
    -- What the camera's clock showed, in whatever zone it was set to.
    taken_at       timestamp,
    -- Which encoder looked at the bytes; once one has, their thumbnail is there.
    encoder        text,
    faces          integer NOT NULL DEFAULT 0,
    status         image_status NOT NULL DEFAULT 'pending',
    status_reason  text,
    -- What the last try that did not end well said; becomes the reason when tries run out.
    last_error     text,
    -- The image of the event that holds the same bytes.
    duplicate_of   uuid,
    -- Whether it is to be encoded once more; until then it goes on with the faces it has.
    encode_again   boolean NOT NULL DEFAULT false,
    -- When the image was last put on the encode queue by the sweep and not heard of since.
    queued_at      timestamptz,
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_modified  timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT images_blob UNIQUE (blob_name),
    -- What faces refer to, so that a cascade looks into one partition only.
    CONSTRAINT images_of_event UNIQUE (event_id, id),
    CONSTRAINT images_duplicate_of FOREIGN KEY (event_id, duplicate_of) REFERENCES images (event_id, id),
    CONSTRAINT images_sha256_form CHECK (octet_length(sha256) = 32),
    CONSTRAINT images_duplicate CHECK ((duplicate_of IS NOT NULL) = (status = 'duplicate')),
    CONSTRAINT images_encoded CHECK (status <> 'encoded' OR (sha256, width, height, encoder) IS NOT NULL),
    CONSTRAINT images_encode_again CHECK (status = 'encoded' OR NOT encode_again),
    CONSTRAINT images_faces CHECK (faces = 0 OR status = 'encoded')
);

-- One image holds the bytes; the others of its event are its duplicates.
CREATE UNIQUE INDEX images_holder ON images (event_id, sha256) WHERE status <> 'duplicate';
CREATE INDEX images_page ON images (event_id, created_at, id);
CREATE INDEX images_pending ON images (event_id, created_at) WHERE status = 'pending';
CREATE INDEX images_encode_again ON images (event_id) WHERE encode_again;
CREATE INDEX images_duplicates ON images (duplicate_of) WHERE duplicate_of IS NOT NULL;

-- Partitioned so that one event's vectors lie together: an exact search reads little else.
CREATE TABLE faces (
    id         uuid NOT NULL,
    event_id   uuid NOT NULL,
    image_id   uuid NOT NULL,
    x          integer NOT NULL,
    y          integer NOT NULL,
    width      integer NOT NULL,
    height     integer NOT NULL,
    -- x1, y1, … x5, y5 in pixels of the upright image.
    landmarks  integer[] NOT NULL,
    score      real NOT NULL,
    -- How well the embedding is likely to match others of the same person.
    quality    real NOT NULL,
    -- Embeddings of two encoders are never compared.
    encoder    text NOT NULL,
    embedding  vector(128) NOT NULL,
    cluster_id integer NOT NULL DEFAULT -1,
    PRIMARY KEY (event_id, id),
    CONSTRAINT faces_quality CHECK (quality BETWEEN 0 AND 1),
    FOREIGN KEY (event_id, image_id) REFERENCES images (event_id, id) ON DELETE CASCADE
) PARTITION BY HASH (event_id);

DO $$
BEGIN
    FOR part IN 0..15 LOOP
        EXECUTE format(
            'CREATE TABLE faces_%s PARTITION OF faces FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
            to_char(part, 'FM00'), part);
    END LOOP;
END $$;

CREATE INDEX faces_image ON faces (event_id, image_id);
CREATE INDEX faces_person ON faces (event_id, cluster_id);

-- A person's number inside its event is never given to another.
CREATE TABLE people (
    event_id   uuid NOT NULL REFERENCES events ON DELETE CASCADE,
    cluster_id integer NOT NULL CHECK (cluster_id > 0),
    name       text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (event_id, cluster_id)
);

-- Blobs that belong to no event: they wait for one of that code, or have a problem and never will.
CREATE TABLE drops (
    blob_name  text COLLATE "C" PRIMARY KEY,
    code       text COLLATE "C",
    name       text,
    problem    text,
    first_seen timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT drops_wait_or_problem CHECK ((code IS NULL) <> (problem IS NULL))
);

CREATE INDEX drops_code ON drops (code);

-- Bytes that were deleted from an event on purpose: a blob from before that moment does not bring them back.
CREATE TABLE erased_images (
    event_id  uuid NOT NULL REFERENCES events ON DELETE CASCADE,
    sha256    bytea NOT NULL,
    erased_at timestamptz NOT NULL,
    PRIMARY KEY (event_id, sha256)
);

-- Blobs whose images were deleted and that are yet to be deleted themselves.
CREATE TABLE doomed_blobs (
    blob_name text COLLATE "C" PRIMARY KEY,
    -- The version that is doomed. NULL: an upload that was yet to be written; its name is never used again.
    etag      text,
    doomed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
