//! Flow files: found, read, checked, with what of them depends on other files of
//! the workspace.
//!
//! A flow that is named by its file is read without looking at the rest of the
//! workspace, unless it calls other flows by name.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use tidemill_engine::LoadedFlow;
use tidemill_flow::{CheckContext, Checked, Diagnostic, FlowName, Place, Severity};

use crate::{
    Error, FlowChoice, OpenHome, Surroundings,
    answers::FileDiagnostics,
    references,
    workspace::{self, FlowIndex},
};

/// The flow that a person means, read and found right.
///
/// # Errors
/// Where it cannot be found or read, or has mistakes.
pub(crate) fn load(surroundings: &Surroundings, choice: &FlowChoice) -> Result<LoadedFlow, Error> {
    match choice {
        FlowChoice::File(typed) => load_file(surroundings, typed, &surroundings.path(typed)),
        FlowChoice::Name(name) => {
            let (file, workspace) = find(surroundings, name)?;
            let examined = examine_in(&surroundings.shown(&file), &file, workspace)?;
            examined.loaded()
        }
    }
}

/// The flow that a person means as `text` has it, which may be unsaved.
///
/// # Errors
/// Where its file cannot be found, or the text has mistakes.
pub(crate) fn load_text(
    surroundings: &Surroundings,
    choice: &FlowChoice,
    text: String,
) -> Result<LoadedFlow, Error> {
    let (file, workspace) = match choice {
        FlowChoice::File(typed) => {
            let file = surroundings.path(typed);
            let workspace = workspace::of_file(surroundings, &file);
            (file, workspace)
        }
        FlowChoice::Name(name) => find(surroundings, name)?,
    };
    examine_text(&surroundings.shown(&file), &file, workspace, text).loaded()
}

/// The flow of a file, read and found right. `typed` is how people know it.
///
/// # Errors
/// Where it cannot be read, or has mistakes.
pub(crate) fn load_file(
    surroundings: &Surroundings,
    typed: &Path,
    file: &Path,
) -> Result<LoadedFlow, Error> {
    examine_in(typed, file, workspace::of_file(surroundings, file))?.loaded()
}

/// The file of a flow's name, and its workspace.
pub(crate) fn find(
    surroundings: &Surroundings,
    name: &FlowName,
) -> Result<(PathBuf, PathBuf), Error> {
    if let Some(folder) = workspace::of_directory(surroundings) {
        let file = FlowIndex::read(&folder)?.find(name, &folder)?.to_owned();
        return Ok((file, folder));
    }
    for folder in remembered(surroundings)? {
        // A folder that is no longer there has no flows.
        let Ok(index) = FlowIndex::read(&folder) else {
            continue;
        };
        if !index.files(name).is_empty() {
            let file = index.find(name, &folder)?.to_owned();
            return Ok((file, folder));
        }
    }
    Err(Error::NowhereToLook {
        name: name.clone(),
        directory: surroundings.directory.clone(),
    })
}

/// The workspaces that the home remembers, the last used first.
pub(crate) fn remembered(surroundings: &Surroundings) -> Result<Vec<PathBuf>, Error> {
    let Some(home) = OpenHome::open_existing(surroundings)? else {
        return Ok(Vec::new());
    };
    let known = home.reader()?.workspaces()?;
    Ok(known
        .into_iter()
        .map(|known| PathBuf::from(known.path))
        .collect())
}

/// A file that was read: what the checker says of it, and its flow if it is right.
#[derive(Debug)]
pub(crate) struct Examined {
    pub(crate) diagnostics: FileDiagnostics,
    loaded: Option<LoadedFlow>,
}

impl Examined {
    /// The flow, where it is right.
    pub(crate) fn flow(&self) -> Option<&LoadedFlow> {
        self.loaded
            .as_ref()
            .filter(|_| self.diagnostics.errors() == 0)
    }

    /// Says something more of the file.
    pub(crate) fn add(&mut self, diagnostics: Vec<Diagnostic>) {
        self.diagnostics.diagnostics.extend(diagnostics);
        self.diagnostics
            .diagnostics
            .sort_by_key(|diagnostic| diagnostic.place);
    }

    pub(crate) fn loaded(self) -> Result<LoadedFlow, Error> {
        let right = self.diagnostics.errors() == 0;
        match self.loaded.filter(|_| right) {
            Some(loaded) => Ok(loaded),
            None => Err(Error::Mistakes(Box::new(self.diagnostics))),
        }
    }
}

