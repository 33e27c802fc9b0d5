-- Times are nanoseconds since 1970, UTC. States are `State::code`s. Values are
-- as `codec.rs` writes them.

-- Which device a home is, and how far its transitions are numbered. Row 1 is this home.
CREATE TABLE devices (
    key           INTEGER PRIMARY KEY,
    id            BLOB    NOT NULL UNIQUE,
    last_sequence INTEGER NOT NULL,
    flushes       INTEGER NOT NULL
);

-- Texts and snapshots by content: flow files, variables, environments.
CREATE TABLE texts (
    hash BLOB PRIMARY KEY,
    data BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE runs (
    key            INTEGER PRIMARY KEY,
    id             BLOB    NOT NULL UNIQUE,
    name           TEXT    NOT NULL,
    flow           TEXT    NOT NULL,
    version        BLOB,              -- texts.hash of the flow file
    workspace      TEXT,
    file           TEXT,
    state          INTEGER NOT NULL,
    run_attempt    INTEGER NOT NULL,
    last           INTEGER NOT NULL,  -- its newest transition's sequence: message and output
    created_at     INTEGER NOT NULL,
    started_at     INTEGER,
    ended_at       INTEGER,
    scheduled_for  INTEGER,
    parent         BLOB,              -- the run whose task started this one
    parent_task    INTEGER,
    parent_attempt INTEGER,
    owner          BLOB,              -- the process that carries it
    parameters     BLOB    NOT NULL,
    trigger        BLOB    NOT NULL,
    variables      BLOB    NOT NULL,  -- texts.hash
    environment    BLOB,              -- texts.hash
    whole_attempt  INTEGER NOT NULL,  -- the newest run attempt that ran everything anew
    superseding    INTEGER NOT NULL,  -- 1: some task runs may stand at the same path
    removing       INTEGER NOT NULL   -- 1: it is being removed
);
CREATE INDEX runs_by_state ON runs (state, id);
CREATE INDEX runs_by_flow ON runs (flow, id);
CREATE INDEX runs_by_parent ON runs (parent) WHERE parent IS NOT NULL;

-- The newest state of each task run: a cache of the fold over `transitions`.
CREATE TABLE task_runs (
    key         INTEGER PRIMARY KEY,  -- runs.key << 32 | the task run's number
    task        INTEGER NOT NULL,
    parent      INTEGER,
    item        INTEGER,
    turn        INTEGER NOT NULL,
    run_attempt INTEGER NOT NULL,
    state       INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    started_at  INTEGER,
    ended_at    INTEGER,
    last        INTEGER NOT NULL      -- its newest transition's sequence
);

-- Everything that happened, in order of commit.
CREATE TABLE transitions (
    sequence    INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL,     -- runs.key
    number      INTEGER NOT NULL,     -- the task run's; 0: the run itself
    run_attempt INTEGER NOT NULL,
    from_state  INTEGER,
    to_state    INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    message     TEXT,
    detail      BLOB
);

-- Which sequences belong to a run: an index over batches instead of over rows.
CREATE TABLE segments (
    run   INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last  INTEGER NOT NULL,
    PRIMARY KEY (run, first)
) WITHOUT ROWID;

-- Which large values, files in `results/`, a run (0: the cache) names.
CREATE TABLE results (
    hash BLOB    NOT NULL,
    run  INTEGER NOT NULL,
    PRIMARY KEY (hash, run)
) WITHOUT ROWID;
CREATE INDEX results_by_run ON results (run);

CREATE TABLE cache (
    key        BLOB PRIMARY KEY,
    run        BLOB    NOT NULL,      -- whose result it is
    task       INTEGER NOT NULL,
    value      BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) WITHOUT ROWID;

CREATE TABLE limits (
    name  TEXT PRIMARY KEY,
    slots INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE slots (
    name  TEXT    NOT NULL,
    run   BLOB    NOT NULL,
    task  INTEGER NOT NULL,
    owner BLOB    NOT NULL,
    PRIMARY KEY (name, run, task)
) WITHOUT ROWID;

CREATE TABLE variables (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL               -- JSON
) WITHOUT ROWID;

CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL               -- JSON
) WITHOUT ROWID;

-- What one process, or a person, wants of a run that another process carries.
CREATE TABLE requests (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    run          BLOB    NOT NULL,
    steering     TEXT    NOT NULL,    -- JSON
    requested_by TEXT    NOT NULL,
    requested_at INTEGER NOT NULL,
    answer       TEXT,                -- JSON
    answered_at  INTEGER
);
CREATE INDEX requests_open ON requests (run) WHERE answer IS NULL;

CREATE TABLE workspaces (
    path    TEXT PRIMARY KEY,
    enabled INTEGER NOT NULL,
    used_at INTEGER NOT NULL
) WITHOUT ROWID;

-- Which migrations were applied, when, by which version of the program.
CREATE TABLE migrations (
    number     INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL,
    program    TEXT    NOT NULL,
    applied_at INTEGER NOT NULL
);
