//! The options of tasks and flows: edges, mapping, retries, repeats, time limits,
//! cache, subflows, expressions.
//!
//! Not here: what several runs and processes do to each other.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tidemill_tests::{Answer, Reply, Sandbox, Server, message, output, state, task};

/// The times that a script wrote with `date +%s%N`, as pauses between them.
fn pauses(sandbox: &Sandbox, file: &str) -> Vec<Duration> {
    let text = sandbox.read(file).unwrap();
    let times: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
    times
        .windows(2)
        .map(|pair| Duration::from_nanos(pair[1].saturating_sub(pair[0])))
        .collect()
}

#[test]
fn edges_open_as_join_and_outcome_say() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "edges",
        r#"
tasks:
  good: { value: 1 }
  bad: { shell: exit 1 }
  skipped: { when: '{{ false }}', value: 1 }
  late: { needs: [bad], value: 1 }
  all: { needs: [good, bad], value: 1 }
  any: { needs: [good, bad], join: any, value: 1 }
  any_map: { needs: { bad: failed, good: failed }, join: any, value: 1 }
  none: { needs: { bad: succeeded, late: succeeded }, join: any, value: 1 }
  closed: { needs: { good: failed }, value: 1 }
  any_closed: { needs: { good: failed, skipped: succeeded }, join: any, value: 1 }
  after_skipped: { needs: [skipped], value: 1 }
  finished: { needs: { skipped: finished, late: finished, bad: finished }, value: '{{ tasks.bad.state }}-{{ tasks.late.state }}-{{ tasks.skipped.state }}' }
  upstream: { needs: { late: failed }, value: '{{ tasks.late.output is none }}' }
  implied: { needs: { good: finished, bad: finished }, join: any, value: '{{ tasks.skipped.output }}' }
  not_bool: { when: '{{ 1 }}', value: 1 }
  text_bool: { when: "{{ 'true' }}", value: 1 }
"#,
    );
    let document = sandbox.run_json("edges", &[], 1);
    for (path, expected) in [
        ("late", "UpstreamFailed"),
        ("all", "UpstreamFailed"),
        ("any", "Completed"),
        ("any_map", "Completed"),
        ("none", "UpstreamFailed"),
        ("closed", "Skipped"),
        ("any_closed", "Skipped"),
        ("after_skipped", "Skipped"),
        ("finished", "Completed"),
        ("upstream", "Completed"),
        ("implied", "Skipped"),
        ("not_bool", "Failed"),
        ("text_bool", "Failed"),
    ] {
        assert_eq!(
            state(&document, path),
            expected,
            "{path}: {}",
            message(&document, path)
        );
    }
    assert_eq!(
        output(&document, "finished"),
        "Failed-UpstreamFailed-Skipped"
    );
    assert_eq!(output(&document, "upstream"), true);
    let said = message(&document, "not_bool");
    assert!(said.contains("when"), "{said}");
}

#[test]
fn mapping_is_over_lists_in_their_order() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "maps",
        r#"
parameters: { list: [x, y], text: abc, object: { type: object, default: { a: 1 } } }
tasks:
  text: { for_each: '{{ params.text }}', value: 1 }
  object: { for_each: '{{ params.object }}', value: 1 }
  empty: { for_each: [], value: 1 }
  none_left: { for_each: "{{ params.list | select('equalto', 'z') | list }}", value: 1 }
  named: { for_each: { in: '{{ params.list }}', as: city }, value: '{{ city }}{{ index }}' }
  mixed: { for_each: [1, '{{ params.list }}', { a: '{{ 1 + 1 }}' }, null], value: '{{ item }}' }
  matrix: { matrix: { a: [1, 2], b: '{{ params.list }}', c: [true] }, value: '{{ [matrix.a, matrix.b, matrix.c] }}' }
  no_axis: { matrix: { a: [1], b: [] }, value: 1 }
  some: { for_each: [0, 1, 2], when: '{{ item != 1 }}', value: '{{ item }}' }
  allowed: { for_each: [0, 1, 2], allow_failure: true, shell: 'test $N != 1; r=$?; echo $N; exit $r', env: { N: '{{ item }}' } }
  after: { needs: [allowed, some], value: '{{ [tasks.allowed.output, tasks.some.output, tasks.empty.output, tasks.none_left.output] }}' }
