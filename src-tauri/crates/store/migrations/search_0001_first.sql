-- Words of log lines. A row's id is its chunk's id in logs.db << 12 | the line's
-- place in the chunk.
CREATE VIRTUAL TABLE words USING fts5 (text, content = '', contentless_delete = 1);

-- How far chunks are indexed. One row.
CREATE TABLE progress (
    chunk INTEGER NOT NULL
);
INSERT INTO progress (chunk) VALUES (0);

CREATE TABLE migrations (
    number     INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL,
    program    TEXT    NOT NULL,
    applied_at INTEGER NOT NULL
);
