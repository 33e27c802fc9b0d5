//! `tidemill run`: what it prints, how it ends, what stays.

use std::{process::Stdio, time::Duration};

use serde_json::{Value, json};
use tidemill_tests::{Sandbox, task, until};

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn the_document_has_the_fields_that_programs_hold_on_to() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "hello",
        "tasks:\n  greet: { shell: echo hello }\noutput: '{{ tasks.greet.output }}'\n",
    );
    let document = sandbox.run_json("hello", &[], 0);
    assert_eq!(keys(&document), ["run", "tasks"]);
    let run = &document["run"];
    assert_eq!(
        keys(run),
        [
            "id",
            "name",
            "flow",
            "version",
            "state",
            "state_type",
            "message",
            "parameters",
            "output",
            "created_at",
            "started_at",
            "ended_at",
            "duration_ms"
        ]
    );
    assert_eq!(run["flow"], "hello");
    assert_eq!(run["state"], "Completed");
    assert_eq!(run["state_type"], "completed");
    assert_eq!(run["output"], "hello");
    assert_eq!(run["parameters"], json!({}));
    assert_eq!(run["version"].as_str().map(str::len), Some(64));
    for time in ["created_at", "started_at", "ended_at"] {
        let text = run[time].as_str().expect("a time");
        assert_eq!(text.len(), "2026-01-01T00:00:00.000Z".len(), "{text}");
    }
    let greet = task(&document, "greet");
    assert_eq!(
        keys(greet),
        [
            "id",
            "task",
            "index",
            "path",
            "state",
            "state_type",
            "message",
            "attempts",
            "output",
            "started_at",
            "ended_at",
            "duration_ms"
        ]
    );
    assert_eq!(greet["index"], Value::Null);
    assert_eq!(greet["attempts"], 1);
    assert_eq!(greet["output"], "hello");
    let shown = sandbox.last();
    assert_eq!(
        shown["run"], document["run"],
        "what is stored is what was said"
    );
    assert_eq!(
        shown["tasks"], document["tasks"],
        "what is stored is what was said"
    );
}

#[test]
fn a_failed_run_ends_with_1_and_says_why() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "breaks",
        "tasks:\n  bad: { shell: 'echo the reason >&2; exit 7' }\n  after: { shell: echo, needs: [bad] }\n",
    );
    let document = sandbox.run_json("breaks", &[], 1);
    assert_eq!(document["run"]["state"], "Failed");
    assert_eq!(task(&document, "bad")["state"], "Failed");
    assert!(
        task(&document, "bad")["message"]
            .as_str()
            .unwrap()
            .contains('7')
    );
    assert_eq!(task(&document, "after")["state"], "UpstreamFailed");
    let plain = sandbox.call(&["run", "breaks"]).expect(1);
    let said = plain.stdout + &plain.stderr;
    for part in ["bad", "Failed", "the reason", "tidemill runs"] {
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
}

#[test]
fn a_wrong_call_ends_with_2_and_starts_nothing() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "typed",
        "parameters:\n  count: { type: integer }\n  name: world\ntasks:\n  t: { shell: 'touch started' }\n",
    );
    sandbox.flow("wrong", "tasks:\n  t: { shel: echo }\n");
    sandbox.flow("broken", "tasks:\n  t: { shell: 'echo' 'x' }\n");
    for (arguments, parts) in [
        (vec!["run", "nowhere"], vec!["nowhere"]),
        (
            vec!["run", "./nowhere.flow.yaml"],
            vec!["nowhere.flow.yaml"],
        ),
        (vec!["run", "typed"], vec!["count"]),
        (
            vec!["run", "typed", "-p", "count=many"],
            vec!["count", "many"],
        ),
        (
            vec!["run", "typed", "-p", "count=1", "-p", "nam=x"],
            vec!["nam", "name"],
        ),
        (vec!["run", "typed", "-p", "count"], vec!["count"]),
        (
            vec!["run", "wrong"],
            vec!["wrong.flow.yaml:3", "shel", "shell"],
        ),
        (vec!["run", "broken"], vec!["broken.flow.yaml:3"]),
        (vec!["run"], vec!["FLOW"]),
        (vec!["rnu"], vec!["run"]),
    ] {
        let answer = sandbox.call(&arguments).expect(2);
        assert_eq!(answer.stdout, "", "{arguments:?}");
        for part in parts {
            assert!(
                answer.stderr.contains(part),
                "{arguments:?}: {part}: {}",
                answer.stderr
            );
        }
    }
    assert_eq!(sandbox.read("started"), None);
    let runs = sandbox.call(&["runs", "ls", "--json"]).expect(0).json();
    assert_eq!(
        runs["runs"],
        json!([]),
        "nothing was started, so nothing is recorded"
    );
}

