//! Steps: programs that run quietly and are shown in full only when they fail.

use std::{
    io::{IsTerminal, Write},
    process::{Command, Stdio},
    time::Instant,
};

use crate::failure::Failure;

/// Prints a line for the person; a closed pipe is no failure.
pub(crate) fn say(text: &str) {
    // Nobody reads any more: there is nobody to tell either.
    drop(writeln!(std::io::stdout(), "{text}"));
}

/// Runs `command` with its output kept back; shows it all if it fails, and its
/// last `closing` lines if it does not.
pub(crate) fn quiet(name: &str, command: &mut Command, closing: usize) -> Result<(), Failure> {
    progress(&format!("{name} …"));
    let started = Instant::now();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::Io(format!("{name}: cannot start {command:?}"), error))?;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        say(&format!("{name}: {command:?}"));
        say(&text);
        return Err(Failure::Step(name.to_owned()));
    }
    say(&format!("{name}: ok, {} s", started.elapsed().as_secs()));
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    for line in lines.iter().skip(lines.len().saturating_sub(closing)) {
        say(line);
    }
    Ok(())
}

/// Runs `command` with the person's own terminal.
pub(crate) fn open(name: &str, command: &mut Command) -> Result<(), Failure> {
    let status = command
        .status()
        .map_err(|error| Failure::Io(format!("{name}: cannot start {command:?}"), error))?;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::Step(name.to_owned())),
    }
}

/// Says on a terminal what goes on; elsewhere only results are worth a line.
fn progress(text: &str) {
    if std::io::stdout().is_terminal() {
        say(text);
    }
}
