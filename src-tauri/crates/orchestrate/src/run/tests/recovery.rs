//! After a crash, retries by hand, and histories that break the rules.

use std::time::Duration;

use super::{Words, world};
use crate::{Detail, Effect, FoldError, Happening, Outcome, State};

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
fn a_run_that_waited_for_its_turn_is_carried_on_after_a_crash() {
    let mut world = world("  a: { shell: x }\n", &[]);
    let reason = "its flow is busy".to_owned();
    world.happen(Happening::Queued { reason, due: None });
    world.crash();
    assert_eq!(world.run.state(), State::AwaitingRetry);
    world.happen(Happening::Start);
    assert_eq!(world.go_on(), State::Completed);
}

#[test]
fn what_outlived_the_process_can_be_ended() {
    let text =
        "  a: { flow: other }\n  b: { wait: { file: x } }\n  c: { flow: other, limits: [db] }\n";
    let mut world = world(text, &[]);
    world.happen(Happening::Start);
    world.tick();
    world.crash();
    assert_eq!(world.states(), "a=Running b=Running c=Running");
    world.happen(Happening::CancelRequested {
        reason: "by ada".to_owned(),
    });
    assert_eq!(world.go_on(), State::Cancelled);
    assert_eq!(world.states(), "a=Cancelled b=Cancelled c=Cancelled");
}

#[test]
fn what_outlived_the_process_ends_when_the_run_s_time_was_over_meanwhile() {
    let text = "timeout: 10m\ntasks:\n  a: { flow: other }\n  b: { wait: { file: x } }\n";
    let mut world = world(text, &[]);
    world.script = Box::new(|_, _| (Outcome::completed(1), Duration::from_secs(7_200)));
    world.happen(Happening::Start);
    world.crash();
    world.now = world.now.checked_add(Duration::from_secs(3_600)).unwrap();
    world.happen(Happening::Start);
    assert_eq!(world.go_on(), State::TimedOut);
    assert_eq!(world.states(), "a=Cancelled b=Cancelled");
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
