//! The requests table: what someone wants of a run that another process carries.
//! The run's owner acts on it and answers.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tidemill_orchestrate::{RunId, TaskRunNumber};

use crate::{Owner, time};

/// What someone wants of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Steering {
    /// That it ends.
    Cancel {
        /// Why, for a person.
        reason: String,
    },
    /// That it ends, and what runs gets no time to end by itself.
    Kill {
        /// Why, for a person.
        reason: String,
    },
    /// That an open approval is answered with yes.
    Approve {
        /// The task run that asks; `None`: the only one that does.
        task: Option<TaskRunNumber>,
        /// What the person entered, a mapping.
        fields: serde_json::Value,
    },
    /// That an open approval is answered with no.
    Reject {
        /// The task run that asks; `None`: the only one that does.
        task: Option<TaskRunNumber>,
        /// Why, for a person.
        reason: String,
    },
}

/// A request that no one has answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Its number.
    pub id: i64,
    /// The run that is meant.
    pub run: RunId,
    /// What is wanted.
    pub steering: Steering,
    /// Who wants it, for a person.
    pub requested_by: String,
    /// When it was made.
    pub requested_at: Timestamp,
}

/// What a run's owner says to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether it was done.
    pub accepted: bool,
    /// Why not, or what was done, for a person.
    pub message: String,
}

/// A request, with what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownRequest {
    /// What was wanted, of whom, by whom.
    pub request: Request,
    /// The run's readable name.
    pub run_name: String,
    /// The flow's name.
    pub flow: String,
    /// What its owner said, once it did.
    pub answer: Option<Answer>,
}

/// Requests numbered before `before`, newest first.
pub(crate) fn before(
    connection: &Connection,
    before: i64,
    limit: i64,
) -> rusqlite::Result<Vec<KnownRequest>> {
    connection
        .prepare_cached(
            "SELECT requests.id, run, steering, requested_by, requested_at, answer, runs.name,
               runs.flow FROM requests JOIN runs ON runs.id = requests.run
             WHERE requests.id < ? AND runs.removing = 0 ORDER BY requests.id DESC LIMIT ?",
        )?
        .query_map([before, limit], |row| {
            let answered = row.get_ref(5)?.as_str_or_null()?.is_some();
            Ok(KnownRequest {
                request: request(row)?,
                answer: answered.then(|| json(row, 5)).transpose()?,
                run_name: row.get(6)?,
                flow: row.get(7)?,
            })
        })?
        .collect()
}

fn request(row: &Row<'_>) -> rusqlite::Result<Request> {
    Ok(Request {
        id: row.get(0)?,
        run: row.get(1).map(RunId::from_bytes)?,
        steering: json(row, 2)?,
        requested_by: row.get(3)?,
        requested_at: time::from_column(row.get(4)?),
    })
}

/// Adds a request, and gives its number.
pub(crate) fn insert(
    connection: &Connection,
    run: RunId,
    steering: &str,
    by: &str,
    at: Timestamp,
) -> rusqlite::Result<i64> {
    connection.execute(
        "INSERT INTO requests (run, steering, requested_by, requested_at) VALUES (?, ?, ?, ?)",
        params![run.to_bytes(), steering, by, time::to_column(at)],
    )?;
    Ok(connection.last_insert_rowid())
}

/// Answers a request; gives whether it was open.
pub(crate) fn answer(
    connection: &Connection,
    id: i64,
    answer: &str,
    at: Timestamp,
) -> rusqlite::Result<bool> {
    let answered = connection.execute(
        "UPDATE requests SET answer = ?, answered_at = ? WHERE id = ? AND answer IS NULL",
        params![answer, time::to_column(at), id],
    )?;
    Ok(answered == 1)
}

/// Answers with no what is open about a run: its owner, who was asked, is gone, and
/// whoever asked was told so.
pub(crate) fn refuse_open(
    connection: &Connection,
    run: RunId,
    refusal: &str,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE requests SET answer = ?, answered_at = requested_at
             WHERE run = ? AND answer IS NULL",
        )?
        .execute(params![refusal, run.to_bytes()])?;
    Ok(())
}

/// Open requests about runs that `owner` carries, oldest first.
pub(crate) fn open(connection: &Connection, owner: Owner) -> rusqlite::Result<Vec<Request>> {
    connection
        .prepare_cached(
            "SELECT requests.id, run, steering, requested_by, requested_at
             FROM requests INDEXED BY requests_open JOIN runs ON runs.id = requests.run
             WHERE answer IS NULL AND runs.owner = ? ORDER BY requests.id",
        )?
        .query_map([owner.to_bytes()], request)?
        .collect()
}

/// The answer to a request, once there is one.
pub(crate) fn answer_to(connection: &Connection, id: i64) -> rusqlite::Result<Option<Answer>> {
    connection
        .prepare_cached("SELECT answer FROM requests WHERE id = ? AND answer IS NOT NULL")?
        .query_row([id], |row| json(row, 0))
        .optional()
}

/// Removes what was asked of a run.
pub(crate) fn remove_of_run(connection: &Connection, run: RunId) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM requests WHERE run = ?", [run.to_bytes()])?;
    Ok(())
}

fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|cause| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            Box::new(cause),
        )
    })
}
