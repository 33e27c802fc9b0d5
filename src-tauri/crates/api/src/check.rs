//! `check`: all that is wrong with flow files, those of one name in the
//! workspace and what the home lacks included.

use std::path::{Path, PathBuf};

use serde::Serialize;
use tidemill_engine::hindrances;
use tidemill_flow::{Diagnostic, FlowName, Severity};

use crate::{
    Error, OpenHome, Surroundings,
    answers::FileDiagnostics,
    flow_file::{self, Examined},
    workspace::{self, FlowIndex},
};

/// What a text without a file is called.
const UNSAVED: &str = "unsaved.flow.yaml";

/// What is said of each file, in the order in which they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CheckAnswer {
    /// The files that could be read.
    pub files: Vec<FileDiagnostics>,
    /// How many mistakes there are.
    pub errors: usize,
    /// How many warnings there are.
    pub warnings: usize,
}

/// Checks flow files. What the home lacks is a warning; the home is not made.
///
/// # Errors
/// The files that could not be read, beside what is said of the others.
pub fn check(surroundings: &Surroundings, files: &[PathBuf]) -> (CheckAnswer, Vec<Error>) {
    let mut answer = CheckAnswer::default();
    let mut errors = Vec::new();
    let home = match OpenHome::open_existing(surroundings) {
        Ok(home) => home,
        Err(error) => {
            errors.push(error);
            None
        }
    };
    let mut indexes: Vec<(PathBuf, FlowIndex)> = Vec::new();
    for typed in files {
        match check_file(surroundings, home.as_ref(), typed, &mut indexes) {
            Ok(diagnostics) => {
                answer.errors += diagnostics.errors();
                answer.warnings += diagnostics.warnings();
                answer.files.push(diagnostics);
            }
            Err(error) => errors.push(error),
        }
    }
    (answer, errors)
}

/// Checks a text that may be unsaved, as that of `file` (absolute, or in the
/// workspace), or of a new file there.
///
/// # Errors
/// Where the home's store cannot be read.
pub(crate) fn text(
    surroundings: &Surroundings,
    home: &OpenHome,
    text: String,
    file: Option<&Path>,
) -> Result<FileDiagnostics, Error> {
    let folder = workspace::of_directory(surroundings);
    let folder = folder.unwrap_or_else(|| surroundings.directory.clone());
    let typed = file.unwrap_or(Path::new(UNSAVED));
    let file = folder.join(typed);
    let workspace = workspace::of_file(surroundings, &file);
    let mut examined = flow_file::examine_text(typed, &file, workspace.clone(), text);
    // What cannot be read has no flows: that is said where it is meant.
    let index = FlowIndex::read(&workspace).unwrap_or_default();
    let twins = twins(Some(&index), &file, &examined);
    examined.add(twins);
    warn_of_hindrances(&mut examined, Some(home))?;
    Ok(examined.diagnostics)
}

fn check_file(
    surroundings: &Surroundings,
    home: Option<&OpenHome>,
    typed: &Path,
    indexes: &mut Vec<(PathBuf, FlowIndex)>,
) -> Result<FileDiagnostics, Error> {
    let (typed, file) = meant(surroundings, typed)?;
    let mut examined = flow_file::examine(surroundings, &typed, &file)?;
    let folder = workspace::of_file(surroundings, &file);
    let twins = twins(index(indexes, &folder), &file, &examined);
    examined.add(twins);
    warn_of_hindrances(&mut examined, home)?;
    Ok(examined.diagnostics)
}

/// Says what the home lacks for the flow to run.
fn warn_of_hindrances(examined: &mut Examined, home: Option<&OpenHome>) -> Result<(), Error> {
    if let Some(loaded) = examined.flow() {
        let hindrances = hindrances(home.map(OpenHome::store), &loaded.flow)?;
        let warnings = hindrances.into_iter().map(|hindrance| Diagnostic {
            severity: Severity::Warning,
            place: hindrance.place,
            message: hindrance.message,
            hint: None,
        });
        let warnings = warnings.collect();
        examined.add(warnings);
    }
    Ok(())
}

/// The file that is meant, as it is shown and where it is: where none is called so,
/// that of the flow.
fn meant(surroundings: &Surroundings, typed: &Path) -> Result<(PathBuf, PathBuf), Error> {
    let file = surroundings.path(typed);
    let name = typed.to_str().and_then(|text| FlowName::new(text).ok());
    match name.filter(|_| !file.exists()) {
        Some(name) => {
            let (file, _) = flow_file::find(surroundings, &name)?;
            Ok((surroundings.shown(&file), file))
        }
        None => Ok((typed.to_owned(), file)),
    }
}

/// The flows of a workspace, read once for all files of it. What cannot be read
/// has no flows: the file itself was read from elsewhere then.
fn index<'i>(indexes: &'i mut Vec<(PathBuf, FlowIndex)>, folder: &Path) -> Option<&'i FlowIndex> {
    if !indexes.iter().any(|(known, _)| known == folder) {
        let read = FlowIndex::read(folder).unwrap_or_default();
        indexes.push((folder.to_owned(), read));
    }
    let mut known = indexes.iter();
    known
        .find(|(known, _)| known == folder)
        .map(|(_, index)| index)
}

/// Other files of the workspace with the same name.
fn twins(index: Option<&FlowIndex>, file: &Path, examined: &Examined) -> Vec<Diagnostic> {
    let name = examined.diagnostics.flow.as_deref();
    let (Some(index), Some(name)) = (index, name.and_then(|name| FlowName::new(name).ok())) else {
        return Vec::new();
    };
    let text = examined.flow().map(|loaded| loaded.text.as_ref());
    index.twins(&name, file, text.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn two_files_of_one_name_are_a_mistake_in_both() {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = Surroundings::rooted(folder.path());
        for name in ["a", "b"] {
            let file = folder.path().join(format!("{name}.flow.yaml"));
            fs::write(file, "# one\nname: same\ntasks: { t: { value: 1 } }\n").unwrap();
        }
        let files = ["a.flow.yaml", "b.flow.yaml", "c.flow.yaml"].map(PathBuf::from);
        let (answer, errors) = check(&surroundings, &files);
        assert_eq!((answer.errors, errors.len()), (2, 1));
        for (file, other) in answer.files.iter().zip(["b.flow.yaml", "a.flow.yaml"]) {
            let said = &file.diagnostics[0];
            assert!(said.message.contains(other), "{said}");
            assert_eq!(said.place.line, 2);
        }
        assert!(!surroundings.home.exists(), "checking makes no home");
    }
}
