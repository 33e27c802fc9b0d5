//! Ends process trees: terminate, a grace, kill; groups by their id, strays by
//! the mark in their environment. Blocking, so that the guard can use it too.

use std::{
    io::Read,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal};

use super::MARK_VARIABLE;

/// How long ending goes on after the first SIGKILL before it gives up on
/// processes that the kernel does not let go of.
const KILLING: Duration = Duration::from_secs(5);

/// What is to be ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Targets {
    groups: Vec<Pid>,
    /// Who carries this in the environment, whole or as a token's beginning.
    token: Option<Token>,
}

#[derive(Clone, Debug)]
struct Token {
    text: Vec<u8>,
    /// It is an engine's or a run's name and begins the tokens of its attempts.
    is_prefix: bool,
}

impl Targets {
    /// One group.
    pub(crate) fn group(group: Pid) -> Self {
        Self {
            groups: vec![group],
            token: None,
        }
    }

    /// One group and all that carries an attempt's token.
    pub(crate) fn attempt(group: Pid, token: &str) -> Self {
        Self {
            groups: vec![group],
            token: Some(Token {
                text: token.as_bytes().to_vec(),
                is_prefix: false,
            }),
        }
    }

    /// All of the engines whose names begin with this and a `-`.
    pub(crate) fn of_engines(beginning: &str) -> Self {
        Self {
            groups: Vec::new(),
            token: Some(Token {
                text: format!("{beginning}-").into_bytes(),
                is_prefix: true,
            }),
        }
    }

    /// All of an engine's or of a run's: these groups, and who carries its name.
    pub(crate) fn all_of(name: &str, groups: Vec<Pid>) -> Self {
        Self {
            groups,
            token: Some(Token {
                text: format!("{name}.").into_bytes(),
                is_prefix: true,
            }),
        }
    }

    /// Sends a signal to all; gives whether anyone was there.
    fn signal(&self, signal: Signal) -> bool {
        let mut anyone = false;
        for &group in &self.groups {
            if rustix::process::kill_process_group(group, signal).is_ok() {
                anyone |= group_lives(group);
            }
        }
        match &self.token {
            Some(token) => signal_marked(token, Some(signal)) || anyone,
            None => anyone,
        }
    }

    /// Whether anyone lives.
    pub(crate) fn live(&self) -> bool {
        self.groups.iter().any(|&group| group_lives(group))
            || self
                .token
                .as_ref()
                .is_some_and(|token| signal_marked(token, None))
    }
}

/// Ends all of `targets`, and returns when nothing of them lives (or the kernel
/// does not let go of it).
pub(crate) fn end(targets: &Targets, grace: Duration) {
    let mut anyone = true;
    if !grace.is_zero() {
        anyone = targets.signal(Signal::TERM) && {
            // What is stopped could not take the first one.
            targets.signal(Signal::CONT);
            !wait(grace, || twice(|| !targets.live()))
        };
    }
    if anyone {
        // What forks faster than it is found is met again in the next pass.
        wait(KILLING, || twice(|| !targets.signal(Signal::KILL)));
    }
}

/// Whether it is so, and a moment later too: what forks or begins a program just
/// while it is looked for is not seen that once.
fn twice(mut is_so: impl FnMut() -> bool) -> bool {
    is_so() && {
        std::thread::sleep(Duration::from_millis(1));
        is_so()
    }
}

/// [`end`] on a thread where blocking is allowed.
pub(crate) async fn end_on_thread(targets: Targets, grace: Duration) {
    let ended = tokio::task::spawn_blocking(move || end(&targets, grace)).await;
    if let Err(error) = ended {
        tracing::error!(%error, "a process tree could not be ended");
    }
}

