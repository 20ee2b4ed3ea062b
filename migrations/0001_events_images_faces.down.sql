-- The extension stays: other schemas of the database may use it.

DROP TABLE doomed_blobs;
DROP TABLE erased_images;
DROP TABLE drops;
DROP TABLE people;
DROP TABLE faces;
DROP TABLE images;
DROP TYPE image_status;
DROP TABLE event_codes;
DROP TABLE events;
