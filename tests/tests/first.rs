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
        assert!(
            !answer.stderr.contains("--home <DIR> <"),
            "{}",
            answer.stderr
        );
    }
    let help = sandbox.call(&["help", "run"]).expect(0);
    says(&help.stdout, &["Usage: tidemill run", "-p, --parameter"]);
}

#[test]
fn a_missing_parameter_is_asked_for_as_it_is_typed() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "day",
        &format!("parameters: {{ day: {{ type: string }} }}\n{GOOD}"),
    );
    let answer = sandbox.call(&["run", "day"]).expect(2);
    says(&answer.stderr, &["`day` is required", "-p day=VALUE"]);
}

#[test]
fn a_flow_where_a_run_is_meant_leads_to_its_newest_run() {
    let sandbox = Sandbox::new();
    sandbox.flow("nightly", GOOD);
    let name = sandbox.run_json("nightly", &[], 0)["run"]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let answer = sandbox.call(&["runs", "logs", "nightly"]).expect(2);
    says(&answer.stderr, &["it is a flow", &name]);
}

#[test]
fn a_retry_says_that_the_file_has_changed() {
    let sandbox = Sandbox::new();
    sandbox.flow("fix", "tasks:\n  t: { shell: exit 1 }\n");
    sandbox.run_json("fix", &[], 1);
    let retry = ["runs", "retry", "last", "--from-failed"];
    let same = sandbox.call(&retry).expect(1);
    assert!(!same.stderr.contains("has changed"), "{}", same.stderr);
    sandbox.flow("fix", GOOD);
    let changed = sandbox.call(&retry).expect(1);
    says(&changed.stderr, &["has changed", "tidemill run fix"]);
}

#[test]
fn a_missing_script_file_is_named() {
    let sandbox = Sandbox::new();
    sandbox.flow("file", "tasks:\n  t: { shell: { file: nofile.sh } }\n");
    let run = sandbox.run_json("file", &[], 1);
    let message = run["tasks"][0]["message"].as_str().unwrap();
    says(message, &["cannot read the script", "nofile.sh"]);
}

#[test]
fn a_crontab_line_that_needs_a_shell_is_told_how() {
    let sandbox = Sandbox::new();
    let answer = sandbox.call(&["exec", "--", "cd / && ls"]).expect(127);
    says(&answer.stderr, &["tidemill exec -- sh -c 'cd / && ls'"]);
    let shown = sandbox.call(&["runs", "show", "last"]).expect(0);
    assert!(!shown.stdout.contains("retry"), "{}", shown.stdout);
    assert!(!shown.stdout.contains("ATTEMPTS"), "{}", shown.stdout);
}

#[test]
fn a_list_of_schedules_says_that_nothing_fires_until_it_may() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "nightly",
        &format!("schedules: [{{ cron: '0 3 * * *' }}]\n{GOOD}"),
    );
    let answer = sandbox.call(&["schedules"]).expect(0);
    says(
        &answer.stderr,
        &["nothing of this workspace fires", "`tidemill enable`"],
    );
    assert!(!answer.stdout.contains("  IN"), "{}", answer.stdout);
}

#[test]
fn a_quiet_run_speaks_only_when_something_went_wrong() {
    let sandbox = Sandbox::new();
    sandbox.flow("good", GOOD);
    sandbox.flow(
        "bad",
        "tasks:\n  t: { shell: 'echo no disk >&2; exit 1' }\n",
    );
    let good = sandbox.call(&["run", "good", "--quiet"]).expect(0);
    assert_eq!((good.stdout.as_str(), good.stderr.as_str()), ("", ""));
    let bad = sandbox.call(&["run", "bad", "-q"]).expect(1);
    says(
        &bad.stdout,
        &["✗ Failed  bad", "no disk", "tidemill runs retry"],
    );
}

#[test]
fn a_cancelled_task_says_so_once() {
    let sandbox = Sandbox::new();
    sandbox.flow("long", "tasks:\n  a: { shell: sleep 60 }\n");
    let mut run = sandbox.start(&["run", "long"]);
    tidemill_tests::until("a run", std::time::Duration::from_secs(30), || {
        let call = sandbox.call(&["runs", "ls", "--state", "Running", "--json"]);
        let runs = call.json();
        runs["runs"].get(0).is_some().then_some(())
    });
    sandbox.call(&["runs", "cancel", "last"]).expect(0);
    run.wait().expect("the run's end");
    let message = sandbox.last()["tasks"][0]["message"].clone();
    assert_eq!(message, "cancelled by `tidemill runs cancel`");
}

#[test]
fn refusals_are_short_and_about_what_was_typed() {
    let sandbox = Sandbox::new();
    let short = sandbox
        .call_with_input(&["secrets", "set", "TOKEN"], b"abc")
        .expect(2);
    says(
        &short.stderr,
        &["error: secret `TOKEN`: a secret needs at least 4"],
    );
    sandbox.flow("nightly", GOOD);
    for _ in 0..5 {
        sandbox.run_json("nightly", &[], 0);
    }
    let several = sandbox.call(&["runs", "show", "0"]).expect(2);
    says(&several.stderr, &[" and others; type more of it"]);
    let next = sandbox.call(&["schedules", "next"]).expect(2);
    says(&next.stderr, &["schedules next [OPTIONS] --cron <EXPR>"]);
}
