//! Statements against a Postgres server.

mod cell;
mod connection;
mod numeric;
mod parameter;
mod time;

use std::pin::pin;

use futures_util::TryStreamExt;
use tidemill_flow::Value;
use tidemill_orchestrate::{Failure, FailureKind};
use tokio_postgres::{
    Client, Error,
    error::ErrorPosition,
    types::{ToSql, Type},
};

use self::{cell::Raw, parameter::Text};
use super::{
    Script,
    plan::Plan,
    rows::{Rows, rows_affected, too_large},
    script::{Dialect, Statement},
};
use crate::kinds::failure;

/// Runs a script; dropping the future asks the server to cancel it.
pub(super) async fn run(url: &str, script: &Script) -> Result<Value, Failure> {
    let plan = Plan::new(script, Dialect::Postgres)?;
    let session = connection::open(url).await?;
    let execution = Execution {
        client: session.client(),
        plan: &plan,
    };
    let result = execution.run().await;
    session.close();
    result
}

struct Execution<'a> {
    client: &'a Client,
    plan: &'a Plan<'a>,
}

impl Execution<'_> {
    async fn run(&self) -> Result<Value, Failure> {
        let last = self.plan.statements.len() - 1;
        let mut output = Value::from(());
        for (index, statement) in self.plan.statements.iter().enumerate() {
            if let Some((first, opening)) = self.plan.transaction
                && first == index
            {
                self.control(index, opening).await?;
            }
            output = self.statement(index, statement, index == last).await?;
        }
        if self.plan.transaction.is_some() {
            self.control(last, "COMMIT").await?;
        }
        // Without the commit, closing the connection undoes everything.
        Ok(output)
    }

    async fn control(&self, index: usize, sql: &str) -> Result<(), Failure> {
        self.client.batch_execute(sql).await.map_err(|error| {
            let message = format!("{sql}: {}", reason(&error));
            self.plan.refused(index, None, &message)
        })
    }

    /// Runs a statement to its end; only the last one's rows are kept.
    async fn statement(
        &self,
        index: usize,
        statement: &Statement<'_>,
        is_last: bool,
    ) -> Result<Value, Failure> {
        let numbered = Numbered::new(statement, |name| self.plan.parameter(name).is_some());
        let refused = |error: Error| {
            let offset = position(&error, &numbered);
            self.plan.refused(index, offset, &reason(&error))
        };
        let prepared = self.client.prepare(&numbered.text).await.map_err(refused)?;
        let columns = prepared.columns();
        if is_last {
            for column in columns {
                cell::check(column.type_()).map_err(|why| {
                    let message = format!("column `{}`: {why}", column.name());
                    self.plan.refused(index, None, &message)
                })?;
            }
        }
        let parameters = self.bound(&numbered, prepared.params())?;
        let parameters = parameters.iter().map(|text| text as &(dyn ToSql + Sync));
        let stream = self.client.query_raw(&prepared, parameters);
        let mut stream = pin!(stream.await.map_err(refused)?);
        let mut gathered = Rows::new(columns.iter().map(tokio_postgres::Column::name));
        while let Some(row) = stream.try_next().await.map_err(refused)? {
            if is_last {
                self.gather(index, &row, &mut gathered)?;
            }
        }
        if columns.is_empty() {
            return Ok(rows_affected(stream.rows_affected().unwrap_or(0)));
        }
        Ok(gathered.into_value())
    }

    fn bound(&self, numbered: &Numbered<'_>, types: &[Type]) -> Result<Vec<Text>, Failure> {
        let names = numbered.names.iter().zip(types);
        names
            .map(|(name, kind)| {
                let value = self.plan.parameter(name);
                parameter::bound(value.unwrap_or(&serde_json::Value::Null), kind).map_err(|why| {
                    failure(FailureKind::Expression, format!("parameters.{name}: {why}"))
                })
            })
            .collect()
    }

    fn gather(
        &self,
        index: usize,
        row: &tokio_postgres::Row,
        gathered: &mut Rows,
    ) -> Result<(), Failure> {
        let mut values = Vec::with_capacity(row.len());
        let mut size = 0;
        let unsayable = |message: &str| {
            failure(
                FailureKind::Output,
                self.plan.describe(index, None, message),
            )
        };
        for (number, column) in row.columns().iter().enumerate() {
            let raw: Option<Raw<'_>> = row
                .try_get(number)
                .map_err(|error| self.plan.refused(index, None, &reason(&error)))?;
            size += raw.as_ref().map_or(4, |raw| raw.bytes().len() + 2);
            let value = match raw {
                None => Value::from(()),
                Some(raw) => cell::value(column.type_(), raw.bytes())
                    .map_err(|why| unsayable(&format!("column `{}`: {why}", column.name())))?,
            };
            values.push(value);
        }
        gathered
            .push(values, size)
            .map_err(|_| unsayable(&too_large()))
    }
}

