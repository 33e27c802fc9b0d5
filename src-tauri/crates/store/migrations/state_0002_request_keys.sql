-- By which key a program asked for a run, so that asking again gives the same run, and
-- the hash of what it asked.
ALTER TABLE runs ADD COLUMN request_key TEXT;
ALTER TABLE runs ADD COLUMN request_hash BLOB;
CREATE UNIQUE INDEX runs_by_request ON runs (request_key) WHERE request_key IS NOT NULL;
