//! The spec's rules as tables: a flow, how its attempts end, how it ends.

use std::time::Duration;

use tidemill_flow::Value;

use crate::{
    Detail, Effect, Failure, FailureKind, FoldError, Happening, Outcome, State, StepError, Timer,
    simulator::{World, exit, flow, start},
};

/// How attempts at a path end, one word each; the last word goes on for ever.
type Words<'a> = &'a [(&'a str, &'a str)];

fn outcome(word: &str) -> Outcome {
    match word {
        "ok" => Outcome::completed("done"),
        "timeout" => Outcome::TimedOut(Failure::new(FailureKind::Timeout, "it took too long")),
        "crash" => Outcome::Crashed(Failure::new(FailureKind::Crashed, "lost")),
        "fail" => Outcome::Failed(exit(2)),
        number => Outcome::completed(number.parse::<i64>().unwrap()),
    }
}

/// A world in which each attempt takes a second and ends as the words say.
fn world(text: &str, words: Words<'_>) -> World {
    let mut world = World::new(&flow(text), 4);
    let words: Vec<(String, Vec<String>)> = words
        .iter()
        .map(|(path, words)| {
            let words = words.split(' ').map(str::to_owned).collect();
            ((*path).to_owned(), words)
        })
        .collect();
    world.script = Box::new(move |assignment, done| {
        let own = words.iter().find(|(path, _)| *path == assignment.path);
        let word = own.map_or("ok", |(_, words)| words[done.min(words.len() - 1)].as_str());
        (outcome(word), Duration::from_secs(1))
    });
    world
}

/// Runs a flow to its end; the states of its task runs and its own must be as expected.
fn check(text: &str, words: Words<'_>, expected: &str) {
    let mut world = world(text, words);
    let run = world.run_to_end();
    let found = format!("{} run={run}", world.states());
    assert_eq!(found, expected, "{text}\n{:#?}", world.lines());
}

/// Evaluates an expression in a flow's output.
fn check_output(text: &str, words: Words<'_>, expected: serde_json::Value) {
    let mut world = world(text, words);
    world.run_to_end();
    let output = world.run.output().map(tidemill_flow::template::to_json);
    assert_eq!(output, Some(expected), "{:#?}", world.lines());
}

#[test]
fn an_edge_opens_on_its_outcome() {
    let rows = [
        ("ok", "succeeded", "Completed"),
        ("fail", "succeeded", "UpstreamFailed"),
        ("timeout", "succeeded", "UpstreamFailed"),
        ("crash", "succeeded", "UpstreamFailed"),
        ("ok", "failed", "Skipped"),
        ("fail", "failed", "Completed"),
        ("timeout", "failed", "Completed"),
        ("crash", "failed", "Completed"),
        ("ok", "finished", "Completed"),
        ("fail", "finished", "Completed"),
    ];
    for (word, on, expected) in rows {
        let text = format!("  a: {{ shell: x }}\n  b: {{ shell: x, needs: {{ a: {on} }} }}\n");
        let mut world = world(&text, &[("a", word)]);
        world.run_to_end();
        let states = world.states();
        assert!(
            states.ends_with(&format!("b={expected}")),
            "{word} {on}: {states}"
        );
    }
}

#[test]
fn a_failure_that_is_allowed_opens_succeeded_and_failed_edges() {
    let text = "
  a: { shell: x, allow_failure: true }
  b: { shell: x, needs: [a] }
  c: { shell: x, needs: { a: failed } }
";
    check(
        text,
        &[("a", "fail")],
        "a=Failed b=Completed c=Completed run=Completed",
    );
}

#[test]
fn what_is_upstream_of_the_upstream_counts() {
    let text = "
  a: { shell: x }
  b: { shell: x, needs: [a] }
  c: { shell: x, needs: { b: failed } }
  d: { shell: x, needs: { b: finished } }
  e: { shell: x, needs: [b] }
";
    let expected = "a=Failed b=UpstreamFailed c=Completed d=Completed e=UpstreamFailed run=Failed";
    check(text, &[("a", "fail")], expected);
}

#[test]
fn a_skip_goes_down_as_a_skip() {
    let text = "
  a: { shell: x, when: false }
  b: { shell: x, needs: [a] }
  c: { shell: x, needs: { a: finished } }
";
    check(text, &[], "a=Skipped b=Skipped c=Completed run=Completed");
}

#[test]
fn join_any_needs_one_and_all_needs_each() {
    let text = |join: &str| {
        format!(
            "  a: {{ shell: x }}\n  b: {{ shell: x }}\n  c: {{ shell: x, needs: [a, b], join: {join} }}\n"
        )
    };
    let rows = [
        (
            "all",
            "ok",
            "ok",
            "a=Completed b=Completed c=Completed run=Completed",
        ),
        (
            "all",
            "fail",
            "ok",
            "a=Failed b=Completed c=UpstreamFailed run=Failed",
        ),
        (
            "any",
            "fail",
            "ok",
            "a=Failed b=Completed c=Completed run=Failed",
        ),
        (
            "any",
            "fail",
            "fail",
            "a=Failed b=Failed c=UpstreamFailed run=Failed",
        ),
    ];
    for (join, a, b, expected) in rows {
        check(&text(join), &[("a", a), ("b", b)], expected);
    }
}

