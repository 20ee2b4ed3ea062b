-- Reclusters follow each other without a pause.

ALTER TABLE events DROP COLUMN recluster_due_at;
