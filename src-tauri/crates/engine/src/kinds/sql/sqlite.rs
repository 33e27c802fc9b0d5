//! Statements against a SQLite file, on a thread of their own.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rusqlite::{Connection, ErrorCode, InterruptHandle, OpenFlags, types::ValueRef};
use tidemill_flow::Value;
use tidemill_orchestrate::{Failure, FailureKind};

use super::{
    Script,
    plan::Plan,
    rows::{Rows, rows_affected, too_large},
    script::Dialect,
};
use crate::kinds::failure;

/// How long a statement waits for another's lock.
const BUSY_PATIENCE: Duration = Duration::from_secs(30);
/// How often it looks.
const BUSY_TICK: Duration = Duration::from_millis(10);
/// After how many of SQLite's instructions a running statement looks whether it shall end.
const PROGRESS_STEP: i32 = 1000;

/// Runs a script; dropping the future interrupts and undoes it.
pub(super) async fn run(path: PathBuf, script: Script) -> Result<Value, Failure> {
    let stop = Stop::default();
    let on_drop = StopOnDrop(stop.clone());
    let work = tokio::task::spawn_blocking(move || work(&path, &script, &stop));
    let result = work.await;
    drop(on_drop);
    result.unwrap_or_else(|error| {
        Err(failure(
            FailureKind::Sql,
            format!("its thread ended: {error}"),
        ))
    })
}

/// Tells a connection's thread to end.
#[derive(Clone, Default)]
struct Stop {
    asked: Arc<AtomicBool>,
    interrupt: Arc<OnceLock<InterruptHandle>>,
}

impl Stop {
    fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Acquire)
    }
}

struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.asked.store(true, Ordering::Release);
        if let Some(handle) = self.0.interrupt.get() {
            handle.interrupt();
        }
    }
}

fn work(path: &Path, script: &Script, stop: &Stop) -> Result<Value, Failure> {
    let plan = Plan::new(script, Dialect::Sqlite)?;
    let connection = open(path, stop).map_err(|error| {
        let message = format!("cannot open `{}`: {}", path.display(), reason(&error));
        failure(FailureKind::Sql, message)
    })?;
    let execution = Execution {
        connection: &connection,
        plan: &plan,
        stop,
    };
    // Closing the connection undoes what was not committed.
    execution.run()
}

fn open(path: &Path, stop: &Stop) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    // As every other program's SQLite does, and not as this build's default is.
    connection.pragma_update(None, "foreign_keys", false)?;
    let asked = stop.clone();
    connection.progress_handler(PROGRESS_STEP, Some(move || asked.is_asked()))?;
    let asked = stop.clone();
    let mut since = Instant::now();
    connection.busy_handler(Some(move |count| {
        if count == 0 {
            since = Instant::now();
        }
        thread::sleep(BUSY_TICK);
        !asked.is_asked() && since.elapsed() < BUSY_PATIENCE
    }))?;
    // The handle is set once: this is the only connection of this `stop`.
    let _ = stop.interrupt.set(connection.get_interrupt_handle());
    Ok(connection)
}

struct Execution<'a> {
    connection: &'a Connection,
    plan: &'a Plan<'a>,
    stop: &'a Stop,
}