#[test]
fn join_any_does_not_wait_for_the_rest() {
    let text = "
  a: { shell: x }
  b: { wait: 1h }
  c: { shell: x, needs: [a, b], join: any }
";
    let mut world = world(text, &[]);
    world.happen(Happening::Start);
    while !world.states().contains("c=Completed") {
        assert!(world.tick());
    }
    assert!(world.states().contains("b=Running"));
}

#[test]
fn an_implied_edge_must_open_whatever_join_says() {
    let text = "
  a: { shell: x }
  b: { shell: x }
  c: { value: '{{ tasks.b.output }}', needs: [a], join: any }
";
    check(
        text,
        &[("b", "fail")],
        "a=Completed b=Failed c=UpstreamFailed run=Failed",
    );
}

#[test]
fn when_is_true_or_false_or_a_failure() {
    let rows = [
        ("true", "Completed"),
        ("'{{ params.on }}'", "Completed"),
        ("'{{ not params.on }}'", "Skipped"),
        ("'{{ 1 }}'", "Failed"),
        ("\"{{ 'yes' }}\"", "Failed"),
        ("'{{ vars.gone }}'", "Failed"),
    ];
    for (when, expected) in rows {
        let text = format!(
            "parameters: {{ on: true }}\ntasks:\n  a: {{ shell: x, when: {when}, retries: 3 }}\n"
        );
        let mut world = world(&text, &[]);
        world.run_to_end();
        assert_eq!(world.states(), format!("a={expected}"), "{when}");
    }
}

#[test]
fn a_mapped_task_has_an_item_a_task_run_and_a_list_of_outputs() {
    let text = "
tasks:
  a: { shell: x, for_each: [3, 4, 5], allow_failure: true }
  b: { value: '{{ item * 2 + index }}', for_each: { in: [1, 2], as: item } }
  c: { value: '{{ city }}', for_each: { in: [x, y], as: city } }
  d: { value: '{{ matrix.p }}{{ matrix.q }}', matrix: { p: [1, 2], q: [3, 4] } }
  e: { value: 1, for_each: [] }
output: ['{{ tasks.a.output }}', '{{ tasks.b.output }}', '{{ tasks.c.output }}', '{{ tasks.d.output }}', '{{ tasks.e.output }}']
";
    let expected = serde_json::json!([
        ["done", null, "done"],
        [2, 5],
        ["x", "y"],
        ["13", "14", "23", "24"],
        [],
    ]);
    check_output(text, &[("a[1]", "fail")], expected);
}

#[test]
fn a_mapped_task_fails_after_the_rest_ran() {
    let text =
        "  a: { shell: x, for_each: [1, 2, 3], concurrency: 1 }\n  b: { shell: x, needs: [a] }\n";
    let expected = "a=Failed a[0]=Failed a[1]=Completed a[2]=Completed b=UpstreamFailed run=Failed";
    check(text, &[("a[0]", "fail")], expected);
}

#[test]
fn fail_fast_skips_what_has_not_started() {
    let text = "  a: { shell: x, for_each: [1, 2, 3], concurrency: 1, fail_fast: true }\n";
    let expected = "a=Failed a[0]=Failed a[1]=Skipped a[2]=Skipped run=Failed";
    check(text, &[("a[0]", "fail")], expected);
}

#[test]
fn what_is_no_list_fails_the_task() {
    let rows = ["'{{ params.n }}'", "\"{{ 'text' }}\"", "'{{ {\"a\": 1} }}'"];
    for list in rows {
        let text = format!(
            "parameters: {{ n: 3 }}\ntasks:\n  a: {{ shell: x, for_each: {list}, retries: 2 }}\n"
        );
        check(&text, &[], "a=Failed run=Failed");
    }
}

#[test]
fn when_is_asked_item_by_item() {
    let text = "  a: { shell: x, for_each: [1, 2], when: '{{ item == 2 }}' }\n";
    check(
        text,
        &[],
        "a=Completed a[0]=Skipped a[1]=Completed run=Completed",
    );
}

#[test]
fn a_retry_is_another_attempt_of_the_same_task_run() {
    let text = "  a: { shell: x, retries: { max: 2, delay: 4s } }\n";
    let mut world = world(text, &[("a", "fail fail ok")]);
    assert_eq!(world.run_to_end(), State::Completed);
    let states: Vec<_> = world.lines();
    let message = "attempt 1 of 3 failed: exit code 2; trying again in 4s";
    assert!(
        states.iter().any(|line| line.contains(message)),
        "{states:#?}"
    );
    assert!(states.iter().any(|line| line.contains("Retrying")));
    check(text, &[("a", "fail")], "a=Failed run=Failed");
}

#[test]
fn retries_ask_about_the_error() {
    let when = "{ max: 5, when: \"{{ error.kind == 'exit' and error.exit_code == 2 }}\" }";
    let text = format!("  a: {{ shell: x, retries: {when} }}\n");
    check(&text, &[("a", "fail fail ok")], "a=Completed run=Completed");
    check(&text, &[("a", "timeout ok")], "a=TimedOut run=Failed");
    check(
        "  a: { shell: x, retries: { max: 5, when: '{{ 7 }}' } }\n",
        &[("a", "fail ok")],
        "a=Failed run=Failed",
    );
}

