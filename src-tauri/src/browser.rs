//! Opens an address with what the person's desktop opens such addresses with.

use std::{
    io,
    process::{Command, Stdio},
};

/// Opens `address`.
///
/// # Errors
/// Where the desktop has no program for that.
pub(crate) fn open(address: &str) -> io::Result<()> {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let mut child = Command::new(program)
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // Somebody has to take its exit code.
    std::thread::spawn(move || child.wait());
    Ok(())
}
