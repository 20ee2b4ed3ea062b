-- Corrections are lost; people stay as they are, with their names, until the next recluster.

DROP TRIGGER faces_moved ON faces;
DROP TRIGGER faces_went ON faces;
DROP TRIGGER faces_came ON faces;
DROP FUNCTION raise_revisions();
DROP TABLE corrections;
DROP TYPE correction_kind;
DROP INDEX people_goes_on;
ALTER TABLE people
    DROP COLUMN goes_on_as,
    DROP COLUMN split_from,
    DROP COLUMN merged_into,
    DROP COLUMN cover_face_id,
    DROP COLUMN hidden,
    DROP COLUMN revision;
ALTER TABLE faces DROP COLUMN grouped_as;
