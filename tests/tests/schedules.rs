//! Schedules that fire by themselves: a served home, enabled workspaces, and what is said
//! of times that did not run.

use std::time::Duration;

use serde_json::{Value, json};
use tidemill_tests::{Sandbox, Served, Signal, until};

const PATIENCE: Duration = Duration::from_secs(30);

const QUICK: &str = "schedules: [{ every: 1s, name: tick }]\ntasks:\n  t: { value: '{{ run.scheduled_for }}' }\noutput: '{{ tasks.t.output }}'\n";

const SLOW: &str = "schedules: [{ every: 1s, name: tick }]\ntasks:\n  t: { wait: 1h }\n";

fn enable(sandbox: &Sandbox) -> Value {
    sandbox.call(&["enable", "--json"]).expect(0).json()
}

fn schedules(sandbox: &Sandbox) -> Value {
    sandbox
        .call(&["schedules", "ls", "--json"])
        .expect(0)
        .json()
}

/// Every run of the home, the oldest first.
fn runs(sandbox: &Sandbox) -> Vec<Value> {
    let listed = sandbox.call(&["runs", "ls", "--limit", "1000", "--json"]);
    let mut runs = listed.expect(0).json()["runs"].as_array().unwrap().clone();
    runs.reverse();
    runs
}

/// Waits until so many runs have completed, and gives their outputs: the times.
fn completed(sandbox: &Sandbox, least: usize) -> Vec<String> {
    until("runs that completed", PATIENCE, || {
        let runs = runs(sandbox);
        let completed = runs.iter().filter(|run| run["state"] == "Completed");
        let outputs: Vec<String> = completed
            .map(|run| run["output"].as_str().unwrap().to_owned())
            .collect();
        (outputs.len() >= least).then_some(outputs)
    })
}

/// Waits until a time was missed for this reason.
fn missed(sandbox: &Sandbox, reason: &str) -> Value {
    until(reason, PATIENCE, || {
        let answer = schedules(sandbox);
        let mut missed = answer["missed"].as_array().unwrap().iter();
        missed.find(|row| row["reason"] == reason).cloned()
    })
}

#[test]
fn an_enabled_workspace_fires_and_no_other_does() {
    let sandbox = Sandbox::new();
    sandbox.flow("quick", QUICK);
    let served = Served::start(&sandbox);
    let said = sandbox.call(&["schedules"]).expect(0);
    assert!(said.stderr.contains("tidemill enable"), "{said:#?}");
    // A whole second and more passes, in which it would have fired.
    let listed = schedules(&sandbox);
    until("the next second", PATIENCE, || {
        (schedules(&sandbox)["schedules"][0]["next"] != listed["schedules"][0]["next"])
            .then_some(())
    });
    assert_eq!(runs(&sandbox), Vec::<Value>::new());
    assert_eq!(schedules(&sandbox)["enabled"], false);

    let enabled = enable(&sandbox);
    assert_eq!(
        (&enabled["enabled"], &enabled["changed"], &enabled["served"]),
        (&json!(true), &json!(true), &json!(true))
    );
    assert_eq!(enable(&sandbox)["changed"], false);
    let times = completed(&sandbox, 3);
    let mut once = times.clone();
    once.sort();
    once.dedup();
    assert_eq!(once, times, "in order, each once");
    for run in runs(&sandbox) {
        assert!(run["output"].is_null() || run["output"].as_str().unwrap().ends_with(".000Z"));
    }
    let answer = served.get("/schedules");
    assert_eq!(answer["enabled"], true);
    let tick = &answer["schedules"][0];
    assert_eq!(
        (&tick["schedule"], &tick["last"]["outcome"]),
        (&json!("tick"), &json!("run"))
    );
    assert_eq!(served.get("/flows")["flows"][0]["scheduling"], true);

    let body = json!({ "enabled": false });
    served
        .ask("PUT", "/workspaces/enabled", &body.to_string())
        .expect(200);
    let none_goes_on = || {
        let runs = runs(&sandbox);
        let ended = runs.iter().all(|run| run["state"] == "Completed");
        ended.then_some(runs.len())
    };
    let count = until("the last run's end", PATIENCE, none_goes_on);
    let listed = schedules(&sandbox);
    until("the next second", PATIENCE, || {
        (schedules(&sandbox)["schedules"][0]["next"] != listed["schedules"][0]["next"])
            .then_some(())
    });
    assert!(runs(&sandbox).len() <= count + 1);
}

