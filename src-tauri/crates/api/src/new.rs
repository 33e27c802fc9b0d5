//! A flow to start from: written into the current folder, which becomes a workspace.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tidemill_flow::FlowName;
use utoipa::ToSchema;

use crate::{Error, Surroundings, workspace};

/// What a flow may be begun from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Examples {
    /// The examples; the first is what is written where none is named.
    pub examples: Vec<ExampleDocument>,
}

/// An example, for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Example)]
pub struct ExampleDocument {
    /// What it is called.
    pub name: String,
    /// What it shows.
    pub about: String,
    /// The text of a flow that is begun from it and is called like it.
    pub text: String,
}

/// A flow that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewFlow {
    /// The flow's name.
    pub name: String,
    /// Its file.
    pub file: String,
    /// The folder that marks the workspace, where it was made too.
    pub mark: Option<String>,
}

/// An example to begin from: one flow file.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// What it is called.
    pub name: &'static str,
    /// What it shows.
    pub about: &'static str,
    /// The flow file, whose first `name:` gives way to the new flow's.
    text: &'static str,
}

impl Example {
    /// The text of a flow of this name.
    fn of_name(&self, name: &str) -> String {
        self.text.replace("NAME", name)
    }
}

/// Every example, for programs.
pub fn examples() -> Examples {
    let document = |example: &Example| ExampleDocument {
        name: example.name.to_owned(),
        about: example.about.to_owned(),
        text: example.of_name(example.name),
    };
    Examples {
        examples: EXAMPLES.iter().map(document).collect(),
    }
}

/// Every example; the first is what is written where none is named.
pub const EXAMPLES: &[Example] = &[
    Example {
        name: "hello",
        about: "a parameter, a script, a value that reads its output",
        text: include_str!("new/hello.flow.yaml"),
    },
    Example {
        name: "map",
        about: "one task run for each item of a list, and one that sums them up",
        text: include_str!("new/map.flow.yaml"),
    },
    Example {
        name: "retries",
        about: "retries, a timeout, and a task that runs only on failure",
        text: include_str!("new/retries.flow.yaml"),
    },
    Example {
        name: "approval",
        about: "a person's yes between two steps",
        text: include_str!("new/approval.flow.yaml"),
    },
];

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAnswer {
    /// The flow file.
    pub file: PathBuf,
    /// The folder that marks the workspace, where it was not there yet.
    pub mark: Option<PathBuf>,
}

/// Writes a flow called `name`, and the workspace's mark where no folder upwards has one.
///
/// # Errors
/// Where the name is none, no example is called so, the file is there already
/// (it stays as it is), or the folder cannot be written.
pub fn new(
    surroundings: &Surroundings,
    name: &str,
    from: Option<&str>,
) -> Result<NewAnswer, Error> {
    let name = FlowName::new(name).map_err(|cause| Error::Name {
        noun: "flow",
        text: name.to_owned(),
        cause,
    })?;
    let text = example(from)?.of_name(name.as_str());
    let folder = surroundings
        .workspace
        .as_ref()
        .unwrap_or(&surroundings.directory);
    let file = folder.join(format!("{name}{}", workspace::SUFFIX));
    write_new(&file, &text)?;
    Ok(NewAnswer {
        file,
        mark: mark_if_unmarked(folder)?,
    })
}

/// Marks a folder as a workspace, where neither it nor one upwards is: the mark, where
/// it was made.
///
/// # Errors
/// Where it cannot be made.
pub(crate) fn mark_if_unmarked(folder: &Path) -> Result<Option<PathBuf>, Error> {
    let mut around = folder.ancestors();
    match around.any(|folder| folder.join(workspace::MARK).is_dir()) {
        true => Ok(None),
        false => mark(folder).map(Some),
    }
}

