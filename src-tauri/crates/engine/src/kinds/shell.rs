//! `shell`: a script through its interpreter, in a process of its own.
//!
//! Not here: how processes are started and ended.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use tidemill_flow::{Code, Shell, Value, template::from_json};
use tidemill_orchestrate::{Failure, FailureKind, Outcome};

use super::unevaluated;
use crate::{
    attempt::Attempt,
    process::{CapturedOutput, Command, Ended, GRACE},
};

/// The most that a script may write to its output file, in bytes.
const OUTPUT_FILE_LIMIT: u64 = 64 * 1024 * 1024;

/// What runs a script that names no interpreter.
const DEFAULT_INTERPRETER: &str = if cfg!(windows) { "pwsh" } else { "sh" };

/// Runs the script, and gives what it wrote.
pub(crate) async fn run(shell: &Shell, attempt: &Attempt) -> Outcome {
    let output_file = attempt.scratch(&format!(
        "output-{}-{}",
        attempt.number().get(),
        attempt.assignment.attempt
    ));
    let ended = match start(shell, attempt, &output_file).await {
        Ok(ended) => ended,
        Err(failure) => return Outcome::Failed(failure),
    };
    if let Some(interruption) = ended.stopped {
        remove(&output_file).await;
        return attempt.interruption_outcome(interruption);
    }
    if !ended.exit.is_success() {
        remove(&output_file).await;
        return Outcome::Failed(Failure {
            exit_code: Some(ended.exit.shell_code()),
            ..Failure::new(FailureKind::Exit, ended.exit.to_string())
        });
    }
    let outcome = output(&output_file, ended.output).await;
    remove(&output_file).await;
    outcome
}

async fn start(
    shell: &Shell,
    attempt: &Attempt,
    output_file: &Path,
) -> Result<Ended<crate::attempt::Interruption>, Failure> {
    let interpreter = match &shell.interpreter {
        Some(interpreter) => interpreter
            .render(&attempt.assignment.scope)
            .map_err(|error| unevaluated("shell.interpreter", &error))?,
        None => DEFAULT_INTERPRETER.to_owned(),
    };
    let script = script(shell, attempt, &interpreter).await?;
    let mut environment = attempt.environment()?;
    attempt.add_own_variables(&mut environment);
    environment.push(("TIDEMILL_OUTPUT".into(), output_file.into()));
    let command = Command {
        program: program(&interpreter, attempt.folder()),
        arguments: arguments(&interpreter, script),
        environment: Arc::new(environment),
        directory: attempt.working_directory()?,
    };
    let processes = &attempt.facts.processes;
    processes
        .run(&command, attempt.log.as_ref(), GRACE, attempt.interrupted())
        .await
        .map_err(|error| Failure::new(FailureKind::Start, error.to_string()))
}

/// The interpreter itself: a path is relative to the flow file's folder.
fn program(interpreter: &str, folder: &Path) -> OsString {
    match interpreter.contains(std::path::is_separator) {
        true => folder.join(interpreter).into(),
        false => interpreter.into(),
    }
}

fn arguments(interpreter: &str, script: PathBuf) -> Vec<OsString> {
    match interpreter {
        "pwsh" => vec!["-NoProfile".into(), "-File".into(), script.into()],
        "cmd" => vec!["/D".into(), "/C".into(), script.into()],
        _ => vec![script.into()],
    }
}

/// The script's file: the flow's own text is written to one in the run's folder,
/// once for all attempts of its task.
async fn script(shell: &Shell, attempt: &Attempt, interpreter: &str) -> Result<PathBuf, Failure> {
    let text = match &shell.code {
        Code::File(path) => {
            let path = path
                .render(&attempt.assignment.scope)
                .map_err(|error| unevaluated("shell.file", &error))?;
            let path = attempt.folder().join(path);
            return match std::fs::File::open(&path) {
                Ok(_) => Ok(path),
                // The interpreter would only say so in words of its own, and end with a code.
                Err(error) => Err(Failure::new(
                    FailureKind::Start,
                    format!("cannot read the script {}: {error}", path.display()),
                )),
            };
        }
        Code::Inline(text) => text,
    };
    let ending = match interpreter {
        "pwsh" => "ps1",
        "cmd" => "cmd",
        _ => "sh",
    };
    let number = attempt.task().index.number();
    let path = attempt.scratch(&format!("script-{number}.{ending}"));
    write_once(&path, text).map_err(|error| {
        Failure::new(
            FailureKind::Start,
            format!("cannot write the script to {}: {error}", path.display()),
        )
    })?;
    Ok(path)
}

