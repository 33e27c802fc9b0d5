//! Who holds a lock, as far as this system tells it, for a person.

use std::{fs::File, path::Path};

use crate::{Home, owner};

/// Names the process that holds the lock on `file`, which lies at `path` in a home.
pub(super) fn holder(file: &File, path: &Path) -> String {
    if let Some(pid) = pid(file) {
        return described(pid);
    }
    let home = path.parent().map(Home::new);
    let pids = home.map_or_else(Vec::new, |home| owner::living(&home));
    match pids.as_slice() {
        [] => "another process".to_owned(),
        [only] => format!("process {only}"),
        several => {
            let pids: Vec<String> = several.iter().map(u32::to_string).collect();
            format!("one of the processes {}", pids.join(", "))
        }
    }
}

/// The process, by the kernel's list of locks; `None`: it is in another container.
#[cfg(target_os = "linux")]
fn pid(file: &File) -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    let inode = format!(":{}", file.metadata().ok()?.ino());
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let holders = locks.lines().filter(|line| !line.contains("->"));
    let mut pids = holders.filter_map(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let [_, "FLOCK", _, _, pid, place, ..] = fields.as_slice() else {
            return None;
        };
        let pid = pid.parse().ok().filter(|&pid| pid > 0);
        pid.filter(|_| place.ends_with(&inode))
    });
    pids.next()
}

#[cfg(not(target_os = "linux"))]
fn pid(_: &File) -> Option<u32> {
    None
}

/// The process, by name, and why it may not let go.
fn described(pid: u32) -> String {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{pid}/{name}"));
    let Ok(name) = read("comm") else {
        return format!("process {pid}");
    };
    let status = read("status").unwrap_or_default();
    let state = status.lines().find_map(|line| line.strip_prefix("State:"));
    match state.is_some_and(|state| state.trim_start().starts_with('T')) {
        true => format!(
            "process {pid} ({}), which is stopped (`kill -CONT {pid}` lets it go on),",
            name.trim()
        ),
        false => format!("process {pid} ({})", name.trim()),
    }
}
