-- Exports that are written in the background, and webhooks with what they are yet to tell.

CREATE TYPE export_kind AS ENUM ('zip', 'csv', 'json');
CREATE TYPE export_status AS ENUM ('pending', 'ready', 'failed', 'expired');

CREATE TABLE exports (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    event_id    uuid NOT NULL REFERENCES events ON DELETE CASCADE,
    kind        export_kind NOT NULL,
    -- The person it is of; NULL: of the whole event.
    cluster_id  integer,
    -- The guest's token it was asked for with; it holds that guest's photos, and ends with the token.
    token_id    uuid,
    status      export_status NOT NULL DEFAULT 'pending',
    reason      text,
    -- What the last try that did not end well said; becomes the reason when tries run out.
    last_error  text,
    -- Who writes it: the last that began. Whoever began before stops when it sees this.
    run         uuid,
    -- How far it is written, so that another message goes on there; `names` are hashes of those given in the ZIP.
    progress    jsonb,
    names       bytea NOT NULL DEFAULT '',
    photos      integer NOT NULL DEFAULT 0,
    size        bigint,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- When its message was last sent.
    queued_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at  timestamptz,
    CONSTRAINT exports_ready CHECK (status <> 'ready' OR (size, expires_at) IS NOT NULL),
    CONSTRAINT exports_failed CHECK (status <> 'failed' OR reason IS NOT NULL),
    CONSTRAINT exports_guest CHECK (token_id IS NULL OR kind = 'zip' AND cluster_id IS NULL),
    CONSTRAINT exports_token FOREIGN KEY (event_id, token_id) REFERENCES tokens (event_id, id) ON DELETE CASCADE
);

CREATE INDEX exports_page ON exports (event_id, created_at DESC, id);
CREATE INDEX exports_of_guest ON exports (event_id, token_id) WHERE token_id IS NOT NULL;
-- Whoever asks for what is being written already is given that.
CREATE UNIQUE INDEX exports_pending ON exports (event_id, kind, cluster_id, token_id) NULLS NOT DISTINCT
 WHERE status = 'pending';

CREATE TYPE notice_kind AS ENUM ('photo.encoded', 'people.changed');

CREATE TABLE webhooks (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    event_id      uuid NOT NULL REFERENCES events ON DELETE CASCADE,
    url           text NOT NULL,
    kinds         notice_kind[] NOT NULL,
    -- Signs what is sent, so it is kept as it is. Whoever can read it here can read all that it vouches for.
    secret        bytea NOT NULL,
    -- The token it was made with: it is told nothing once that lets nobody in. NULL: the organiser made it.
    made_by       uuid,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- When its message was last sent and not heard of since.
    queued_at     timestamptz,
    -- Since it last succeeded: how many tries failed in a row, since when, why, and when the next one is due.
    tries         integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    last_error    text,
    due_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    delivered_at  timestamptz,
    -- Notices that it was never told of, as it had not answered for a day.
    given_up      bigint NOT NULL DEFAULT 0,
    CONSTRAINT webhooks_kinds CHECK (kinds <> '{}'),
    CONSTRAINT webhooks_secret CHECK (octet_length(secret) = 32),
    CONSTRAINT webhooks_maker FOREIGN KEY (event_id, made_by) REFERENCES tokens (event_id, id) ON DELETE CASCADE
);

CREATE INDEX webhooks_page ON webhooks (event_id, created_at, id);

-- What webhooks are yet to be told, written with what it tells of.
CREATE TABLE notices (
    id          bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    webhook_id  uuid NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    kind        notice_kind NOT NULL,
    data        jsonb NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- The delivery it is in, once there is one; the same for every try.
    delivery_id uuid
);

CREATE INDEX notices_waiting ON notices (webhook_id, kind, id);

-- The person's revision that webhooks were last told of.
ALTER TABLE people ADD COLUMN told_revision bigint NOT NULL DEFAULT 0;