/// Writes the file unless it is there, whole from the first moment that it is:
/// other attempts may be about to read it.
fn write_once(path: &Path, text: &str) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let file = tempfile::NamedTempFile::new_in(folder)?;
    std::fs::write(file.path(), text)?;
    file.persist(path)?;
    Ok(())
}

/// What the script wrote: to its output file, else to standard output.
async fn output(file: &Path, captured: CapturedOutput) -> Outcome {
    match tokio::fs::metadata(file).await {
        Ok(metadata) if metadata.len() > OUTPUT_FILE_LIMIT => {
            Outcome::Failed(output_failure(format!(
                "the output file has {} bytes, and may have {OUTPUT_FILE_LIMIT}",
                metadata.len()
            )))
        }
        Ok(metadata) if metadata.len() > 0 => match tokio::fs::read(file).await {
            Ok(bytes) => Outcome::completed(written_value(&bytes)),
            Err(error) => unreadable(&error),
        },
        Ok(_) => standard_output(&captured),
        Err(error) if error.kind() == io::ErrorKind::NotFound => standard_output(&captured),
        Err(error) => unreadable(&error),
    }
}

fn unreadable(error: &io::Error) -> Outcome {
    Outcome::Failed(output_failure(format!(
        "cannot read the output file: {error}"
    )))
}

fn output_failure(message: String) -> Failure {
    Failure::new(FailureKind::Output, message)
}

/// JSON if it is, else text.
fn written_value(bytes: &[u8]) -> Value {
    let text = String::from_utf8_lossy(bytes);
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(json) => from_json(&json),
        Err(_) => Value::from(text.into_owned()),
    }
}

/// Standard output without its last newline.
fn standard_output(captured: &CapturedOutput) -> Outcome {
    if captured.truncated {
        return Outcome::Completed {
            output: Value::from(()),
            message: Some(
                "it wrote more than 1 MiB, so its output is null; the log has it all".to_owned(),
            ),
        };
    }
    let text = String::from_utf8_lossy(&captured.bytes);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Outcome::completed(text)
}

async fn remove(file: &Path) {
    // It may never have been there; what stays goes with the run's folder.
    let _ = tokio::fs::remove_file(file).await;
}

#[cfg(test)]
mod tests {
    use tidemill_flow::template::to_json;

    use super::*;

    fn completed(outcome: Outcome) -> serde_json::Value {
        match outcome {
            Outcome::Completed { output, .. } => to_json(&output),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_was_written_is_json_or_text() {
        let check = |text: &str, expected: serde_json::Value| {
            assert_eq!(to_json(&written_value(text.as_bytes())), expected);
        };
        check("{\"a\": 1}\n", serde_json::json!({"a": 1}));
        check("12", serde_json::json!(12));
        check("hello\n", serde_json::json!("hello\n"));
        check("{", serde_json::json!("{"));
    }

    #[test]
    fn standard_output_loses_one_newline() {
        let check = |bytes: &[u8], expected: &str| {
            let captured = CapturedOutput {
                bytes: bytes.to_vec(),
                truncated: false,
            };
            assert_eq!(completed(standard_output(&captured)), expected);
        };
        check(b"a\n\n", "a\n");
        check(b"a", "a");
        check(b"", "");
        check(b"a\xffb\n", "a\u{fffd}b");
    }

    #[test]
    fn too_much_standard_output_is_no_output() {
        let captured = CapturedOutput {
            bytes: vec![b'x'; 10],
            truncated: true,
        };
        assert_eq!(
            completed(standard_output(&captured)),
            serde_json::Value::Null
        );
    }
}
