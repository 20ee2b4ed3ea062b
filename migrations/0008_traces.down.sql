-- Reclusters begin traces of their own.

ALTER TABLE events DROP COLUMN traceparent;
