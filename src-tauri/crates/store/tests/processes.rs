//! Several processes, killed processes, full disks: this program starts itself
//! again as the other process.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking"
)]

mod sample;

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use sample::*;
use tempfile::TempDir;
use tidemill_orchestrate::State;
use tidemill_store::{Store, StoreError};

/// What the other process does, and with which home and number.
const ROLE: &str = "STORE_TEST_ROLE";
const HOME: &str = "STORE_TEST_HOME";
const NUMBER: &str = "STORE_TEST_NUMBER";

fn environment(name: &str) -> String {
    std::env::var(name).unwrap()
}

/// The other process: the test below, called by its name.
fn other(role: &str, home: &Path, number: u32) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "the_other_process", "--nocapture"])
        .env(ROLE, role)
        .env(HOME, home)
        .env(NUMBER, number.to_string())
        .stdout(Stdio::piped());
    command
}

#[test]
fn the_other_process() {
    match std::env::var(ROLE).as_deref() {
        Ok("endless") => endless(),
        Ok("some") => some(),
        Ok("full") => full(),
        Ok("look") => look(),
        Ok("carry") => carry(),
        _ => {}
    }
}

/// Says a line at once.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).unwrap();
}

/// Completes task runs for ever, and says each once it is committed.
fn endless() {
    let store = Store::open(Path::new(&environment(HOME))).unwrap();
    let id = new_run(environment(NUMBER).parse().unwrap()).id;
    for n in 1.. {
        let receipt = store.writer().append(id, whole(n, "x".repeat(500)).into());
        receipt.wait_committed().unwrap();
        say(&format!("done {n}"));
    }
}

/// Completes fifty task runs, each flushed, in a run of its own; says the longest wait.
fn some() {
    let store = Store::open(Path::new(&environment(HOME))).unwrap();
    let run = new_run(environment(NUMBER).parse().unwrap());
    let id = run.id;
    store
        .writer()
        .begin_run(run, vec![run_to(None, State::Running)]);
    let mut longest = std::time::Duration::ZERO;
    for n in 1..=50 {
        let start = std::time::Instant::now();
        let receipt = store.writer().append(id, whole(n, n).into());
        receipt.wait_flushed().unwrap();
        longest = longest.max(start.elapsed());
    }
    say(&format!("longest {}", longest.as_millis()));
}

fn answers(child: &mut Child, word: &str) -> impl Iterator<Item = u32> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let word = format!("{word} ");
    lines.map_while(Result::ok).filter_map(move |line| {
        let start = line.find(&word)? + word.len();
        line[start..].trim().parse().ok()
    })
}

#[test]
fn a_killed_process_loses_nothing_that_it_was_told() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path()).unwrap();
    for round in 1..=6_u32 {
        let run = new_run(round);
        let id = run.id;
        store
            .writer()
            .begin_run(run, vec![])
            .wait_committed()
            .unwrap();
        let mut child = other("endless", folder.path(), round).spawn().unwrap();
        // Killed at another point each time: after some answers, mid-way in the next.
        let told = answers(&mut child, "done")
            .take(round as usize * 17)
            .last()
            .unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let reader = store.reader().unwrap();
        let kept = reader.transitions(id).unwrap().count();
        assert!(kept >= told as usize * 3, "{kept} of {told}");
        assert_eq!(kept % 3, 0, "a batch is there whole or not at all");
        let rows = reader
            .task_runs(id, &Default::default(), None, 10_000)
            .unwrap();
        assert_eq!(rows.len() * 3, kept);
    }
}

#[test]
fn ten_processes_write_at_once() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let mut children: Vec<Child> = (1..=10)
        .map(|n| other("some", folder.path(), n).spawn().unwrap())
        .collect();
    for child in &mut children {
        let longest = answers(child, "longest").last().unwrap();
        assert!(child.wait().unwrap().success());
        // Half a second is promised on a machine that does nothing else.
        assert!(longest < 5_000, "a write waited {longest} ms");
    }
    let reader = store.reader().unwrap();
    let tail = reader.transitions_after(0, 10_000).unwrap();
    let numbers: Vec<u64> = tail.iter().map(|entry| entry.sequence).collect();
    assert_eq!(numbers, (1..=10 * 151).collect::<Vec<_>>(), "dense");
    let log = folder.path().join("state.db-wal");
    assert!(std::fs::metadata(log).unwrap().len() < 64 << 20);
}

/// Says whether the process that carries the run lives, as this one sees it.
fn look() {
    let store = Store::open(Path::new(&environment(HOME))).unwrap();
    let id = new_run(environment(NUMBER).parse().unwrap()).id;
    let owner = store.reader().unwrap().run(id).unwrap().unwrap().owner;
    let lives = owner.is_some_and(|owner| store.is_alive(owner));
    say(&format!("lives {}", u32::from(lives)));
}