#[test]
fn repeat_takes_turns_until_it_is_as_wanted() {
    let rows = [
        ("{ until: '{{ output > 2 }}' }", "1 2 3 4", "Completed", 3),
        ("{ while: '{{ output < 2 }}' }", "1 2 3 4", "Completed", 2),
        ("{ until: '{{ output > 9 }}', max: 3 }", "1", "Failed", 3),
        ("{ until: '{{ output }}', max: 3 }", "1", "Failed", 1),
        (
            "{ until: '{{ output > 2 }}', delay: 1m }",
            "1 fail 3",
            "Failed",
            2,
        ),
    ];
    for (repeat, words, expected, turns) in rows {
        let text = format!("  a: {{ shell: x, repeat: {repeat} }}\n");
        let mut world = world(&text, &[("a", words)]);
        world.run_to_end();
        assert_eq!(world.states(), format!("a={expected}"), "{repeat}");
        assert_eq!(world.executions["a"], turns, "{repeat}");
    }
}

#[test]
fn each_turn_has_its_own_retries() {
    let text = "  a: { shell: x, retries: 1, repeat: { until: '{{ output > 2 }}' } }\n";
    check(
        text,
        &[("a", "fail 1 fail 2 fail 3")],
        "a=Completed run=Completed",
    );
    check(text, &[("a", "1 fail fail 3")], "a=Failed run=Failed");
}

#[test]
fn a_group_has_the_map_of_its_tasks_outputs() {
    let text = "
tasks:
  base: { value: 10 }
  g:
    tasks:
      a: { value: '{{ tasks.base.output + 1 }}' }
      b: { value: '{{ tasks.a.output + 1 }}' }
      c: { value: 1, when: false }
  after: { value: '{{ tasks.g.output.b }}' }
output: ['{{ tasks.g.output }}', '{{ tasks.after.output }}', '{{ tasks.g.state }}']
";
    let expected = serde_json::json!([{"a": 11, "b": 12, "c": null}, 12, "Completed"]);
    check_output(text, &[], expected);
}

#[test]
fn a_mapped_group_has_its_tasks_an_item() {
    let text = "
tasks:
  g:
    for_each: [1, 2]
    tasks:
      a: { value: '{{ item }}' }
      b: { value: '{{ tasks.a.output + k }}', for_each: { in: [10, 20], as: k } }
output: '{{ tasks.g.output }}'
";
    let expected = serde_json::json!([{"a": 1, "b": [11, 21]}, {"a": 2, "b": [12, 22]}]);
    check_output(text, &[], expected);
    let text = "  g:\n    for_each: [1, 2]\n    tasks:\n      a: { shell: x }\n";
    let expected = "g=Failed g[0]=Completed g[0]/a=Completed g[1]=Failed g[1]/a=Failed run=Failed";
    check(text, &[("g[1]/a", "fail")], expected);
}

#[test]
fn a_group_s_retry_runs_all_its_tasks_anew() {
    let text = "  g:\n    retries: 1\n    tasks:\n      a: { shell: x }\n      b: { shell: x, needs: [a] }\n";
    let mut world = world(text, &[("g/b", "fail ok")]);
    assert_eq!(world.run_to_end(), State::Completed);
    assert_eq!((world.executions["g/a"], world.executions["g/b"]), (2, 2));
    assert_eq!(world.states(), "g=Completed g/a=Completed g/b=Completed");
}

#[test]
fn a_group_repeats() {
    let text = "
  g:
    repeat: { until: '{{ output.a > 2 }}', max: 5 }
    tasks:
      a: { shell: x }
";
    let mut world = world(text, &[("g/a", "1 2 3")]);
    assert_eq!(world.run_to_end(), State::Completed);
    assert_eq!(world.executions["g/a"], 3);
}

#[test]
fn a_group_s_time_ends_it() {
    let text = "
  g:
    timeout: 10s
    tasks:
      a: { shell: x }
      b: { wait: 1h }
      c: { shell: x, needs: [b] }
  after: { shell: x, needs: { g: failed } }
";
    let expected =
        "after=Completed g=TimedOut g/a=Completed g/b=Cancelled g/c=Cancelled run=Failed";
    check(text, &[], expected);
}

#[test]
fn the_run_s_time_ends_it() {
    let text = "timeout: 10s\ntasks:\n  a: { shell: x }\n  b: { wait: 1h }\n  c: { shell: x, needs: [b] }\n";
    check(
        text,
        &[],
        "a=Completed b=Cancelled c=Cancelled run=TimedOut",
    );
}