"#,
    );
    let document = sandbox.run_json("maps", &[], 1);
    for path in ["text", "object"] {
        assert_eq!(state(&document, path), "Failed", "{path}");
        let said = message(&document, path);
        assert!(said.contains("list"), "{path}: {said}");
    }
    assert_eq!(output(&document, "empty"), &json!([]));
    assert_eq!(state(&document, "empty"), "Completed");
    assert_eq!(output(&document, "named"), &json!(["x0", "y1"]));
    assert_eq!(
        output(&document, "mixed"),
        &json!([1, ["x", "y"], {"a": 2}, null])
    );
    assert_eq!(
        output(&document, "matrix"),
        &json!([
            [1, "x", true],
            [1, "y", true],
            [2, "x", true],
            [2, "y", true]
        ])
    );
    assert_eq!(output(&document, "no_axis"), &json!([]));
    assert_eq!(state(&document, "some[1]"), "Skipped");
    assert_eq!(state(&document, "allowed[1]"), "Failed");
    assert_eq!(
        output(&document, "after"),
        &json!([["0", null, "2"], [0, null, 2], [], []])
    );
}

#[test]
fn items_run_side_by_side_as_many_as_are_allowed() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "items",
        r#"
defaults: { env: { N: '{{ params.x }}' } }
parameters: { x: 0 }
tasks:
  two:
    for_each: [0, 1, 2, 3, 4, 5]
    concurrency: 2
    timeout: 30s
    env: { N: '{{ item }}' }
    shell: |
      touch started-$N running-$N
      while [ $(ls started-* | wc -l) -lt 2 ]; do sleep 0.01; done
      ls running-* | wc -l >> counts
      sleep 0.05
      rm running-$N
  one:
    for_each: [0, 1, 2, 3, 4]
    concurrency: 1
    env: { N: '{{ item }}' }
    shell: 'echo begin $N >> order; sleep 0.01; echo end $N >> order'
  stops:
    for_each: [0, 1, 2, 3]
    concurrency: 1
    fail_fast: true
    env: { N: '{{ item }}' }
    shell: 'test $N != 1'
  goes_on:
    for_each: [0, 1, 2, 3]
    concurrency: 1
    env: { N: '{{ item }}' }
    shell: 'test $N != 1'
"#,
    );
    let document = sandbox.run_json("items", &[], 1);
    assert_eq!(state(&document, "two"), "Completed");
    let counts = sandbox.read("counts").unwrap();
    assert!(
        counts.lines().all(|line| matches!(line.trim(), "1" | "2")),
        "{counts}"
    );
    assert!(counts.contains('2'), "two did run at once");
    let order: Vec<String> = (0..5)
        .flat_map(|n| [format!("begin {n}"), format!("end {n}")])
        .collect();
    let lines = sandbox.read("order").unwrap();
    assert_eq!(lines.lines().collect::<Vec<_>>(), order);
    let states = |name: &str| -> Vec<String> {
        (0..4)
            .map(|n| state(&document, &format!("{name}[{n}]")).to_owned())
            .collect()
    };
    assert_eq!(
        states("stops"),
        ["Completed", "Failed", "Skipped", "Skipped"]
    );
    assert_eq!(
        states("goes_on"),
        ["Completed", "Failed", "Completed", "Completed"]
    );
    assert_eq!(state(&document, "stops"), "Failed");
    assert_eq!(state(&document, "goes_on"), "Failed");
}

