//! `studio`: opens the desktop app where it is installed, else the same studio in the
//! browser, served from this process.

use std::{
    io::Read,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tidemill_api::{Surroundings, holder, http::Token};

use super::serve;
use crate::{
    arguments::{ServeArguments, StudioArguments},
    exit::Exit,
    message::{self, Failure},
    output::Output,
};

/// The desktop app's program.
const APP: &str = "tidemill-studio";

/// Where a package puts it, in case that is not on the PATH.
const INSTALLED: &str = "/usr/bin/tidemill-studio";

/// An app that cannot open its window says so within this.
const PATIENCE: Duration = Duration::from_millis(1500);

pub(crate) fn studio(
    surroundings: &Surroundings,
    arguments: &StudioArguments,
) -> Result<Exit, Failure> {
    if !arguments.browser {
        match app(&surroundings.program) {
            Some(app) => return open_app(&app, surroundings, arguments),
            None => {
                message::note("the desktop app is not installed; this is the same studio, served");
            }
        }
    }
    if let Some(url) = served(surroundings)? {
        let mut output = Output::new();
        output.text(&url)?;
        output.flush()?;
        serve::open(&url);
        return Ok(Exit::Done);
    }
    serve::serve(surroundings, &ServeArguments::for_browser())
}

/// The desktop app: beside this program, on the PATH, or where a package puts it.
fn app(program: &Path) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let beside = program.parent().map(Path::to_owned);
    beside
        .into_iter()
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(APP))
        .chain([PathBuf::from(INSTALLED)])
        .find(|app| app.is_file())
}

/// The address of whoever serves the home already, if they listen.
fn served(surroundings: &Surroundings) -> Result<Option<String>, Failure> {
    let Some(url) = holder(&surroundings.home).and_then(|holder| holder.url) else {
        return Ok(None);
    };
    let token = Token::of_home(&surroundings.home)?;
    Ok(Some(format!("{url}/?token={}", token.reveal())))
}

/// Starts the app, which then stands by itself; one that runs already shows its window.
fn open_app(
    app: &Path,
    surroundings: &Surroundings,
    arguments: &StudioArguments,
) -> Result<Exit, Failure> {
    let mut command = Command::new(app);
    command.arg("--home").arg(&surroundings.home);
    if let Some(workspace) = surroundings.workspace_here() {
        command.arg("--workspace").arg(workspace);
    }
    command
        .args(&arguments.show)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        // A Ctrl-C here is none of its business.
        .process_group(0);
    let refused =
        |why: &dyn std::fmt::Display| Failure::Studio(format!("{}: {why}", app.display()));
    let child = command.spawn().map_err(|error| refused(&error))?;
    match end_within(child, PATIENCE) {
        None | Some(Ok(())) => Ok(Exit::Done),
        Some(Err(said)) if said.is_empty() => {
            Err(refused(&"it ended at once, and did not say why"))
        }
        Some(Err(said)) => Err(Failure::Studio(said)),
    }
}

/// How the app ended, if it does so at once: in good order, or with what it said.
fn end_within(mut child: Child, patience: Duration) -> Option<Result<(), String>> {
    let until = Instant::now() + patience;
    loop {
        // One that cannot be waited for is left alone.
        if let Some(status) = child.try_wait().ok()? {
            let mut said = String::new();
            if let Some(pipe) = child.stderr.take() {
                // What it could not say is not known.
                let _ = pipe.take(4096).read_to_string(&mut said);
            }
            return Some(match status.success() {
                true => Ok(()),
                false => Err(said.trim().to_owned()),
            });
        }
        if Instant::now() > until {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
