-- What lists are read by. A run's id begins with the time when it was made, so that
-- an order by id is an order by time.

-- A flow's runs by state: its last completed ones, its failures since then.
CREATE INDEX runs_by_flow_and_state ON runs (flow, state, id);

-- Runs that no other run's task started.
CREATE INDEX runs_on_top ON runs (id, state) WHERE parent IS NULL AND removing = 0;

-- The versions of a flow that its runs had.
CREATE INDEX runs_by_version ON runs (flow, version, id) WHERE removing = 0;

-- Runs by how long they took.
CREATE INDEX runs_by_duration ON runs (ended_at - started_at, id)
    WHERE started_at IS NOT NULL AND ended_at IS NOT NULL;

-- What happened to runs themselves, among all that happened to their task runs.
CREATE INDEX transitions_of_runs ON transitions (sequence) WHERE number = 0;
