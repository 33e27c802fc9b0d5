//! The waits table: attempts that wait for slots while something around them holds
//! some; and the knots that they may come to, in which each waits for another.
//!
//! A task that holds a slot while others run inside it gives it back only after them.
//! So who waits inside for a slot that is held so waits for who waits there, and so on;
//! where that leads back, none of them ever goes on.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{Connection, params};
use tidemill_orchestrate::{RunId, TaskRunNumber};

use crate::{
    Home, Owner,
    tables::limit::{self, SlotAround, SlotHolder},
};

/// More waiting attempts than these are not followed: they hang together by chance.
const MOST_FOLLOWED: usize = 4_096;

/// A task run, of any run.
type Place = (RunId, TaskRunNumber);

/// Why a task run waits for ever, and which one it is that should give way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knot {
    /// The limit that it waits for.
    pub limit: String,
    /// How many slots that has.
    pub slots: u32,
    /// Who holds them.
    pub holders: Vec<SlotAround>,
}

/// Notes that an attempt waits for slots of these limits, if what is around it holds any.
pub(crate) fn note(
    connection: &Connection,
    names: &[String],
    waits: &SlotHolder,
) -> rusqlite::Result<()> {
    let around = limit::around(connection, waits.run, waits.task)?;
    let holders: BTreeSet<Place> = around.iter().map(|slot| (slot.run, slot.number)).collect();
    let mut insert = connection.prepare_cached(
        "INSERT OR REPLACE INTO waits (run, task, name, around_run, around_task, owner)
         VALUES (?, ?, ?, ?, ?, ?)",
    )?;
    for (run, task) in holders {
        for name in names {
            insert.execute(params![
                waits.run.to_bytes(),
                waits.task.get(),
                name,
                run.to_bytes(),
                task.get(),
                waits.owner.to_bytes()
            ])?;
        }
    }
    Ok(())
}

/// Forgets that an attempt waits in this process.
pub(crate) fn forget(
    connection: &Connection,
    run: RunId,
    task: TaskRunNumber,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM waits WHERE run = ? AND task = ? AND owner = ?")?
        .execute(params![
            run.to_bytes(),
            task.get(),
            Owner::current().to_bytes()
        ])?;
    Ok(())
}

/// Forgets that attempts of a run wait.
pub(crate) fn forget_run(connection: &Connection, run: RunId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM waits WHERE run = ?")?
        .execute([run.to_bytes()])?;
    Ok(())
}

/// The knot that a waiting task run is in; `None` where it is in none, or another one in
/// it is younger: that one gives way, and one is enough.
pub(crate) fn knot(
    connection: &Connection,
    home: &Home,
    run: RunId,
    number: TaskRunNumber,
) -> rusqlite::Result<Option<Knot>> {
    let own = (run, number);
    // All of it as it stands at one moment.
    let connection = &*connection.unchecked_transaction()?;
    let Some(mut waiting) = Waiting::around(connection, home, own)? else {
        return Ok(None);
    };
    waiting.keep_stuck();
    if !waiting.gives_way(own) {
        return Ok(None);
    }
    let found = waiting.full.remove(&own).unwrap_or_default();
    found
        .into_iter()
        .next()
        .map(|full| full.described(connection))
        .transpose()
}

/// A limit all of whose slots are held.
struct Full {
    name: String,
    slots: u32,
    /// Who holds them, and who waits inside.
    holders: Vec<(Place, Vec<Place>)>,
}

impl Full {
    fn described(self, connection: &Connection) -> rusqlite::Result<Knot> {
        let mut holders = Vec::with_capacity(self.holders.len());
        for ((run, number), _) in self.holders {
            if let Some(task) = limit::task_of(connection, run, number)? {
                holders.push(SlotAround {
                    limit: self.name.clone(),
                    run,
                    number,
                    task,
                });
            }
        }
        Ok(Knot {
            limit: self.name,
            slots: self.slots,
            holders,
        })
    }
}

/// Those that wait, each with the limits that keep it from going on.
struct Waiting {
    full: BTreeMap<Place, Vec<Full>>,
}

impl Waiting {
    /// All that one of them may wait for, directly or in turn; `None`: they are too many.
    fn around(connection: &Connection, home: &Home, own: Place) -> rusqlite::Result<Option<Self>> {
        let mut look = Look {
            connection,
            home,
            alive: HashMap::new(),
        };
        let mut full = BTreeMap::new();
        let mut next = vec![own];
        while let Some(place) = next.pop() {
            if full.contains_key(&place) {
                continue;
            }
            if full.len() == MOST_FOLLOWED {
                return Ok(None);
            }
            let limits = look.full_limits(place)?;
            let holders = limits.iter().flat_map(|limit| &limit.holders);
            next.extend(holders.flat_map(|(_, inside)| inside));
            full.insert(place, limits);
        }
        Ok(Some(Self { full }))
    }

