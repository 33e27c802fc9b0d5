//! What is generated from the code and committed: written again, or compared.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{failure::Failure, project, step};

/// What the program itself prints: the file, and how it is asked.
const PRINTED: [(&str, &[&str]); 2] = [
    ("docs/flow.schema.json", &["schema"]),
    ("docs/openapi.json", &["schema", "--api"]),
];

/// The types of the studio's requests, made from the API's document.
const TYPES: &str = "ui/src/api/schema.d.ts";

/// Writes everything again. The program is built.
pub(crate) fn write() -> Result<(), Failure> {
    for (file, call) in PRINTED {
        let path = project::root().join(file);
        fs::write(&path, printed(call)?).map_err(|error| cannot("write", &path, error))?;
    }
    match generator() {
        Some(generator) => types(&generator, &project::root().join(TYPES)),
        None => {
            step::say(&format!(
                "{TYPES} stays as it is: `npm --prefix ui/openapi ci` first"
            ));
            Ok(())
        }
    }
}

/// Whether the studio's types are those of the committed document. (That the document
/// is the program's, the tests say.) Nothing where their generator is not installed.
pub(crate) fn check() -> Result<(), Failure> {
    let Some(generator) = generator() else {
        return Ok(());
    };
    let made = project::target().join("schema.d.ts");
    types(&generator, &made)?;
    let committed = project::root().join(TYPES);
    let read = |path: &Path| fs::read(path).map_err(|error| cannot("read", path, error));
    match read(&made)? == read(&committed)? {
        true => Ok(()),
        false => Err(Failure::Step(format!(
            "{TYPES} is not what docs/openapi.json says; run `cargo xtask generate`"
        ))),
    }
}

fn printed(call: &[&str]) -> Result<Vec<u8>, Failure> {
    let program = project::target().join("debug/tidemill");
    let output = Command::new(&program)
        .args(call)
        .output()
        .map_err(|error| cannot("start", &program, error))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(Failure::Step(format!("tidemill {}", call.join(" ")))),
    }
}

/// The generator of types, where it is installed.
fn generator() -> Option<PathBuf> {
    let program = "ui/openapi/node_modules/.bin/openapi-typescript";
    Some(project::root().join(program)).filter(|program| program.exists())
}

fn types(generator: &Path, into: &Path) -> Result<(), Failure> {
    let mut command = Command::new(generator);
    command
        .arg(project::root().join("docs/openapi.json"))
        .arg("--output")
        .arg(into);
    step::quiet("types of the API", &mut command, 0)
}

fn cannot(verb: &str, path: &Path, error: std::io::Error) -> Failure {
    Failure::Io(format!("cannot {verb} {}", path.display()), error)
}