#[test]
fn repeat_goes_on_until_it_is_as_wanted() {
    let sandbox = Sandbox::new();
    let count = "echo x >> $F; wc -l < $F > \"$TIDEMILL_OUTPUT\"";
    sandbox.flow(
        "repeats",
        &format!(
            r#"
tasks:
  until: {{ repeat: {{ until: '{{{{ output >= 3 }}}}', max: 9, delay: 50ms }}, env: {{ F: until }}, shell: '{count}; date +%s%N >> turns' }}
  while: {{ repeat: {{ while: '{{{{ output < 3 }}}}' }}, env: {{ F: while }}, shell: '{count}' }}
  never: {{ repeat: {{ until: '{{{{ output > 9 }}}}', max: 2 }}, env: {{ F: never }}, shell: '{count}' }}
  odd: {{ repeat: {{ until: '{{{{ output }}}}', max: 2 }}, value: 1 }}
  retried: {{ repeat: {{ until: '{{{{ output >= 4 }}}}', max: 9 }}, retries: 1, env: {{ F: retried }}, shell: '{count}; test $(($(wc -l < $F) % 2)) = 0' }}
  each: {{ for_each: [2, 3], repeat: {{ until: '{{{{ output >= item }}}}', max: 9 }}, env: {{ F: 'each-{{{{ item }}}}' }}, shell: '{count}' }}
  group:
    repeat: {{ until: '{{{{ output.inner >= 2 }}}}', max: 5 }}
    tasks:
      inner: {{ env: {{ F: group }}, shell: '{count}' }}
"#
        ),
    );
    let document = sandbox.run_json("repeats", &[], 1);
    for (path, expected) in [
        ("until", json!(3)),
        ("while", json!(3)),
        ("retried", json!(4)),
        ("each", json!([2, 3])),
        ("group", json!({"inner": 2})),
    ] {
        assert_eq!(
            output(&document, path),
            &expected,
            "{path}: {}",
            message(&document, path)
        );
    }
    assert_eq!(state(&document, "never"), "Failed");
    let said = message(&document, "never");
    assert!(said.contains("repeat") && said.contains('2'), "{said}");
    assert_eq!(sandbox.read("never").unwrap().lines().count(), 2);
    assert_eq!(state(&document, "odd"), "Failed", "1 is not true");
    let turns = pauses(&sandbox, "turns");
    assert!(
        turns
            .iter()
            .all(|pause| *pause >= Duration::from_millis(45)),
        "{turns:?}"
    );
}

#[test]
fn retries_wait_as_they_say() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "retries",
        r#"
defaults: { retries: { max: 4, delay: 20ms } }
tasks:
  list: { retries: { max: 3, delay: [20ms, 150ms] }, shell: 'date +%s%N >> list; exit 1' }
  exponential: { retries: { max: 4, delay: 30ms, backoff: exponential, max_delay: 100ms }, shell: 'date +%s%N >> exponential; exit 1' }
  jitter: { retries: { max: 5, delay: 100ms, jitter: 0.5 }, shell: 'date +%s%N >> jitter; exit 1' }
  usual: { shell: 'date +%s%N >> usual; exit 1' }
  none: { retries: 0, shell: 'echo x >> none; exit 1' }
  code: { retries: { max: 5, when: "{{ error.exit_code == 75 and error.kind == 'exit' and error.status is none }}" }, shell: 'echo x >> code; test $(wc -l < code) -gt 2 && exit 1; exit 75' }
  odd: { retries: { max: 5, when: "{{ error.message }}" }, shell: exit 1 }
  slow: { retries: { max: 1, when: "{{ error.kind == 'timeout' }}" }, timeout: 50ms, shell: sleep 100 }
