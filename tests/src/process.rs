//! Looking at processes from outside.

use std::{fs, path::Path};

use rustix::process::{Pid, Signal};

/// Whether a process with this id lives (a zombie does not).
pub fn is_alive(pid: u32) -> bool {
    let Ok(text) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return false;
    };
    let state = text
        .rsplit_once(')')
        .and_then(|(_, rest)| rest.trim().chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

/// Sends SIGKILL to a process that this test started.
pub fn kill(pid: u32) {
    signal(pid, Signal::KILL);
}

/// Sends a signal to a process that this test started.
pub fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It may be gone already: that is what is wanted.
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// The processes whose environment holds `text`.
pub fn processes_with(text: &str) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|&pid| pid != std::process::id() && environment_holds(pid, text) && is_alive(pid))
        .collect()
}

/// Whether the environment that a process was started with holds `text`.
pub fn environment_holds(pid: u32, text: &str) -> bool {
    let path = format!("/proc/{pid}/environ");
    let environment = fs::read(Path::new(&path)).unwrap_or_default();
    environment
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}
