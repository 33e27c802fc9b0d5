//! `check`: every mistake of flow files, a line each.

use crate::{
    arguments::CheckArguments,
    exit::Exit,
    message::{self, Failure},
    output::Output,
    source::Source,
};

pub(crate) fn check(source: &Source<'_>, arguments: &CheckArguments) -> Result<Exit, Failure> {
    let (answer, errors) = source.check(&arguments.files)?;
    let mut output = Output::new();
    if arguments.form.json {
        output.document(&answer)?;
    } else {
        for file in &answer.files {
            output.lines(&message::diagnostics(file))?;
        }
    }
    output.flush()?;
    let mut exit = match answer.errors {
        0 => Exit::Done,
        _ => Exit::Failed,
    };
    for error in errors {
        exit = Failure::Api(error).report();
    }
    if !answer.files.is_empty() {
        message::plain(&message::summary(&answer.files));
    }
    Ok(exit)
}
