-- Lines of runs' logs, some hundred a row, as `logs/chunk.rs` writes them.
-- Lines of a run are numbered from 1.
CREATE TABLE chunks (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    run       BLOB    NOT NULL,
    first     INTEGER NOT NULL,  -- its first line's number
    count     INTEGER NOT NULL,
    low_task  INTEGER NOT NULL,  -- the lowest and highest task run in it; 0: the run itself
    high_task INTEGER NOT NULL,
    last_at   INTEGER NOT NULL,  -- its newest line's time, in microseconds since 1970
    data      BLOB    NOT NULL
);
CREATE INDEX chunks_by_run ON chunks (run, first);

CREATE TABLE migrations (
    number     INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL,
    program    TEXT    NOT NULL,
    applied_at INTEGER NOT NULL
);
