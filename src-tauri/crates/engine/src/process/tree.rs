//! Ends process trees: terminate, a grace, kill; groups by their id, strays by
//! the mark in their environment. Blocking, so that the guard can use it too.

use std::{
    collections::HashSet,
    io::Read,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal};

use super::MARK_VARIABLE;

/// How long ending goes on after the first SIGKILL before it gives up on
/// processes that the kernel does not let go of.
const KILLING: Duration = Duration::from_secs(5);

/// How many lists of processes one look goes through, each for those that have come
/// since the one before.
const MOST_LISTS: usize = 16;

/// How many of them at the end may leave open whether somebody got away: on a machine
/// where much begins and ends, each does.
const MOST_UNSURE: usize = 4;

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
            Some(token) => signal_marked(token, Some(signal)) != Found::Nobody || anyone,
            None => anyone,
        }
    }

    /// Whether anyone lives, or may.
    fn live(&self) -> bool {
        self.look() != Found::Nobody
    }

    /// Who of them lives.
    pub(crate) fn look(&self) -> Found {
        if self.groups.iter().any(|&group| group_lives(group)) {
            return Found::Somebody;
        }
        let token = self.token.as_ref();
        token.map_or(Found::Nobody, |token| signal_marked(token, None))
    }
}

/// What one look at the processes found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Found {
    /// None that is looked for.
    Nobody,
    /// One that was starting a program, and may be one of them: the next look tells.
    Perhaps,
    /// One of them.
    Somebody,
}

