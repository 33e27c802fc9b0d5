//! `secrets`, `vars`, `limits`, `settings`: the home's own tables.

use std::io::{self, IsTerminal, Read};

use serde::Serialize;

use crate::{
    arguments::{
        JsonArguments, LimitsCommand, SecretsCommand, SettingsCommand, TableArguments, VarsCommand,
    },
    exit::Exit,
    look::{Line, Look, Role},
    message::{self, Failure},
    output::Output,
    source::{Source, Table},
    table::{self, Column},
};

/// A secret longer than this is none.
const LONGEST_SECRET: u64 = 1 << 20;

pub(crate) fn secrets(
    source: &Source<'_>,
    arguments: TableArguments<SecretsCommand>,
) -> Result<Exit, Failure> {
    match arguments
        .command
        .unwrap_or(SecretsCommand::Ls(arguments.form))
    {
        SecretsCommand::Set { name } => {
            let value = read_secret(&name)?;
            source.set_secret(&name, &value)?;
        }
        SecretsCommand::Ls(form) => {
            let names = source.secrets()?;
            let rows = names
                .secrets
                .iter()
                .map(|name| vec![Line::of(Role::Strong, name)]);
            show(
                form,
                &names,
                &[Column::left("NAME")],
                rows.collect(),
                "no secret is set",
            )?;
        }
        SecretsCommand::Rm { name } => {
            source.remove_entry(Table::Secrets, &name)?;
        }
    }
    Ok(Exit::Done)
}

/// The value from a prompt that does not show it, or from standard input, where a
/// line's end at its end is not part of it.
fn read_secret(name: &str) -> Result<String, Failure> {
    if io::stdin().is_terminal() {
        let prompt = format!("value of secret {}: ", crate::text::harmless(name));
        return Ok(rpassword::prompt_password(prompt)?);
    }
    let mut value = String::new();
    io::stdin()
        .lock()
        .take(LONGEST_SECRET)
        .read_to_string(&mut value)?;
    if value.ends_with('\n') {
        value.pop();
        if value.ends_with('\r') {
            value.pop();
        }
    }
    Ok(value)
}

pub(crate) fn vars(
    source: &Source<'_>,
    arguments: TableArguments<VarsCommand>,
) -> Result<Exit, Failure> {
    match arguments.command.unwrap_or(VarsCommand::Ls(arguments.form)) {
        VarsCommand::Set { name, value } => {
            source.set_variable(&name, &value)?;
        }
        VarsCommand::Ls(form) => {
            let listed = source.variables()?;
            let rows = listed.vars.iter().map(|variable| {
                let value = Line::plain(&variable.value.to_string());
                vec![Line::of(Role::Strong, &variable.name), value]
            });
            let columns = [Column::left("NAME"), Column::shrinking("VALUE")];
            show(
                form,
                &listed,
                &columns,
                rows.collect(),
                "no variable is set",
            )?;
        }
        VarsCommand::Rm { name } => {
            source.remove_entry(Table::Vars, &name)?;
        }
    }
    Ok(Exit::Done)
}

pub(crate) fn limits(
    source: &Source<'_>,
    arguments: TableArguments<LimitsCommand>,
) -> Result<Exit, Failure> {
    match arguments
        .command
        .unwrap_or(LimitsCommand::Ls(arguments.form))
    {
        LimitsCommand::Set { name, slots } => {
            source.set_limit(&name, slots)?;
        }
        LimitsCommand::Ls(form) => {
            let listed = source.limits()?;
            let rows = listed.limits.iter().map(|limit| {
                vec![
                    Line::of(Role::Strong, &limit.name),
                    Line::plain(&limit.slots.to_string()),
                    Line::plain(&limit.taken.to_string()),
                ]
            });
            let columns = [
                Column::left("NAME"),
                Column::right("SLOTS"),
                Column::right("TAKEN"),
            ];
            show(form, &listed, &columns, rows.collect(), "no limit is set")?;
        }
        LimitsCommand::Rm { name } => {
            source.remove_entry(Table::Limits, &name)?;
        }
    }
    Ok(Exit::Done)
}

pub(crate) fn settings(
    source: &Source<'_>,
    arguments: TableArguments<SettingsCommand>,
) -> Result<Exit, Failure> {
    match arguments
        .command
        .unwrap_or(SettingsCommand::Ls(arguments.form))
    {
        SettingsCommand::Ls(form) => list_settings(source, form)?,
        SettingsCommand::Set { key, value } => {
            source.set_setting(&key, &value)?;
        }
        SettingsCommand::Rm { key } => {
            source.remove_entry(Table::Settings, &key)?;
        }
    }
    Ok(Exit::Done)
}

fn list_settings(source: &Source<'_>, form: JsonArguments) -> Result<(), Failure> {
    let listed = source.settings()?;
    let rows = listed.settings.iter().map(|setting| {
        let value = match setting.value.is_null() {
            true => Line::of(Role::Dim, &format!("default: {}", setting.default)),
            false => Line::plain(&setting.value.to_string()),
        };
        let about = Line::of(Role::Dim, &setting.about);
        vec![Line::of(Role::Strong, &setting.key), value, about]
    });
    let columns = [
        Column::left("KEY"),
        Column::left("VALUE"),
        Column::shrinking("MEANING"),
    ];
    show(
        form,
        &listed,
        &columns,
        rows.collect(),
        "there are no settings",
    )
}

/// An answer as a document or a table; where it is empty, a word about that.
fn show(
    form: JsonArguments,
    answer: &impl Serialize,
    columns: &[Column],
    rows: Vec<Vec<Line>>,
    empty: &str,
) -> Result<(), Failure> {
    let mut output = Output::new();
    if form.json {
        output.document(answer)?;
    } else if rows.is_empty() {
        message::note(empty);
    } else {
        let look: Look = output.look();
        output.lines(&table::lines(columns, rows, look))?;
    }
    output.flush()?;
    Ok(())
}
