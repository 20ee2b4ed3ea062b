-- Exports, webhooks and what they are yet to tell are lost; the sweep of an older version leaves the exports' blobs.

ALTER TABLE people DROP COLUMN told_revision;
DROP TABLE notices;
DROP TABLE webhooks;
DROP TYPE notice_kind;
DROP TABLE exports;
DROP TYPE export_status;
DROP TYPE export_kind;
