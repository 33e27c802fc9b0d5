-- What a flow file was whenever it was saved, beside the versions that runs had.
CREATE TABLE saved_versions (
    workspace TEXT    NOT NULL,
    flow      TEXT    NOT NULL,
    version   BLOB    NOT NULL,      -- texts.hash
    saved_at  INTEGER NOT NULL,      -- the newest time
    PRIMARY KEY (workspace, flow, version)
) WITHOUT ROWID;
CREATE INDEX saved_versions_by_time ON saved_versions (workspace, flow, saved_at);
CREATE INDEX saved_versions_by_version ON saved_versions (version);

-- What an editor holds that is not saved yet.
CREATE TABLE drafts (
    workspace TEXT    NOT NULL,
    file      TEXT    NOT NULL,      -- relative to the workspace, with `/`
    text      TEXT    NOT NULL,
    base      TEXT,                  -- the file's version that it is derived from; null: it was none
    kept_at   INTEGER NOT NULL,
    PRIMARY KEY (workspace, file)
) WITHOUT ROWID;