"#,
    );
    let document = sandbox.run_json("retries", &[], 1);
    let millis = Duration::from_millis;
    // The times were taken after the start of a shell, so they may lie a little nearer.
    for (name, least) in [
        ("list", vec![15, 140, 140]),
        ("exponential", vec![25, 55, 90, 90]),
        ("jitter", vec![45; 5]),
        ("usual", vec![15; 4]),
    ] {
        let found = pauses(&sandbox, name);
        assert_eq!(found.len(), least.len(), "{name}");
        for (pause, least) in found.iter().zip(least) {
            assert!(
                *pause >= millis(least) && *pause < millis(least) + Duration::from_secs(10),
                "{name}: {found:?}"
            );
        }
    }
    assert_eq!(task(&document, "none")["attempts"], 1);
    assert_eq!(task(&document, "code")["attempts"], 3);
    assert_eq!(task(&document, "odd")["attempts"], 1);
    assert_eq!(task(&document, "slow")["attempts"], 2);
    assert_eq!(state(&document, "slow"), "TimedOut");
}

#[test]
fn a_group_has_one_time_and_is_tried_anew_as_a_whole() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "groups",
        r#"
tasks:
  slow:
    timeout: 300ms
    tasks:
      quick: { value: 1 }
      sleeps: { shell: sleep 1000 }
      behind: { needs: [sleeps], value: 1 }
  again:
    retries: { max: 2, delay: 10ms }
    tasks:
      first: { shell: echo x >> first }
      second: { needs: [first], shell: 'echo x >> second; test $(wc -l < second) -ge 2' }
      third: { needs: [second], value: 3 }
  nested:
    for_each: [1, 2]
    tasks:
      deep:
        for_each: '{{ [item, item * 10] }}'
        tasks:
          leaf: { value: '{{ item }}' }
"#,
    );
    let document = sandbox.run_json("groups", &[], 1);
    assert_eq!(state(&document, "slow"), "TimedOut");
    assert_eq!(state(&document, "slow/quick"), "Completed");
    assert_eq!(state(&document, "slow/sleeps"), "Cancelled");
    assert_eq!(state(&document, "slow/behind"), "Cancelled");
    assert_eq!(document["run"]["state"], "Failed");
    assert_eq!(state(&document, "again"), "Completed");
    assert_eq!(sandbox.read("first").unwrap().lines().count(), 2);
    assert_eq!(output(&document, "again")["third"], 3);
    let rows = document["tasks"].as_array().unwrap();
    let seconds: Vec<&Value> = rows
        .iter()
        .filter(|task| task["path"] == "again/second")
        .map(|task| &task["state"])
        .collect();
    assert_eq!(seconds, ["Completed"], "only the newest is listed");
    assert_eq!(
        output(&document, "nested"),
        &json!([
            {"deep": [{"leaf": 1}, {"leaf": 10}]},
            {"deep": [{"leaf": 2}, {"leaf": 20}]}
        ])
    );
    assert_eq!(output(&document, "nested[1]/deep[0]/leaf"), 2);
}

#[test]
fn a_run_out_of_time_ends_with_1() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "slow",
        "timeout: 400ms\ntasks:\n  quick: { value: 1 }\n  t: { shell: sleep 1000 }\n  waits: { wait: 1h }\n  asks: { approve: 'Go on?' }\n  u: { needs: { t: finished }, value: 1 }\n",
    );
    let document = sandbox.run_json("slow", &[], 1);
    assert_eq!(document["run"]["state"], "TimedOut");
    assert_eq!(document["run"]["state_type"], "failed");
    assert_eq!(state(&document, "quick"), "Completed");
    for path in ["t", "waits", "asks", "u"] {
        assert_eq!(state(&document, path), "Cancelled", "{path}");
    }
}

