//! What goes wrong around a run, and what is left of it.

use std::{
    fs,
    os::unix::process::CommandExt,
    process::Stdio,
    time::{Duration, Instant},
};

use tidemill_tests::{Sandbox, is_alive, kill, processes_with, until};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn nothing_survives_the_engine_that_started_it() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "tree",
        "env: { MARK: 'a-mark-of-orphans' }\ntasks:\n\
         \x20 plain: { shell: 'touch plain; sleep 1000' }\n\
         \x20 session: { shell: 'setsid sleep 1000 & touch session; sleep 1000' }\n\
         \x20 deaf: { shell: 'trap \"\" TERM; touch deaf; while true; do sleep 1; done' }\n\
         \x20 python: { python: 'import subprocess; open(\"python\", \"w\"); subprocess.run([\"sleep\", \"1000\"])' }\n",
    );
    let mut run = sandbox.start(&["run", "tree"]);
    for name in ["plain", "session", "deaf", "python"] {
        until(name, PATIENCE, || sandbox.read(name));
    }
    kill(run.id());
    run.wait().unwrap();
    until("the end of all", PATIENCE, || {
        processes_with("a-mark-of-orphans").is_empty().then_some(())
    });
    let last = sandbox.last();
    assert_eq!(last["run"]["state"], "Crashed");
    for task in last["tasks"].as_array().unwrap() {
        assert_eq!(task["state"], "Crashed", "{task}");
    }
}

#[test]
fn a_killed_guard_is_replaced() {
    let sandbox = Sandbox::new();
    sandbox.flow("slow", "tasks:\n  t: { shell: 'touch begun; while [ ! -e go ]; do sleep 0.05; done; echo done' }\n");
    let run = sandbox.start(&["run", "slow", "--json"]);
    until("the task", PATIENCE, || sandbox.read("begun"));
    let guard = until("the guard", PATIENCE, || {
        children(run.id()).into_iter().find(|&pid| is_guard(pid))
    });
    kill(guard);
    let other = until("a new guard", PATIENCE, || {
        children(run.id())
            .into_iter()
            .find(|&pid| is_guard(pid) && pid != guard)
    });
    assert!(is_alive(other));
    sandbox.write("go", "");
    let output = run.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(sandbox.last()["tasks"][0]["output"], "done");
}

#[test]
fn a_killed_python_worker_costs_one_attempt() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "worker",
        "tasks:\n  t:\n    for_each: [1, 2, 3, 4, 5, 6]\n    retries: 1\n    python: |\n      import os, signal\n      if item == 3 and not os.path.exists('killed'):\n          open('killed', 'w').close()\n          os.kill(os.getpid(), signal.SIGKILL)\n      return item\n",
    );
    let document = sandbox.run_json("worker", &[], 0);
    let attempts: Vec<i64> = document["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|task| !task["index"].is_null())
        .map(|task| task["attempts"].as_i64().unwrap())
        .collect();
    assert_eq!(attempts, [1, 1, 2, 1, 1, 1]);
}

#[test]
fn a_hundred_megabytes_without_a_newline_pass_in_bounded_memory() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "wide",
        "tasks:\n  t: { shell: 'head -c 100000000 /dev/zero | tr \"\\0\" x' }\n",
    );
    let mut run = sandbox.start(&["run", "wide", "--json"]);
    let mut peak = 0;
    let status = until("the end", PATIENCE, || {
        peak = peak.max(peak_memory(run.id()).unwrap_or(0));
        run.try_wait().unwrap()
    });
    assert!(status.success());
    assert!(peak < 200_000, "{peak} KiB");
    let last = sandbox.last();
    assert!(last["tasks"][0]["output"].is_null());
    assert!(
        !last["tasks"][0]["message"].is_null(),
        "it says that the output is not kept"
    );
    let logs = sandbox
        .command(&["runs", "logs", "last"])
        .output()
        .unwrap()
        .stdout;
    let written = logs.iter().filter(|&&byte| byte == b'x').count();
    assert_eq!(written, 100_000_000);
}

#[test]
fn a_task_whose_children_fork_on_is_ended() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "forks",
        "env: { MARK: 'a-mark-of-forks' }\ntasks:\n  t:\n    timeout: 500ms\n    shell: |\n      again() { (sleep 0.02; again) & }\n      again; again; again\n      setsid sh -c 'again() { (sleep 0.02; again) & }; again; wait' &\n      sleep 1000\n",
    );
    let document = sandbox.run_json("forks", &[], 1);
    assert_eq!(document["tasks"][0]["state"], "TimedOut");
    until("the end of all", PATIENCE, || {
        processes_with("a-mark-of-forks").is_empty().then_some(())
    });
}

#[test]
fn a_task_that_ignores_the_polite_signal_is_killed() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "deaf",
        "env: { MARK: 'a-mark-of-deafness' }\ntasks:\n  t: { timeout: 200ms, shell: 'trap \"\" TERM INT HUP; while true; do sleep 1; done' }\n",
    );
    let started = Instant::now();
    let document = sandbox.run_json("deaf", &[], 1);
    assert_eq!(document["tasks"][0]["state"], "TimedOut");
    assert!(
        started.elapsed() >= Duration::from_secs(5),
        "it had its five seconds"
    );
    assert!(processes_with("a-mark-of-deafness").is_empty());
}

