-- Access: tokens that let their bearers do something in one event.

CREATE TYPE token_scope AS ENUM ('upload', 'search', 'browse', 'manage');

CREATE TABLE tokens (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    event_id   uuid NOT NULL REFERENCES events ON DELETE CASCADE,
    -- Of the token's text, which is kept nowhere. It is 256 random bits: nobody finds it by trying, however fast
    -- the hash.
    sha256     bytea NOT NULL,
    scopes     token_scope[] NOT NULL,
    label      text,
    -- The token whose bearer made this one; it is revoked with it. NULL: the organiser did.
    made_by    uuid,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT tokens_sha256 UNIQUE (sha256),
    CONSTRAINT tokens_sha256_form CHECK (octet_length(sha256) = 32),
    CONSTRAINT tokens_scopes CHECK (scopes <> '{}'),
    CONSTRAINT tokens_expiry CHECK (expires_at > created_at),
    -- What a token made makes none itself: revoking one and those it made ends there.
    CONSTRAINT tokens_made_by CHECK (made_by IS NULL OR NOT 'manage' = ANY(scopes)),
    CONSTRAINT tokens_of_event UNIQUE (event_id, id),
    CONSTRAINT tokens_maker FOREIGN KEY (event_id, made_by) REFERENCES tokens (event_id, id)
);

CREATE INDEX tokens_page ON tokens (event_id, created_at DESC, id);
CREATE INDEX tokens_made ON tokens (event_id, made_by) WHERE made_by IS NOT NULL;
