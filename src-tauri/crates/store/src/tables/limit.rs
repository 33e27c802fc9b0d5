//! Home-wide limits, and the slots of them that attempts hold.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, params};
use tidemill_orchestrate::{RunId, TaskRunNumber};

use crate::{Home, Owner, StoreError, tables::wait, writer::Session};

/// A limit on how many attempts run at once, over all runs of the home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Its name.
    pub name: String,
    /// How many slots it has.
    pub slots: u32,
    /// How many of them are taken.
    pub taken: u32,
}

/// What holds slots: an attempt of a task run, and the process that carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotHolder {
    /// The run.
    pub run: RunId,
    /// The task run.
    pub task: TaskRunNumber,
    /// The process: when it is gone, the slots are free.
    pub owner: Owner,
}

/// Whether slots were to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slots {
    /// One of each limit was taken.
    Taken,
    /// None was taken, since this limit has none free.
    Full {
        /// The limit.
        limit: String,
        /// How many slots it has.
        slots: u32,
    },
}

/// A slot that is held around a task run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotAround {
    /// The limit.
    pub limit: String,
    /// The run that holds it.
    pub run: RunId,
    /// The task run in it.
    pub number: TaskRunNumber,
    /// Its task's number in the flow's graph.
    pub task: u32,
}

/// More task runs than this never stand around one.
const MOST_AROUND: usize = 4_096;

/// Sets how many slots a limit has.
pub(crate) fn set(connection: &Connection, name: &str, slots: u32) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO limits (name, slots) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET slots = ?2",
        params![name, slots],
    )?;
    Ok(())
}

/// Removes a limit; gives whether it was there.
pub(crate) fn remove(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    connection.execute("DELETE FROM slots WHERE name = ?", [name])?;
    Ok(connection.execute("DELETE FROM limits WHERE name = ?", [name])? > 0)
}

/// Every limit, by name.
pub(crate) fn list(connection: &Connection) -> rusqlite::Result<Vec<Limit>> {
    connection
        .prepare_cached(
            "SELECT name, slots, (SELECT count(*) FROM slots WHERE slots.name = limits.name)
             FROM limits ORDER BY name",
        )?
        .query_map([], |row| {
            Ok(Limit {
                name: row.get(0)?,
                slots: row.get(1)?,
                taken: row.get(2)?,
            })
        })?
        .collect()
}

/// Takes one slot of each limit, or none. Slots of dead processes are freed on the way.
pub(crate) fn take(
    session: &Session,
    names: &[String],
    holder: &SlotHolder,
) -> Result<Slots, StoreError> {
    let connection = &session.connection;
    for name in names {
        let slots = slots(connection, name)?;
        if !has_room(session, name, slots, holder)? {
            let limit = name.clone();
            return Ok(Slots::Full { limit, slots });
        }
    }
    hold(connection, names, holder)?;
    Ok(Slots::Taken)
}

/// Takes a slot of a limit that has no row of its own, but `slots`.
pub(crate) fn take_turn(
    session: &Session,
    name: &str,
    slots: u32,
    holder: &SlotHolder,
) -> Result<Slots, StoreError> {
    if !has_room(session, name, slots, holder)? {
        let limit = name.to_owned();
        return Ok(Slots::Full { limit, slots });
    }
    hold(&session.connection, &[name.to_owned()], holder)?;
    Ok(Slots::Taken)
}

fn hold(connection: &Connection, names: &[String], holder: &SlotHolder) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT OR REPLACE INTO slots (name, run, task, owner) VALUES (?, ?, ?, ?)",
    )?;
    for name in names {
        insert.execute(params![
            name,
            holder.run.to_bytes(),
            holder.task.get(),
            holder.owner.to_bytes()
        ])?;
    }
    wait::forget(connection, holder.run, holder.task)
}

/// Frees what an attempt holds in this process: another one may carry the run by now.
pub(crate) fn free(
    connection: &Connection,
    run: RunId,
    task: TaskRunNumber,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM slots WHERE run = ? AND task = ? AND owner = ?")?
        .execute(params![
            run.to_bytes(),
            task.get(),
            Owner::current().to_bytes()
        ])?;
    wait::forget(connection, run, task)
}

/// Frees all that a run's attempts hold.
pub(crate) fn free_run(connection: &Connection, run: RunId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM slots WHERE run = ?")?
        .execute([run.to_bytes()])?;
    wait::forget_run(connection, run)
}