#[test]
fn parameters_are_converted_to_their_types_and_kept() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "typed",
        "parameters:\n  n: { type: integer, default: 1 }\n  list: [a]\n  any: { default: null }\n  text: x\n\
         tasks:\n  t: { value: '{{ params }}' }\noutput: '{{ tasks.t.output }}'\n",
    );
    let given = [
        "-p",
        "n=42",
        "-p",
        "list=[1, \"b\"]",
        "-p",
        "any={\"a\": 1.5}",
        "-p",
        "text=[no json",
    ];
    let document = sandbox.run_json("typed", &given, 0);
    let expected = json!({"n": 42, "list": [1, "b"], "any": {"a": 1.5}, "text": "[no json"});
    assert_eq!(document["run"]["parameters"], expected);
    assert_eq!(document["run"]["output"], expected);
    sandbox.write("p.yaml", "n: 7\ntext: from file\n");
    let document = sandbox.run_json("typed", &["--params", "p.yaml", "-p", "n=8"], 0);
    assert_eq!(
        document["run"]["parameters"]["n"], 8,
        "-p wins over the file"
    );
    assert_eq!(document["run"]["parameters"]["text"], "from file");
}

#[test]
fn awkward_values_reach_the_code_unchanged() {
    let sandbox = Sandbox::new();
    let awkward = "it's \"quoted\" $HOME `id` \\n\nsecond line\ttab 🐈 ü {{ x }}";
    sandbox.flow(
        "awkward",
        "parameters: { text: { type: string } }\ntasks:\n\
         \x20 shell: { shell: 'printf %s \"$TEXT\"', env: { TEXT: '{{ params.text }}' } }\n\
         \x20 python: { python: 'return params[\"text\"]' }\n\
         \x20 many: { for_each: ['{{ params.text }}', '{{ params.text }}'], python: 'return item' }\n",
    );
    let argument = format!("text={awkward}");
    let document = sandbox.run_json("awkward", &["-p", &argument], 0);
    for path in ["shell", "python", "many[0]", "many[1]"] {
        assert_eq!(task(&document, path)["output"], awkward, "{path}");
    }
    assert_eq!(task(&document, "many[1]")["index"], 1);
    assert_eq!(task(&document, "many")["output"], json!([awkward, awkward]));
}

#[test]
fn files_with_awkward_names_work() {
    let sandbox = Sandbox::new();
    let folder = "a folder's \"name\" 🐈";
    let body =
        "name: x\ntasks:\n  t: { shell: cat ./data }\n  p: { python: { file: 'the code.py' } }\n";
    let path = sandbox.write(&format!("{folder}/x.flow.yaml"), body);
    sandbox.write(&format!("{folder}/data"), "here");
    sandbox.write(
        &format!("{folder}/the code.py"),
        "return open('data').read()\n",
    );
    let path = path.to_str().unwrap();
    let document = sandbox.run_json(path, &[], 0);
    assert_eq!(task(&document, "t")["output"], "here");
    assert_eq!(task(&document, "p")["output"], "here");
}

#[cfg(target_os = "linux")]
#[test]
fn a_flow_in_a_folder_whose_name_is_no_text_is_run_and_retried() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let sandbox = Sandbox::new();
    let folder = sandbox.work().join(OsStr::from_bytes(b"caf\xe9"));
    std::fs::create_dir(&folder).unwrap();
    let text = "name: x\ntasks:\n  t: { shell: cat data }\n  u: { flow: y, needs: [t] }\n";
    std::fs::write(folder.join("x.flow.yaml"), text).unwrap();
    let called = "name: y\ntasks:\n  t: { shell: cat data }\n";
    std::fs::write(folder.join("y.flow.yaml"), called).unwrap();
    let call = |arguments: &[&str]| {
        tidemill_tests::Answer::of(sandbox.command(arguments).current_dir(&folder))
    };
    call(&["run", "./x.flow.yaml"]).expect(1);
    std::fs::write(folder.join("data"), "here").unwrap();
    let again = call(&["runs", "retry", "last", "--from-failed", "--json"]);
    let again = again.expect(0).json();
    assert_eq!(task(&again, "t")["output"], "here");
    assert_eq!(task(&again, "u")["state"], "Completed");
    let listed = call(&["runs", "ls", "--json"]).expect(0).json();
    assert_eq!(listed["runs"].as_array().unwrap().len(), 2);
}

