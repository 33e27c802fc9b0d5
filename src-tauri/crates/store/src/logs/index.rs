//! The index of words over all logs, in a database of its own: made behind those who
//! log, a step at a time, and never in their way.
//!
//! Not here: what is looked for in it.

use std::sync::Mutex;

use rusqlite::{Connection, OptionalExtension, params};
use tidemill_orchestrate::RunId;

use super::{
    chunk::{LINES, RawLines},
    readers::Readers,
};
use crate::{StoreError, lock::WriteQueue, migrations::Database, receipt::lock};

/// Chunks that one step indexes: some megabytes of lines at most.
const STEP: u32 = 32;

/// Bits of a row's id that hold the line's place in its chunk.
const PLACE_BITS: u32 = LINES.trailing_zeros();

/// A row of the logs.
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) run: RunId,
    pub(super) first: u64,
    pub(super) data: Vec<u8>,
}

impl Row {
    /// Reads the columns `id, run, first, data`.
    pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            run: row.get(1).map(RunId::from_bytes)?,
            first: row.get::<_, i64>(2)?.unsigned_abs(),
            data: row.get(3)?,
        })
    }

    /// Its lines.
    pub(super) fn lines(&self) -> RawLines<'_> {
        RawLines {
            data: &self.data,
            number: self.first,
        }
    }
}

/// The first id that a line of a chunk has in the index.
pub(super) fn first_id(chunk: i64) -> i64 {
    chunk.saturating_mul(1 << PLACE_BITS)
}

/// The chunk that an id of the index is of, and the line's place in it.
pub(super) fn place(id: i64) -> (i64, usize) {
    let place = usize::try_from(id & ((1 << PLACE_BITS) - 1)).unwrap_or(LINES);
    (id >> PLACE_BITS, place)
}

/// The index.
pub(super) struct Index {
    database: Database,
    /// Who indexes here: one at a time.
    session: Mutex<Option<Session>>,
    readers: Readers,
}

struct Session {
    connection: Connection,
    queue: WriteQueue,
}

impl Index {
    /// An index in this database; opens nothing yet.
    pub(super) fn new(database: Database) -> Self {
        Self {
            database,
            session: Mutex::new(None),
            readers: Readers::default(),
        }
    }

    /// Reads; `Ok(None)` while nothing was ever indexed.
    pub(super) fn read<T>(
        &self,
        body: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.readers.read(&self.database, body)
    }

    /// The last chunk that is indexed; 0: none is.
    pub(super) fn done(&self) -> Result<i64, StoreError> {
        Ok(self.read(|index| Ok(done(index)?))?.unwrap_or(0))
    }

    /// Indexes the next chunks of the logs; gives whether there may be more.
    pub(super) fn step(&self, logs: &Connection) -> Result<bool, StoreError> {
        self.write(|index| {
            // Another process may have indexed meanwhile.
            let rows = chunks_after(logs, done(index)?)?;
            let Some(last) = rows.last().map(|row| row.id) else {
                return Ok(false);
            };
            for row in &rows {
                insert(index, row)?;
            }
            index.execute("UPDATE progress SET chunk = ?", [last])?;
            Ok(rows.len() == STEP as usize)
        })
    }

    /// Forgets chunks that were removed; each with the number of its lines.
    pub(super) fn forget(&self, chunks: &[(i64, i64)]) -> Result<(), StoreError> {
        if chunks.is_empty() || !self.database.path.exists() {
            return Ok(());
        }
        self.write(|index| {
            let done = done(index)?;
            let mut delete = index.prepare_cached("DELETE FROM words WHERE rowid = ?")?;
            for &(chunk, count) in chunks.iter().filter(|(chunk, _)| *chunk <= done) {
                let first = first_id(chunk);
                for id in first..first.saturating_add(count) {
                    delete.execute([id])?;
                }
            }
            Ok(())
        })
    }

    fn write<T>(
        &self,
        body: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut session = lock(&self.session);
        let Session { connection, queue } = match &mut *session {
            Some(session) => session,
            none => {
                drop(self.database.open()?);
                none.insert(Session {
                    connection: self.database.write()?,
                    queue: WriteQueue::open(&self.database.lock)?,
                })
            }
        };
        let written = queue.transaction(connection, &self.database.path, body);
        if written.is_err() {
            *session = None;
        }
        written
    }
}

fn done(index: &Connection) -> rusqlite::Result<i64> {
    index
        .prepare_cached("SELECT chunk FROM progress")?
        .query_row([], |row| row.get(0))
}

fn chunks_after(logs: &Connection, done: i64) -> rusqlite::Result<Vec<Row>> {
    logs.prepare_cached("SELECT id, run, first, data FROM chunks WHERE id > ? ORDER BY id LIMIT ?")?
        .query_map([done, i64::from(STEP)], Row::read)?
        .collect()
}

/// The last chunk of the logs; 0: there is none.
pub(super) fn last_chunk(logs: &Connection) -> rusqlite::Result<i64> {
    let last = logs
        .prepare_cached("SELECT id FROM chunks ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(last.unwrap_or(0))
}

/// Takes the words of a chunk's lines into a table as `words` is.
pub(super) fn insert(index: &Connection, row: &Row) -> rusqlite::Result<()> {
    let mut insert = index.prepare_cached("INSERT INTO words (rowid, text) VALUES (?, ?)")?;
    for (line, id) in row.lines().zip(first_id(row.id)..) {
        let text = String::from_utf8_lossy(line.bytes);
        insert.execute(params![id, text])?;
    }
    Ok(())
}
