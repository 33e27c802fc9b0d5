//! Runs beside each other, in several processes: a flow's `concurrency`, the
//! home's limits, one flow twice.

use std::{
    process::{Child, Stdio},
    time::Duration,
};

use serde_json::Value;
use tidemill_tests::{Sandbox, message, state, task, until};

const PATIENCE: Duration = Duration::from_secs(60);

/// A flow whose one task says that it began, and goes on when it is let.
const HELD: &str = "tasks:\n  t:\n    shell: |\n      touch began-$TIDEMILL_RUN_ID\n      while [ ! -e go ]; do sleep 0.02; done\n      touch ended-$TIDEMILL_RUN_ID\n";

/// How many files of the workspace have names that begin so.
fn count(sandbox: &Sandbox, start: &str) -> usize {
    let entries = std::fs::read_dir(sandbox.work()).unwrap().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(start))
        .count()
}

fn states(sandbox: &Sandbox) -> Vec<String> {
    let answer = sandbox.call(&["runs", "ls", "--json"]).expect(0).json();
    let runs = answer["runs"].as_array().unwrap().iter();
    runs.map(|run| run["state"].as_str().unwrap().to_owned())
        .collect()
}

fn ended(run: Child) -> (Option<i32>, Value) {
    let output = run.wait_with_output().unwrap();
    let document = serde_json::from_slice(&output.stdout);
    (output.status.code(), document.unwrap_or_default())
}

#[test]
fn a_run_too_many_is_skipped() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "held",
        &format!("concurrency: {{ limit: 1, on_conflict: skip }}\n{HELD}"),
    );
    let first = sandbox.start(&["run", "held", "--json"]);
    until("the first", PATIENCE, || {
        (count(&sandbox, "began-") == 1).then_some(())
    });
    let second = sandbox.run_json("held", &[], 0);
    assert_eq!(second["run"]["state"], "Skipped");
    assert_eq!(second["run"]["state_type"], "skipped");
    let why = second["run"]["message"].as_str().unwrap();
    assert!(why.contains('1'), "{why}");
    sandbox.write("go", "");
    assert_eq!(ended(first).0, Some(0));
    assert_eq!(count(&sandbox, "began-"), 1);
    assert_eq!(states(&sandbox), ["Skipped", "Completed"]);
    let third = sandbox.run_json("held", &[], 0);
    assert_eq!(
        third["run"]["state"], "Completed",
        "the place is free again"
    );
}

#[test]
fn a_run_too_many_waits_in_the_queue() {
    let sandbox = Sandbox::new();
    sandbox.flow("held", &format!("concurrency: {{ limit: 2 }}\n{HELD}"));
    let mut runs = Vec::new();
    for number in 1..=2 {
        runs.push(sandbox.start(&["run", "held", "--json"]));
        until("a run", PATIENCE, || {
            (count(&sandbox, "began-") == number).then_some(())
        });
    }
    for _ in 0..2 {
        runs.push(sandbox.start(&["run", "held", "--json"]));
    }
    until("the queue", PATIENCE, || {
        let waiting = states(&sandbox);
        let waiting = waiting.iter().filter(|state| *state == "Pending");
        (waiting.count() == 2).then_some(())
    });
    assert_eq!(count(&sandbox, "began-"), 2);
    // One that is queued can be cancelled, and never begins.
    sandbox.call(&["runs", "cancel", "last"]).expect(0);
    sandbox.write("go", "");
    let mut codes: Vec<_> = runs.into_iter().map(|run| ended(run).0).collect();
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(0), Some(0), Some(130)]);
    assert_eq!(count(&sandbox, "ended-"), 3);
}

#[test]
fn a_new_run_ends_the_one_that_runs() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "held",
        &format!("concurrency: {{ limit: 1, on_conflict: cancel_running }}\n{HELD}"),
    );
    let first = sandbox.start(&["run", "held", "--json"]);
    until("the first", PATIENCE, || {
        (count(&sandbox, "began-") == 1).then_some(())
    });
    let second = sandbox.start(&["run", "held", "--json"]);
    let (code, document) = ended(first);
    assert_eq!(code, Some(130));
    assert_eq!(document["run"]["state"], "Cancelled");
    let why = document["run"]["message"].as_str().unwrap_or_default();
    assert!(!why.is_empty(), "it says why");
    until("the second", PATIENCE, || {
        (count(&sandbox, "began-") == 2).then_some(())
    });
    sandbox.write("go", "");
    assert_eq!(ended(second).0, Some(0));
    assert_eq!(count(&sandbox, "ended-"), 1);
}