#[test]
fn a_killed_server_loses_no_time_and_runs_none_twice() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "quick",
        &QUICK.replace("name: tick", "name: tick, catchup: none"),
    );
    enable(&sandbox);
    let mut before = Vec::new();
    for round in 1..=4 {
        let served = Served::start(&sandbox);
        before = completed(&sandbox, before.len() + 2);
        assert!(before.len() >= round);
        served.stop(Signal::KILL);
    }
    let served = Served::start(&sandbox);
    completed(&sandbox, before.len() + 1);
    served.stop(Signal::TERM);
    let mut due: Vec<String> = Vec::new();
    for run in runs(&sandbox) {
        let id = run["id"].as_str().unwrap().to_owned();
        let shown = sandbox
            .call(&["runs", "show", &id, "--json", "--transitions"])
            .expect(0);
        due.push(shown.json()["scheduled_for"].as_str().unwrap().to_owned());
    }
    let mut once = due.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), due.len(), "none twice: {due:?}");
    // Every second from the first on has a run, or is among those that were missed.
    let answer = schedules(&sandbox);
    let missed = answer["missed"].as_array().unwrap();
    let missed: u64 = missed
        .iter()
        .map(|row| row["times"].as_u64().unwrap())
        .sum();
    let second = |text: &str| -> i64 {
        let date = std::process::Command::new("date")
            .args(["-d", text, "+%s"])
            .output()
            .unwrap();
        String::from_utf8(date.stdout)
            .unwrap()
            .trim()
            .parse()
            .unwrap()
    };
    let last = &answer["schedules"][0]["last"];
    let span = second(last["at"].as_str().unwrap()) - second(&once[0]) + 1;
    let recorded = i64::try_from(missed).unwrap() + i64::try_from(once.len()).unwrap();
    let waits = i64::from(last["outcome"] == "waits");
    assert!(
        (span - recorded).abs() <= waits,
        "{span} {recorded} {answer:#}"
    );
}

#[test]
fn times_that_come_while_a_run_goes_on_are_missed_and_told() {
    let sandbox = Sandbox::new();
    sandbox.flow("slow", SLOW);
    enable(&sandbox);
    let served = Served::start(&sandbox);
    let row = missed(&sandbox, "overlap");
    assert_eq!(
        (&row["flow"], &row["schedule"]),
        (&json!("slow"), &json!("tick"))
    );
    assert_eq!(runs(&sandbox).len(), 1);
    let shown = sandbox.call(&["schedules"]).expect(0).stdout;
    assert!(shown.contains("overlap: skip"), "{shown}");
    let home = served.get("/stats");
    let told = home["not_run"][0]["reason"].as_str().unwrap();
    assert!(told.contains("had not ended"), "{home}");

    let paused = sandbox.call(&["schedules", "pause", "slow", "--json"]);
    assert_eq!(paused.expect(0).json()["paused"], true);
    missed(&sandbox, "paused");
    let answer = schedules(&sandbox);
    assert_eq!(answer["schedules"][0]["paused_here"], true);
    let body = json!({ "paused": false }).to_string();
    let resumed = served.ask("PUT", "/schedules/slow", &body).expect(200);
    assert_eq!(resumed.json()["changed"], true);
    assert_eq!(schedules(&sandbox)["schedules"][0]["paused"], false);
    served.ask("PUT", "/schedules/nonesuch", &body).expect(404);
}

#[test]
fn an_edit_counts_at_once_and_a_mistake_keeps_what_was() {
    let sandbox = Sandbox::new();
    let file = sandbox.flow("quick", &QUICK.replace("every: 1s", "every: 1h"));
    enable(&sandbox);
    let served = Served::start(&sandbox);
    until("it to be looked at", PATIENCE, || {
        sandbox.flow("quick", QUICK);
        (!runs(&sandbox).is_empty()).then_some(())
    });
    completed(&sandbox, 2);
    // Its schedule stays as it was, and its times wait for it to be mended.
    std::fs::write(&file, "name: quick\ntasks: [\n").unwrap();
    let waits = until("a time that waits", PATIENCE, || {
        let said = sandbox.call(&["schedules", "--json"]).expect(0).json();
        let broken = served.get("/stats")["not_run"].clone();
        let all = (said, broken);
        let missed = all.0["missed"].as_array().unwrap();
        missed
            .iter()
            .any(|row| row["reason"] == "overlap")
            .then_some(all)
    });
    assert_eq!(waits.0["schedules"], json!([]));
    let before = runs(&sandbox).len();
    sandbox.flow("quick", QUICK);
    completed(&sandbox, before + 2);
    // Without a schedule, nothing runs any more.
    sandbox.flow("quick", "tasks: { t: { value: 1 } }\n");
    until("its removal", PATIENCE, || {
        let flows = served.get("/flows");
        (flows["flows"][0]["schedules"] == json!([])).then_some(())
    });
    let listed = sandbox.call(&["schedules"]).expect(0);
    assert!(listed.stderr.contains("no flow"), "{listed:#?}");
    assert!(!runs(&sandbox).is_empty());
}

#[test]
fn a_condition_that_cannot_be_told_is_refused_loudly() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "quick",
        &QUICK.replace("name: tick", "name: tick, only_if: { idle: 5m }"),
    );
    enable(&sandbox);
    let _served = Served::start(&sandbox);
    let row = missed(&sandbox, "condition");
    assert!(row["message"].as_str().unwrap().contains("idle"), "{row}");
    assert_eq!(runs(&sandbox), Vec::<Value>::new());
}