/// Ends all of `targets`, and returns when nothing of them lives (or the kernel
/// does not let go of it).
pub(crate) fn end(targets: &Targets, grace: Duration) {
    let mut anyone = true;
    if !grace.is_zero() {
        anyone = targets.signal(Signal::TERM) && {
            // What is stopped could not take the first one.
            targets.signal(Signal::CONT);
            !wait(grace, || !targets.live())
        };
    }
    if anyone {
        // What forks faster than it is found is met again in the next pass.
        wait(KILLING, || !targets.signal(Signal::KILL));
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
fn signal_marked(_token: &Token, _signal: Option<Signal>) -> Found {
    Found::Nobody
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
/// found; gives whether there was one.
///
/// Who was found, and who is gone when it is looked at, may have started another one
/// that the list does not have. So who has come since is looked at too, and at once: what
/// forks on must not get ahead.
#[cfg(target_os = "linux")]
fn signal_marked(token: &Token, signal: Option<Signal>) -> Found {
    let mut seen = HashSet::from([rustix::process::getpid()]);
    let mut environment = Vec::new();
    let mut found = Found::Nobody;
    let mut unsure = 0;
    for _ in 0..MOST_LISTS {
        let mut here = Found::Nobody;
        let mut all_told = true;
        for id in newest_first() {
            if !seen.insert(id) {
                continue;
            }
            let one = signal_if_marked(id, token, signal, &mut environment);
            all_told &= one.is_some();
            here = here.max(one.unwrap_or(Found::Nobody));
            if one == Some(Found::Perhaps) {
                seen.remove(&id);
            }
        }
        unsure = match here {
            Found::Somebody if signal.is_none() => return Found::Somebody,
            Found::Somebody => 0,
            Found::Nobody if all_told => return found,
            Found::Perhaps | Found::Nobody => unsure + 1,
        };
        if unsure == MOST_UNSURE {
            return found.max(here);
        }
        if here == Found::Somebody {
            found = here;
        }
    }
    Found::Somebody
}

/// Sends a signal to a process if it carries the token; `None`: it is gone, or does not
/// tell. The handle is taken before the look, so that a reused process id is never hit.
#[cfg(target_os = "linux")]
fn signal_if_marked(
    id: Pid,
    token: &Token,
    signal: Option<Signal>,
    environment: &mut Vec<u8>,
) -> Option<Found> {
    use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};
    let handle = pidfd_open(id, PidfdFlags::empty()).ok()?;
    let path = format!("/proc/{}/environ", id.as_raw_nonzero());
    let read = read_whole(&path, environment);
    if environment.is_empty() {
        return (read && was_starting(id, environment)).then_some(Found::Perhaps);
    }
    if !carries(environment, token) {
        return Some(Found::Nobody);
    }
    if let Some(signal) = signal {
        // It may just have ended: then it is what we want.
        let _gone = pidfd_send_signal(&handle, signal);
    }
    Some(Found::Somebody)
}

/// Whether a process whose environment was found empty was in the middle of starting
/// a program, which is given its environment last.
#[cfg(target_os = "linux")]
fn was_starting(id: Pid, bytes: &mut Vec<u8>) -> bool {
    read_whole(&format!("/proc/{}/stat", id.as_raw_nonzero()), bytes);
    gets_an_environment(bytes)
}

/// Reads `PID (NAME) STATE PPID … FLAGS … ENVIRONMENT_START ENVIRONMENT_END …`: whether
/// there is an environment by now, or will be.
#[cfg(target_os = "linux")]
fn gets_an_environment(stat: &[u8]) -> bool {
    /// Of the flags: it ends, or it is the kernel's own.
    const HAS_NO_MEMORY: u64 = 0x0000_0004 | 0x0020_0000;
    let Some(name_end) = memchr::memrchr(b')', stat) else {
        return false;
    };
    let rest = String::from_utf8_lossy(stat.get(name_end + 1..).unwrap_or_default());
    let mut fields = rest.split_ascii_whitespace().skip(6);
    let mut number = |skipped| fields.nth(skipped)?.parse::<u64>().ok();
    let (Some(flags), Some(start), Some(end)) = (number(0), number(40), number(0)) else {
        return false;
    };
    flags & HAS_NO_MEMORY == 0 && (start == 0 || start < end)
}

/// Every process's id. Empty when `/proc` is not there.
#[cfg(target_os = "linux")]
fn process_ids() -> impl DoubleEndedIterator<Item = Pid> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten();
    let ids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let ids: Vec<Pid> = ids.filter_map(Pid::from_raw).collect();
    ids.into_iter()
}

/// Every process's id, largest numbers first: who forks on is among them.
#[cfg(target_os = "linux")]
fn newest_first() -> impl Iterator<Item = Pid> {
    process_ids().rev()
}

/// Fills `bytes` with a file's content; with nothing if it cannot be read
/// (another user's process, or one that is gone). Gives whether it was.
#[cfg(target_os = "linux")]
fn read_whole(path: &str, bytes: &mut Vec<u8>) -> bool {
    bytes.clear();
    let read = std::fs::File::open(path).and_then(|mut file| file.read_to_end(bytes));
    if read.is_err() {
        bytes.clear();
    }
    read.is_ok()
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
    fn a_process_that_starts_a_program_may_be_anyone() {
        let check = |flags: u32, environment: &str| {
            let between = "0 ".repeat(40);
            let stat = format!("5 (a) b) R 1 2 3 4 5 {flags} {between}{environment} 0");
            gets_an_environment(stat.as_bytes())
        };
        assert!(check(4_194_304, "0 0"), "not yet");
        assert!(check(4_194_304, "140 150"), "by now");
        assert!(!check(4_194_304, "140 140"), "it was started without one");
        assert!(!check(4_194_308, "0 0"), "it ends");
        assert!(!check(2_129_984, "0 0"), "it is the kernel's");
        assert!(!gets_an_environment(b""));
    }

    /// Looks at each of many processes from its first instant on.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_is_found_while_it_starts_its_program() {
        for number in 0..200 {
            let token = format!("{}-start.{number}", std::process::id());
            let mut child = std::process::Command::new("sleep")
                .arg("1000")
                .env(MARK_VARIABLE, &token)
                .spawn()
                .unwrap();
            let targets = Targets {
                groups: Vec::new(),
                token: Some(Token {
                    text: token.into_bytes(),
                    is_prefix: false,
                }),
            };
            end(&targets, Duration::ZERO);
            // What was killed may still be on its way out.
            let ended = wait(KILLING, || child.try_wait().unwrap().is_some());
            child.kill().unwrap();
            child.wait().unwrap();
            assert!(ended, "process {number} was missed");
        }
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