/// The slots held by what a task run stands in (groups, and mapped tasks), by the task
/// that started its run, and so on outwards.
pub(crate) fn around(
    connection: &Connection,
    run: RunId,
    number: TaskRunNumber,
) -> rusqlite::Result<Vec<SlotAround>> {
    let mut held =
        connection.prepare_cached("SELECT name FROM slots WHERE run = ? AND task = ?")?;
    let mut slots = Vec::new();
    let mut next = standing(connection, run, number)?.and_then(|inner| inner.within);
    for _ in 0..MOST_AROUND {
        let Some((run, number)) = next else {
            break;
        };
        let Some(outer) = standing(connection, run, number)? else {
            break;
        };
        let names = held.query_map(params![run.to_bytes(), number.get()], |row| row.get(0))?;
        for limit in names {
            slots.push(SlotAround {
                limit: limit?,
                run,
                number,
                task: outer.task,
            });
        }
        next = outer.within;
    }
    Ok(slots)
}

/// The number, in its flow's graph, of the task that a task run is of.
pub(crate) fn task_of(
    connection: &Connection,
    run: RunId,
    number: TaskRunNumber,
) -> rusqlite::Result<Option<u32>> {
    Ok(standing(connection, run, number)?.map(|standing| standing.task))
}

/// Where a task run stands.
struct Standing {
    task: u32,
    /// The task run that it stands in, in its run or in the one around that.
    within: Option<(RunId, TaskRunNumber)>,
}

fn standing(
    connection: &Connection,
    run: RunId,
    number: TaskRunNumber,
) -> rusqlite::Result<Option<Standing>> {
    connection
        .prepare_cached(
            "SELECT task_runs.task, task_runs.parent, runs.parent, runs.parent_task
             FROM runs JOIN task_runs ON task_runs.key = (runs.key << 32) | ?2
             WHERE runs.id = ?1",
        )?
        .query_row(params![run.to_bytes(), number.get()], |row| {
            let inside: Option<u32> = row.get(1)?;
            let around: Option<[u8; 16]> = row.get(2)?;
            let started_by: Option<u32> = row.get(3)?;
            let within = match inside {
                Some(parent) => Some((run, parent)),
                None => around.map(RunId::from_bytes).zip(started_by),
            };
            let number = |(run, number)| Some((run, TaskRunNumber::new(number)?));
            Ok(Standing {
                task: row.get(0)?,
                within: within.and_then(number),
            })
        })
        .optional()
}

fn slots(connection: &Connection, name: &str) -> Result<u32, StoreError> {
    connection
        .prepare_cached("SELECT slots FROM limits WHERE name = ?")?
        .query_row([name], |row| row.get(0))
        .optional()?
        .ok_or_else(|| StoreError::NoLimit(name.to_owned()))
}

/// Whether a slot is left, once those of dead processes are freed.
fn has_room(
    session: &Session,
    name: &str,
    slots: u32,
    holder: &SlotHolder,
) -> rusqlite::Result<bool> {
    let connection = &session.connection;
    let is_free = || taken_by_others(connection, name, holder).map(|taken| taken < slots);
    Ok(is_free()? || (free_dead(connection, &session.home, name)? && is_free()?))
}

fn taken_by_others(
    connection: &Connection,
    name: &str,
    holder: &SlotHolder,
) -> rusqlite::Result<u32> {
    connection
        .prepare_cached("SELECT count(*) FROM slots WHERE name = ? AND NOT (run = ? AND task = ?)")?
        .query_row(
            params![name, holder.run.to_bytes(), holder.task.get()],
            |row| row.get(0),
        )
}

/// Frees a limit's slots whose processes are gone; gives whether there were any.
fn free_dead(connection: &Connection, home: &Home, name: &str) -> rusqlite::Result<bool> {
    let owners: HashSet<[u8; 28]> = connection
        .prepare_cached("SELECT DISTINCT owner FROM slots WHERE name = ?")?
        .query_map([name], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut freed = 0;
    for bytes in owners {
        if Owner::from_bytes(&bytes).is_none_or(|owner| !owner.is_alive(home)) {
            freed += connection
                .prepare_cached("DELETE FROM slots WHERE owner = ?")?
                .execute([bytes])?;
        }
    }
    Ok(freed > 0)
}