#[test]
fn cancel_ends_all_that_is_unfinished() {
    let text = "
  a: { shell: x, retries: { max: 1, delay: 1h } }
  b: { shell: x }
  c: { approve: sure }
  d: { flow: other }
  e: { wait: 1h }
  f: { shell: x, needs: [b] }
  g: { tasks: { h: { shell: x }, i: { shell: x, needs: [h] } } }
  m: { shell: x, for_each: [1, 2, 3], concurrency: 1 }
  z: { shell: x }
";
    let mut world = world(text, &[("a", "fail")]);
    world.script = Box::new(|assignment, _| match assignment.path.as_str() {
        "a" => (Outcome::Failed(exit(1)), Duration::from_secs(1)),
        "z" => (Outcome::completed(1), Duration::from_secs(1)),
        _ => (Outcome::completed(1), Duration::from_secs(5)),
    });
    world.happen(Happening::Start);
    world.at(
        Duration::from_secs(2),
        Happening::CancelRequested {
            reason: "by ada".to_owned(),
        },
    );
    assert_eq!(world.go_on(), State::Cancelled);
    let expected = "a=Cancelled b=Cancelled c=Cancelled d=Cancelled e=Cancelled f=Cancelled \
        g=Cancelled g/h=Cancelled g/i=Cancelled m=Cancelled m[0]=Cancelled m[1]=Cancelled \
        m[2]=Cancelled z=Completed";
    assert_eq!(world.states(), expected, "{:#?}", world.lines());
    assert_eq!(world.message(""), "by ada");
    assert_eq!(world.message("f"), "cancelled: by ada");
}

#[test]
fn an_approval_is_answered_or_expires() {
    let rows = [
        (
            "approve: sure",
            Some(true),
            "a=Completed b=Completed run=Completed",
        ),
        (
            "approve: sure",
            Some(false),
            "a=Failed b=UpstreamFailed run=Failed",
        ),
        (
            "approve: { message: m, expires: 1h }",
            None,
            "a=Failed b=UpstreamFailed run=Failed",
        ),
        (
            "approve: { message: m, expires: 1h, on_expiry: approve }",
            None,
            "a=Completed b=Completed run=Completed",
        ),
    ];
    for (approve, answer, expected) in rows {
        let text = format!("  a: {{ {approve}, retries: 3 }}\n  b: {{ shell: x, needs: [a] }}\n");
        let mut world = world(&text, &[]);
        world.person = Box::new(move |_| Some((answer?, Duration::from_secs(60))));
        world.happen(Happening::Start);
        assert_eq!(world.run.state(), State::Paused);
        let run = world.go_on();
        assert_eq!(
            format!("{} run={run}", world.states()),
            expected,
            "{approve}"
        );
    }
}

#[test]
fn a_run_is_paused_only_while_nothing_else_goes_on() {
    let text = "  a: { approve: sure }\n  b: { shell: x }\n";
    let mut world = world(text, &[]);
    world.happen(Happening::Start);
    assert_eq!(world.run.state(), State::Running);
    world.tick();
    assert_eq!(world.run.state(), State::Paused);
    assert_eq!(world.go_on(), State::Completed);
}

#[test]
fn the_cache_stands_for_an_attempt() {
    let text = "  a: { shell: x, cache: true }\n  b: { shell: x, cache: { refresh: true } }\n";
    let mut world = world(text, &[]);
    world.cache.insert("a".to_owned(), Value::from(7));
    world.cache.insert("b".to_owned(), Value::from(7));
    world.run_to_end();
    assert_eq!(world.states(), "a=Cached b=Completed");
    assert_eq!(world.message("a"), "cached: run calm-heron");
    assert_eq!(world.cache["b"], Value::from("done"));
}

#[test]
fn limits_are_taken_by_the_attempt() {
    let text = "
  a: { shell: x, limits: [db], retries: 1 }
  b: { shell: x, limits: [db], for_each: [1, 2, 3] }
";
    let mut world = world(text, &[("a", "fail ok")]);
    assert_eq!(world.run_to_end(), State::Completed);
    assert_eq!(world.most_running, 1);
    assert!(
        world
            .lines()
            .iter()
            .any(|line| line.contains("AwaitingSlot it waits for a slot of `db`"))
    );
    let taken = world
        .effects
        .iter()
        .filter(|effect| matches!(effect, Effect::TakeSlots(_)));
    let freed = world
        .effects
        .iter()
        .filter(|effect| matches!(effect, Effect::FreeSlots(_)));
    assert_eq!((taken.count(), freed.count()), (5, 5));
}

#[test]
fn no_more_attempts_than_slots_or_concurrency() {
    let text = "  a: { shell: x, for_each: [1, 2, 3, 4, 5, 6, 7, 8, 9] }\n  b: { shell: x }\n";
    let mut four = world(text, &[]);
    assert_eq!(four.run_to_end(), State::Completed);
    assert_eq!(four.most_running, 4);
    let text = "  a: { shell: x, for_each: [1, 2, 3, 4, 5, 6], concurrency: 2 }\n";
    let mut two = world(text, &[]);
    assert_eq!(two.run_to_end(), State::Completed);
    assert_eq!(two.most_running, 2);
}

#[test]
fn a_wait_ends_at_its_time() {
    let rows = [
        ("wait: 90s", 90),
        ("wait: { for: '{{ params.long }}' }", 120),
        ("wait: { until: '2026-03-01T00:05:00Z' }", 300),
        ("wait: { until: '2026-03-01T00:05:00' }", 300),
        ("wait: { until: '2020-01-01T00:00:00Z' }", 0),
    ];
    for (wait, seconds) in rows {
        let text = format!("parameters: {{ long: 2m }}\ntasks:\n  a: {{ {wait} }}\n");
        let mut world = world(&text, &[]);
        let before = world.now;
        assert_eq!(world.run_to_end(), State::Completed);
        assert_eq!(
            world.now.duration_since(before).as_secs(),
            seconds,
            "{wait}"
        );
    }
    check(
        "  a: { wait: { until: '{{ 1 }}' } }\n",
        &[],
        "a=Failed run=Failed",
    );
}