#[test]
fn a_place_is_free_when_its_process_is_gone() {
    let sandbox = Sandbox::new();
    sandbox.call(&["limits", "set", "one", "1"]).expect(0);
    let limited = HELD.replace("    shell:", "    limits: [one]\n    shell:");
    sandbox.flow(
        "held",
        &format!("concurrency: {{ limit: 1, on_conflict: skip }}\n{limited}"),
    );
    let mut first = sandbox.start(&["run", "held", "--json"]);
    until("the first", PATIENCE, || {
        (count(&sandbox, "began-") == 1).then_some(())
    });
    first.kill().unwrap();
    first.wait().unwrap();
    sandbox.write("go", "");
    let document = sandbox.run_json("held", &[], 0);
    assert_eq!(document["run"]["state"], "Completed");
}

#[test]
fn a_limit_holds_across_processes() {
    let sandbox = Sandbox::new();
    sandbox.call(&["limits", "set", "two", "2"]).expect(0);
    sandbox.flow(
        "limited",
        r#"
tasks:
  t:
    for_each: [0, 1, 2, 3]
    limits: [two]
    env: { N: '{{ item }}' }
    shell: |
      me=running-$TIDEMILL_RUN_ID-$N
      touch $me
      ls running-* | wc -l >> counts
      sleep 0.05
      ls running-* | wc -l >> counts
      rm $me
"#,
    );
    let runs: Vec<Child> = (0..2)
        .map(|_| sandbox.start(&["run", "limited", "--json"]))
        .collect();
    for run in runs {
        let (code, document) = ended(run);
        assert_eq!(code, Some(0), "{document:#}");
    }
    let counts = sandbox.read("counts").unwrap();
    assert_eq!(counts.lines().count(), 16);
    assert!(
        counts
            .lines()
            .all(|line| matches!(line.trim(), "0" | "1" | "2")),
        "{counts}"
    );
}

#[test]
fn what_waits_for_a_slot_says_so_and_can_be_cancelled() {
    let sandbox = Sandbox::new();
    sandbox.call(&["limits", "set", "one", "1"]).expect(0);
    let limited = HELD.replace("    shell:", "    limits: [one]\n    shell:");
    sandbox.flow("held", &limited);
    let first = sandbox.start(&["run", "held", "--json"]);
    until("the first", PATIENCE, || {
        (count(&sandbox, "began-") == 1).then_some(())
    });
    let second = sandbox.start(&["run", "held", "--json"]);
    until("the second", PATIENCE, || {
        (states(&sandbox).len() == 2).then_some(())
    });
    until("its wait", PATIENCE, || {
        (state(&sandbox.last(), "t") == "AwaitingSlot").then_some(())
    });
    sandbox.call(&["runs", "cancel", "last"]).expect(0);
    assert_eq!(ended(second).0, Some(130));
    sandbox.write("go", "");
    assert_eq!(ended(first).0, Some(0));
    assert_eq!(count(&sandbox, "began-"), 1);
}

#[test]
fn one_flow_runs_twice_at_once() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "twice",
        r#"
tasks:
  t: { cache: true, python: 'import time; time.sleep(0.05); return 1' }
  own: { needs: [t], shell: 'echo $TIDEMILL_RUN_ID > "$TIDEMILL_RUN_DIR/own"; sleep 0.05; cat "$TIDEMILL_RUN_DIR/own"' }
"#,
    );
    let runs: Vec<Child> = (0..4)
        .map(|_| {
            let mut command = sandbox.command(&["run", "twice", "--json"]);
            command.stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    let mut ids = Vec::new();
    for run in runs {
        let (code, document) = ended(run);
        assert_eq!(code, Some(0));
        let id = document["run"]["id"].as_str().unwrap().to_owned();
        assert_eq!(task(&document, "own")["output"], id, "each has its folder");
        assert!(message(&document, "own").is_empty());
        ids.push(id);
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}
