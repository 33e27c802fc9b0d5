//! A script's statements in the order in which they run, and the transaction around them.

use tidemill_orchestrate::{Failure, FailureKind};

use super::{
    Script,
    script::{Dialect, Parameter, Role, Statement, place, split},
};
use crate::kinds::failure;

/// What runs. Statements before `first` run outside the transaction.
pub(super) struct Plan<'a> {
    script: &'a Script,
    /// At least one.
    pub(super) statements: Vec<Statement<'a>>,
    /// How many there are in the script, transaction words included, and the number of our first.
    numbers: (usize, usize),
    /// What opens the transaction, and before which statement; `None`: there is none.
    pub(super) transaction: Option<(usize, &'a str)>,
}

impl<'a> Plan<'a> {
    /// Cuts a script into statements and decides on the transaction.
    pub(super) fn new(script: &'a Script, dialect: Dialect) -> Result<Self, Failure> {
        let mut statements = split(&script.text, dialect);
        let count = statements.len();
        let opening = own_transaction(&mut statements);
        let plan = Self {
            transaction: transaction(&statements, opening, dialect),
            numbers: (count, usize::from(opening.is_some()) + 1),
            script,
            statements,
        };
        plan.check()?;
        Ok(plan)
    }

    fn check(&self) -> Result<(), Failure> {
        if self.statements.is_empty() {
            let message = self.in_file("it holds no statement");
            return Err(failure(FailureKind::Sql, message));
        }
        for (index, statement) in self.statements.iter().enumerate() {
            if matches!(
                statement.role(),
                Role::Begin | Role::Commit | Role::OtherEnd
            ) {
                return Err(self.refused(
                    index,
                    Some(0),
                    "a task's statements are one transaction already; \
                     `BEGIN` may only be the first and `COMMIT` the last of them",
                ));
            }
            for parameter in &statement.parameters {
                self.check_parameter(index, parameter)?;
            }
        }
        Ok(())
    }

    fn check_parameter(&self, index: usize, parameter: &Parameter<'_>) -> Result<(), Failure> {
        let name = parameter.name;
        // In brackets, `a[1:n]` is an array's slice.
        if parameter.in_brackets || self.script.parameter(name).is_some() {
            return Ok(());
        }
        let message = format!("`:{name}` is none of the task's `parameters`");
        Err(self.refused(index, Some(parameter.range.start), &message))
    }

    /// The task's parameters.
    pub(super) fn parameter(&self, name: &str) -> Option<&'a serde_json::Value> {
        self.script.parameter(name)
    }

    /// The failure of a statement, with its number and place; `offset` is in the
    /// statement's text, in bytes.
    pub(super) fn refused(&self, index: usize, offset: Option<usize>, message: &str) -> Failure {
        failure(FailureKind::Sql, self.describe(index, offset, message))
    }

    /// A message about a statement, with its number and place.
    pub(super) fn describe(&self, index: usize, offset: Option<usize>, message: &str) -> String {
        let begin = self.statements.get(index).map_or(0, |found| found.offset);
        let (line, column) = place(&self.script.text, begin + offset.unwrap_or(0));
        let (count, first) = self.numbers;
        let number = match count {
            1 => String::new(),
            _ => format!("statement {} of {count}, ", first + index),
        };
        let column = offset.map_or(String::new(), |_| format!(", column {column}"));
        self.in_file(&format!("{number}line {line}{column}: {message}"))
    }

    fn in_file(&self, message: &str) -> String {
        match &self.script.file {
            Some(file) => format!("{file}: {message}"),
            None => format!("query: {message}"),
        }
    }
}

/// Takes a script's own first `BEGIN` and last `COMMIT` out of it, and gives the first.
fn own_transaction<'a>(statements: &mut Vec<Statement<'a>>) -> Option<&'a str> {
    let begins = statements.first()?.role() == Role::Begin;
    let commits = statements.last()?.role() == Role::Commit;
    if !begins || !commits || statements.len() < 3 {
        return None;
    }
    statements.pop();
    Some(statements.remove(0).text)
}

/// What opens the transaction, and before which statement.
fn transaction<'a>(
    statements: &[Statement<'_>],
    own: Option<&'a str>,
    dialect: Dialect,
) -> Option<(usize, &'a str)> {
    if let Some(opening) = own {
        return Some((0, opening));
    }
    let roles: Vec<Role> = statements.iter().map(Statement::role).collect();
    let is_setting = |role: &&Role| dialect == Dialect::Sqlite && **role == Role::Pragma;
    let first = roles.iter().take_while(is_setting).count();
    let rest = roles.get(first..).unwrap_or_default();
    match rest {
        [Role::Change] => Some((first, "BEGIN")),
        [] | [_] => None,
        // A transaction that will write says so when it begins: one that read first
        // could no longer wait for another's.
        _ if dialect == Dialect::Sqlite && rest.iter().any(|role| *role != Role::Read) => {
            Some((first, "BEGIN IMMEDIATE"))
        }
        _ => Some((first, "BEGIN")),
    }
}
