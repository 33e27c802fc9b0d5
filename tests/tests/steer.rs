//! Looking at runs and steering them: `runs`, `approve`, `reject`, `retry`, `cancel`, `rm`.

use std::time::Duration;

use serde_json::{Value, json};
use tidemill_tests::{Sandbox, until};

const PATIENCE: Duration = Duration::from_secs(30);

fn ids(answer: &Value) -> Vec<String> {
    let runs = answer["runs"].as_array().expect("a list of runs");
    runs.iter()
        .map(|run| run["id"].as_str().expect("an id").to_owned())
        .collect()
}

fn list(sandbox: &Sandbox, more: &[&str]) -> Value {
    let mut arguments = vec!["runs", "ls", "--json"];
    arguments.extend(more);
    sandbox.call(&arguments).expect(0).json()
}

/// The state of the newest run, once there is one.
fn newest_state(sandbox: &Sandbox) -> Option<String> {
    let runs = list(sandbox, &["--limit", "1"]);
    Some(runs["runs"].get(0)?["state"].as_str()?.to_owned())
}

#[test]
fn lists_are_newest_first_filtered_and_paged() {
    let sandbox = Sandbox::new();
    sandbox.flow("good", "parameters: { n: 0 }\ntasks:\n  t: { value: 1 }\n");
    sandbox.flow("bad", "tasks:\n  t: { shell: exit 1 }\n");
    for n in ["1", "2", "3"] {
        sandbox.run_json("good", &["-p", &format!("n={n}")], 0);
    }
    sandbox.run_json("bad", &[], 1);
    let all = list(&sandbox, &[]);
    assert_eq!(all["next"], Value::Null);
    let flows: Vec<_> = all["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| &run["flow"])
        .collect();
    assert_eq!(flows, ["bad", "good", "good", "good"]);
    assert_eq!(ids(&list(&sandbox, &["--state", "failed"])).len(), 1);
    assert_eq!(ids(&list(&sandbox, &["--state", "completed"])).len(), 3);
    assert_eq!(ids(&list(&sandbox, &["--flow", "good"])).len(), 3);
    assert_eq!(ids(&list(&sandbox, &["--since", "1h"])).len(), 4);
    let with_two = list(&sandbox, &["--param", "n=2"]);
    assert_eq!(with_two["runs"][0]["parameters"], json!({"n": 2}));
    assert_eq!(ids(&with_two).len(), 1);
    let page = list(&sandbox, &["--limit", "3"]);
    assert_eq!(ids(&page), ids(&all)[..3]);
    assert!(page["next"].is_string());
    let wrong = sandbox
        .call(&["runs", "ls", "--state", "complete"])
        .expect(2);
    assert!(wrong.stderr.contains("complete"), "{}", wrong.stderr);
    let plain = sandbox.call(&["runs"]).expect(0).stdout;
    assert!(
        plain.contains("good") && plain.contains("Failed"),
        "{plain}"
    );
}

#[test]
fn a_run_is_found_by_the_start_of_its_id_and_by_last() {
    let sandbox = Sandbox::new();
    sandbox.flow("f", "tasks:\n  t: { value: 1 }\n");
    let first = sandbox.run_json("f", &[], 0);
    let second = sandbox.run_json("f", &[], 0);
    let id = first["run"]["id"].as_str().unwrap();
    let by_id = sandbox
        .call(&["runs", "show", id, "--json"])
        .expect(0)
        .json();
    assert_eq!(by_id["tasks"], first["tasks"]);
    assert_eq!(sandbox.last()["run"], second["run"]);
    let unknown = sandbox.call(&["runs", "show", "ffffffff"]).expect(2);
    assert!(unknown.stderr.contains("ffffffff"), "{}", unknown.stderr);
    let both = sandbox.call(&["runs", "show", &id[..2]]).expect(2);
    assert!(both.stderr.contains(&id[..2]), "{}", both.stderr);
}

#[test]
fn logs_keep_every_byte_and_can_be_searched() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "noisy",
        "tasks:\n  a: { shell: 'printf \"one\\n\\377\\376 two\\nthree\"; echo four >&2' }\n",
    );
    sandbox.run_json("noisy", &[], 0);
    let output = sandbox.command(&["runs", "logs", "last"]).output().unwrap();
    let bytes = output.stdout;
    for part in [&b"one\n"[..], b"\xff\xfe two\n", b"three", b"four\n"] {
        assert!(
            bytes.windows(part.len()).any(|window| window == part),
            "{part:?} in {bytes:?}"
        );
    }
    let found = sandbox
        .call(&["runs", "logs", "last", "--grep", "hre"])
        .expect(0)
        .stdout;
    assert!(found.contains("three") && !found.contains("one"), "{found}");
}

#[test]
fn logs_can_be_followed_from_another_process() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "slow",
        "tasks:\n  a: { shell: 'echo early; while [ ! -e go ]; do sleep 0.05; done; echo late' }\n",
    );
    let run = sandbox.start(&["run", "slow"]);
    until("the line", PATIENCE, || {
        let logs = sandbox.call(&["runs", "logs", "last"]);
        logs.stdout.contains("early").then_some(())
    });
    let follow = sandbox.start(&["runs", "logs", "last", "-f"]);
    sandbox.write("go", "");
    let output = follow.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("early") && text.contains("late"), "{text}");
    assert!(run.wait_with_output().unwrap().status.success());
}

