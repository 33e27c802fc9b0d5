//! A call as it was typed, read into arguments; where it is wrong, with the call that
//! was likely meant.
//!
//! Not here: what can be typed at all (`arguments`).

use std::{ffi::OsString, path::PathBuf};

use clap::{
    Parser,
    builder::StyledStr,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::arguments::Arguments;

/// Reads a call, the program's name first. `help COMMAND` is `COMMAND --help`.
///
/// # Errors
/// What is wrong with it, or the help or version that was asked for.
pub(crate) fn read(mut typed: Vec<OsString>) -> Result<Arguments, clap::Error> {
    if typed.get(1).is_some_and(|word| word == "help") {
        typed.remove(1);
        typed.push("--help".into());
    }
    Arguments::try_parse_from(&typed).map_err(|error| with_meant(error, &typed))
}

/// A folder of an option, else of the environment, where an empty one is none. Clap would take one of the
/// environment for typed, and then name the option in the usage of every wrong call.
pub(crate) fn folder(option: Option<&PathBuf>, variable: &str) -> Option<PathBuf> {
    option
        .cloned()
        .or_else(|| std::env::var_os(variable).map(PathBuf::from))
        .filter(|folder| !folder.as_os_str().is_empty())
}

/// A parameter that was typed as an argument or an option of its own gets the right
/// form as its tip. An option that begins otherwise was not meant, and is not suggested.
fn with_meant(mut error: clap::Error, typed: &[OsString]) -> clap::Error {
    let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let name = unknown.trim_start_matches('-').to_owned();
    let dashes = unknown.len() - name.len();
    let parameter = match (dashes, name.split_once('=')) {
        (0 | 2, Some(_)) => Some(name.clone()),
        (2, None) => Some(format!("{name}=VALUE")),
        _ => None,
    };
    if let Some(ContextValue::String(suggested)) = error.get(ContextKind::SuggestedArg) {
        let suggested = suggested.trim_start_matches('-');
        if suggested.chars().next() != name.chars().next() {
            error.remove(ContextKind::SuggestedArg);
            // The usage names it, too.
            error.remove(ContextKind::Usage);
        }
    }
    // That an option may be passed on behind `--` is true of no argument here.
    error.remove(ContextKind::Suggested);
    let takes_parameters = typed.iter().any(|word| word == "run" || word == "plan");
    if let Some(parameter) = parameter.filter(|_| takes_parameters) {
        let tip = StyledStr::from(format!("a parameter is given as '-p {parameter}'"));
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(line: &str) -> String {
        let typed = line.split(' ').map(OsString::from).collect();
        read(typed).expect_err(line).to_string()
    }

    #[test]
    fn a_parameter_in_the_wrong_form_gets_the_right_one() {
        for (line, tip) in [
            ("tidemill run first who=Ada", "'-p who=Ada'"),
            ("tidemill plan first --who=Ada", "'-p who=VALUE'"),
            ("tidemill run first --who Ada", "'-p who=VALUE'"),
        ] {
            let said = wrong(line);
            assert!(said.contains(tip) && !said.contains("--home"), "{said}");
        }
        assert!(!wrong("tidemill runs --who Ada").contains("-p"));
        assert!(wrong("tidemill run first --jsno").contains("'--json'"));
    }

    #[test]
    fn help_is_a_word_too() {
        for line in [
            "tidemill help",
            "tidemill help run",
            "tidemill help runs show",
        ] {
            assert!(wrong(line).contains("Usage: tidemill"), "{line}");
        }
    }
}
