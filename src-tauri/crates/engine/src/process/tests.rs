//! With real processes. The test program starts itself again as a guard or as
//! an engine to be killed: see `crate::rehearsal`.

use std::{
    future,
    sync::Mutex,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal};

use super::*;
use crate::rehearsal::{self, Kept, script, until};

async fn run(text: &str) -> (Ended<()>, Kept) {
    let groups = ProcessGroups::new(rehearsal::guard_program()).unwrap();
    let kept = Kept::default();
    let ended = groups
        .for_run()
        .run(&script(text), &kept, GRACE, future::pending::<()>())
        .await
        .unwrap();
    groups.close();
    (ended, kept)
}

/// Runs `text` until it printed `ready`, then stops it with this grace.
async fn stop_when_ready(text: &str, grace: Duration) -> (Ended<&'static str>, Kept, String) {
    let groups = ProcessGroups::new(rehearsal::guard_program()).unwrap();
    let kept = Kept::default();
    let ready = async {
        until("ready", || {
            kept.texts(Stream::Stdout).contains(&"ready".into())
        })
        .await;
        "stopped"
    };
    let ended = groups
        .for_run()
        .run(&script(text), &kept, grace, ready)
        .await
        .unwrap();
    groups.close();
    let engine = groups.engine().to_owned();
    (ended, kept, engine)
}

#[test]
fn what_a_process_left_before_a_restart_is_not_looked_for() {
    // After a restart a process may have the number and start time of an earlier one.
    let own = tidemill_store::Owner::current();
    let mut json = serde_json::to_value(own).unwrap();
    json["boot"] = serde_json::json!("00000000-0000-0000-0000-000000000000");
    let before: tidemill_store::Owner = serde_json::from_value(json).unwrap();
    let mut child = std::process::Command::new("sleep")
        .arg("1000")
        .env(MARK_VARIABLE, format!("{}-0.0.0", own.mark()))
        .spawn()
        .unwrap();
    end_strays_of(before);
    let lives = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(lives);
}

fn assert_none_lives(engine: &str) {
    assert!(!rehearsal::anyone_lives(engine), "a process is left");
}

#[tokio::test]
async fn output_and_code_come_back() {
    let (ended, kept) = run("echo one; echo two >&2; printf three; exit 3").await;
    assert_eq!(ended.exit, Exit::Code(3));
    assert_eq!(ended.output.bytes, b"one\nthree");
    assert!(!ended.output.truncated);
    assert_eq!(kept.texts(Stream::Stdout), ["one", "three"]);
    assert_eq!(kept.texts(Stream::Stderr), ["two"]);
}

#[tokio::test]
async fn a_signal_is_told() {
    let (ended, _) = run("kill -9 $$").await;
    assert_eq!(ended.exit, Exit::Signal(9));
    assert_eq!(ended.exit.to_string(), "signal 9 (SIGKILL)");
    assert_eq!(ended.exit.shell_code(), 137);
}

#[tokio::test]
async fn any_bytes_survive() {
    let (_, kept) = run(r"printf '\000\377\n\r\n'").await;
    let lines = kept.0.lock().unwrap();
    let bytes: Vec<_> = lines.iter().map(|line| line.bytes.clone()).collect();
    assert_eq!(bytes, [b"\0\xff".to_vec(), b"\r".to_vec()]);
}

#[tokio::test]
async fn what_cannot_start_says_why() {
    let groups = ProcessGroups::new(rehearsal::guard_program()).unwrap();
    let mut command = script("");
    command.program = "no-such-program".into();
    let kept = Kept::default();
    let error = groups
        .for_run()
        .run(&command, &kept, GRACE, future::pending::<()>())
        .await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "cannot start `no-such-program`: not found on PATH"
    );
    let mut command = script("");
    command.directory = "/no/such/folder".into();
    let error = groups
        .for_run()
        .run(&command, &kept, GRACE, future::pending::<()>())
        .await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "cannot start in `/no/such/folder`: no such folder"
    );
}

/// Counts, and holds one batch at a time.
#[derive(Default)]
struct Counted(Mutex<(usize, usize, usize)>);

impl LineSink for Counted {
    fn take(&self, lines: Vec<Line>) -> Taken<'_> {
        let mut counts = self.0.lock().unwrap();
        for line in lines {
            counts.0 += line.bytes.len();
            counts.1 = counts.1.max(line.bytes.len());
            counts.2 += usize::from(!line.continues);
        }
        Box::pin(tokio::task::yield_now())
    }
}

