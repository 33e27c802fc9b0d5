//! Task runs counted: how a run's tasks stand, and where its task runs stand, without
//! reading what they gave.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use tidemill_orchestrate::{State, TaskRunNumber};

use crate::{
    receipt::lock,
    tables::{
        device,
        task_run::{self, Standing, keys, number},
        transition,
    },
    time as columns,
};

/// Runs of which a count is kept.
const KEPT: usize = 64;

/// A count of more rows than these may be a little old: counting a million takes a
/// good part of a second, and a run that goes on changes all the time.
const LARGE: u64 = 20_000;

/// How old it may be.
const AGE: Duration = Duration::from_secs(2);

/// Task runs of one task that stand in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskCount {
    /// The task's number in the flow's graph.
    pub task: u32,
    /// Whether they are items of a mapped task; else rows of the task itself.
    pub items: bool,
    /// Their state.
    pub state: State,
    /// How many they are.
    pub count: u64,
    /// When the first of them started.
    pub started_at: Option<Timestamp>,
    /// When the last of them ended.
    pub ended_at: Option<Timestamp>,
    /// The most attempts that one of them had.
    pub attempts: u32,
}

/// How a run's tasks stood at a point in the order of transitions.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// All transitions up to this number are counted in.
    pub sequence: u64,
    /// The counts, by task.
    pub counts: Vec<TaskCount>,
}

impl Tally {
    /// How many task runs are counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|count| count.count).sum()
    }
}

/// Where a task run stands: what its path follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskRunPlace {
    /// Its number.
    pub number: TaskRunNumber,
    /// The task's number in the flow's graph.
    pub task: u32,
    /// The task run that it stands in.
    pub parent: Option<TaskRunNumber>,
    /// The item's number, where it is an item of a mapped task.
    pub item: Option<u32>,
}

/// What was worked out of runs' rows, as long as nothing happens to them.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    standings: Mutex<Vec<(i64, i64, Arc<Standing>)>>,
    tallies: Mutex<HashMap<i64, Counted>>,
}

/// A tally, the run's newest transition when it was made, and when that was.
#[derive(Debug)]
struct Counted {
    last: i64,
    at: Instant,
    tally: Arc<Tally>,
}

impl Remembered {
    /// How a run's rows stand.
    pub(crate) fn standing(
        &self,
        connection: &Connection,
        run: i64,
    ) -> rusqlite::Result<Arc<Standing>> {
        let last = last_of(connection, run)?;
        let known = lock(&self.standings)
            .iter()
            .find(|known| (known.0, known.1) == (run, last))
            .map(|known| Arc::clone(&known.2));
        if let Some(known) = known {
            return Ok(known);
        }
        let standing = Arc::new(task_run::standing(connection, run)?);
        if !standing.is_plain() {
            let mut standings = lock(&self.standings);
            standings.retain(|known| known.0 != run);
            standings.truncate(3);
            standings.insert(0, (run, last, Arc::clone(&standing)));
        }
        Ok(standing)
    }

    /// How a run's tasks stand; of a large run, how they stood a moment ago.
    pub(crate) fn tally(&self, connection: &Connection, run: i64) -> rusqlite::Result<Arc<Tally>> {
        let last = last_of(connection, run)?;
        if let Some(known) = lock(&self.tallies).get(&run)
            && (known.last == last || (known.tally.total() > LARGE && known.at.elapsed() < AGE))
        {
            return Ok(Arc::clone(&known.tally));
        }
        // Before the rows are read: what comes in between is then told twice, not never.
        let sequence = device::last_sequence(connection)?.unsigned_abs();
        let standing = self.standing(connection, run)?;
        let counts = match standing.is_plain() {
            true => grouped(connection, run)?,
            false => counted(connection, run, &standing)?,
        };
        let tally = Arc::new(Tally { sequence, counts });
        let mut tallies = lock(&self.tallies);
        if tallies.len() >= KEPT {
            tallies.clear();
        }
        let counted = Counted {
            last,
            at: Instant::now(),
            tally: Arc::clone(&tally),
        };
        tallies.insert(run, counted);
        Ok(tally)
    }
}

/// The number of a run's newest transition.
fn last_of(connection: &Connection, run: i64) -> rusqlite::Result<i64> {
    let last = connection
        .prepare_cached("SELECT last FROM segments WHERE run = ? ORDER BY first DESC LIMIT 1")?
        .query_row([run], |row| row.get(0))
        .optional()?;
    Ok(last.unwrap_or(0))
}

