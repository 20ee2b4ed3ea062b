-- Audit: what organisers and those who manage did in an event. Searches of tokens are counted out.

CREATE TABLE audit (
    event_id uuid NOT NULL REFERENCES events ON DELETE CASCADE,
    id       bigint GENERATED ALWAYS AS IDENTITY,
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Whose bearer did it, and what the token was known by. NULL: the organiser's key.
    token_id uuid,
    label    text,
    action   text NOT NULL,
    -- What it was done to: the id of a photo, a token, a correction.
    target   text,
    -- Numbers, kinds and names of fields: nothing of a face, and no secret.
    details  jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (event_id, id),
    CONSTRAINT audit_details CHECK (jsonb_typeof(details) = 'object')
);

-- Until when the searches made with a token so far have used up what it is given an hour. NULL: none was made.
ALTER TABLE tokens ADD COLUMN searches_until timestamptz;