#[test]
fn what_is_computed_is_read_as_what_stands_there() {
    let sandbox = Sandbox::new();
    for name in ["one", "two"] {
        sandbox.write(
            &format!("{name}.py"),
            format!("def say(): return '{name}'\n"),
        );
        sandbox.write(&format!("{name}.body"), format!("return '{name}'\n"));
    }
    let server = Server::start(|request, _| Some(Reply::text(404, request.method.clone())));
    sandbox.flow(
        "computed",
        r#"
parameters: { method: put, code: 404, pause: 1ms, bad: 5 }
defaults: { timeout: 20s }
tasks:
  ask: { http: { url: "{{ env.SERVER }}", method: "{{ params.method }}", expect: ["{{ params.code }}"] } }
  range: { http: { url: "{{ env.SERVER }}", expect: ["{{ params.code }}-{{ params.code + 1 }}"] } }
  call: { for_each: [one, two], python: { call: "{{ item }}.py:say" } }
  body: { for_each: [one, two], python: { file: "{{ item }}.body" } }
  kept: { for_each: [one, two], cache: true, python: { call: "{{ item }}.py:say" } }
  again: { shell: echo x >> again, repeat: { while: true, max: 2, delay: "{{ params.pause }}" }, allow_failure: true }
  short: { shell: echo x >> short, cache: { expires: "{{ params.pause }}" } }
  long: { shell: echo x >> long, cache: { expires: "{{ params.code }}s" } }
  no_method: { http: { url: "{{ env.SERVER }}", method: "{{ [params.bad] }}" }, allow_failure: true }
  no_call: { python: { call: "{{ params.bad }}" }, allow_failure: true }
  no_term: { value: 1, cache: { expires: "{{ params.bad }}" }, allow_failure: true }
  no_pause: { value: 1, repeat: { while: true, delay: "{{ params.bad }}" }, allow_failure: true }
  kind: { needs: { no_term: failed }, value: 1 }
"#,
    );
    let run = || {
        let mut command = sandbox.command(&["run", "computed", "--json"]);
        Answer::of(command.env("SERVER", server.url("/")))
            .expect(0)
            .json()
    };
    let document = run();
    assert_eq!(output(&document, "ask")["text"], "PUT");
    assert_eq!(output(&document, "range")["status"], 404);
    assert_eq!(output(&document, "call"), &json!(["one", "two"]));
    assert_eq!(output(&document, "body"), &json!(["one", "two"]));
    assert_eq!(output(&document, "kept"), &json!(["one", "two"]));
    for (path, said) in [
        ("no_method", "http.method: `[5]` is no HTTP method"),
        ("no_call", "python.call: `5` names no function in a file"),
        ("no_term", "cache.expires: duration `5` "),
        ("no_pause", "repeat.delay: duration `5` "),
    ] {
        assert_eq!(state(&document, path), "Failed", "{path}");
        let message = message(&document, path);
        assert!(message.contains(said), "{path}: {message}");
    }
    let document = run();
    assert_eq!(output(&document, "kept"), &json!(["one", "two"]));
    assert_eq!(state(&document, "long"), "Cached");
    assert_eq!(state(&document, "short"), "Completed");
    assert_eq!(sandbox.read("again").unwrap().lines().count(), 4);
}

#[test]
fn a_cached_result_is_found_by_its_key_until_it_expires() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "cached",
        r#"
parameters: { k: a, n: 1, again: false }
tasks:
  key: { cache: { key: 'k-{{ params.k }}', refresh: '{{ params.again }}' }, env: { N: '{{ params.n }}' }, shell: 'echo x >> key; echo $N' }
  short: { cache: { expires: 1ms }, shell: 'echo x >> short' }
  long: { cache: { expires: 1h }, value: '{{ params.k }}' }
  items: { for_each: [1, 2], cache: true, shell: 'echo x >> items' }
  fails: { allow_failure: true, cache: true, shell: 'echo x >> fails; exit 1' }
  python: { cache: true, python: 'open("python", "a").write("x\n"); return params["k"]' }
  after: { needs: [key], value: '{{ tasks.key.state }} {{ tasks.key.output }}' }