    /// Leaves only those that cannot go on before another of them does: a slot may come
    /// free where its holder has nobody inside who is stuck.
    fn keep_stuck(&mut self) {
        loop {
            let stuck: BTreeSet<Place> = self.full.keys().copied().collect();
            let mut goes_on = false;
            self.full.retain(|_, limits| {
                let before = limits.len();
                limits.retain(|limit| {
                    let mut holders = limit.holders.iter();
                    holders.all(|(_, inside)| inside.iter().any(|place| stuck.contains(place)))
                });
                goes_on |= limits.len() < before || limits.is_empty();
                !limits.is_empty()
            });
            if !goes_on {
                return;
            }
        }
    }

    /// Whether it waits for itself in the end, and is the youngest of those that do so
    /// with it.
    fn gives_way(&self, own: Place) -> bool {
        let reached = self.reached(own);
        let mut with_it = reached.iter().filter(|&&place| {
            let back = self.reached(place);
            back.contains(&own)
        });
        reached.contains(&own) && with_it.all(|&place| place <= own)
    }

    /// Whom one waits for, directly or in turn.
    fn reached(&self, from: Place) -> BTreeSet<Place> {
        let mut reached = BTreeSet::new();
        let mut next = vec![from];
        while let Some(place) = next.pop() {
            let limits = self.full.get(&place).into_iter().flatten();
            let inside = limits.flat_map(|limit| &limit.holders);
            for &place in inside.flat_map(|(_, inside)| inside) {
                if self.full.contains_key(&place) && reached.insert(place) {
                    next.push(place);
                }
            }
        }
        reached
    }
}

/// One look at who holds and who waits.
struct Look<'c> {
    connection: &'c Connection,
    home: &'c Home,
    alive: HashMap<[u8; 28], bool>,
}

impl Look<'_> {
    /// The limits that one waits for of which no slot is free. One without slots is
    /// closed for now: that is up to a person.
    fn full_limits(&mut self, (run, task): Place) -> rusqlite::Result<Vec<Full>> {
        let limits: Vec<(String, u32)> = self
            .connection
            .prepare_cached(
                "SELECT DISTINCT waits.name, limits.slots FROM waits
                 JOIN limits ON limits.name = waits.name
                 WHERE run = ? AND task = ? AND limits.slots > 0",
            )?
            .query_map(params![run.to_bytes(), task.get()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?
            .collect::<rusqlite::Result<_>>()?;
        let mut full = Vec::new();
        for (name, slots) in limits {
            let places =
                self.places("SELECT run, task, owner FROM slots WHERE name = ?", [&name])?;
            if places.len() < usize::try_from(slots).unwrap_or(usize::MAX) {
                continue;
            }
            let mut holders = Vec::with_capacity(places.len());
            for holder in places {
                holders.push((holder, self.inside(holder)?));
            }
            full.push(Full {
                name,
                slots,
                holders,
            });
        }
        Ok(full)
    }

    /// Who waits inside a holder, in the process that carries it.
    fn inside(&mut self, (run, task): Place) -> rusqlite::Result<Vec<Place>> {
        self.places(
            "SELECT DISTINCT waits.run, waits.task, waits.owner FROM waits
             JOIN runs ON runs.id = waits.run AND runs.owner = waits.owner
             JOIN task_runs ON task_runs.key = (runs.key << 32) | waits.task
               AND task_runs.ended_at IS NULL
             WHERE around_run = ? AND around_task = ?",
            params![run.to_bytes(), task.get()],
        )
    }

    /// The task runs of a query, as far as their processes live.
    fn places(&mut self, sql: &str, values: impl rusqlite::Params) -> rusqlite::Result<Vec<Place>> {
        let rows: Vec<([u8; 16], u32, [u8; 28])> = self
            .connection
            .prepare_cached(sql)?
            .query_map(values, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let living = rows.into_iter().filter(|(_, _, owner)| self.lives(*owner));
        let places = living.filter_map(|(run, number, _)| {
            Some((RunId::from_bytes(run), TaskRunNumber::new(number)?))
        });
        Ok(places.collect())
    }

    fn lives(&mut self, owner: [u8; 28]) -> bool {
        let home = self.home;
        *self
            .alive
            .entry(owner)
            .or_insert_with(|| Owner::from_bytes(&owner).is_some_and(|one| one.is_alive(home)))
    }
}
