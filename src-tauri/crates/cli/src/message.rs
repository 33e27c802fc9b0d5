//! What the program says beside its answers, on standard error: errors with
//! their hints, warnings, notes.

use std::io::{self, Write};

use tidemill_api::{Error, FileDiagnostics, Severity};

use crate::{
    exit::Exit,
    look::{Line, Look, Role},
    text,
};

/// Why a command could not do its job.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A verb was refused.
    Api(Error),
    /// Standard output or input failed.
    Stream(io::Error),
    /// The runtime could not be started.
    Runtime(io::Error),
    /// The desktop app ended at once, and what it said.
    Studio(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Api(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Stream(error)
    }
}

impl Failure {
    /// Says it, and gives how the program ends. That whoever read our output has
    /// gone is no failure: nothing is said.
    pub(crate) fn report(&self) -> Exit {
        match self {
            Self::Api(error) => {
                say_error(error);
                error.kind().into()
            }
            Self::Stream(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            Self::Stream(error) => {
                say("error", Role::Bad, &format!("standard output: {error}"));
                Exit::System
            }
            Self::Runtime(error) => {
                say(
                    "error",
                    Role::Bad,
                    &format!("no thread could be started: {error}"),
                );
                Exit::System
            }
            Self::Studio(said) => {
                let said = said.strip_prefix("tidemill-studio: ").unwrap_or(said);
                for line in said.lines() {
                    say("error", Role::Bad, line);
                }
                let mend = "`tidemill studio --browser` opens the same studio in the browser";
                say("hint", Role::Command, mend);
                Exit::System
            }
        }
    }
}

fn say_error(error: &Error) {
    if let Some(file) = error.diagnostics() {
        let look = Look::of_errors();
        for line in diagnostics(file) {
            write_line(&line, look);
        }
    }
    for line in error.to_string().lines() {
        say("error", Role::Bad, line);
    }
    if let Some(hint) = error.hint() {
        say("hint", Role::Command, &hint);
    }
}

/// Says a warning.
pub(crate) fn warn(message: &str) {
    say("warning", Role::Warning, message);
}

/// Says something that a person should know.
pub(crate) fn note(message: &str) {
    say("note", Role::Dim, message);
}

/// Says a line without a word in front.
pub(crate) fn plain(line: &Line) {
    write_line(line, Look::of_errors());
}

/// Says text of our own that has lines already.
pub(crate) fn plain_text(text: &str) {
    // Where standard error is closed there is nobody to tell.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

fn say(word: &str, role: Role, message: &str) {
    let line = Line::of(role, word).with(Role::Plain, &format!(": {message}"));
    write_line(&line, Look::of_errors());
}

fn write_line(line: &Line, look: Look) {
    // Where standard error is closed there is nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{}", line.render(look));
}

/// A file's diagnostics as lines: `path:line:column: error: text`.
pub(crate) fn diagnostics(file: &FileDiagnostics) -> Vec<Line> {
    let path = file.path.display().to_string();
    let line = |diagnostic: &tidemill_api::Diagnostic| {
        let (word, role) = match diagnostic.severity {
            Severity::Error => ("error", Role::Bad),
            Severity::Warning => ("warning", Role::Warning),
        };
        let place = diagnostic.place;
        let mut line = Line::plain(&format!("{path}:{}:{}: ", place.line, place.column));
        line.push(role, word);
        line.push(Role::Plain, &format!(": {}", diagnostic.message));
        if let Some(hint) = &diagnostic.hint {
            line.push(Role::Plain, &format!("; {hint}"));
        }
        line
    };
    file.diagnostics.iter().map(line).collect()
}

/// The closing words of a check: `2 mistakes and 1 warning in 3 files`.
pub(crate) fn summary(files: &[FileDiagnostics]) -> Line {
    let errors: usize = files.iter().map(FileDiagnostics::errors).sum();
    let warnings: usize = files.iter().map(FileDiagnostics::warnings).sum();
    let files = text::count(files.len(), "file", "files");
    let warned = text::count(warnings, "warning", "warnings");
    match (errors, warnings) {
        (0, 0) => Line::of(Role::Good, &format!("no mistakes in {files}")),
        (0, _) => Line::of(
            Role::Warning,
            &format!("no mistakes and {warned} in {files}"),
        ),
        (_, 0) => {
            let mistakes = text::count(errors, "mistake", "mistakes");
            Line::of(Role::Bad, &format!("{mistakes} in {files}"))
        }
        (_, _) => {
            let mistakes = text::count(errors, "mistake", "mistakes");
            Line::of(Role::Bad, &format!("{mistakes} and {warned} in {files}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use tidemill_api::{Diagnostic, Place};

    use super::*;

    fn file(severities: &[Severity]) -> FileDiagnostics {
        let diagnostic = |severity: &Severity| Diagnostic {
            severity: *severity,
            place: Place { line: 3, column: 5 },
            message: "unknown key `retry`".to_owned(),
            hint: Some("did you mean `retries`?".to_owned()),
        };
        FileDiagnostics {
            path: PathBuf::from("a b.flow.yaml"),
            flow: None,
            diagnostics: severities.iter().map(diagnostic).collect(),
        }
    }

    #[test]
    fn a_diagnostic_is_a_line_with_its_place() {
        let lines = diagnostics(&file(&[Severity::Error]));
        let drawn: Vec<String> = lines.iter().map(|line| line.render(Look::PIPED)).collect();
        assert_eq!(
            drawn,
            ["a b.flow.yaml:3:5: error: unknown key `retry`; did you mean `retries`?"]
        );
    }

    #[test]
    fn a_summary_counts() {
        use Severity::{Error, Warning};
        for (files, expected) in [
            (vec![file(&[])], "no mistakes in 1 file"),
            (
                vec![file(&[Warning]), file(&[])],
                "no mistakes and 1 warning in 2 files",
            ),
            (vec![file(&[Error, Error])], "2 mistakes in 1 file"),
            (
                vec![file(&[Error, Warning, Warning])],
                "1 mistake and 2 warnings in 1 file",
            ),
        ] {
            assert_eq!(summary(&files).render(Look::PIPED), expected);
        }
    }
}