impl Execution<'_> {
    fn run(&self) -> Result<Value, Failure> {
        let count = self.plan.statements.len();
        let mut output = Value::from(());
        for index in 0..count {
            self.begin_before(index)?;
            output = self.statement(index, index + 1 == count)?;
        }
        self.commit(count - 1)?;
        Ok(output)
    }

    fn begin_before(&self, index: usize) -> Result<(), Failure> {
        match self.plan.transaction {
            Some((first, opening)) if first == index => self.control(index, opening),
            _ => Ok(()),
        }
    }

    fn commit(&self, last: usize) -> Result<(), Failure> {
        match self.plan.transaction {
            Some(_) => self.control(last, "COMMIT"),
            None => Ok(()),
        }
    }

    fn control(&self, index: usize, sql: &str) -> Result<(), Failure> {
        self.check_stop(index)?;
        self.connection.execute_batch(sql).map_err(|error| {
            let message = format!("{sql}: {}", reason(&error));
            self.plan.refused(index, None, &message)
        })
    }

    fn check_stop(&self, index: usize) -> Result<(), Failure> {
        if self.stop.is_asked() {
            return Err(self.plan.refused(index, None, "interrupted"));
        }
        Ok(())
    }

    /// Runs a statement to its end; only the last one's rows are kept.
    fn statement(&self, index: usize, is_last: bool) -> Result<Value, Failure> {
        self.check_stop(index)?;
        let text = self
            .plan
            .statements
            .get(index)
            .map_or("", |found| found.text);
        let refused = |error: rusqlite::Error| {
            let offset = offset(&error, text);
            self.plan.refused(index, offset, &reason(&error))
        };
        let before = self.connection.total_changes();
        let mut statement = self.connection.prepare(text).map_err(refused)?;
        self.bind(index, &mut statement)?;
        if statement.column_count() == 0 {
            statement.raw_execute().map_err(refused)?;
            // SQLite's count of changes stands from before where a statement changes none.
            let has_changed = self.connection.total_changes() != before;
            let changes = if has_changed {
                self.connection.changes()
            } else {
                0
            };
            return Ok(rows_affected(changes));
        }
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut gathered = Rows::new(names.iter().map(String::as_str));
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(refused)? {
            if is_last {
                self.gather(index, row, &names, &mut gathered)?;
            }
        }
        Ok(gathered.into_value())
    }

    fn bind(&self, index: usize, statement: &mut rusqlite::Statement<'_>) -> Result<(), Failure> {
        for number in 1..=statement.parameter_count() {
            let name = statement.parameter_name(number).map(str::to_owned);
            let bare = name.as_deref().and_then(|name| name.get(1..));
            let Some(value) = bare.and_then(|bare| self.plan.parameter(bare)) else {
                let shown = name.unwrap_or_else(|| "?".to_owned());
                let message = format!(
                    "`{shown}` is none of the task's `parameters`, which are bound by name, as `:name`"
                );
                return Err(self.plan.refused(index, None, &message));
            };
            let value = bound(value).map_err(|message| {
                let key = bare.unwrap_or_default();
                failure(
                    FailureKind::Expression,
                    format!("parameters.{key}: {message}"),
                )
            })?;
            statement
                .raw_bind_parameter(number, value)
                .map_err(|error| self.plan.refused(index, None, &reason(&error)))?;
        }
        Ok(())
    }

    fn gather(
        &self,
        index: usize,
        row: &rusqlite::Row<'_>,
        names: &[String],
        gathered: &mut Rows,
    ) -> Result<(), Failure> {
        let mut values = Vec::with_capacity(names.len());
        let mut size = 0;
        let unsayable = |message: &str| {
            failure(
                FailureKind::Output,
                self.plan.describe(index, None, message),
            )
        };
        for (number, name) in names.iter().enumerate() {
            let cell = row
                .get_ref(number)
                .map_err(|error| self.plan.refused(index, None, &reason(&error)))?;
            let (value, cost) =
                value(cell).map_err(|message| unsayable(&format!("column `{name}`: {message}")))?;
            values.push(value);
            size += cost;
        }
        gathered
            .push(values, size)
            .map_err(|_| unsayable(&too_large()))
    }
}

/// A parameter as SQLite stores it.
fn bound(value: &serde_json::Value) -> Result<rusqlite::types::Value, String> {
    use rusqlite::types::Value as Bound;
    use serde_json::Value as Json;
    Ok(match value {
        Json::Null => Bound::Null,
        Json::Bool(truth) => Bound::Integer(i64::from(*truth)),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Bound::Integer(integer),
            (None, Some(real)) if !number.is_u64() => Bound::Real(real),
            _ => return Err(format!("{number} is larger than SQLite's integers")),
        },
        Json::String(text) => Bound::Text(text.clone()),
        Json::Array(_) | Json::Object(_) => Bound::Text(value.to_string()),
    })
}

/// A cell as a value, and how much it comes to in bytes.
fn value(cell: ValueRef<'_>) -> Result<(Value, usize), &'static str> {
    Ok(match cell {
        ValueRef::Null => (Value::from(()), 4),
        ValueRef::Integer(integer) => (Value::from(integer), 8),
        ValueRef::Real(real) if real.is_finite() => (Value::from(real), 8),
        ValueRef::Real(_) => return Err("infinity is no number that JSON can say"),
        ValueRef::Text(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            (Value::from(text.as_ref()), text.len() + 2)
        }
        ValueRef::Blob(bytes) => {
            let text = STANDARD.encode(bytes);
            let size = text.len() + 2;
            (Value::from(text), size)
        }
    })
}

/// Where in the statement an error stands, where SQLite says so.
fn offset(error: &rusqlite::Error, text: &str) -> Option<usize> {
    match error {
        rusqlite::Error::SqlInputError { offset, .. } => usize::try_from(*offset)
            .ok()
            .filter(|offset| *offset <= text.len()),
        _ => None,
    }
}

/// SQLite's own message.
fn reason(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        rusqlite::Error::SqliteFailure(code, message) => {
            let text = message.clone().unwrap_or_else(|| code.to_string());
            match code.code {
                ErrorCode::DatabaseBusy => format!(
                    "{text}: another program kept it for {} s",
                    BUSY_PATIENCE.as_secs()
                ),
                _ => text,
            }
        }
        other => other.to_string(),
    }
}
