//! What a hostile reader found: it stays mended.

use serde_json::Value;
use tidemill_tests::Sandbox;

#[test]
fn what_exec_records_holds_no_secret() {
    let sandbox = Sandbox::new();
    let secret = "hunter2-hunter2";
    sandbox
        .call_with_input(&["secrets", "set", "token"], secret.as_bytes())
        .expect(0);
    let said = sandbox.call(&["exec", "--", "echo", secret]).expect(0);
    assert_eq!(said.stdout, format!("{secret}\n"), "the caller sees it all");
    let logs = sandbox.call(&["runs", "logs", "last"]).expect(0);
    assert!(logs.stdout.contains("***"), "{}", logs.stdout);
    assert!(!logs.stdout.contains(secret), "{}", logs.stdout);
    assert!(!sandbox.last().to_string().contains(secret));
}

#[test]
fn a_flow_whose_outputs_nest_without_end_fails_and_can_be_looked_at() {
    let sandbox = Sandbox::new();
    let mut tasks = "tasks:\n  t0: { value: 1 }\n".to_owned();
    for number in 1..300 {
        let (open, close) = ("[".repeat(40), "]".repeat(40));
        let before = number - 1;
        tasks +=
            &format!("  t{number}: {{ value: {open}'{{{{ tasks.t{before}.output }}}}'{close} }}\n");
    }
    sandbox.flow("deep", &tasks);
    for document in [sandbox.run_json("deep", &[], 1), sandbox.last()] {
        assert_eq!(document["run"]["state"], Value::from("Failed"));
    }
}

/// A command that writes more than the log takes while nobody writes it.
const TALKS: &str = "echo begins; head -c 6000000 /dev/zero | tr '\\0' '\\n'; exit 4";

#[test]
fn a_process_that_keeps_a_lock_keeps_no_command_from_running() {
    let sandbox = Sandbox::new();
    sandbox.call(&["exec", "--", "echo", "first"]).expect(0);
    for name in ["state.lock", "logs.lock"] {
        let lock = std::fs::File::open(sandbox.home().join(name)).unwrap();
        lock.lock().unwrap();
        // It ends by itself: else the test would never.
        let answer = sandbox.call(&["exec", "--", "sh", "-c", TALKS]).expect(4);
        assert!(answer.stdout.starts_with("begins\n"), "{name}");
        assert!(answer.stderr.contains("recorded"), "{}", answer.stderr);
        lock.unlock().unwrap();
    }
    sandbox.call(&["runs"]).expect(0);
}
