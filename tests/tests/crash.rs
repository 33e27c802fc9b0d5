//! `kill -9` at commits and at random points, over all examples: nothing completed
//! is lost or done twice, no process is left, and the run ends as the format says.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::Value;
use tidemill_tests::{Sandbox, processes_with, until};

const EXAMPLES: [&str; 5] = ["weather", "search", "backup", "log-report", "release"];
const PATIENCE: Duration = Duration::from_secs(60);

/// Commits of an example that are tried: all of them below this, else as many, spread.
const MOST_POINTS: usize = 50;

fn is_long() -> bool {
    std::env::var_os("TIDEMILL_TEST_LONG").is_some()
}

#[derive(Default)]
struct Tally {
    kills: usize,
    points: BTreeSet<(&'static str, usize)>,
    outcomes: BTreeMap<String, usize>,
}

/// How many commits a whole run of the example takes.
fn commits(example: &'static str) -> usize {
    let sandbox = Sandbox::new();
    sandbox.copy_example(example);
    let counter = sandbox.file("commits");
    let status = sandbox
        .command(&["run", example, "--json"])
        .env(
            "TIDEMILL_TEST_CRASH",
            format!("count:{}", counter.display()),
        )
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{example}");
    // `COMMITS BATCHES`
    let text = fs::read_to_string(counter).unwrap();
    let commits = text.split_whitespace().next().unwrap();
    commits.parse().unwrap()
}

/// The points to stop at, from 1.
fn points(count: usize) -> Vec<usize> {
    if is_long() || count < MOST_POINTS {
        return (1..=count).collect();
    }
    (0..MOST_POINTS)
        .map(|number| 1 + number * (count - 1) / (MOST_POINTS - 1))
        .collect()
}

fn task_runs(document: &Value) -> BTreeMap<String, (String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    document["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| {
            (
                text(&task["path"]),
                (text(&task["state"]), text(&task["id"])),
            )
        })
        .collect()
}

/// Looks at what a killed run left, carries it on as far as it goes, and checks
/// that what was completed stayed as it was.
fn check_after(sandbox: &Sandbox, example: &str, tally: &mut Tally) {
    let mark = format!("TIDEMILL_HOME={}", sandbox.home().display());
    until("the end of every process", PATIENCE, || {
        processes_with(&mark).is_empty().then_some(())
    });
    let listed = sandbox
        .call(&["runs", "ls", "--flow", example, "--json"])
        .expect(0)
        .json();
    let Some(run) = listed["runs"].get(0) else {
        count(tally, "nothing recorded");
        return;
    };
    let id = run["id"].as_str().unwrap();
    let before = sandbox
        .call(&["runs", "show", id, "--json"])
        .expect(0)
        .json();
    let state = before["run"]["state"].as_str().unwrap();
    let finished: Vec<(String, (String, String))> = task_runs(&before)
        .into_iter()
        .filter(|(_, (state, _))| {
            matches!(
                state.as_str(),
                "Completed" | "Cached" | "Skipped" | "Failed" | "Crashed"
            )
        })
        .collect();
    match state {
        "Completed" => count(tally, "had completed"),
        "Crashed" => {
            assert!(
                before["tasks"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|task| task["state"] == "Crashed"),
                "{example}: a crashed run has a crashed task: {before:#}"
            );
            count(tally, "crashed");
        }
        "AwaitingRetry" => {
            let answer = sandbox.call(&["runs", "retry", id, "--json"]);
            let after = answer.json();
            let now = task_runs(&after);
            for (path, earlier) in finished {
                assert_eq!(
                    now.get(&path),
                    Some(&earlier),
                    "{example}: {path} changed after it ended"
                );
            }
            let end = after["run"]["state"].as_str().unwrap();
            assert!(
                matches!(end, "Completed" | "Failed" | "Crashed"),
                "{example}: {end}"
            );
            count(tally, &format!("carried on to {end}"));
        }
        other => panic!("{example}: {other} after a kill: {before:#}"),
    }
}

fn count(tally: &mut Tally, outcome: &str) {
    *tally.outcomes.entry(outcome.to_owned()).or_default() += 1;
}

fn report(name: &str, tally: &Tally) {
    println!(
        "{name}: {} kills, {} distinct commit points, outcomes {:?}",
        tally.kills,
        tally.points.len(),
        tally.outcomes
    );
}

#[test]
fn a_kill_at_a_commit_loses_and_repeats_nothing() {
    let mut tally = Tally::default();
    for example in EXAMPLES {
        let count = commits(example);
        assert!(count >= 2, "{example}: {count} commits");
        for point in points(count) {
            for side in ["before-commit", "commit"] {
                if side == "before-commit" && !is_long() && point % 4 != 0 {
                    continue;
                }
                let sandbox = Sandbox::new();
                sandbox.copy_example(example);
                let status = sandbox
                    .command(&["run", example, "--json"])
                    .env("TIDEMILL_TEST_CRASH", format!("{side}:{point}"))
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .status()
                    .unwrap();
                if status.code().is_none() {
                    tally.kills += 1;
                    tally.points.insert((example, point));
                }
                check_after(&sandbox, example, &mut tally);
            }
        }
    }
    report("at commits", &tally);
    assert!(tally.kills > 50);
}

#[test]
fn a_kill_at_any_time_loses_and_repeats_nothing() {
    let mut tally = Tally::default();
    let rounds = if is_long() { 40 } else { 4 };
    for example in EXAMPLES {
        let whole = {
            let sandbox = Sandbox::new();
            sandbox.copy_example(example);
            let started = Instant::now();
            sandbox.run_json(example, &[], 0);
            started.elapsed()
        };
        for round in 1..=rounds {
            let sandbox = Sandbox::new();
            sandbox.copy_example(example);
            let mut run = sandbox
                .command(&["run", example, "--json"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let moment = Instant::now() + whole * round / (rounds + 1);
            let ended = until("the moment", PATIENCE, || match run.try_wait().unwrap() {
                Some(status) => Some(Some(status)),
                None => (Instant::now() >= moment).then_some(None),
            });
            if ended.is_none() {
                run.kill().unwrap();
                run.wait().unwrap();
                tally.kills += 1;
            }
            check_after(&sandbox, example, &mut tally);
        }
    }
    report("at any time", &tally);
    assert!(tally.kills > 0);
}