#[test]
fn an_output_that_cannot_be_evaluated_fails_the_run() {
    let text = "tasks:\n  a: { value: 1 }\noutput: '{{ tasks.a.output.gone }}'\n";
    check(text, &[], "a=Completed run=Failed");
}

#[test]
fn the_newest_of_messages_say_why() {
    let text = "
  a: { shell: x }
  b: { shell: x, needs: [a] }
  c: { shell: x, needs: { a: succeeded } , when: false }
  d: { shell: x, when: false }
  e: { shell: x, needs: [d] }
  m: { shell: x, for_each: [1, 2] }
";
    let mut world = world(text, &[("a", "fail"), ("m[1]", "fail")]);
    world.run_to_end();
    let rows = [
        ("a", "exit code 2"),
        ("b", "not run: `a` failed"),
        ("d", "skipped: `when` was false"),
        ("e", "skipped: `d` was skipped"),
        ("m", "1 of 2 items failed; item 1: exit code 2"),
        ("", "`a` failed: exit code 2 (and 1 more)"),
    ];
    for (path, message) in rows {
        assert_eq!(world.message(path), message, "{path}");
    }
}

#[test]
fn after_a_crash_what_has_a_retry_left_goes_on() {
    let text = "
  a: { shell: x, retries: 1 }
  b: { shell: x }
  c: { shell: x, needs: [b] }
  d: { shell: x, needs: { b: failed } }
  e: { wait: 1h }
  f: { approve: sure }
  g: { flow: other }
  h: { value: 1 }
";
    let mut world = world(text, &[]);
    world.happen(Happening::Start);
    world.crash();
    assert_eq!(world.run.state(), State::AwaitingRetry);
    let expected = "a=AwaitingRetry b=Crashed c=UpstreamFailed d=Pending e=Running f=Paused g=Running h=Completed";
    assert_eq!(world.states(), expected);
    world.happen(Happening::Start);
    assert_eq!(world.run.state(), State::Running);
    assert_eq!(world.go_on(), State::Crashed);
    let expected = "a=Completed b=Crashed c=UpstreamFailed d=Completed e=Completed f=Completed g=Completed h=Completed";
    assert_eq!(world.states(), expected);
}

#[test]
fn after_a_crash_a_run_in_which_nothing_can_start_ends() {
    let text = "  a: { shell: x }\n  b: { shell: x, needs: [a] }\n  c: { shell: x, needs: { a: failed }, when: false }\n";
    let mut world = world(text, &[]);
    world.happen(Happening::Start);
    world.crash();
    assert_eq!(world.run.state(), State::Crashed);
    assert_eq!(world.states(), "a=Crashed b=UpstreamFailed c=Skipped");
    assert_eq!(
        world.message("a"),
        "the process that carried the run went away"
    );
}

#[test]
fn a_run_that_was_being_cancelled_ends_cancelled_after_a_crash() {
    let text = "  a: { shell: x, retries: 5 }\n  b: { tasks: { c: { shell: x, for_each: [1, 2, 3], concurrency: 1 } } }\n  d: { shell: x, needs: [a] }\n";
    let mut world = world(text, &[]);
    world.happen(Happening::Start);
    world.happen(Happening::CancelRequested {
        reason: "by ada".to_owned(),
    });
    assert_eq!(world.run.state(), State::Cancelling);
    world.crash();
    assert_eq!(world.run.state(), State::Cancelled);
    assert!(!world.states().contains("Running"), "{}", world.states());
}

#[test]
fn a_retry_by_hand_runs_everything_or_what_had_failed() {
    let text = "
tasks:
  a: { shell: x }
  b: { shell: x, needs: [a] }
  c: { shell: x, needs: [b] }
  m: { shell: x, for_each: [1, 2, 3] }
  g: { tasks: { h: { shell: x }, i: { shell: x } } }
output: ['{{ tasks.a.output }}', '{{ tasks.m.output }}', '{{ tasks.g.output }}', '{{ run.attempt }}']
";
    let words: Words<'_> = &[("b", "fail ok"), ("m[1]", "fail ok"), ("g/i", "fail ok")];
    let mut part = world(text, words);
    assert_eq!(part.run_to_end(), State::Failed);
    part.happen(Happening::RetryRequested { from_failed: true });
    assert_eq!(part.run.run_attempt(), 2);
    assert_eq!(part.go_on(), State::Completed);
    let counts =
        ["a", "b", "c", "m[0]", "m[1]", "m[2]", "g/h", "g/i"].map(|path| part.executions[path]);
    assert_eq!(counts, [1, 2, 1, 1, 2, 1, 1, 2]);
    let all = ["done"; 3];
    let output = serde_json::json!(["done", all, { "h": "done", "i": "done" }, 2]);
    assert_eq!(
        tidemill_flow::template::to_json(part.run.output().unwrap()),
        output
    );

    let mut whole = world(text, words);
    whole.run_to_end();
    whole.happen(Happening::RetryRequested { from_failed: false });
    assert_eq!(whole.go_on(), State::Completed);
    let counts =
        ["a", "b", "c", "m[0]", "m[1]", "m[2]", "g/h", "g/i"].map(|path| whole.executions[path]);
    assert_eq!(counts, [2, 2, 1, 2, 2, 2, 2, 2]);
}

