//! `cargo xtask bundle`: the package that a person installs, with the app and the
//! command line in it.

use std::process::Command;

use crate::{failure::Failure, page, prepare, project, run, step};

/// Builds everything and makes the package; `--debug`: of the development build.
pub(crate) fn bundle(arguments: &[String]) -> Result<(), Failure> {
    let debug = match arguments {
        [] => false,
        [only] if only == "--debug" => true,
        _ => {
            return Err(Failure::Usage(
                "usage: cargo xtask bundle [--debug]".to_owned(),
            ));
        }
    };
    prepare::to_run()?;
    prepare::to_build_page()?;
    prepare::to_build_app()?;
    page::build()?;
    for package in ["tidemill-cli", "tidemill-studio"] {
        run::build(package, !debug)?;
    }
    package(debug)?;
    let folder = project::target().join(profile(debug)).join("bundle/deb");
    step::say(&format!("the package is in {}", folder.display()));
    Ok(())
}

/// Makes the package of what is built.
pub(crate) fn package(debug: bool) -> Result<(), Failure> {
    let root = project::root();
    let program = project::target().join(profile(debug)).join("tidemill");
    let with_program = format!(
        r#"{{"bundle":{{"linux":{{"deb":{{"files":{{"/usr/bin/tidemill":"{}"}}}}}}}}}}"#,
        program.display()
    );
    let mut command = Command::new(root.join("ui/node_modules/.bin/tauri"));
    command.current_dir(&root).args([
        "bundle",
        "--bundles",
        "deb",
        "--no-sign",
        "--config",
        &with_program,
    ]);
    if debug {
        command.arg("--debug");
    }
    step::quiet("the package", &mut command, 0)
}

fn profile(debug: bool) -> &'static str {
    if debug { "debug" } else { "release" }
}