"#
        .replace(
            "  long: { cache: { expires: 1h }, value: '{{ params.k }}' }\n",
            "  long: { cache: { expires: 1h }, env: { K: '{{ params.k }}' }, shell: 'echo x >> long' }\n",
        )
        .as_str(),
    );
    let lines = |name: &str| sandbox.read(name).map_or(0, |text| text.lines().count());
    let run = |more: &[&str]| sandbox.run_json("cached", more, 0);
    run(&[]);
    let second = run(&["-p", "n=2"]);
    assert_eq!(state(&second, "key"), "Cached", "the key is what it says");
    assert_eq!(output(&second, "after"), "Cached 1");
    assert_eq!(state(&second, "items[1]"), "Cached");
    assert_eq!(state(&second, "long"), "Cached");
    assert_eq!(state(&second, "short"), "Completed");
    assert_eq!(
        state(&second, "python"),
        "Completed",
        "its body sees all parameters"
    );
    let third = run(&["-p", "k=b"]);
    assert_eq!(state(&third, "key"), "Completed");
    assert_eq!(state(&third, "long"), "Completed");
    let fourth = run(&["-p", "n=3", "-p", "again=true"]);
    assert_eq!(state(&fourth, "key"), "Completed", "refreshed");
    let fifth = run(&[]);
    assert_eq!(output(&fifth, "key"), "3", "what was refreshed is kept");
    assert_eq!(state(&fifth, "python"), "Cached");
    assert_eq!(lines("key"), 3);
    assert_eq!(lines("items"), 2);
    assert_eq!((lines("short"), lines("fails")), (5, 5));
}

#[test]
fn an_output_that_cannot_be_evaluated_fails_the_run() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "out",
        "parameters: { key: b }\ntasks:\n  t: { value: { a: 1 } }\noutput: { x: '{{ tasks.t.output[params.key].c }}' }\n",
    );
    let document = sandbox.run_json("out", &[], 1);
    assert_eq!(document["run"]["state"], "Failed");
    assert_eq!(state(&document, "t"), "Completed");
    let said = document["run"]["message"].as_str().unwrap();
    assert!(said.contains("output"), "{said}");
    sandbox.flow(
        "value",
        "parameters: { key: b }\ntasks:\n  t: { value: { a: 1 } }\n  u: { value: '{{ tasks.t.output[params.key].c }}' }\n  v: { needs: { u: failed }, env: { A: '{{ tasks.t.output[params.key].c }}' }, shell: echo }\n",
    );
    let document = sandbox.run_json("value", &[], 1);
    assert_eq!(state(&document, "u"), "Failed");
    assert_eq!(state(&document, "v"), "Failed");
    assert!(
        message(&document, "v").contains("env"),
        "it names the place"
    );
}

#[test]
fn a_subflow_that_fails_fails_its_task() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "child",
        "parameters: { n: { type: integer } }\ntimeout: 20s\ntasks:\n  t: { shell: 'test $N != 2', env: { N: '{{ params.n }}' } }\noutput: '{{ params.n }}'\n",
    );
    sandbox.flow(
        "parent",
        r#"
tasks:
  each: { for_each: [1, 2, x, 3], allow_failure: true, flow: { name: child, parameters: { n: '{{ item }}' } } }
  again: { retries: 1, allow_failure: true, flow: { file: ./child.flow.yaml, parameters: { n: 2 } } }
  gone: { allow_failure: true, flow: { file: "{{ 'no' }}.flow.yaml" } }
"#,
    );
    let document = sandbox.run_json("parent", &[], 0);
    assert_eq!(output(&document, "each"), &json!([1, null, null, 3]));
    assert_eq!(state(&document, "each[1]"), "Failed");
    let said = message(&document, "each[2]");
    assert!(said.contains("`n`") || said.contains("n:"), "{said}");
    assert_eq!(task(&document, "again")["attempts"], 2);
    assert!(message(&document, "gone").contains("no.flow.yaml"));
    let listed = sandbox.call(&["runs", "ls", "--flow", "child", "--json"]);
    let listed = listed.expect(0).json();
    assert_eq!(listed["runs"].as_array().unwrap().len(), 5);
}