/// Reads and checks a file, and the flows that it calls.
///
/// # Errors
/// Where it cannot be read.
pub(crate) fn examine(
    surroundings: &Surroundings,
    typed: &Path,
    file: &Path,
) -> Result<Examined, Error> {
    examine_in(typed, file, workspace::of_file(surroundings, file))
}

fn examine_in(typed: &Path, file: &Path, workspace: PathBuf) -> Result<Examined, Error> {
    let (text, checked) = read(typed, file)?;
    Ok(examined(typed, file, workspace, text, checked))
}

/// Checks a text as the file's, whatever stands in that.
pub(crate) fn examine_text(
    typed: &Path,
    file: &Path,
    workspace: PathBuf,
    text: String,
) -> Examined {
    let checked = tidemill_flow::check(&text, &CheckContext::default());
    examined(typed, file, workspace, text, checked)
}

fn examined(
    typed: &Path,
    file: &Path,
    workspace: PathBuf,
    text: String,
    checked: Checked,
) -> Examined {
    let loaded = checked.flow.map(|flow| LoadedFlow {
        flow: Arc::new(flow),
        text: text.into(),
        file: file.to_owned(),
        workspace,
    });
    let mut examined = Examined {
        diagnostics: FileDiagnostics {
            path: typed.to_owned(),
            flow: loaded.as_ref().map(|loaded| loaded.flow.name.to_string()),
            diagnostics: checked.diagnostics,
        },
        loaded,
    };
    if let Some(loaded) = &examined.loaded {
        let found = references::check(loaded);
        examined.add(found);
    }
    examined
}

/// A file's text, and what the checker says of it alone.
///
/// # Errors
/// Where it cannot be read.
pub(crate) fn read(typed: &Path, file: &Path) -> Result<(String, Checked), Error> {
    let bytes = std::fs::read(file).map_err(|cause| Error::Read {
        path: typed.to_owned(),
        cause,
    })?;
    match String::from_utf8(bytes) {
        Ok(text) => {
            let checked = tidemill_flow::check(&text, &CheckContext::default());
            Ok((text, checked))
        }
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let before = error.as_bytes().get(..valid).unwrap_or_default();
            Ok((String::new(), not_text(&String::from_utf8_lossy(before))))
        }
    }
}

/// What is said of a file whose bytes are no text after `before`.
fn not_text(before: &str) -> Checked {
    let line = before.matches('\n').count() + 1;
    let last = before.rsplit('\n').next().unwrap_or_default();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Checked {
        flow: None,
        diagnostics: vec![Diagnostic {
            severity: Severity::Error,
            place: Place {
                line: number(line),
                column: number(last.chars().count() + 1),
            },
            message: "a byte that is not UTF-8 text".to_owned(),
            hint: Some("save the file as UTF-8".to_owned()),
        }],
    }
}

/// Where the flow's name stands in a flow file's text, for what is wrong with it.
pub(crate) fn name_place(text: &str) -> Place {
    let lines = (1..).zip(text.lines());
    let mut found = lines.filter(|(_, line)| line.starts_with("name:"));
    let line = found.next().map_or(1, |(number, _)| number);
    Place { line, column: 1 }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn bytes_that_are_no_text_have_a_place() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.flow.yaml"), b"name: a\nx: \xff\n").unwrap();
        let choice = FlowChoice::parse("a.flow.yaml").unwrap();
        let Err(Error::Mistakes(file)) = load(&Surroundings::rooted(folder.path()), &choice) else {
            panic!();
        };
        assert_eq!(file.diagnostics[0].place, Place { line: 2, column: 4 });
    }

    #[test]
    fn a_file_that_is_not_there_is_named_as_typed() {
        let folder = tempfile::tempdir().unwrap();
        let choice = FlowChoice::parse("a.flow.yaml").unwrap();
        let error = load(&Surroundings::rooted(folder.path()), &choice).unwrap_err();
        assert!(error.to_string().starts_with("a.flow.yaml: "), "{error}");
    }

    #[test]
    fn a_name_is_found_anywhere_in_the_workspace() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(".tidemill")).unwrap();
        fs::create_dir_all(folder.path().join("deep/er")).unwrap();
        let file = folder.path().join("deep/er/x.flow.yaml");
        fs::write(&file, "name: found\ntasks: { a: { value: 1 } }\n").unwrap();
        let choice = FlowChoice::parse("found").unwrap();
        let loaded = load(&Surroundings::rooted(&folder.path().join("deep")), &choice).unwrap();
        assert_eq!(loaded.file, file);
        assert_eq!(loaded.workspace, folder.path());
    }
}
