//! Cancel, approvals, limits, the cache, times.

use std::time::Duration;

use tidemill_flow::Value;

use super::{check, world};
use crate::{
    Effect, Failure, FailureKind, Happening, Outcome, State, StepError, Timer,
    simulator::{exit, flow, start},
};

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
    assert_eq!(world.message("f"), "by ada");
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
        (
            "approve: { message: m, expires: '{{ 1 + 1 }}h', on_expiry: approve }",
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
fn an_approval_whose_expiry_is_no_duration_fails_at_once() {
    let text = "  a: { approve: { message: m, expires: '{{ 5 }}' } }\n";
    let mut world = world(text, &[]);
    assert_eq!(world.run_to_end(), State::Failed);
    let message = world.message("a");
    assert!(
        message.contains("approve.expires: duration `5` "),
        "{message}"
    );
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
fn what_an_attempt_asks_for_and_does_not_get_fails_it() {
    let text = "  a: { value: 1, cache: true, retries: 1 }\n";
    let mut world = world(text, &[]);
    let asks = |decision: &crate::Decision| {
        let effects = decision.effects.iter();
        effects
            .filter(|effect| matches!(effect, Effect::LookUpCache { .. }))
            .count()
    };
    let now = world.now;
    let number = crate::TaskRunNumber::FIRST;
    let first = world.run.step(Happening::Start, now, 0).unwrap();
    assert_eq!(asks(&first), 1);
    let refused = || Happening::Refused(number, Failure::new(FailureKind::Start, "no key"));
    // The attempt after it asks again.
    let again = world.run.step(refused(), now, 0).unwrap();
    assert_eq!(asks(&again), 1);
    world.run.step(refused(), now, 0).unwrap();
    assert_eq!(world.run.state(), State::Failed);
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
    let refused = Failure::new(FailureKind::Start, "late");
    world.happen(Happening::Refused(number, refused));
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
fn a_clock_set_back_while_nobody_carries_the_run_costs_no_more_than_the_delay() {
    let rows = [
        ("  a: { wait: 10s }\n", "a=Completed run=Completed"),
        (
            "  a: { shell: x, retries: { max: 1, delay: 10s } }\n",
            "a=Failed run=Failed",
        ),
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
        world.script = Box::new(|_, _| match text.contains("shell") {
            true => (Outcome::Failed(exit(1)), Duration::ZERO),
            false => (Outcome::completed(1), Duration::from_secs(60)),
        });
        world.happen(Happening::Start);
        world.crash();
        world.now -= jiff::SignedDuration::from_hours(5);
        let before = world.now;
        world.happen(Happening::Start);
        let run = world.go_on();
        assert_eq!(format!("{} run={run}", world.states()), expected);
        assert!(world.now.duration_since(before).as_secs() <= 10, "{text}");
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
fn a_run_may_wait_for_its_turn_or_not_run_at_all() {
    let reason = || "its flow runs already".to_owned();
    let mut queued = world("  a: { value: 1 }\n", &[]);
    queued.happen(Happening::Queued {
        reason: reason(),
        due: None,
    });
    assert_eq!(queued.run.state(), State::Pending);
    queued.crash();
    assert_eq!(queued.run.state(), State::AwaitingRetry);
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
    let mut late = world("  a: { value: 1 }\n", &[]);
    late.happen(Happening::Late { reason: reason() });
    assert_eq!(late.run.state(), State::Pending, "it had no time");
    let mut late = world("  a: { value: 1 }\n", &[]);
    late.happen(Happening::Queued {
        reason: reason(),
        due,
    });
    late.crash();
    assert_eq!(late.run.state(), State::Scheduled, "nobody has to carry it");
    late.happen(Happening::Late { reason: reason() });
    assert_eq!(late.run.state(), State::Late);
    late.crash();
    assert_eq!(late.run.state(), State::Late);
    late.happen(Happening::Start);
    assert_eq!(late.go_on(), State::Completed);
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