/// Looks at ever longer intervals until `done`, at most so long; gives whether
/// it came.
fn wait(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if done() {
            return true;
        }
        if started.elapsed() >= limit {
            return false;
        }
        std::thread::sleep(pause.min(limit));
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Whether a group has a member that is no zombie.
pub(crate) fn group_lives(group: Pid) -> bool {
    use rustix::io::Errno;
    match rustix::process::test_kill_process_group(group) {
        Err(Errno::SRCH) => false,
        Ok(()) | Err(_) => has_live_member(group),
    }
}

#[cfg(not(target_os = "linux"))]
fn has_live_member(_group: Pid) -> bool {
    true
}

#[cfg(not(target_os = "linux"))]
fn signal_marked(_token: &Token, _signal: Option<Signal>) -> bool {
    false
}

#[cfg(target_os = "linux")]
fn has_live_member(group: Pid) -> bool {
    let mut bytes = Vec::new();
    process_ids().any(|id| {
        read_whole(&format!("/proc/{}/stat", id.as_raw_nonzero()), &mut bytes);
        is_live_member(&bytes, group)
    })
}

/// Reads `PID (NAME) STATE PPID PGRP …`; the name may hold anything.
#[cfg(target_os = "linux")]
fn is_live_member(stat: &[u8], group: Pid) -> bool {
    let Some(name_end) = memchr::memrchr(b')', stat) else {
        return false;
    };
    let rest = String::from_utf8_lossy(stat.get(name_end + 1..).unwrap_or_default());
    let mut fields = rest.split_ascii_whitespace();
    let alive = fields
        .next()
        .is_some_and(|state| state != "Z" && state != "X");
    alive
        && fields.nth(1).and_then(|field| field.parse().ok()) == Some(group.as_raw_nonzero().get())
}

/// Sends a signal (or none) to each process that carries the token, as it is
/// found; gives whether there was one. The handle is taken before the look, so
/// that a reused process id is never hit.
#[cfg(target_os = "linux")]
fn signal_marked(token: &Token, signal: Option<Signal>) -> bool {
    use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};
    let own = rustix::process::getpid();
    let mut environment = Vec::new();
    let mut anyone = false;
    for id in process_ids().filter(|&id| id != own) {
        let Ok(handle) = pidfd_open(id, PidfdFlags::empty()) else {
            continue;
        };
        read_whole(
            &format!("/proc/{}/environ", id.as_raw_nonzero()),
            &mut environment,
        );
        if carries(&environment, token) {
            anyone = true;
            if let Some(signal) = signal {
                // It may just have ended: then it is what we want.
                let _gone = pidfd_send_signal(&handle, signal);
            }
        }
    }
    anyone
}

/// Every process's id, oldest numbers first. Empty when `/proc` is not there.
#[cfg(target_os = "linux")]
fn process_ids() -> impl Iterator<Item = Pid> {
    std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(Pid::from_raw)
}

/// Fills `bytes` with a file's content; with nothing if it cannot be read
/// (another user's process, or one that is gone).
#[cfg(target_os = "linux")]
fn read_whole(path: &str, bytes: &mut Vec<u8>) {
    bytes.clear();
    let read = std::fs::File::open(path).and_then(|mut file| file.read_to_end(bytes));
    if read.is_err() {
        bytes.clear();
    }
}

/// Whether an environment (entries that end in NUL) carries the token.
#[cfg(any(target_os = "linux", test))]
fn carries(environment: &[u8], token: &Token) -> bool {
    environment
        .split(|&byte| byte == 0)
        .filter_map(|entry| {
            entry
                .strip_prefix(MARK_VARIABLE.as_bytes())?
                .strip_prefix(b"=")
        })
        .flat_map(|value| value.split(|&byte| byte == b':'))
        .any(|one| match token.is_prefix {
            true => one.starts_with(&token.text),
            false => one == token.text,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(environment: &str, token: &str, is_prefix: bool) -> bool {
        let token = Token {
            text: token.as_bytes().to_vec(),
            is_prefix,
        };
        carries(environment.as_bytes(), &token)
    }

    #[test]
    fn a_mark_is_found_whole() {
        let inner = "A=b\0TIDEMILL_PROCESS=1-a.0:2-b.12\0Z=\0";
        assert!(check(inner, "2-b.12", false));
        assert!(check(inner, "1-a.0", false));
        assert!(!check(inner, "2-b.1", false));
        assert!(check(inner, "2-b.", true));
        assert!(!check("X_TIDEMILL_PROCESS=2-b.1\0", "2-b.", true));
        assert!(!check("TIDEMILL_PROCESS2=2-b.1\0", "2-b.", true));
        assert!(!check("", "2-b.", true));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_name_may_hold_anything() {
        let group = Pid::from_raw(77).unwrap();
        assert!(is_live_member(b"5 (a) b) Z (x) S 1 77 77 0", group));
        assert!(!is_live_member(b"5 (a) S 1 77) Z 1 77 77 0", group));
        assert!(!is_live_member(b"5 (a) R 1 78 77 0", group));
        assert!(!is_live_member(b"", group));
    }
}
