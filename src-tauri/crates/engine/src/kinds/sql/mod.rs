//! The kind `sql`: statements against a SQLite file or a Postgres server.
//!
//! The script runs as it stands; values reach it as bound parameters only. Not
//! here: pools (each attempt opens its own connection), retries and timeouts.

mod plan;
mod postgres;
mod rows;
mod script;
mod sqlite;

#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tidemill_flow::{Code, EvaluationError, Scope, Sql, Template, Value, template};
use tidemill_orchestrate::{Failure, FailureKind};

use super::{failure, unevaluated};

/// Runs the statements of `sql`, and gives the last one's rows as a list of objects, or
/// `{ rows_affected }` where it has no columns.
///
/// *Database.* A path, relative to `folder`, is a SQLite file, which is made if it is
/// missing (its folder is not); `:memory:` is a database of the task's own. A
/// `postgres://` URL is a server; `sslmode` means what it means to libpq, so only
/// `verify-ca` and `verify-full` check the certificate, both against the machine's
/// trusted ones and the host's name.
///
/// *Transaction.* Several statements are one; a failure undoes them all. A script may
/// itself begin with `BEGIN` and end with `COMMIT`, which then mean that transaction;
/// such words anywhere else are a failure. SQLite's leading `PRAGMA`s run before it. A
/// single statement that is no change of rows runs without one, so that `VACUUM` can.
///
/// *Parameters.* `:name`, bound in the statements that use them. SQLite gets true and
/// false as 1 and 0, lists and mappings as JSON text. Postgres gets each as what the
/// statement's context asks for: lists as arrays, anything as `json`, base64 text as `bytea`.
///
/// *Columns.* Blobs are base64 text; times are RFC 3339 (without an offset where the
/// type has none); a `numeric` is a number where a double holds all its digits, else
/// text; intervals are ISO 8601. A second column of the same name is called `name_2`.
///
/// Fails as `expression` where a template or parameter is wrong, as `sql` where the
/// database or the script refuses, as `output` where a value is none that JSON can say
/// (NaN, infinity) or the rows come to more than 64 MiB.
pub(crate) async fn run(sql: &Sql, scope: &Arc<Scope>, folder: &Path) -> Result<Value, Failure> {
    let database = render("database", &sql.database, scope)?;
    let database = Database::parse(&database, folder)?;
    let parameters = parameters(sql, scope)?;
    let (text, file) = text(sql, scope, folder).await?;
    let script = Script {
        text,
        file,
        parameters,
    };
    match database {
        Database::Sqlite(path) => sqlite::run(path, script).await,
        Database::Postgres(url) => postgres::run(&url, &script).await,
    }
}

/// What is to run, with everything evaluated.
struct Script {
    text: String,
    /// The file that the text came from, as the flow file names it.
    file: Option<String>,
    parameters: Vec<(String, serde_json::Value)>,
}

impl Script {
    /// A parameter's value.
    fn parameter(&self, name: &str) -> Option<&serde_json::Value> {
        let mut parameters = self.parameters.iter();
        parameters
            .find(|(own, _)| own == name)
            .map(|(_, value)| value)
    }
}

/// Where the statements run.
#[derive(Debug, PartialEq, Eq)]
enum Database {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Database {
    fn parse(text: &str, folder: &Path) -> Result<Self, Failure> {
        let invalid = |message: &str| {
            Err(failure(
                FailureKind::Expression,
                format!("database: {message}"),
            ))
        };
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        match scheme {
            Some("postgres" | "postgresql") => Ok(Self::Postgres(text.to_owned())),
            Some("sqlite" | "file") => invalid("a SQLite file is named by its path alone"),
            Some(scheme) if is_scheme(scheme) => invalid(&format!(
                "`{scheme}://` is none that is known; it is a SQLite file's path or a `postgres://` URL"
            )),
            _ if text.trim().is_empty() => invalid("it is empty"),
            _ if text == ":memory:" => Ok(Self::Sqlite(text.into())),
            _ => Ok(Self::Sqlite(folder.join(text))),
        }
    }
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn render(key: &str, template: &Template, scope: &Arc<Scope>) -> Result<String, Failure> {
    template
        .render(scope)
        .map_err(|error| unevaluated(key, &error))
}

fn parameters(sql: &Sql, scope: &Arc<Scope>) -> Result<Vec<(String, serde_json::Value)>, Failure> {
    let evaluate = |template: &Template| -> Result<serde_json::Value, EvaluationError> {
        Ok(template::to_json(&template.evaluate(scope)?))
    };
    sql.parameters
        .iter()
        .map(|(name, template)| match evaluate(template) {
            Ok(value) => Ok((name.as_str().to_owned(), value)),
            Err(error) => Err(unevaluated(&format!("parameters.{name}"), &error)),
        })
        .collect()
}

/// The script's text, and the file that it came from.
async fn text(
    sql: &Sql,
    scope: &Arc<Scope>,
    folder: &Path,
) -> Result<(String, Option<String>), Failure> {
    let file = match &sql.query {
        Code::Inline(text) => return Ok((text.clone(), None)),
        Code::File(file) => render("file", file, scope)?,
    };
    match tokio::fs::read_to_string(folder.join(&file)).await {
        // Some editors put a byte-order mark first, which no database takes.
        Ok(text) => Ok((text.trim_start_matches('\u{feff}').to_owned(), Some(file))),
        Err(error) => Err(failure(
            FailureKind::Sql,
            format!("cannot read `{file}`: {error}"),
        )),
    }
}
