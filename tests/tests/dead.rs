//! Runs whose process is gone, and runs that others called: approved, cancelled,
//! retried and removed by whoever comes.

use std::{process::Child, time::Duration};

use serde_json::{Value, json};
use tidemill_tests::{Sandbox, message, output, state, until};

const PATIENCE: Duration = Duration::from_secs(60);

const ASK: &str =
    "tasks:\n  ask: { approve: 'Go on?' }\n  after: { needs: [ask], shell: echo done }\n";

/// The newest run of a flow.
fn newest(sandbox: &Sandbox, flow: &str) -> Option<Value> {
    let arguments = ["runs", "ls", "--flow", flow, "--limit", "1", "--json"];
    let listed = sandbox.call(&arguments).expect(0).json();
    listed["runs"].get(0).cloned()
}

fn until_state(sandbox: &Sandbox, flow: &str, wanted: &str) {
    until(wanted, PATIENCE, || {
        (newest(sandbox, flow)?["state"] == wanted).then_some(())
    });
}

fn kill(mut run: Child) {
    run.kill().unwrap();
    run.wait().unwrap();
}

/// A run of `ask`, which waits for an answer, and whose process is gone.
fn left_asking() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.flow("ask", ASK);
    let run = sandbox.start(&["run", "ask"]);
    until_state(&sandbox, "ask", "Paused");
    kill(run);
    // Whoever opens the home first records the loss; two at once would be in each other's way.
    until_state(&sandbox, "ask", "AwaitingRetry");
    sandbox
}

#[test]
fn a_queued_run_whose_process_is_gone_can_be_carried_on() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "held",
        "concurrency: { limit: 1 }\ntasks:\n  t: { shell: 'touch began; while [ ! -e go ]; do sleep 0.02; done' }\n",
    );
    let first = sandbox.start(&["run", "held", "--json"]);
    until("the first", PATIENCE, || sandbox.read("began"));
    let second = sandbox.start(&["run", "held", "--json"]);
    until_state(&sandbox, "held", "Pending");
    kill(second);
    let listed = sandbox.call(&["runs"]).expect(0).stdout;
    assert!(
        listed.contains("AwaitingRetry") && listed.contains("tidemill runs retry"),
        "{listed}"
    );
    let id = newest(&sandbox, "held").unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let again = sandbox.start(&["runs", "retry", &id, "--json"]);
    sandbox.write("go", "");
    for run in [first, again] {
        let ended = run.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    }
    assert_eq!(newest(&sandbox, "held").unwrap()["state"], "Completed");
}

#[test]
fn an_answer_carries_on_a_run_whose_process_is_gone() {
    let sandbox = left_asking();
    let answer = sandbox.call(&["approve", "last"]).expect(0);
    for line in ["ask Completed", "after Completed", "after | done"] {
        assert!(answer.stdout.contains(line), "{line} in {}", answer.stdout);
    }
    assert!(!answer.stdout.contains('#'), "{}", answer.stdout);
    let document = sandbox.last();
    assert_eq!(document["run"]["state"], "Completed");
    assert_eq!(output(&document, "after"), "done");
    let again = sandbox.call(&["approve", "last"]).expect(2);
    assert!(again.stderr.contains("Completed"), "{}", again.stderr);

    let sandbox = left_asking();
    sandbox.call(&["reject", "last"]).expect(1);
    let document = sandbox.last();
    assert_eq!(document["run"]["state"], "Failed");
    assert_eq!(state(&document, "after"), "UpstreamFailed");
}

#[test]
fn a_run_whose_process_is_gone_is_cancelled_or_removed() {
    let sandbox = left_asking();
    let answer = sandbox.call(&["runs", "cancel", "last"]).expect(0);
    assert!(!answer.stdout.contains('#'), "{}", answer.stdout);
    let document = sandbox.last();
    assert_eq!(document["run"]["state"], "Cancelled");
    assert_eq!(state(&document, "after"), "Cancelled");
    let said = message(&document, "after");
    assert_eq!(said.matches("cancelled").count(), 1, "{said}");

    let sandbox = left_asking();
    sandbox.call(&["runs", "rm", "last"]).expect(0);
    assert!(newest(&sandbox, "ask").is_none());
}

#[test]
fn one_process_carries_a_run_on_and_another_is_refused() {
    let sandbox = left_asking();
    let first = sandbox.start(&["runs", "retry", "last", "--json"]);
    until_state(&sandbox, "ask", "Paused");
    let refused = sandbox.call(&["runs", "retry", "last"]).expect(2);
    assert!(
        refused.stderr.contains("carried by process"),
        "{}",
        refused.stderr
    );
    sandbox.call(&["approve", "last"]).expect(0);
    let ended = first.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    let document: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(document["run"]["state"], "Completed");
    assert_eq!(output(&document, "after"), "done");
}

/// A parent whose child run is under way.
fn family() -> (Sandbox, Child) {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "child",
        "tasks:\n  t: { shell: 'touch begun; sleep 1000' }\n",
    );
    sandbox.flow(
        "parent",
        "tasks:\n  c: { flow: child }\n  rescue: { needs: { c: failed }, value: saved }\n",
    );
    let run = sandbox.start(&["run", "parent", "--json"]);
    until("the child", PATIENCE, || sandbox.read("begun"));
    (sandbox, run)
}

#[test]
fn a_child_run_ends_with_its_parent() {
    let (sandbox, run) = family();
    let id = newest(&sandbox, "parent").unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    sandbox.call(&["runs", "cancel", &id]).expect(0);
    assert_eq!(run.wait_with_output().unwrap().status.code(), Some(130));
    for flow in ["parent", "child"] {
        assert_eq!(newest(&sandbox, flow).unwrap()["state"], "Cancelled");
    }
}

#[test]
fn a_child_run_that_is_cancelled_fails_its_task() {
    let (sandbox, run) = family();
    let id = newest(&sandbox, "child").unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    sandbox.call(&["runs", "cancel", &id]).expect(0);
    let ended = run.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let document: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(state(&document, "c"), "Failed");
    assert!(message(&document, "c").contains("cancelled"));
    assert_eq!(output(&document, "rescue"), &json!("saved"));
}