#[test]
fn another_process_cancels_a_run() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "long",
        "tasks:\n  t: { shell: 'touch begun; sleep 1000' }\n",
    );
    let run = sandbox.start(&["run", "long"]);
    until("the task", PATIENCE, || sandbox.read("begun"));
    sandbox.call(&["runs", "cancel", "last"]).expect(0);
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(sandbox.last()["run"]["state"], "Cancelled");
    let again = sandbox.call(&["runs", "cancel", "last"]).expect(2);
    assert!(again.stderr.contains("Cancelled"), "{}", again.stderr);
}

#[test]
fn a_person_approves_and_rejects() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "ask",
        "tasks:\n  ok:\n    approve: { message: 'Go on?', fields: { type: object, properties: { amount: { type: integer } }, required: [amount] } }\n  after: { value: '{{ tasks.ok.output.amount + 1 }}' }\noutput: '{{ tasks.after.output }}'\n",
    );
    let run = sandbox.start(&["run", "ask", "--json"]);
    until("the question", PATIENCE, || {
        (newest_state(&sandbox)? == "Paused").then_some(())
    });
    let wrong = sandbox
        .call(&["approve", "last", "--field", "amount=much"])
        .expect(2);
    assert!(wrong.stderr.contains("amount"), "{}", wrong.stderr);
    sandbox
        .call(&["approve", "last", "--field", "amount=41"])
        .expect(0);
    let output = run.wait_with_output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["run"]["output"], 42);

    let run = sandbox.start(&["run", "ask", "--json"]);
    until("the question", PATIENCE, || {
        (newest_state(&sandbox)? == "Paused").then_some(())
    });
    sandbox.call(&["reject", "last", "ok"]).expect(0);
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["tasks"][0]["state"], "Failed");
    assert_eq!(document["tasks"][1]["state"], "UpstreamFailed");
}

#[test]
fn a_retry_from_failed_keeps_what_completed() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "two",
        "tasks:\n  first: { shell: 'echo x >> first; echo one' }\n  second: { needs: [first], shell: 'test -e mended' }\n  many: { for_each: [1, 2, 3], shell: 'echo x >> many; test $N != 2 -o -e mended', env: { N: '{{ item }}' } }\n",
    );
    sandbox.run_json("two", &[], 1);
    sandbox.write("mended", "");
    let answer = sandbox
        .call(&["runs", "retry", "last", "--from-failed", "--json"])
        .expect(0)
        .json();
    assert_eq!(answer["run"]["state"], "Completed");
    assert_eq!(
        sandbox.read("first").unwrap().lines().count(),
        1,
        "what completed did not run again"
    );
    assert_eq!(
        sandbox.read("many").unwrap().lines().count(),
        4,
        "only the failed item ran again"
    );
    let whole = sandbox
        .call(&["runs", "retry", "last", "--json"])
        .expect(0)
        .json();
    assert_eq!(
        whole["run"]["id"], answer["run"]["id"],
        "it is the same run"
    );
    assert_eq!(sandbox.read("first").unwrap().lines().count(), 2);
}

#[test]
fn a_removed_run_is_gone_and_a_running_one_cannot_be() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "long",
        "tasks:\n  t: { shell: 'touch begun; while [ ! -e go ]; do sleep 0.05; done' }\n",
    );
    let run = sandbox.start(&["run", "long"]);
    until("the task", PATIENCE, || sandbox.read("begun"));
    let refused = sandbox.call(&["runs", "rm", "last"]).expect(2);
    assert!(
        refused.stderr.contains("cancel"),
        "it names the mend: {}",
        refused.stderr
    );
    sandbox.write("go", "");
    assert!(run.wait_with_output().unwrap().status.success());
    sandbox.call(&["runs", "rm", "last"]).expect(0);
    assert_eq!(list(&sandbox, &[])["runs"], json!([]));
    sandbox.call(&["runs", "show", "last"]).expect(2);
}

#[test]
fn runs_that_want_to_go_on_name_the_command() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "again",
        "tasks:\n  t: { retries: 1, shell: 'touch begun; test -e go || sleep 1000' }\n",
    );
    let mut run = sandbox.start(&["run", "again"]);
    until("the task", PATIENCE, || sandbox.read("begun"));
    run.kill().unwrap();
    run.wait().unwrap();
    let listed = sandbox.call(&["runs"]).expect(0).stdout;
    assert!(
        listed.contains("AwaitingRetry") && listed.contains("tidemill runs retry"),
        "{listed}"
    );
    sandbox.write("go", "");
    let answer = sandbox
        .call(&["runs", "retry", "last", "--json"])
        .expect(0)
        .json();
    assert_eq!(answer["run"]["state"], "Completed");
    assert_eq!(answer["tasks"][0]["attempts"], 2);
}