/// As [`new`], for who may ask twice: a flow that is there exactly as it would be
/// written is an answer too, and nothing is written. Gives whether it was written now.
///
/// # Errors
/// As for [`new`].
pub fn new_or_same(
    surroundings: &Surroundings,
    name: &str,
    from: Option<&str>,
) -> Result<(NewFlow, bool), Error> {
    let (written, is_new) = match new(surroundings, name, from) {
        Ok(written) => (written, true),
        Err(Error::Exists(file)) => {
            let there = fs::read_to_string(&file).ok();
            if there != Some(example(from)?.of_name(name)) {
                return Err(Error::Exists(file));
            }
            (NewAnswer { file, mark: None }, false)
        }
        Err(error) => return Err(error),
    };
    let flow = NewFlow {
        name: name.to_owned(),
        file: written.file.display().to_string(),
        mark: written.mark.map(|mark| mark.display().to_string()),
    };
    Ok((flow, is_new))
}

fn example(name: Option<&str>) -> Result<&'static Example, Error> {
    let mut examples = EXAMPLES.iter();
    let found = match name {
        None => examples.next(),
        Some(name) => examples.find(|example| example.name == name),
    };
    found.ok_or_else(|| Error::NoExample {
        name: name.unwrap_or_default().to_owned(),
        known: EXAMPLES.iter().map(|example| example.name).collect(),
    })
}

fn write_new(file: &Path, text: &str) -> Result<(), Error> {
    let opened = OpenOptions::new().write(true).create_new(true).open(file);
    match opened.and_then(|mut opened| opened.write_all(text.as_bytes())) {
        Ok(()) => Ok(()),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
            Err(Error::Exists(file.to_owned()))
        }
        Err(cause) => Err(Error::Write {
            path: file.to_owned(),
            cause,
        }),
    }
}

fn mark(folder: &Path) -> Result<PathBuf, Error> {
    let mark = folder.join(workspace::MARK);
    match fs::create_dir_all(&mark) {
        Ok(()) => Ok(mark),
        Err(cause) => Err(Error::Write { path: mark, cause }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_is_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let around = Surroundings::rooted(folder.path());
        let answer = new(&around, "first", None).unwrap();
        assert_eq!(answer.file, folder.path().join("first.flow.yaml"));
        assert_eq!(answer.mark, Some(folder.path().join(".tidemill")));
        let before = fs::read_to_string(&answer.file).unwrap();
        assert!(before.contains("\nname: first\n"), "{before}");
        assert!(matches!(
            new(&around, "first", Some("map")),
            Err(Error::Exists(_))
        ));
        assert_eq!(fs::read_to_string(&answer.file).unwrap(), before);
        assert_eq!(new(&around, "second", None).unwrap().mark, None);
        assert!(matches!(
            new(&around, "Not good", None),
            Err(Error::Name { .. })
        ));
    }

    #[test]
    fn who_asks_twice_gets_the_same_flow_and_nothing_else_is_taken_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let around = Surroundings::rooted(folder.path());
        let (first, is_new) = new_or_same(&around, "first", Some("map")).unwrap();
        assert!(is_new && first.mark.is_some());
        let (again, is_new) = new_or_same(&around, "first", Some("map")).unwrap();
        assert_eq!((again.file, is_new), (first.file.clone(), false));
        for from in [None, Some("approval")] {
            let refused = new_or_same(&around, "first", from).unwrap_err();
            assert!(matches!(refused, Error::Exists(_)), "{refused}");
        }
        fs::write(&first.file, "name: first\n").unwrap();
        assert!(new_or_same(&around, "first", Some("map")).is_err());
    }

    #[test]
    fn every_example_is_a_right_flow() {
        for example in EXAMPLES {
            let text = example.text.replace("NAME", "it");
            let checked = tidemill_flow::check(&text, &tidemill_flow::CheckContext::default());
            assert_eq!(checked.diagnostics, [], "{}", example.name);
            let flow = checked.flow.unwrap();
            assert_eq!(flow.name.as_str(), "it");
        }
    }
}
