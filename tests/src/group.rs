//! A process with all that it starts.

use std::{
    io,
    os::unix::process::CommandExt,
    process::{Child, ChildStdout, Command, ExitStatus},
};

use rustix::process::{Pid, Signal, kill_process_group};

/// A process in a group of its own; the group is ended with this value.
pub(crate) struct Group(Child);

impl Group {
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command.process_group(0).spawn();
        Self(child.unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// The first process's id.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// What it says, where that is a pipe; once.
    pub(crate) fn output(&mut self) -> Option<ChildStdout> {
        self.0.stdout.take()
    }

    /// How the first process ended, if it has.
    pub(crate) fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.0.try_wait()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let group = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            // It may have ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.0.wait();
    }
}
