-- While photos come, the next recluster of an event waits in proportion to what the last one took.

ALTER TABLE events ADD COLUMN recluster_due_at timestamptz;