#[test]
fn a_flow_that_calls_itself_ends() {
    let sandbox = Sandbox::new();
    sandbox.flow("itself", "tasks:\n  t: { flow: itself }\n");
    let said = sandbox.call(&["run", "itself"]).expect(2).stderr;
    assert!(said.contains("itself"), "{said}");
    sandbox.flow(
        "byfile",
        "tasks:\n  t: { flow: { file: byfile.flow.yaml } }\n",
    );
    sandbox.flow("ping", "tasks:\n  t: { flow: pong }\n");
    sandbox.flow("pong", "tasks:\n  t: { flow: ping }\n");
    for name in ["byfile", "ping"] {
        // Where it is not seen at once, the bound on nesting ends it.
        let answer = sandbox.call(&["run", name, "--json"]);
        assert!(matches!(answer.code, Some(1 | 2)), "{answer:?}");
    }
    sandbox.flow(
        "deep",
        "parameters: { me: deep.flow.yaml }\ntasks:\n  t: { flow: { file: '{{ params.me }}' } }\n",
    );
    let document = sandbox.run_json("deep", &[], 1);
    let said = message(&document, "t");
    assert!(said.contains("deep"), "{said}");
    let listed = sandbox.call(&["runs", "ls", "--flow", "deep", "--json"]);
    let listed = listed.expect(0).json();
    let runs = listed["runs"].as_array().unwrap();
    assert!(runs.len() < 50, "{}", runs.len());
    assert!(runs.iter().all(|run| run["state"] == "Failed"));
}

