//! What a person meets in the first hour: mistakes in a call or a file, and whether
//! what is answered names the place, the cause and the mend.

use tidemill_tests::Sandbox;

/// A flow that ends well.
const GOOD: &str = "tasks:\n  t: { shell: echo done }\n";

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}

#[test]
fn a_broken_file_is_told_of_where_its_flow_is_called_by_name() {
    let sandbox = Sandbox::new();
    sandbox.flow("tabs", "tasks:\n\ta:\n\t\tshell: echo\n");
    let answer = sandbox.call(&["run", "tabs"]).expect(2);
    says(&answer.stderr, &["tabs.flow.yaml:3:", "not with tabs"]);
}

#[test]
fn a_flow_that_is_not_there_is_answered_with_those_that_are() {
    let sandbox = Sandbox::new();
    sandbox.flow("nightly", GOOD);
    let answer = sandbox.call(&["run", "zzz"]).expect(2);
    says(&answer.stderr, &["no flow `zzz`", "`nightly`"]);
    let answer = sandbox.call(&["run", "nightly.yml"]).expect(2);
    says(&answer.stderr, &[".flow.yaml"]);
}

#[test]
fn a_flow_can_be_checked_by_its_name() {
    let sandbox = Sandbox::new();
    sandbox.flow("nightly", "tasks:\n  t: { shel: echo }\n");
    let answer = sandbox.call(&["check", "nightly"]).expect(1);
    says(&answer.stdout, &["nightly.flow.yaml:3:8: error"]);
    let answer = sandbox.call(&["check", "nighty"]).expect(2);
    says(&answer.stderr, &["did you mean `nightly`?"]);
}

#[test]
fn a_wrong_call_shows_the_usage_that_is_wanted() {
    let sandbox = Sandbox::new();
    for (call, parts) in [
        (vec!["run"], vec!["Usage: tidemill run <FLOW>"]),
        (vec!["run", "x", "who=Ada"], vec!["-p who=Ada"]),
        (vec!["runs", "--limit", "0"], vec!["whole number from 1"]),
        (vec!["limits", "set", "db", "two"], vec!["whole number"]),
    ] {
        let answer = sandbox.call(&call).expect(2);
        says(&answer.stderr, &parts);
        assert!(!answer.stderr.contains("--home <DIR> <"), "{}", answer.stderr);
    }
    let help = sandbox.call(&["help", "run"]).expect(0);
    says(&help.stdout, &["Usage: tidemill run", "-p, --parameter"]);
}
