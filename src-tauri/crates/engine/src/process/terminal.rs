//! A terminal like another one, for a command's output.

use std::{
    fs::File,
    io,
    os::fd::{BorrowedFd, OwnedFd},
};

use rustix::{
    fs::{Mode, OFlags},
    io::FdFlags,
    pty::OpenptFlags,
    termios::{OptionalActions, OutputModes},
};

/// Our end and the command's end of a new terminal with the settings and the
/// size of `own`. Its output is passed on as it stands: `own` treats it.
pub(super) fn open_like(own: BorrowedFd<'_>) -> io::Result<(File, OwnedFd)> {
    let ours = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    rustix::io::fcntl_setfd(&ours, FdFlags::CLOEXEC)?;
    rustix::pty::grantpt(&ours)?;
    rustix::pty::unlockpt(&ours)?;
    let name = rustix::pty::ptsname(&ours, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let theirs = rustix::fs::open(name, flags, Mode::empty())?;
    let mut settings = rustix::termios::tcgetattr(own)?;
    settings.output_modes.remove(OutputModes::OPOST);
    rustix::termios::tcsetattr(&theirs, OptionalActions::Now, &settings)?;
    let ours = File::from(ours);
    copy_size(own, std::slice::from_ref(&ours));
    Ok((ours, theirs))
}

/// Gives those of `ends` that are terminals the size of `own`.
pub(super) fn copy_size(own: BorrowedFd<'_>, ends: &[File]) {
    let Ok(size) = rustix::termios::tcgetwinsize(own) else {
        return;
    };
    for end in ends {
        // A pipe has no size.
        let _pipe = rustix::termios::tcsetwinsize(end, size);
    }
}
