-- How a run differs from one of the whole flow, where a person tries a part of it.
ALTER TABLE runs ADD COLUMN trial BLOB;

-- Outputs that a person pinned, to stand for a task's own in what is tried by hand.
CREATE TABLE pins (
    workspace TEXT    NOT NULL,
    flow      TEXT    NOT NULL,
    task      TEXT    NOT NULL,  -- its path: `group/inner`
    output    TEXT    NOT NULL,  -- JSON
    origin    TEXT,              -- the run that it is from, for people
    pinned_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, flow, task)
) WITHOUT ROWID;
