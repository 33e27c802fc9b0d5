-- How a run differs from one of the whole flow, where a person tries a part of it.
ALTER TABLE runs ADD COLUMN trial BLOB;