#[tokio::test]
async fn a_hundred_megabytes_without_a_newline_come_in_pieces() {
    let groups = ProcessGroups::new(rehearsal::guard_program()).unwrap();
    let counted = Counted::default();
    let command = script("head -c 104857600 /dev/zero");
    let ended = groups
        .for_run()
        .run(&command, &counted, GRACE, future::pending::<()>())
        .await
        .unwrap();
    groups.close();
    assert_eq!(ended.output.bytes.len(), OUTPUT_LIMIT);
    assert!(ended.output.truncated);
    assert_eq!(*counted.0.lock().unwrap(), (104_857_600, 65536, 1));
}

#[tokio::test]
async fn a_background_child_that_holds_the_pipe_is_ended() {
    let started = Instant::now();
    let (ended, kept) = run("sleep 1000 & echo done").await;
    assert_eq!(ended.exit, Exit::Code(0));
    assert_eq!(kept.texts(Stream::Stdout), ["done"]);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_session_of_its_own_that_holds_the_pipe_is_ended() {
    let (ended, kept) = run(
        "on=$(mktemp -u); setsid sh -c 'trap \"\" TERM; echo in; : >$1; sleep 1000' - $on &
            until test -e $on; do sleep 0.01; done; rm $on; echo done",
    )
    .await;
    assert_eq!(ended.exit, Exit::Code(0));
    let mut texts = kept.texts(Stream::Stdout);
    texts.sort();
    assert_eq!(texts, ["done", "in"]);
}

#[tokio::test]
async fn what_is_written_late_is_not_lost() {
    let (_, kept) = run("(sleep 0.02; echo late) & echo early").await;
    assert_eq!(kept.texts(Stream::Stdout), ["early", "late"]);
}

#[tokio::test]
async fn a_quiet_background_child_ends_with_its_attempt() {
    let groups = ProcessGroups::new(rehearsal::guard_program()).unwrap();
    let kept = Kept::default();
    let command = script("sleep 1000 >/dev/null 2>&1 & echo $!");
    let ended = groups
        .for_run()
        .run(&command, &kept, GRACE, future::pending::<()>())
        .await;
    assert!(ended.unwrap().exit.is_success());
    groups.close();
    assert_none_lives(groups.engine());
}

#[tokio::test]
async fn stopping_lets_a_process_say_goodbye() {
    let text = "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.01; done";
    let (ended, kept, engine) = stop_when_ready(text, GRACE).await;
    assert_eq!(ended.stopped, Some("stopped"));
    assert_eq!(ended.exit, Exit::Code(7));
    assert_eq!(kept.texts(Stream::Stdout), ["ready", "bye"]);
    assert_none_lives(&engine);
}

#[tokio::test]
async fn what_ignores_sigterm_is_killed() {
    let text = "trap '' TERM; echo ready; while :; do sleep 0.01; done";
    let (ended, _, engine) = stop_when_ready(text, Duration::from_millis(100)).await;
    assert_eq!(ended.exit, Exit::Signal(9));
    assert_none_lives(&engine);
}

#[tokio::test]
async fn a_session_of_its_own_ends_with_the_tree() {
    let text = "setsid sh -c 'trap \"\" TERM; sleep 1000; sleep 1000' </dev/null >/dev/null 2>&1 &
        setsid sleep 1000 & echo ready; wait";
    let (ended, _, engine) = stop_when_ready(text, Duration::from_millis(200)).await;
    assert_eq!(ended.stopped, Some("stopped"));
    assert_none_lives(&engine);
}

#[tokio::test]
async fn what_forks_on_ends_with_the_tree() {
    let folder = tempfile::tempdir().unwrap();
    let chain = folder.path().join("chain");
    std::fs::write(
        &chain,
        "trap '' TERM\nsetsid sh \"$0\" >/dev/null 2>&1 &\nsleep 0.02\n",
    )
    .unwrap();
    let text = format!("sh {0} & sh {0} & echo ready; sleep 1000", chain.display());
    let (ended, _, engine) = stop_when_ready(&text, Duration::from_millis(100)).await;
    assert_eq!(ended.stopped, Some("stopped"));
    assert_none_lives(&engine);
}

#[tokio::test]
async fn a_dropped_attempt_is_killed() {
    let groups = ProcessGroups::new(rehearsal::guard_program()).unwrap();
    let kept = Kept::default();
    let command = script("setsid sleep 1000 & trap '' TERM; echo ready; sleep 1000; sleep 1000");
    let ready = until("ready", || {
        kept.texts(Stream::Stdout).contains(&"ready".into())
    });
    let processes = groups.for_run();
    tokio::select! {
        _ = processes.run(&command, &kept, GRACE, future::pending::<()>()) => unreachable!(),
        () = ready => {}
    }
    until("the end of all", || {
        !rehearsal::anyone_lives(groups.engine())
    })
    .await;
    groups.close();
}

#[tokio::test]
async fn a_killed_guard_is_replaced_and_knows_the_list() {
    let groups = ProcessGroups::new(rehearsal::guard_program()).unwrap();
    let kept = Kept::default();
    // Without the mark: only the list can tell of it.
    let command = script("exec env -i sleep 1000");
    let processes = groups.for_run();
    let running = processes.run(&command, &kept, GRACE, future::pending::<()>());
    let mut running = std::pin::pin!(running);
    let scene = async {
        until("a guard", || groups.guard_id().is_some()).await;
        let first = groups.guard_id().unwrap();
        let pid = Pid::from_raw(first.cast_signed()).unwrap();
        rustix::process::kill_process(pid, Signal::KILL).unwrap();
        until("another guard", || {
            groups.guard_id().is_some_and(|id| id != first)
        })
        .await;
        groups.abandon();
    };
    let ended = async { tokio::join!(running.as_mut(), scene).0 }
        .await
        .unwrap();
    assert_eq!(ended.exit, Exit::Signal(15));
}

#[tokio::test]
async fn nothing_survives_a_killed_engine() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = rehearsal::start_engine(folder.path());
    let name = folder.path().join("engine");
    until("the engine's ready", || name.exists()).await;
    let name = std::fs::read_to_string(name).unwrap();
    assert!(rehearsal::anyone_lives(&name));
    engine.kill().unwrap();
    engine.wait().unwrap();
    until("the end of all", || !rehearsal::anyone_lives(&name)).await;
    let unmarked: i32 = std::fs::read_to_string(folder.path().join("unmarked"))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    until("the end of what cleared its environment", || {
        !group_lives(Pid::from_raw(unmarked).unwrap())
    })
    .await;
}

