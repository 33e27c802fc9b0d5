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
