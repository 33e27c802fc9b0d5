-- Since when a workspace's schedules and triggers may fire on this machine; null: they
-- may not, or nobody wrote down since when.
ALTER TABLE workspaces ADD COLUMN enabled_at INTEGER;

-- Flows whose schedules a person paused on this machine.
CREATE TABLE paused_flows (
    workspace TEXT    NOT NULL,
    flow      TEXT    NOT NULL,
    paused_at INTEGER NOT NULL,
    PRIMARY KEY (workspace, flow)
) WITHOUT ROWID;

-- The schedules that flow files of enabled workspaces have or had.
CREATE TABLE schedules (
    key        INTEGER PRIMARY KEY,
    workspace  TEXT    NOT NULL,
    flow       TEXT    NOT NULL,
    identity   TEXT    NOT NULL,      -- its name, or its rule and zone
    first_seen INTEGER NOT NULL,
    seen       INTEGER NOT NULL,      -- its times up to here are dealt with
    gone_at    INTEGER,               -- since when no file has it; null: one does
    UNIQUE (workspace, flow, identity)
);

-- What became of each time of a schedule. Times that were missed in a row, for one
-- reason, are one row.
CREATE TABLE due_times (
    schedule    INTEGER NOT NULL,     -- schedules.key
    time        INTEGER NOT NULL,
    last        INTEGER NOT NULL,     -- the newest time of the row
    times       INTEGER NOT NULL,     -- how many it has
    counted     INTEGER NOT NULL,     -- 0: it has that many or more
    caught_up   INTEGER NOT NULL,     -- 1: it was found long after it had passed
    outcome     INTEGER NOT NULL,     -- 0: it waits; 1: it has its run; 2: missed
    run         BLOB,                 -- runs.id, also once that is removed
    reason      TEXT,                 -- why it waits or was missed: a word
    message     TEXT,                 -- and for people
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (schedule, time)
) WITHOUT ROWID;
CREATE INDEX due_times_waiting ON due_times (schedule, time) WHERE outcome = 0;
CREATE INDEX due_times_missed ON due_times (last) WHERE outcome = 2;
CREATE UNIQUE INDEX due_times_by_run ON due_times (run) WHERE run IS NOT NULL;