#[test]
fn a_recorded_command_is_as_if_it_ran_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = rehearsal::recorder(
        folder.path(),
        "read line; echo got $line $EXTRA; printf err >&2; kill -10 $$",
    );
    let mut child = recorder
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"in\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(138));
    // The test harness has its own lines there too.
    assert!(String::from_utf8_lossy(&output.stdout).contains("got in more\n"));
    assert_eq!(output.stderr, b"err");
    let mut record: Vec<_> = std::fs::read_to_string(folder.path().join("record"))
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    record.sort();
    assert_eq!(record, ["Stderr err", "Stdout got in more"]);
}

#[tokio::test]
async fn a_recorded_command_gets_its_callers_signals() {
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("record");
    let text = "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.01; done";
    let mut child = rehearsal::recorder(folder.path(), text)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let recorded = || std::fs::read_to_string(&record).unwrap_or_default();
    until("ready", || recorded() == "Stdout ready\n").await;
    let pid = Pid::from_raw(child.id().cast_signed()).unwrap();
    rustix::process::kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(7));
    assert_eq!(recorded(), "Stdout ready\nStdout bye\n");
}

#[test]
fn a_recorded_command_keeps_its_terminal() {
    use rustix::pty;
    let folder = tempfile::tempdir().unwrap();
    let ours = pty::openpt(pty::OpenptFlags::RDWR | pty::OpenptFlags::NOCTTY).unwrap();
    pty::grantpt(&ours).unwrap();
    pty::unlockpt(&ours).unwrap();
    let name = pty::ptsname(&ours, Vec::new())
        .unwrap()
        .into_string()
        .unwrap();
    let size = rustix::termios::Winsize {
        ws_row: 33,
        ws_col: 77,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    rustix::termios::tcsetwinsize(&ours, size).unwrap();
    let theirs = std::fs::File::options()
        .read(true)
        .write(true)
        .open(name)
        .unwrap();
    let text = "test -t 0 && test -t 1 && test -t 2 && echo all; stty size <&1; stty size <&2 >&2";
    let mut recorder = rehearsal::recorder(folder.path(), text);
    let mut child = recorder
        .stdin(theirs.try_clone().unwrap())
        .stdout(theirs.try_clone().unwrap())
        .stderr(theirs)
        .spawn()
        .unwrap();
    // The writing ends of the terminal are now the child's alone.
    drop(recorder);
    let mut shown = Vec::new();
    // A terminal whose other end is closed gives an error for its end.
    let _end = std::io::Read::read_to_end(&mut std::fs::File::from(ours), &mut shown);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let shown = String::from_utf8_lossy(&shown);
    assert!(shown.contains("all\r\n33 77\r\n"), "{shown}");
    let record = std::fs::read_to_string(folder.path().join("record")).unwrap();
    let mut record: Vec<_> = record.lines().collect();
    record.sort_unstable();
    assert_eq!(record, ["Stderr 33 77", "Stdout 33 77", "Stdout all"]);
}
