-- Guests: the event's invitation, links that show one human's photos, consent, and what was forgotten on their word.

ALTER TYPE token_scope ADD VALUE 'join';
ALTER TYPE token_scope ADD VALUE 'guest';

CREATE TYPE guests_see AS ENUM ('themselves', 'everything');

ALTER TABLE events ADD COLUMN guests_see guests_see NOT NULL DEFAULT 'themselves';

-- The token that an event's organisers share. Its text is in its QR code, and nowhere else.
CREATE TABLE invitations (
    event_id     uuid PRIMARY KEY REFERENCES events ON DELETE CASCADE,
    token_id     uuid NOT NULL,
    -- In the container `event-images`.
    qr_code_blob text NOT NULL,
    CONSTRAINT invitations_token FOREIGN KEY (event_id, token_id) REFERENCES tokens (event_id, id)
        ON DELETE CASCADE
);

-- What a guest agreed to when a token was bound to them, and what went when they asked to be forgotten.
CREATE TABLE guest_links (
    event_id        uuid NOT NULL,
    token_id        uuid NOT NULL,
    consent_version text NOT NULL,
    consented_at    timestamptz NOT NULL,
    erased_at       timestamptz,
    erased_faces    integer,
    erased_people   integer,
    PRIMARY KEY (event_id, token_id),
    CONSTRAINT guest_links_token FOREIGN KEY (event_id, token_id) REFERENCES tokens (event_id, id)
        ON DELETE CASCADE,
    CONSTRAINT guest_links_erased CHECK (
        (erased_at IS NULL) = (erased_faces IS NULL) AND (erased_at IS NULL) = (erased_people IS NULL))
);

-- Whom a guest is: people by their numbers, each with the stored faces that said so.
CREATE TABLE guest_people (
    event_id   uuid NOT NULL,
    token_id   uuid NOT NULL,
    cluster_id integer NOT NULL CHECK (cluster_id > 0),
    face_ids   uuid[] NOT NULL,
    PRIMARY KEY (event_id, token_id, cluster_id),
    CONSTRAINT guest_people_link FOREIGN KEY (event_id, token_id) REFERENCES guest_links (event_id, token_id)
        ON DELETE CASCADE,
    CONSTRAINT guest_people_faces CHECK (face_ids <> '{}')
);

-- Where in a photo's bytes a face was forgotten: whoever looks at them again passes it over. Nothing tells whose
-- it was or what it looked like.
CREATE TABLE forgotten_faces (
    event_id     uuid NOT NULL REFERENCES events ON DELETE CASCADE,
    sha256       bytea NOT NULL,
    x            integer NOT NULL,
    y            integer NOT NULL,
    width        integer NOT NULL,
    height       integer NOT NULL,
    forgotten_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (event_id, sha256, x, y, width, height),
    CONSTRAINT forgotten_faces_sha256_form CHECK (octet_length(sha256) = 32)
);
