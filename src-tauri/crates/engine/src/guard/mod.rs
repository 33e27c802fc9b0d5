//! The guard: a process that waits for its engine's death and then ends all
//! that the engine had running.
//!
//! It is the same program, started by [`crate::process::ProcessGroups`] with a
//! hidden argument. On standard input it has a pipe whose other end only the
//! engine holds; on standard error, the engine's list of process groups. It
//! starts no runtime, reads no settings and writes nothing.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read},
    os::fd::AsFd,
    process::ExitCode,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use crate::process::{Targets, end, read_list};

/// The hidden argument; the engine's name follows it.
pub const ARGUMENT: &str = "--tidemill-guard";

/// What the engine writes when it ends in good order: there is nothing to do.
pub(crate) const FAREWELL: u8 = b'q';

/// How long a dead engine's processes have to end before they are killed.
const GRACE: Duration = Duration::from_secs(2);

/// If this process was started as a guard, does its work and gives the code to
/// leave `main` with. To be called first thing in `main`.
pub fn run_if_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let asked = arguments.next().is_some_and(|first| first == ARGUMENT);
    let engine = arguments.next().filter(|_| asked)?;
    Some(run(&engine))
}

/// Waits for the engine's end, and does what it asks for.
pub(crate) fn run(engine: &OsStr) -> ExitCode {
    leave_engine();
    if wait_for_end() == End::Farewell {
        return ExitCode::SUCCESS;
    }
    let groups = io::stderr()
        .as_fd()
        .try_clone_to_owned()
        .map(|list| read_list(&File::from(list)))
        // No list: the marks must do.
        .unwrap_or_default();
    end(&Targets::all_of(&engine.to_string_lossy(), groups), GRACE);
    ExitCode::SUCCESS
}

/// Nothing that is aimed at the engine's group or terminal reaches the guard.
fn leave_engine() {
    // Fails only for a group's leader, which then has a group of its own.
    let _leader = rustix::process::setsid();
    let caught = Arc::new(AtomicBool::new(false));
    for signal in [
        signal_hook::consts::SIGINT,
        signal_hook::consts::SIGTERM,
        signal_hook::consts::SIGHUP,
        signal_hook::consts::SIGQUIT,
    ] {
        // Without a handler the guard can be ended; the engine then starts another.
        let _unhandled = signal_hook::flag::register(signal, Arc::clone(&caught));
    }
}

#[derive(PartialEq, Eq)]
enum End {
    /// In good order.
    Farewell,
    /// The engine was killed, or lost without a word.
    Death,
}

fn wait_for_end() -> End {
    let mut byte = [0];
    loop {
        match io::stdin().read(&mut byte) {
            Ok(0) => return End::Death,
            Ok(_) if byte == [FAREWELL] => return End::Farewell,
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return End::Death,
            Ok(_) | Err(_) => {}
        }
    }
}