#[test]
fn what_comes_too_late_changes_nothing() {
    let mut world = world("  a: { shell: x }\n  b: { approve: sure }\n", &[]);
    assert_eq!(
        world
            .run
            .step(
                Happening::RetryRequested { from_failed: true },
                world.now,
                0
            )
            .err(),
        Some(StepError::NotEnded(State::Pending))
    );
    assert_eq!(world.run_to_end(), State::Completed);
    let count = world.history.len();
    let number = crate::TaskRunNumber::FIRST;
    world.happen(Happening::Ended(vec![(number, Outcome::completed(1))]));
    world.happen(Happening::SlotsTaken(number));
    world.happen(Happening::CacheAnswered(number, None));
    for timer in [
        Timer::Attempt(number),
        Timer::Wait(number),
        Timer::Expiry(number),
        Timer::Timeout(number),
        Timer::RunTimeout,
    ] {
        world.happen(Happening::Due(timer));
    }
    world.happen(Happening::CancelRequested {
        reason: "late".to_owned(),
    });
    world.happen(Happening::Start);
    assert_eq!(world.history.len(), count);
}

/// Steps until nothing more is to be decided; how many transitions there were, and
/// the most in one decision.
fn drain(run: &mut crate::Run, happening: Happening) -> (usize, usize) {
    let now = jiff::Timestamp::UNIX_EPOCH;
    let (mut all, mut most) = (0, 0);
    let mut next = Some(happening);
    while let Some(happening) = next.take() {
        let decision = run.step(happening, now, 1).unwrap();
        all += decision.transitions.len();
        most = most.max(decision.transitions.len());
        next = decision.more.then_some(Happening::Continue);
    }
    (all, most)
}

#[test]
fn a_large_map_is_decided_in_small_pieces() {
    let count = 20_000;
    let text = "parameters: { list: [] }\ntasks:\n  a: { value: '{{ item + 1 }}', for_each: '{{ params.list }}' }\n";
    let mut start = start(&flow(text), 4);
    let list: Vec<Value> = (0..count).map(Value::from).collect();
    start.parameters = Value::from_pairs([("list", Value::from(list))]);
    let mut run = crate::Run::new(start);
    let (all, most) = drain(&mut run, Happening::Start);
    assert_eq!(run.state(), State::Completed);
    assert_eq!(all, 3 * count + 6);
    assert!(most <= crate::TRANSITIONS_A_DECISION + 3, "{most}");
}

#[test]
fn an_item_at_rest_is_small() {
    let each = size_of::<Option<State>>() + size_of::<Value>();
    assert!(each <= 25, "{each} bytes");
}

#[test]
fn ending_a_large_map_is_decided_in_small_pieces() {
    let text =
        "parameters: { list: [] }\ntasks:\n  a: { shell: x, for_each: '{{ params.list }}' }\n";
    let mut start = start(&flow(text), 4);
    let list: Vec<Value> = (0..5_000).map(Value::from).collect();
    start.parameters = Value::from_pairs([("list", Value::from(list))]);
    let mut run = crate::Run::new(start);
    drain(&mut run, Happening::Start);
    let reason = "by ada".to_owned();
    let (all, most) = drain(&mut run, Happening::CancelRequested { reason });
    assert!(
        all > 4_996 && most <= crate::TRANSITIONS_A_DECISION + 3,
        "{all} {most}"
    );
    assert_eq!(run.state(), State::Cancelling);
    let ends = (2..6).map(|number| {
        (
            crate::TaskRunNumber::new(number).unwrap(),
            Outcome::Cancelled,
        )
    });
    drain(&mut run, Happening::Ended(ends.collect()));
    assert_eq!(run.state(), State::Cancelled);
}

#[test]
fn a_half_begun_map_goes_on_after_a_crash() {
    let text = "
  a: { value: [1, 2, 3, 4] }
  b: { shell: x, for_each: '{{ tasks.a.output }}', concurrency: 1, retries: 1 }
";
    let mut world = world(text, &[]);
    world.happen(Happening::Start);
    world.tick();
    world.crash();
    let expected = "a=Completed b=Running b[0]=Completed b[1]=AwaitingRetry";
    assert_eq!(world.states(), expected);
    world.happen(Happening::Start);
    assert_eq!(world.go_on(), State::Completed);
    assert_eq!(world.executions["b[0]"], 1);
}

#[test]
fn time_goes_on_while_nobody_carries_the_run() {
    let rows = [
        ("  a: { wait: 10s }\n", "a=Completed run=Completed"),
        (
            "  a: { approve: { message: m, expires: 10s } }\n",
            "a=Failed run=Failed",
        ),
        (
            "  g: { timeout: 10s, tasks: { a: { flow: f } } }\n",
            "g=TimedOut g/a=Cancelled run=Failed",
        ),
        (
            "timeout: 10s\ntasks:\n  a: { flow: f }\n",
            "a=Cancelled run=TimedOut",
        ),
    ];
    for (text, expected) in rows {
        let mut world = world(text, &[]);
        world.person = Box::new(|_| None);
        world.script = Box::new(|_, _| (Outcome::completed(1), Duration::from_secs(60)));
        world.happen(Happening::Start);
        world.crash();
        world.now += jiff::SignedDuration::from_secs(20);
        let before = world.now;
        world.happen(Happening::Start);
        let run = world.go_on();
        assert_eq!(format!("{} run={run}", world.states()), expected);
        assert!(world.now.duration_since(before).as_secs() < 1);
    }
}