fn grouped(connection: &Connection, run: i64) -> rusqlite::Result<Vec<TaskCount>> {
    let (low, high) = keys(run);
    connection
        .prepare_cached(
            "SELECT task, item IS NOT NULL, state, count(*), min(started_at), max(ended_at),
               max(attempts) FROM task_runs WHERE key BETWEEN ? AND ? GROUP BY 1, 2, 3",
        )?
        .query_map([low, high], |row| {
            Ok(TaskCount {
                task: row.get(0)?,
                items: row.get(1)?,
                state: transition::state(row, 2)?,
                count: row.get::<_, i64>(3)?.unsigned_abs(),
                started_at: row.get::<_, Option<i64>>(4)?.map(columns::from_column),
                ended_at: row.get::<_, Option<i64>>(5)?.map(columns::from_column),
                attempts: row.get(6)?,
            })
        })?
        .collect()
}

/// As [`grouped`], without the rows that newer ones stand for.
fn counted(
    connection: &Connection,
    run: i64,
    standing: &Standing,
) -> rusqlite::Result<Vec<TaskCount>> {
    let (low, high) = keys(run);
    let mut statement = connection.prepare_cached(
        "SELECT key, task, item IS NOT NULL, state, started_at, ended_at, attempts
         FROM task_runs WHERE key BETWEEN ? AND ?",
    )?;
    let mut rows = statement.query([low, high])?;
    let mut counts: Vec<TaskCount> = Vec::new();
    let mut places: HashMap<(u32, bool, u8), usize> = HashMap::new();
    while let Some(row) = rows.next()? {
        if !standing.shows(number(row)?) {
            continue;
        }
        let (task, items, code): (u32, bool, u8) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let place = *places.entry((task, items, code)).or_insert(counts.len());
        if place == counts.len() {
            counts.push(TaskCount {
                task,
                items,
                state: transition::state(row, 3)?,
                count: 0,
                started_at: None,
                ended_at: None,
                attempts: 0,
            });
        }
        if let Some(count) = counts.get_mut(place) {
            count.take_in(row)?;
        }
    }
    Ok(counts)
}

impl TaskCount {
    fn take_in(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let time = |column: usize| -> rusqlite::Result<Option<Timestamp>> {
            Ok(row.get::<_, Option<i64>>(column)?.map(columns::from_column))
        };
        let (started, ended) = (time(4)?, time(5)?);
        self.count += 1;
        self.started_at = [self.started_at, started].into_iter().flatten().min();
        self.ended_at = self.ended_at.max(ended);
        self.attempts = self.attempts.max(row.get(6)?);
        Ok(())
    }
}

/// Where a task run stands.
pub(crate) fn place(
    connection: &Connection,
    run: i64,
    task_run: TaskRunNumber,
) -> rusqlite::Result<Option<TaskRunPlace>> {
    connection
        .prepare_cached("SELECT key, task, parent, item FROM task_runs WHERE key = ?")?
        .query_row([task_run::key(run, task_run)], place_of)
        .optional()
}

/// Where the items with this number of a task stand, after `after`, at most `limit`.
pub(crate) fn places_of_item(
    connection: &Connection,
    run: i64,
    (task, item): (u32, Option<u32>),
    after: Option<TaskRunNumber>,
    limit: i64,
) -> rusqlite::Result<Vec<TaskRunPlace>> {
    let (low, high) = keys(run);
    let low = after.map_or(low, |after| task_run::key(run, after) + 1);
    connection
        .prepare_cached(
            "SELECT key, task, parent, item FROM task_runs
             WHERE key BETWEEN ? AND ? AND task = ? AND item IS ? ORDER BY key LIMIT ?",
        )?
        .query_map(params![low, high, task, item, limit], place_of)?
        .collect()
}

/// Where all of a run's task runs stand, in order of number: only the newest of
/// every path. `each` is called with one after the other.
pub(crate) fn for_each_place(
    connection: &Connection,
    run: i64,
    standing: &Standing,
    mut each: impl FnMut(TaskRunPlace),
) -> rusqlite::Result<()> {
    let (low, high) = keys(run);
    let mut statement = connection.prepare_cached(
        "SELECT key, task, parent, item FROM task_runs WHERE key BETWEEN ? AND ? ORDER BY key",
    )?;
    let mut rows = statement.query([low, high])?;
    while let Some(row) = rows.next()? {
        let mut place = place_of(row)?;
        if standing.shows(place.number) {
            place.parent = place.parent.map(|parent| standing.newest(parent));
            each(place);
        }
    }
    Ok(())
}

fn place_of(row: &Row<'_>) -> rusqlite::Result<TaskRunPlace> {
    Ok(TaskRunPlace {
        number: number(row)?,
        task: row.get(1)?,
        parent: row.get::<_, Option<u32>>(2)?.and_then(TaskRunNumber::new),
        item: row.get(3)?,
    })
}
