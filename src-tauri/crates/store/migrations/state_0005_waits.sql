-- Attempts that wait for slots while something around them (a group, or the task that
-- started their run) holds some: only among those can each wait for the other.
CREATE TABLE waits (
    run         BLOB    NOT NULL,     -- who waits
    task        INTEGER NOT NULL,
    name        TEXT    NOT NULL,     -- for a slot of this limit
    around_run  BLOB    NOT NULL,     -- what holds slots, and waits for it
    around_task INTEGER NOT NULL,
    owner       BLOB    NOT NULL,     -- the process that waits
    PRIMARY KEY (run, task, name, around_run, around_task)
) WITHOUT ROWID;
CREATE INDEX waits_by_holder ON waits (around_run, around_task);
