-- Invitations and guest links are lost, and which faces were to stay forgotten: encoded once more, they come back.

DROP TABLE forgotten_faces;
DROP TABLE guest_people;
DROP TABLE guest_links;
DROP TABLE invitations;
ALTER TABLE events DROP COLUMN guests_see;
DROP TYPE guests_see;

DELETE FROM tokens WHERE scopes::text[] && '{join,guest}';
-- A value can't be taken out of a type.
ALTER TABLE tokens DROP CONSTRAINT tokens_made_by, DROP CONSTRAINT tokens_scopes;
ALTER TYPE token_scope RENAME TO token_scope_of_guests;
CREATE TYPE token_scope AS ENUM ('upload', 'search', 'browse', 'manage');
ALTER TABLE tokens ALTER COLUMN scopes TYPE token_scope[] USING scopes::text[]::token_scope[];
DROP TYPE token_scope_of_guests;
ALTER TABLE tokens
    ADD CONSTRAINT tokens_made_by CHECK (made_by IS NULL OR NOT 'manage' = ANY(scopes)),
    ADD CONSTRAINT tokens_scopes CHECK (scopes <> '{}');