#[test]
fn waits_and_approvals_have_their_time_too() {
    let rows = [
        ("wait: 1h, timeout: 10s", "a=TimedOut run=Failed"),
        ("wait: 5s, timeout: 10s", "a=Completed run=Completed"),
        ("approve: sure, timeout: 10s", "a=TimedOut run=Failed"),
    ];
    for (task, expected) in rows {
        check(&format!("  a: {{ {task} }}\n"), &[], expected);
    }
}

#[test]
fn a_clock_that_is_set_back_keeps_nothing_from_its_time() {
    let text = "timeout: 1h\ntasks:\n  a: { shell: x, retries: { max: 1, delay: 4s } }\n  b: { wait: 1m, needs: [a] }\n";
    let mut run = crate::Run::new(start(&flow(text), 4));
    let number = crate::TaskRunNumber::FIRST;
    let noon: jiff::Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let morning = "2026-03-01T08:00:00Z".parse().unwrap();
    run.step(Happening::Start, noon, 0).unwrap();
    let failed = vec![(number, Outcome::Failed(exit(1)))];
    run.step(Happening::Ended(failed), noon, 0).unwrap();
    run.step(Happening::Due(Timer::Attempt(number)), morning, 0)
        .unwrap();
    assert_eq!(run.state_of(number), Some(State::Retrying));
    let done = vec![(number, Outcome::completed(1))];
    run.step(Happening::Ended(done), morning, 0).unwrap();
    let wait = number.after(1).unwrap();
    run.step(
        Happening::Due(Timer::Wait(wait)),
        "2026-03-01T07:00:00Z".parse().unwrap(),
        0,
    )
    .unwrap();
    assert_eq!(run.state(), State::Completed);
}

#[test]
fn a_group_whose_time_was_over_ends_timed_out_after_a_crash() {
    let text = "
  g:
    timeout: 10s
    tasks: { a: { shell: x, retries: 9 }, b: { shell: x, needs: [a] } }
  after: { shell: x, needs: { g: failed } }
";
    let mut world = world(text, &[]);
    world.script = Box::new(|assignment, _| {
        let seconds = if assignment.path == "after" { 1 } else { 60 };
        (Outcome::completed(1), Duration::from_secs(seconds))
    });
    world.happen(Happening::Start);
    world.tick();
    assert!(
        world.states().contains("g=Cancelling g/a=Cancelling"),
        "{}",
        world.states()
    );
    world.crash();
    assert_eq!(
        world.states(),
        "after=Pending g=TimedOut g/a=Cancelled g/b=Cancelled"
    );
    assert_eq!(world.message("g"), "its time of 10s is over");
    world.happen(Happening::Start);
    assert_eq!(world.go_on(), State::Failed);
}

#[test]
fn a_child_run_outlives_the_process_and_costs_no_attempt() {
    let text = "  a: { flow: other, limits: [db] }\n";
    let mut world = world(text, &[]);
    world.happen(Happening::Start);
    world.tick();
    let number = crate::TaskRunNumber::FIRST;
    assert_eq!(world.run.assignment(number).unwrap().attempt, 1);
    world.crash();
    world.happen(Happening::Start);
    world.tick();
    assert_eq!(world.run.assignment(number).unwrap().attempt, 1);
    assert_eq!(world.go_on(), State::Completed);
    let starts = world
        .effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Start(_)));
    assert_eq!(starts.count(), 2);
}

#[test]
fn a_run_may_wait_for_its_turn_or_not_run_at_all() {
    let reason = || "its flow runs already".to_owned();
    let mut queued = world("  a: { value: 1 }\n", &[]);
    queued.happen(Happening::Queued {
        reason: reason(),
        due: None,
    });
    assert_eq!(queued.run.state(), State::Pending);
    assert_eq!(queued.run_to_end(), State::Completed);
    let mut later = world("  a: { value: 1 }\n", &[]);
    let due = Some(later.now);
    later.happen(Happening::Queued {
        reason: reason(),
        due,
    });
    assert_eq!(later.run.state(), State::Scheduled);
    later.happen(Happening::CancelRequested { reason: reason() });
    assert_eq!(later.run.state(), State::Cancelled);
    let mut skipped = world("  a: { value: 1 }\n", &[]);
    skipped.happen(Happening::Skipped { reason: reason() });
    assert_eq!(skipped.run.state(), State::Skipped);
    skipped.happen(Happening::Start);
    assert_eq!(skipped.run.state(), State::Skipped);
    skipped.happen(Happening::RetryRequested { from_failed: true });
    assert_eq!(skipped.run.state(), State::Completed);
}