#[test]
fn retries_wait_and_then_succeed() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "again",
        "tasks:\n  t:\n    retries: { max: 3, delay: 10ms }\n    shell: |\n      echo x >> tries\n      [ $(wc -l < tries) -ge 3 ]\n",
    );
    let document = sandbox.run_json("again", &[], 0);
    assert_eq!(task(&document, "t")["attempts"], 3);
    assert_eq!(sandbox.read("tries").unwrap().lines().count(), 3);
}

#[test]
fn a_timeout_ends_the_whole_tree_and_is_named() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "slow",
        "tasks:\n  t:\n    timeout: 300ms\n    env: { MARK: 'a-mark-of-timeout' }\n    shell: |\n      setsid sleep 1000 &\n      sleep 1000\n",
    );
    let document = sandbox.run_json("slow", &[], 1);
    assert_eq!(task(&document, "t")["state"], "TimedOut");
    assert_eq!(document["run"]["state"], "Failed");
    let left = tidemill_tests::processes_with("a-mark-of-timeout");
    assert!(left.is_empty(), "{left:?} are left");
}

#[test]
fn ctrl_c_cancels_the_run_and_ends_its_processes() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "long",
        "tasks:\n  t:\n    env: { MARK: 'a-mark-of-cancel' }\n    shell: |\n      touch begun\n      sleep 1000 & setsid sleep 1000\n  u: { needs: [t], shell: echo }\n",
    );
    let mut child = sandbox.start(&["run", "long", "--json"]);
    until("the task", Duration::from_secs(20), || {
        sandbox.read("begun")
    });
    let pid = rustix::process::Pid::from_raw(child.id().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(130));
    let document = sandbox.last();
    assert_eq!(document["run"]["state"], "Cancelled");
    assert_eq!(task(&document, "t")["state"], "Cancelled");
    assert_eq!(task(&document, "u")["state"], "Cancelled");
    let left = tidemill_tests::processes_with("a-mark-of-cancel");
    assert!(left.is_empty(), "{left:?} are left");
}

#[test]
fn json_is_alone_on_standard_output() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "noisy",
        "tasks:\n  t: { shell: 'echo out; echo err >&2' }\n",
    );
    let answer = sandbox.call(&["run", "noisy", "--json"]).expect(0);
    assert_eq!(answer.json()["run"]["state"], "Completed");
    assert!(answer.stdout.ends_with("}\n"));
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let sandbox = Sandbox::new();
    sandbox.flow("many", "tasks:\n  t: { shell: 'seq 20000' }\n");
    let mut child = sandbox
        .command(&["run", "many"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("panicked"), "{said}");
    assert_eq!(
        sandbox.last()["run"]["state"],
        "Completed",
        "the run itself went on"
    );
}

#[test]
fn subflows_groups_and_conditions_end_as_the_format_says() {
    let sandbox = Sandbox::new();
    sandbox.flow("child", "parameters: { n: { type: integer } }\ntasks:\n  double: { value: '{{ params.n * 2 }}' }\noutput: '{{ tasks.double.output }}'\n");
    sandbox.flow(
        "parent",
        "tasks:\n\
         \x20 each: { for_each: [1, 2, 3], flow: { name: child, parameters: { n: '{{ item }}' } } }\n\
         \x20 group:\n    for_each: [a, b]\n    tasks:\n      inner: { value: '{{ item }}{{ index }}' }\n      later: { needs: [inner], shell: 'echo late' }\n\
         \x20 never: { when: '{{ tasks.each.output[0] > 5 }}', shell: exit 1 }\n\
         \x20 failing: { shell: exit 1, allow_failure: true }\n\
         \x20 rescue: { needs: { failing: failed }, value: saved }\n\
         \x20 always: { needs: { never: finished, failing: finished }, value: done }\n\
         output: '{{ tasks.each.output }}'\n",
    );
    let document = sandbox.run_json("parent", &[], 0);
    assert_eq!(document["run"]["output"], json!([2, 4, 6]));
    assert_eq!(
        task(&document, "group")["output"],
        json!([{"inner": "a0", "later": "late"}, {"inner": "b1", "later": "late"}])
    );
    let inner = task(&document, "group[1]/inner");
    assert_eq!(inner["task"], "group/inner");
    assert_eq!(task(&document, "never")["state"], "Skipped");
    assert_eq!(task(&document, "failing")["state"], "Failed");
    assert_eq!(task(&document, "rescue")["output"], "saved");
    assert_eq!(task(&document, "always")["output"], "done");
    let children = sandbox
        .call(&["runs", "ls", "--flow", "child", "--json"])
        .expect(0)
        .json();
    assert_eq!(children["runs"].as_array().map(Vec::len), Some(3));
}

