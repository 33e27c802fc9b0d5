//! The bench's yardstick for the store: so many task runs of three transitions
//! each through bare SQLite into the store's own tables, in groups of a hundred,
//! each flushed. `bare-store FILE COUNT`.

use std::{error::Error, path::Path};

use rusqlite::{Connection, params};

const TABLES: &str =
    include_str!("../../../src-tauri/crates/store/migrations/state_0001_first.sql");
const GROUP: i64 = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(count)) = (arguments.next(), arguments.next()) else {
        return Err("usage: bare-store FILE COUNT".into());
    };
    let mut connection = open(Path::new(&file))?;
    write(&mut connection, count.parse()?)?;
    Ok(())
}

/// The store's tables in a database of its own, each commit flushed.
fn open(file: &Path) -> rusqlite::Result<Connection> {
    let is_new = !file.exists();
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    if is_new {
        connection.execute_batch(TABLES)?;
    }
    Ok(connection)
}

fn write(connection: &mut Connection, count: i64) -> rusqlite::Result<()> {
    let highest = "SELECT coalesce(max(sequence), 0) FROM transitions";
    let mut sequence: i64 = connection.query_row(highest, [], |row| row.get(0))?;
    let highest = "SELECT coalesce(max(key), 0) FROM task_runs";
    let run: i64 = (connection.query_row(highest, [], |row| row.get::<_, i64>(0))? >> 32) + 1;
    for group in 0..count / GROUP {
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO task_runs (key, task, parent, item, turn, run_attempt, state, attempts, last)
                 VALUES (?1, 1, 1, ?2, 1, 1, 5, 0, ?3)",
            )?;
            let mut update = transaction.prepare_cached(
                "UPDATE task_runs SET state = ?2, attempts = 1, started_at = ?3, ended_at = ?4, last = ?5 WHERE key = ?1",
            )?;
            let mut history = transaction.prepare_cached(
                "INSERT INTO transitions (sequence, run, number, run_attempt, from_state, to_state, at, detail)
                 VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7)",
            )?;
            for item in group * GROUP..(group + 1) * GROUP {
                let number = item + 1;
                let key = run << 32 | number;
                let at = 1_764_000_000_000_000_000 + sequence;
                insert.execute(params![key, item, sequence + 1])?;
                history.execute(params![
                    sequence + 1,
                    run,
                    number,
                    None::<u8>,
                    5,
                    at,
                    [0_u8; 8]
                ])?;
                update.execute(params![key, 6, at, None::<i64>, sequence + 2])?;
                history.execute(params![sequence + 2, run, number, 5, 6, at, [0_u8; 2]])?;
                update.execute(params![key, 10, at, at, sequence + 3])?;
                history.execute(params![
                    sequence + 3,
                    run,
                    number,
                    6,
                    10,
                    at,
                    item.to_string()
                ])?;
                sequence += 3;
            }
        }
        transaction.commit()?;
    }
    Ok(())
}