#[test]
fn a_flow_of_five_hundred_tasks_is_no_burden() {
    let sandbox = Sandbox::new();
    let mut body = "tasks:\n  t0: { value: 0 }\n".to_owned();
    for number in 1..500 {
        let before = number - 1;
        let half = number / 2;
        body += &format!(
            "  t{number}: {{ needs: [t{half}], value: '{{{{ tasks.t{before}.output + 1 }}}}' }}\n"
        );
    }
    body += "output: '{{ tasks.t499.output }}'\n";
    sandbox.flow("long", &body);
    let started = Instant::now();
    let document = sandbox.run_json("long", &[], 0);
    assert_eq!(document["run"]["output"], 499);
    assert_eq!(document["tasks"].as_array().unwrap().len(), 500);
    sandbox.call(&["check", "long.flow.yaml"]).expect(0);
    sandbox.call(&["plan", "long"]).expect(0);
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
fn expressions_see_what_is_in_scope() {
    let sandbox = Sandbox::new();
    sandbox.call(&["vars", "set", "region", "north"]).expect(0);
    sandbox.flow(
        "scope",
        r#"
parameters: { n: 2 }
tasks:
  run: { value: '{{ run }}' }
  own: { value: '{{ [params.n, vars.region, env.MARK, trigger, run.attempt] }}' }
  trigger: { value: '{{ trigger is none }}' }
  types: { value: { list: [1, 'a{{ params.n }}', '{{ params.n }}'], text: 'n={{ params.n }}, {{ [1, none, true] }}', other: '{% if x %} {# y #}', quoted: "{{ '{{ }}' }}" } }
  state: { needs: { types: finished }, value: '{{ tasks.types.state }}' }
  missing: { allow_failure: true, value: '{{ env.NO_SUCH_VARIABLE_HERE }}' }
  default: { value: "{{ env.NO_SUCH_VARIABLE_HERE | default('none such') }}" }
"#,
    );
    let mut command = sandbox.command(&["run", "scope", "--json"]);
    let document = Answer::of(command.env("MARK", "machine")).expect(0).json();
    let run = output(&document, "run");
    assert_eq!(run["id"], document["run"]["id"]);
    assert_eq!(run["name"], document["run"]["name"]);
    assert_eq!(run["flow"], "scope");
    assert_eq!(run["attempt"], 1);
    assert_eq!(run["scheduled_for"], Value::Null);
    assert!(run["started_at"].as_str().unwrap().contains('T'));
    assert!(std::path::Path::new(run["dir"].as_str().unwrap()).is_dir());
    assert_eq!(
        output(&document, "own"),
        &json!([2, "north", "machine", null, 1])
    );
    assert_eq!(output(&document, "trigger"), true);
    let types = output(&document, "types");
    assert_eq!(types["list"], json!([1, "a2", 2]));
    assert_eq!(types["text"], "n=2, [1,null,true]");
    assert_eq!(types["other"], "{% if x %} {# y #}");
    assert_eq!(types["quoted"], "{{ }}");
    assert_eq!(output(&document, "state"), "Completed");
    let missing = message(&document, "missing");
    assert!(missing.contains("NO_SUCH_VARIABLE_HERE"), "{missing}");
    assert_eq!(output(&document, "default"), "none such");
}

#[test]
fn expressions_stand_wherever_the_format_lets_them() {
    let sandbox = Sandbox::new();
    sandbox.write("there.sh", "echo \"$A\"");
    sandbox.write("there.sql", "select :x as x");
    sandbox.write("there.py", "def f(a): return a\n");
    sandbox.flow(
        "child",
        "parameters: { x: { default: null } }\ntasks:\n  t: { value: '{{ params.x }}' }\noutput: ['{{ tasks.t.output }}']\n",
    );
    sandbox.flow(
        "places",
        r#"
parameters: { name: there, short: 10ms, folder: . }
env: { A: '{{ params.name }}' }
defaults: { cwd: '{{ params.folder }}', env: { B: '{{ run.flow }}' }, cache: { key: '{{ run.id }}' } }
tasks:
  file: { shell: { file: '{{ params.name }}.sh', interpreter: '{{ "sh" }}' } }
  body: { shell: 'echo "{{ params.name }} $B"' }
  call: { python: { call: 'there.py:f', with: { a: ['{{ params.name }}'] } } }
  sql: { sql: { database: '{{ params.name }}.db', file: '{{ params.name }}.sql', parameters: { x: '{{ params.name }}' } } }
  flow: { flow: { file: '{{ "child" }}.flow.yaml', parameters: { x: { deep: ['{{ params.name }}'] } } } }
  short: { wait: '{{ params.short }}' }
  for: { wait: { for: '{{ params.short }}' } }
  until: { wait: { until: '{{ run.started_at }}' } }
  waits: { wait: { file: '{{ params.name }}.sh' } }
  bad_wait: { allow_failure: true, wait: '{{ params.name }}' }
  each: { for_each: ['{{ params.name }}', { in: '{{ 1 }}' }], when: '{{ index == 0 or item.in == 1 }}', value: '{{ item }}' }
  nested:
    when: '{{ params.name == "there" }}'
    tasks:
      inner: { value: '{{ params.name }}' }
output: { a: ['{{ tasks.flow.output }}'] }
"#,
    );
    let document = sandbox.run_json("places", &[], 0);
    for (path, expected) in [
        ("file", json!("there")),
        ("body", json!("{{ params.name }} places")),
        ("call", json!(["there"])),
        ("sql", json!([{"x": "there"}])),
        ("flow", json!([{"deep": ["there"]}])),
        ("each", json!(["there", {"in": 1}])),
        ("nested", json!({"inner": "there"})),
    ] {
        assert_eq!(output(&document, path), &expected, "{path}");
    }
    for path in ["short", "for", "until", "waits"] {
        assert_eq!(state(&document, path), "Completed", "{path}");
    }
    let said = message(&document, "bad_wait");
    assert!(said.contains("there"), "{said}");
    assert_eq!(
        document["run"]["output"],
        json!({"a": [[{"deep": ["there"]}]]})
    );
}