/// A statement with `$1`, `$2` … for its `:name`s.
struct Numbered<'a> {
    text: String,
    /// `$1`'s name first.
    names: Vec<&'a str>,
    /// Where a `$n` stands in `text`, by its end, and where what follows stood in the original.
    shifts: Vec<(usize, usize)>,
}

impl<'a> Numbered<'a> {
    fn new(statement: &Statement<'a>, is_known: impl Fn(&str) -> bool) -> Self {
        let mut numbered = Self {
            text: String::with_capacity(statement.text.len()),
            names: Vec::new(),
            shifts: vec![(0, 0)],
        };
        let mut copied = 0;
        for parameter in &statement.parameters {
            if !is_known(parameter.name) {
                continue;
            }
            let range = &parameter.range;
            let before = statement.text.get(copied..range.start);
            numbered.text.push_str(before.unwrap_or_default());
            let number = numbered.number(parameter.name);
            numbered.text.push_str(&format!("${number}"));
            numbered.shifts.push((numbered.text.len(), range.end));
            copied = range.end;
        }
        let rest = statement.text.get(copied..);
        numbered.text.push_str(rest.unwrap_or_default());
        numbered
    }

    fn number(&mut self, name: &'a str) -> usize {
        if let Some(index) = self.names.iter().position(|known| *known == name) {
            return index + 1;
        }
        self.names.push(name);
        self.names.len()
    }

    /// Where a byte of `text` stood in the original.
    fn original(&self, offset: usize) -> usize {
        let shift = self.shifts.iter().rev().find(|(end, _)| *end <= offset);
        shift.map_or(offset, |(end, original)| original + (offset - end))
    }
}

/// Where in the original statement an error stands, in bytes, where the server says so.
fn position(error: &Error, numbered: &Numbered<'_>) -> Option<usize> {
    match error.as_db_error()?.position()? {
        ErrorPosition::Original(character) => {
            let index = usize::try_from(*character).ok()?.checked_sub(1)?;
            let place = numbered.text.char_indices().nth(index);
            let offset = place.map_or(numbered.text.len(), |(offset, _)| offset);
            Some(numbered.original(offset))
        }
        ErrorPosition::Internal { .. } => None,
    }
}

/// The server's own message with what it adds to it; else the connection's.
fn reason(error: &Error) -> String {
    let Some(database) = error.as_db_error() else {
        return connection::reason(error);
    };
    let mut text = database.message().to_owned();
    for (label, more) in [("detail", database.detail()), ("hint", database.hint())] {
        if let Some(more) = more {
            text.push_str(&format!(" ({label}: {more})"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::sql::script::split;

    #[test]
    fn names_become_numbers_and_places_stay() {
        let text = "SELECT :a, ':a', :bb::int, x[:n], :a FROM t -- :c";
        let statements = split(text, Dialect::Postgres);
        let numbered = Numbered::new(&statements[0], |name| name != "n");
        assert_eq!(numbered.text, "SELECT $1, ':a', $2::int, x[:n], $1 FROM t");
        assert_eq!(numbered.names, ["a", "bb"]);
        for word in ["SELECT", "::int", "x[", "FROM"] {
            let there = numbered.text.find(word).unwrap();
            assert_eq!(numbered.original(there), text.find(word).unwrap(), "{word}");
        }
    }
}
