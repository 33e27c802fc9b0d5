//! Tasks: edges, `when`, items, retries, turns, groups, messages.

use super::{check, check_output, world};
use crate::{Happening, State};

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
fn outputs_do_not_nest_without_end() {
    let mut text = "tasks:\n  t0: { value: 1 }\n".to_owned();
    for number in 1..=300 {
        let (open, close) = ("[".repeat(40), "]".repeat(40));
        let before = number - 1;
        text +=
            &format!("  t{number}: {{ value: {open}'{{{{ tasks.t{before}.output }}}}'{close} }}\n");
    }
    let mut world = world(&text, &[]);
    assert_eq!(world.run_to_end(), State::Failed);
    assert_eq!(
        world.message("t3"),
        "its value is nested more than 100 deep"
    );
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
fn the_delay_between_turns_may_be_computed() {
    let text = "
  a: { shell: x, repeat: { while: '{{ output < 3 }}', delay: '{{ output }}m' } }
";
    let mut world = world(text, &[("a", "1 2 3")]);
    world.run_to_end();
    assert_eq!(world.states(), "a=Completed");
    let lines = world.lines().join("\n");
    for said in ["turn 2 starts in 1m", "turn 3 starts in 2m"] {
        assert!(lines.contains(said), "{lines}");
    }
    let text = "  a: { shell: x, repeat: { while: true, delay: '{{ output }}' } }\n";
    let mut world = self::world(text, &[("a", "7")]);
    world.run_to_end();
    assert_eq!(world.states(), "a=Failed");
    let lines = world.lines().join("\n");
    assert!(lines.contains("repeat.delay: duration `7` "), "{lines}");
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