#[test]
fn a_cached_result_is_reused_and_says_why() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "cached",
        "parameters: { n: 1 }\ntasks:\n  t:\n    cache: true\n    env: { N: '{{ params.n }}' }\n    shell: 'echo run >> count; echo \"$N\"'\n",
    );
    sandbox.run_json("cached", &[], 0);
    let again = sandbox.run_json("cached", &[], 0);
    let t = task(&again, "t");
    assert_eq!(
        (&t["state"], &t["state_type"]),
        (&json!("Cached"), &json!("completed"))
    );
    assert_eq!(t["output"], "1");
    assert!(!t["message"].as_str().unwrap().is_empty());
    let other = sandbox.run_json("cached", &["-p", "n=2"], 0);
    assert_eq!(task(&other, "t")["state"], "Completed");
    assert_eq!(sandbox.read("count").unwrap().lines().count(), 2);
}

#[test]
fn a_python_failure_names_the_line() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "py",
        "tasks:\n  t:\n    python: |\n      x = 1\n      raise ValueError('no ' + str(x))\n",
    );
    let document = sandbox.run_json("py", &[], 1);
    let message = task(&document, "t")["message"].as_str().unwrap();
    assert!(
        message.contains("ValueError") && message.contains("no 1"),
        "{message}"
    );
    let logs = sandbox.call(&["runs", "logs", "last"]).expect(0).stdout;
    assert!(logs.contains("line 2"), "{logs}");
}

#[test]
fn notify_is_refused_as_a_task_and_warned_of_at_the_top() {
    let sandbox = Sandbox::new();
    sandbox.flow("task", "tasks:\n  tell: { notify: hello }\n");
    let answer = sandbox.call(&["run", "task"]).expect(2);
    assert!(
        answer.stderr.contains("tell") && answer.stderr.contains("notify"),
        "{}",
        answer.stderr
    );
    sandbox.flow(
        "top",
        "notify:\n  - { on: [failed], desktop: true }\ntasks:\n  t: { shell: echo }\n",
    );
    let answer = sandbox.call(&["run", "top"]).expect(0);
    assert!(answer.stderr.contains("notify"), "{}", answer.stderr);
}

#[test]
fn what_the_home_lacks_is_a_warning_in_check_and_a_mistake_in_run() {
    let sandbox = Sandbox::new();
    sandbox.flow("needs", "tasks:\n  t: { shell: 'echo \"$A\"', env: { A: '{{ vars.region }} {{ secrets.token }}' }, limits: [db] }\n");
    let checked = sandbox.call(&["check", "needs.flow.yaml"]).expect(0);
    let said = checked.stdout + &checked.stderr;
    for name in ["region", "token", "db"] {
        assert!(said.contains(name), "{name}: {said}");
    }
    let answer = sandbox.call(&["run", "needs"]).expect(2);
    for name in ["region", "token", "db"] {
        assert!(answer.stderr.contains(name), "{name}: {}", answer.stderr);
    }
    sandbox.call(&["vars", "set", "region", "north"]).expect(0);
    sandbox.call(&["limits", "set", "db", "1"]).expect(0);
    sandbox
        .call_with_input(&["secrets", "set", "token"], b"s3cret-value\n")
        .expect(0);
    let document = sandbox.run_json("needs", &[], 0);
    assert_eq!(task(&document, "t")["output"], "north ***");
    let logs = sandbox.call(&["runs", "logs", "last"]).expect(0).stdout;
    assert!(
        logs.contains("north ***") && !logs.contains("s3cret"),
        "{logs}"
    );
}

#[test]
fn secrets_are_masked_in_flows_that_read_none() {
    let sandbox = Sandbox::new();
    sandbox
        .call_with_input(&["secrets", "set", "token"], b"s3cret-value\n")
        .expect(0);
    sandbox.flow(
        "plain",
        "tasks:\n  t: { shell: 'echo it is s3cret-\"\"value' }\n",
    );
    let document = sandbox.run_json("plain", &[], 0);
    assert_eq!(document["tasks"][0]["output"], "it is ***");
    let logs = sandbox.call(&["runs", "logs", "last"]).expect(0).stdout;
    assert!(logs.contains("it is ***"), "{logs}");
}