/// The process in a pid namespace of its own, as in a container; `None`: this machine
/// does not let us.
#[cfg(target_os = "linux")]
fn contained(inner: &Command) -> Option<Command> {
    let kinds: [&[&str]; 2] = [&[], &["--user", "--map-root-user"]];
    let unshare = |more: &[&str]| {
        let mut command = Command::new("unshare");
        command
            .args(more)
            .args(["--pid", "--fork", "--kill-child", "--mount-proc"]);
        command
    };
    let works = |more: &&[&str]| {
        let tried = unshare(more).arg("true").stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    };
    let more = kinds.into_iter().find(works)?;
    let mut command = unshare(more);
    command
        .arg(inner.get_program())
        .args(inner.get_args())
        .envs(
            inner
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdout(Stdio::piped());
    Some(command)
}

#[cfg(target_os = "linux")]
#[test]
fn processes_of_two_containers_see_each_other_live() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let own = new_run(1);
    let run = new_run(2);
    let id = run.id;
    for run in [own, run] {
        let begun = store.writer().begin_run(run, vec![]);
        begun.wait_committed().unwrap();
    }
    let Some(mut carries) = contained(&other("carry", folder.path(), 2)) else {
        say("there are no pid namespaces here");
        return;
    };
    let looks = |number| {
        let command = other("look", folder.path(), number);
        let mut child = contained(&command).unwrap().spawn().unwrap();
        let lives = answers(&mut child, "lives").next();
        child.wait().unwrap();
        lives
    };
    assert_eq!(looks(1), Some(1), "from inside, this process lives");
    let mut child = carries.spawn().unwrap();
    assert_eq!(answers(&mut child, "carries").next(), Some(1));
    let owner = || store.reader().unwrap().run(id).unwrap().unwrap().owner;
    let owner = owner().unwrap();
    assert_ne!(owner, tidemill_store::Owner::current());
    assert!(store.is_alive(owner), "from outside");
    assert_eq!(looks(2), Some(1), "from another container");
    child.kill().unwrap();
    child.wait().unwrap();
    while store.is_alive(owner) {
        // The kernel ends what was in the namespace a moment later.
        std::thread::yield_now();
    }
    assert_eq!(looks(2), Some(0));
}

/// Takes over a run, and carries it until it is killed.
fn carry() {
    let store = Store::open(Path::new(&environment(HOME))).unwrap();
    let id = new_run(environment(NUMBER).parse().unwrap()).id;
    let owner = store.reader().unwrap().run(id).unwrap().unwrap().owner;
    let me = Some(tidemill_store::Owner::current());
    let claimed = store.writer().claim(id, owner, me);
    assert!(claimed.wait_committed().unwrap());
    say("carries 1");
    loop {
        std::thread::park();
    }
}

/// Writes until the size limit is met, then lifts it and goes on.
#[cfg(unix)]
fn full() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let home = environment(HOME);
    let store = Store::open(Path::new(&home)).unwrap();
    let (id, other) = (new_run(1).id, new_run(2).id);
    for n in [1, 2] {
        let begun = store.writer().begin_run(new_run(n), vec![]);
        begun.wait_flushed().unwrap();
    }
    let mut kept = 0;
    let error = loop {
        let receipt = store
            .writer()
            .append(id, whole(kept + 1, "x".repeat(20_000)).into());
        match receipt.wait_flushed() {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 1000, "no limit was met");
    };
    assert!(error.is_full(), "{error:?}");
    let message = error.to_string();
    assert!(
        message.contains("full") && message.contains(&home),
        "{message}"
    );
    let large = store
        .writer()
        .append(other, whole(1, "x".repeat(3_000_000)).into());
    assert!(matches!(
        large.wait_committed(),
        Err(StoreError::Full { .. })
    ));
    assert_eq!(
        std::fs::read_dir(Path::new(&home).join("results"))
            .unwrap()
            .count(),
        0
    );
    let hard = getrlimit(Resource::Fsize).maximum;
    let limit = rustix::process::Rlimit {
        current: hard,
        maximum: hard,
    };
    setrlimit(Resource::Fsize, limit).unwrap();
    let me = Some(tidemill_store::Owner::current());
    let claimed = store.writer().claim(id, me, me);
    assert!(claimed.wait_committed().unwrap());
    let receipt = store.writer().append(id, whole(kept + 1, 1).into());
    receipt.wait_flushed().unwrap();
    say(&format!("kept {}", kept + 1));
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_survived() {
    let folder = TempDir::new().unwrap();
    let child = other("full", folder.path(), 1);
    // The limit's signal would end the process: it is ignored, as on a full disk.
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -S -f 2000; exec \"$@\"", "sh"])
        .arg(child.get_program())
        .args(child.get_args())
        .envs(
            child
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdout(Stdio::piped());
    let mut child = limited.spawn().unwrap();
    let kept = answers(&mut child, "kept").last();
    assert!(child.wait().unwrap().success());
    let store = Store::open(folder.path()).unwrap();
    let reader = store.reader().unwrap();
    let id = new_run(1).id;
    assert_eq!(
        reader.transitions(id).unwrap().map(Result::unwrap).count(),
        kept.unwrap() as usize * 3
    );
    let check: String = rusqlite::Connection::open(folder.path().join("state.db"))
        .unwrap()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
}
