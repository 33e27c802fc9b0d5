//! Which process carries a run: boot id, pid and start time, so that neither a
//! used-again pid nor a restarted machine can pass for it. Whether it lives is told
//! by a lock that it holds in the home; its pid is only looked at beside it.

use std::{fmt, sync::OnceLock};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Home;

mod lock;

pub(crate) use lock::{OwnerLock, living};

/// A process, told apart from every other one that this machine had or will have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Owner {
    boot: Uuid,
    pid: u32,
    started: u64,
}

impl Owner {
    /// This process. Read once.
    pub fn current() -> Self {
        static CURRENT: OnceLock<Owner> = OnceLock::new();
        *CURRENT.get_or_init(|| {
            let pid = std::process::id();
            Self {
                boot: boot_id(),
                pid,
                started: start_time(pid).unwrap_or_default(),
            }
        })
    }

    /// The process's number.
    pub fn pid(self) -> u32 {
        self.pid
    }

    /// A word that no other process of this boot has, for what it starts to carry.
    pub fn mark(self) -> String {
        format!("{}-{:x}", self.pid, self.started)
    }

    /// Whether the process was started since the machine was, and its pid means it here:
    /// in another container it is another's.
    pub fn is_of_this_boot(self) -> bool {
        self.boot == Self::current().boot
    }

    /// Whether the process still runs: it holds its lock in the home. Where there is
    /// no lock, its pid is looked for; a zombie does not run.
    pub(crate) fn is_alive(self, home: &Home) -> bool {
        self == Self::current() || lock::is_held(home, self).unwrap_or_else(|| self.has_its_pid())
    }

    fn has_its_pid(self) -> bool {
        self.is_of_this_boot() && start_time(self.pid) == Some(self.started)
    }

    /// Its 28 bytes in the store.
    pub(crate) fn to_bytes(self) -> [u8; 28] {
        let mut bytes = [0; 28];
        let fields = self
            .boot
            .into_bytes()
            .into_iter()
            .chain(self.pid.to_be_bytes())
            .chain(self.started.to_be_bytes());
        for (byte, value) in bytes.iter_mut().zip(fields) {
            *byte = value;
        }
        bytes
    }

    /// The owner with these bytes in the store.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (boot, rest) = bytes.split_first_chunk::<16>()?;
        let (pid, rest) = rest.split_first_chunk::<4>()?;
        let started = <[u8; 8]>::try_from(rest).ok()?;
        Some(Self {
            boot: Uuid::from_bytes(*boot),
            pid: u32::from_be_bytes(*pid),
            started: u64::from_be_bytes(started),
        })
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "process {}", self.pid)
    }
}

/// The id that the kernel gives to each boot. Pids are of their namespace, as a
/// container has one of its own: with that it is another id.
#[cfg(target_os = "linux")]
fn boot_id() -> Uuid {
    use std::os::unix::fs::MetadataExt as _;
    /// The number of the namespace that a machine starts with.
    const FIRST_NAMESPACE: u64 = 0xeffffffc;
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .ok()
        .and_then(|text| Uuid::parse_str(text.trim()).ok())
        .unwrap_or_default();
    match std::fs::metadata("/proc/self/ns/pid") {
        Ok(namespace) if namespace.ino() != FIRST_NAMESPACE => {
            Uuid::from_u128(boot.as_u128() ^ u128::from(namespace.ino()))
        }
        Ok(_) | Err(_) => boot,
    }
}

/// When the process started, in clock ticks after boot; `None`: it does not run.
#[cfg(target_os = "linux")]
fn start_time(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in brackets, and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?;
    (!matches!(state, "Z" | "X"))
        .then(|| fields.nth(18)?.parse().ok())
        .flatten()
}

/// Elsewhere the boot is told by when it was, to the second.
#[cfg(all(unix, not(target_os = "linux")))]
fn boot_id() -> Uuid {
    system_answer("sysctl", &["-n", "kern.boottime"])
        .and_then(|text| text.split(['=', ',']).nth(1)?.trim().parse().ok())
        .map(Uuid::from_u128)
        .unwrap_or_default()
}

/// When the process started, as `ps` writes it, folded to a number.
#[cfg(all(unix, not(target_os = "linux")))]
fn start_time(pid: u32) -> Option<u64> {
    let text = system_answer("ps", &["-o", "stat=,lstart=", "-p", &pid.to_string()])?;
    let (state, started) = text.trim().split_once(char::is_whitespace)?;
    let fold = |sum: u64, byte: u8| sum.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte);
    (!state.starts_with('Z')).then(|| started.trim().bytes().fold(0xcbf2_9ce4_8422_2325, fold))
}

#[cfg(all(unix, not(target_os = "linux")))]
fn system_answer(program: &str, arguments: &[&str]) -> Option<String> {
    let output = std::process::Command::new(program)
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then_some(text)
}

/// Where neither is to be had, a process only knows itself.
#[cfg(not(unix))]
fn boot_id() -> Uuid {
    Uuid::nil()
}

#[cfg(not(unix))]
fn start_time(pid: u32) -> Option<u64> {
    (pid == std::process::id()).then_some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_another_start_of_its_pid_does_not() {
        let (owner, home) = (Owner::current(), Home::new("/nowhere"));
        assert!(owner.is_alive(&home));
        assert_eq!(Owner::from_bytes(&owner.to_bytes()), Some(owner));
        assert_eq!(Owner::from_bytes(&[1, 2]), None);
        let earlier = Owner {
            started: owner.started + 1,
            ..owner
        };
        assert!(!earlier.is_alive(&home));
        let before_reboot = Owner {
            boot: Uuid::nil(),
            ..owner
        };
        assert!(!before_reboot.is_alive(&home));
    }

    #[cfg(unix)]
    #[test]
    fn a_child_lives_until_it_ends() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let owner = Owner {
            pid: child.id(),
            started: start_time(child.id()).unwrap(),
            ..Owner::current()
        };
        let home = Home::new("/nowhere");
        assert!(owner.is_alive(&home));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!owner.is_alive(&home));
    }
}