#[test]
fn a_full_disk_is_said_and_the_store_stays_whole() {
    let sandbox = Sandbox::new();
    sandbox.flow("small", "tasks:\n  t: { value: 1 }\n");
    sandbox.run_json("small", &[], 0);
    sandbox.flow("large", "tasks:\n  t: { for_each: '{{ range(20000) | list }}', value: 'a text that takes room {{ item }}' }\n");
    let state = fs::metadata(sandbox.home().join("state.db")).unwrap().len();
    let limit = format!(
        "ulimit -f {}; trap '' XFSZ; exec \"$0\" \"$@\"",
        state / 512 + 600
    );
    let mut shell = std::process::Command::new("bash");
    shell.arg0("bash").arg("-c").arg(limit);
    let inner = sandbox.command(&["run", "large"]);
    shell.arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let output = shell.current_dir(sandbox.work()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(
        said.to_lowercase().contains("disk") || said.contains("space") || said.contains("full"),
        "{said}"
    );
    assert!(!said.contains("panicked"), "{said}");
    sandbox.run_json("small", &[], 0);
    let connection = rusqlite::Connection::open(sandbox.home().join("state.db")).unwrap();
    let verdict: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok");
}

#[test]
fn a_newer_store_is_refused_with_what_to_do() {
    let sandbox = Sandbox::new();
    sandbox.flow("f", "tasks:\n  t: { value: 1 }\n");
    sandbox.run_json("f", &[], 0);
    let path = sandbox.home().join("state.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    let version: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    assert!(version > 0);
    connection
        .pragma_update(None, "user_version", version + 1)
        .unwrap();
    drop(connection);
    let answer = sandbox.call(&["run", "f"]).expect(3);
    assert!(answer.stderr.contains("newer"), "{}", answer.stderr);
    sandbox.call(&["runs"]).expect(3);
}

#[test]
fn a_corrupted_store_is_refused_with_what_to_do() {
    let sandbox = Sandbox::new();
    sandbox.flow("f", "tasks:\n  t: { value: 1 }\n");
    sandbox.run_json("f", &[], 0);
    let path = sandbox.home().join("state.db");
    let garbage = vec![0x5a; 8192];
    fs::write(&path, &garbage).unwrap();
    for leftover in ["state.db-wal", "state.db-shm"] {
        drop(fs::remove_file(sandbox.home().join(leftover)));
    }
    let answer = sandbox.call(&["run", "f"]).expect(3);
    assert!(answer.stderr.contains("state.db"), "{}", answer.stderr);
    assert!(
        answer.stderr.contains("backup"),
        "it says what to do: {}",
        answer.stderr
    );
    assert_eq!(
        fs::read(&path).unwrap(),
        garbage,
        "what is there is not overwritten"
    );
}

#[test]
fn ten_processes_share_one_home() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "busy",
        "tasks:\n  t: { for_each: '{{ range(300) | list }}', value: '{{ item }}' }\n  s: { for_each: [1, 2, 3], shell: 'echo $N', env: { N: '{{ item }}' } }\n",
    );
    let runs: Vec<_> = (0..10)
        .map(|_| {
            sandbox
                .command(&["run", "busy", "--json"])
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    let wal = sandbox.home().join("state.db-wal");
    let mut largest = 0;
    for mut run in runs {
        let status = until("a run's end", PATIENCE, || {
            largest = largest.max(fs::metadata(&wal).map_or(0, |file| file.len()));
            run.try_wait().unwrap()
        });
        assert!(status.success());
    }
    assert!(largest < 64 << 20, "the WAL grew to {largest} bytes");
    let listed = sandbox
        .call(&["runs", "ls", "--state", "completed", "--json"])
        .expect(0)
        .json();
    assert_eq!(listed["runs"].as_array().unwrap().len(), 10);
    let connection = rusqlite::Connection::open(sandbox.home().join("state.db")).unwrap();
    let (count, highest): (i64, i64) = connection
        .query_row(
            "SELECT count(*), max(sequence) FROM transitions",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(count, highest, "the sequence is dense");
}

#[test]
fn a_store_that_another_process_keeps_locked_is_said() {
    let sandbox = Sandbox::new();
    sandbox.flow("plain", "tasks:\n  t: { shell: touch begun }\n");
    sandbox.call(&["runs", "ls"]).expect(0);
    sandbox.run_json("plain", &[], 0);
    fs::remove_file(sandbox.file("begun")).unwrap();
    let lock = fs::File::open(sandbox.home().join("state.lock")).unwrap();
    lock.lock().unwrap();
    let started = Instant::now();
    let said = sandbox.call(&["run", "plain"]).expect(3).stderr;
    assert!(started.elapsed() < PATIENCE);
    let holder = format!("process {}", std::process::id());
    for part in ["state.lock", &holder, "nothing was written"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(sandbox.read("begun").is_none());
    drop(lock);
    sandbox.run_json("plain", &[], 0);
}

#[test]
fn output_held_open_by_a_child_left_behind_does_not_hold_the_run() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "left",
        "env: { MARK: 'a-mark-of-leftovers' }\ntasks:\n  t: { shell: 'sleep 1000 & echo done' }\n",
    );
    let document = sandbox.run_json("left", &[], 0);
    assert_eq!(document["tasks"][0]["output"], "done");
    assert!(processes_with("a-mark-of-leftovers").is_empty());
}

/// The processes whose parent is `pid`.
fn children(pid: u32) -> Vec<u32> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let mut found: Vec<u32> = text
        .split_whitespace()
        .filter_map(|text| text.parse().ok())
        .collect();
    // A thread may be the parent.
    for thread in fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let text = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        found.extend(
            text.split_whitespace()
                .filter_map(|text| text.parse::<u32>().ok()),
        );
    }
    found
}

fn is_guard(pid: u32) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).contains("guard")
}

/// The most memory that a process has had resident, in KiB.
fn peak_memory(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