#[test]
fn an_assignment_says_what_an_attempt_needs() {
    let text = "
  base: { value: 10 }
  g:
    for_each: [x, y]
    tasks:
      a: { value: '{{ item }}' }
      b: { shell: x, needs: [a], matrix: { p: [1, 2] }, when: '{{ tasks.base.output == 10 }}' }
";
    let mut world = world(text, &[]);
    let mut seen = Vec::new();
    let (sender, receiver) = std::sync::mpsc::channel();
    world.script = Box::new(move |assignment, _| {
        let see = |text: &str| {
            let template = tidemill_flow::Template::text(text).unwrap();
            template.render(&assignment.scope).unwrap()
        };
        let text = see(
            "{{ item }} {{ matrix.p }} {{ index }} {{ vars.region }} {{ run.name }} {{ run.attempt }} {{ tasks.a.state }}",
        );
        let inputs = tidemill_flow::template::as_text(&assignment.inputs);
        sender
            .send(format!(
                "{} {} {text} {inputs}",
                assignment.path, assignment.attempt
            ))
            .unwrap();
        (Outcome::completed(1), Duration::from_secs(1))
    });
    assert_eq!(world.run_to_end(), State::Completed);
    seen.extend(receiver.try_iter());
    seen.sort();
    assert_eq!(
        seen[0],
        r#"g[0]/b[0] 1 x 1 0 north brisk-otter 1 Completed {"a":"x"}"#
    );
    assert_eq!(
        seen[3],
        r#"g[1]/b[1] 1 y 2 1 north brisk-otter 1 Completed {"a":"y"}"#
    );
}

#[test]
fn fail_fast_skips_items_that_wait_for_a_limit() {
    let text = "  a: { shell: x, for_each: [1, 2, 3, 4], limits: [db], fail_fast: true }\n";
    let mut world = world(text, &[("a[0]", "fail")]);
    assert_eq!(world.run_to_end(), State::Failed);
    assert_eq!(
        world.states(),
        "a=Failed a[0]=Failed a[1]=Skipped a[2]=Skipped a[3]=Skipped"
    );
    assert_eq!(
        world.message("a[1]"),
        "skipped: another item failed, and `fail_fast` is set"
    );
}

#[test]
fn a_second_retry_by_hand_goes_on_from_the_first() {
    let text = "
  g:
    tasks:
      a: { shell: x }
      b: { tasks: { c: { shell: x }, d: { shell: x, for_each: [1, 2, 3] } } }
  z: { shell: x, needs: [g] }
";
    let words: Words<'_> = &[("g/b/d[1]", "fail fail ok"), ("g/b/d[2]", "fail ok")];
    let mut world = world(text, words);
    world.run_to_end();
    for expected in [State::Failed, State::Completed] {
        world.happen(Happening::RetryRequested { from_failed: true });
        assert_eq!(world.go_on(), expected);
    }
    let paths = ["g/a", "g/b/c", "g/b/d[0]", "g/b/d[1]", "g/b/d[2]", "z"];
    assert_eq!(paths.map(|path| world.executions[path]), [1, 1, 1, 3, 2, 1]);
}

#[test]
fn what_waited_for_a_failure_runs_whole_on_a_retry_by_hand() {
    let text = "
  a: { shell: x }
  g: { needs: { a: finished }, tasks: { b: { shell: x }, c: { shell: x } } }
";
    let mut world = world(text, &[("a", "fail ok"), ("g/c", "fail ok")]);
    world.run_to_end();
    world.happen(Happening::RetryRequested { from_failed: true });
    assert_eq!(world.go_on(), State::Completed);
    assert_eq!(world.executions["g/b"], 2);
}

#[test]
fn no_history_that_breaks_the_rules_is_folded() {
    let mut world = world("  a: { shell: x }\n", &[]);
    world.run_to_end();
    let fold = |history: &[crate::Transition]| {
        crate::Run::recover(world.start.clone(), history.to_vec()).map(|run| run.state())
    };
    assert_eq!(fold(&world.history), Ok(State::Completed));
    let mut twice = world.history.clone();
    twice.push(twice[twice.len() - 1].clone());
    assert!(matches!(fold(&twice), Err(FoldError::Illegal { .. })));
    let mut other = world.history.clone();
    other[2].run_attempt = 2;
    assert!(matches!(fold(&other), Err(FoldError::RunAttempt { .. })));
    let mut nowhere = world.history.clone();
    if let Detail::Created(creation) = &mut nowhere[2].detail {
        creation.task = 9;
    }
    let error = fold(&nowhere).unwrap_err();
    assert_eq!(
        error.to_string(),
        "task run 1 cannot go to Pending: it does not stand where it says"
    );
    assert!(fold(&world.history[3..]).is_err());
}

#[test]
#[ignore = "measures: run it in release, `--nocapture`"]
fn speed() {
    let count = 1_000_000_usize;
    let text = "parameters: { list: [] }\ntasks:\n  a: { value: '{{ item + 1 }}', for_each: '{{ params.list }}' }\n";
    let mut start = start(&flow(text), 4);
    let list: Vec<Value> = (0..count).map(Value::from).collect();
    start.parameters = Value::from_pairs([("list", Value::from(list))]);
    let mut run = crate::Run::new(start);
    let clock = std::time::Instant::now();
    drain(&mut run, Happening::Start);
    let each = count as f64 / clock.elapsed().as_secs_f64();
    eprintln!("{each:.0} value items a second");
    assert_eq!(run.state(), State::Completed);
}
