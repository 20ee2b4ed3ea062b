-- What was done in events is forgotten, and how often tokens searched.

ALTER TABLE tokens DROP COLUMN searches_until;
DROP TABLE audit;
