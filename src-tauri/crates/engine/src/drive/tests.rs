mod journals;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;
use tidemill_orchestrate::{Happening, Run, RunId, State};
use tokio::sync::mpsc;

use super::{Drive, Word};
use crate::{
    Engine, EngineError, Event, LoadedFlow,
    engine::new_run,
    testbed::{PATIENCE, Testbed, close, runs, stored, tasks, until},
};

#[tokio::test]
async fn a_script_s_output_is_the_run_s() {
    let bed = Testbed::new();
    let ended = bed
        .run_alone(
            "
name: hello
tasks:
  say:
    shell: |
      echo hello $WHO
      echo '{\"n\": 1}' > \"$TIDEMILL_OUTPUT\"
    env: { WHO: world }
  plain: { shell: echo plain }
output: \"{{ [tasks.say.output.n, tasks.plain.output] }}\"
",
        )
        .await;
    ended.is(State::Completed);
    assert_eq!(ended.output(), json!([1, "plain"]));
}

#[tokio::test]
async fn values_groups_and_items_need_no_process() {
    let bed = Testbed::new();
    let ended = bed
        .run_alone(
            "
name: values
tasks:
  list: { value: [1, 2, 3] }
  double:
    for_each: \"{{ tasks.list.output }}\"
    value: \"{{ item * 2 }}\"
  both:
    tasks:
      a: { value: \"{{ tasks.double.output }}\" }
      b: { value: \"{{ tasks.a.output[0] }}\", needs: [a] }
output: \"{{ tasks.both.output }}\"
",
        )
        .await;
    ended.is(State::Completed);
    assert_eq!(ended.output(), json!({"a": [2, 4, 6], "b": 2}));
}

#[tokio::test]
async fn many_items_are_carried_in_order() {
    let bed = Testbed::new();
    let ended = bed
        .run_alone(
            "
name: many
tasks:
  all:
    for_each: \"{{ range(5000) | list }}\"
    value: \"{{ item }}\"
output: \"{{ [tasks.all.output | length, tasks.all.output[4999]] }}\"
",
        )
        .await;
    ended.is(State::Completed);
    assert_eq!(ended.output(), json!([5000, 4999]));
    assert_eq!(ended.count(State::Completed), 5001);
}

#[tokio::test]
async fn failures_are_retried_and_told() {
    let bed = Testbed::new();
    let ended = bed
        .run_alone(
            "
name: retried
tasks:
  third: { shell: 'echo x >> count; test $(wc -l < count) -ge 3', retries: 3 }
  never: { shell: exit 7, retries: { max: 1, delay: 10ms } }
  after: { shell: 'true', needs: { never: failed } }
",
        )
        .await;
    ended.is(State::Failed);
    assert_eq!(bed.read("count").lines().count(), 3);
    assert_eq!(ended.count(State::Completed), 2);
    assert!(
        ended
            .messages()
            .iter()
            .any(|message| message.contains("exit code 7")),
        "{:?}",
        ended.messages()
    );
}

#[tokio::test]
async fn time_ends_an_attempt_with_all_that_it_started() {
    let bed = Testbed::new();
    let ended = bed
        .run_alone(
            "
name: late
tasks:
  slow: { shell: 'sleep 1000 & echo $! > child; sleep 1000', timeout: 300ms }
",
        )
        .await;
    ended.is(State::Failed);
    assert_eq!(ended.count(State::TimedOut), 1);
    let child: i32 = bed.read("child").trim().parse().unwrap();
    let child = rustix::process::Pid::from_raw(child).unwrap();
    until("the child ends", || {
        rustix::process::test_kill_process(child).is_err()
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_run_ends_what_runs_and_waits() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let handle = bed
        .started(
            &engine,
            "
name: cancelled
tasks:
  runs: { shell: 'touch started; sleep 1000' }
  waits: { wait: 1h }
  file: { wait: { file: never } }
  asks: { approve: sure? }
  retries: { shell: exit 1, retries: { max: 5, delay: 1h } }
",
        )
        .await;
    handle.cancel("enough");
    let ended = bed.ended(&engine, &handle).await;
    ended.is(State::Cancelled);
    assert_eq!(ended.count(State::Cancelled), 5);
    close(&engine).await;
}

#[tokio::test]
async fn killing_does_not_wait_for_the_grace() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let handle = bed
        .started(
            &engine,
            "
name: stubborn
tasks:
  ignores: { shell: \"trap '' TERM; touch started; while true; do sleep 0.1; done\" }
",
        )
        .await;
    let started = std::time::Instant::now();
    handle.kill("now");
    bed.ended(&engine, &handle).await.is(State::Cancelled);
    assert!(started.elapsed() < crate::process::GRACE);
    close(&engine).await;
}

#[tokio::test]
async fn a_wait_for_a_file_ends_when_it_is_there() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let handle = engine
        .start(bed.request(
            "{ name: waits, tasks: { file: { wait: { file: here } }, short: { wait: 10ms } } }",
        ))
        .await
        .unwrap();
    until("the short one ends", || {
        tasks(&engine, handle.id)
            .iter()
            .any(|task| task.state == State::Completed)
    })
    .await;
    bed.write("here", "");
    bed.ended(&engine, &handle).await.is(State::Completed);
    close(&engine).await;
}

#[tokio::test]
async fn what_is_seen_was_committed_and_lines_come_live() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let mut events = engine.events();
    let handle = engine
        .start(bed.request("{ name: seen, tasks: { a: { shell: 'echo one; echo two >&2' } } }"))
        .await
        .unwrap();
    bed.ended(&engine, &handle).await.is(State::Completed);
    let (mut lines, mut moves, mut runs) = (Vec::new(), Vec::new(), 0);
    while let Some(event) = events.try_next() {
        match event {
            Event::Run(_) => runs += 1,
            Event::Moves { moves: some, .. } => moves.extend(some.iter().map(|one| one.to)),
            Event::Line(line) => lines.push((line.error, line.text.to_string())),
            Event::Missed(count) => panic!("missed {count}"),
        }
    }
    assert_eq!(runs, 1);
    assert_eq!(moves.last(), Some(&State::Completed));
    lines.sort();
    assert_eq!(lines, [(false, "one".to_owned()), (true, "two".to_owned())]);
    close(&engine).await;
}

#[tokio::test]
async fn what_this_version_cannot_do_is_refused_by_name() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let refused = engine
        .start(bed.request(
            "
name: refused
tasks:
  tell: { notify: done }
  far: { shell: 'true', runs_on: cluster }
  limited: { shell: 'echo $X', limits: [gpu], env: { X: '{{ secrets.token }} {{ vars.place }}' } }
",
        ))
        .await;
    let message = refused.unwrap_err().to_string();
    for word in ["`tell`", "`cluster`", "`gpu`", "`token`", "`place`"] {
        assert!(message.contains(word), "{word} is not in {message}");
    }
    close(&engine).await;
}

/// A run of the flow that nobody carries yet, and how it is told things.
async fn begun(
    engine: &Engine,
    flow: LoadedFlow,
    happening: Happening,
) -> (Drive, mpsc::UnboundedSender<Word>) {
    let shared = &engine.shared;
    let id = RunId::new(1, fastrand::u64(..));
    let facts = shared.facts(id, "a-run".into(), flow, 0).await;
    let facts = Arc::new(facts.unwrap());
    let inputs = shared
        .asked_with(serde_json::Map::new(), &json!(null), None)
        .await
        .unwrap();
    let new = new_run(&facts, &inputs, None, Timestamp::now());
    let run = Run::new(shared.run_start(&facts, inputs));
    let (words, heard) = mpsc::unbounded_channel();
    let mut drive = Drive::new(Arc::clone(shared), facts, run, false, heard);
    drive.begin(new, happening).await.unwrap();
    (drive, words)
}

#[tokio::test]
async fn a_run_whose_wait_for_its_turn_goes_wrong_is_let_go_of() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let flow = bed.flow("{ name: waits, tasks: { a: { value: 1 } } }");
    let queued = Happening::Queued {
        reason: "others run".to_owned(),
        due: None,
    };
    let (mut drive, words) = begun(&engine, flow, queued).await;
    drive.awaits_turn = Some(drive.work.spawn(async { panic!("on purpose") }));
    let facts = Arc::clone(&drive.facts);
    let (id, name) = (facts.id, facts.name.to_string());
    let handle = engine.shared.carry(drive, &facts, words);
    let ended = tokio::time::timeout(PATIENCE, handle.ended())
        .await
        .unwrap();
    let error = ended.unwrap_err();
    assert!(
        matches!(&*error, EngineError::WentWrong { run } if *run == name),
        "{error}"
    );
    // Nothing is lost: it is found, and carried on.
    assert_eq!(stored(&engine, id).owner, None);
    let retried = engine.retry(id, true).await.unwrap();
    bed.ended(&engine, &retried).await.is(State::Completed);
    close(&engine).await;
}

#[tokio::test]
async fn secrets_are_masked_everywhere() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    engine
        .store()
        .secrets()
        .set("token", "hunter2-hunter2")
        .unwrap();
    let mut events = engine.events();
    let ended = bed
        .run(
            &engine,
            "
name: masked
tasks:
  says: { shell: 'echo it is $TOKEN', env: { TOKEN: '{{ secrets.token }}' } }
output: '{{ tasks.says.output }}'
",
        )
        .await;
    ended.is(State::Completed);
    assert_eq!(ended.output(), json!("it is ***"));
    while let Some(event) = events.try_next() {
        if let Event::Line(line) = event {
            assert_eq!(&*line.text, "it is ***");
        }
    }
    close(&engine).await;
}

#[tokio::test]
async fn a_child_run_gets_parameters_and_gives_its_output() {
    let bed = Testbed::new();
    bed.flow("{ name: child, parameters: { n: 1 }, tasks: { a: { value: '{{ params.n * 10 }}' } }, output: '{{ tasks.a.output }}' }");
    let ended = bed
        .run_alone(
            "
name: parent
tasks:
  five: { flow: { name: child, parameters: { n: 5 } } }
  one: { flow: child }
  wrong: { flow: { name: child, parameters: { m: 5 } }, allow_failure: true }
output: '{{ [tasks.five.output, tasks.one.output] }}'
",
        )
        .await;
    ended.is(State::Completed);
    assert_eq!(ended.output(), json!([50, 10]));
    assert_eq!(ended.count(State::Failed), 1);
}

#[tokio::test]
async fn cancelling_a_parent_cancels_its_child() {
    let bed = Testbed::new();
    bed.flow("{ name: child, tasks: { a: { shell: 'touch started; sleep 1000' } } }");
    let engine = bed.engine().await;
    let handle = bed
        .started(&engine, "{ name: parent, tasks: { a: { flow: child } } }")
        .await;
    handle.cancel("enough");
    bed.ended(&engine, &handle).await.is(State::Cancelled);
    let all = runs(&engine);
    assert!(all.iter().all(|run| run.state == State::Cancelled));
    assert_eq!(all.len(), 2);
    close(&engine).await;
}

#[tokio::test]
async fn flows_that_call_each_other_end_somewhere() {
    let bed = Testbed::new();
    let text = "{ name: again, tasks: { a: { flow: { file: again.flow.yaml } } } }";
    let engine = bed.engine().await;
    let ended = bed.run(&engine, text).await;
    ended.is(State::Failed);
    assert_eq!(
        runs(&engine).len(),
        1 + crate::kinds::flow::DEEPEST as usize
    );
    close(&engine).await;
}

#[tokio::test]
async fn keys_of_results_go_with_their_task_runs() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let text = "
name: kept
tasks:
  a:
    for_each: [1, 2, 3]
    shell: 'test $N != 2'
    env: { N: '{{ item }}' }
    cache: true
";
    for _ in 0..2 {
        let (mut drive, _words) = begun(&engine, bed.flow(text), Happening::Start).await;
        let ended = tokio::time::timeout(PATIENCE, drive.turn()).await;
        ended.unwrap().unwrap();
        assert_eq!(drive.keys.len(), 0);
        drive.leave(false).await;
    }
    close(&engine).await;
}

#[tokio::test]
async fn python_bodies_see_what_they_should() {
    let bed = Testbed::new();
    bed.write("tool.py", "def double(x):\n    return x * 2\n");
    let ended = bed
        .run_alone(
            "
name: pythons
parameters: { n: 3 }
env: { PLACE: home }
tasks:
  body:
    python: |
      import os
      return [params['n'], os.environ['PLACE'], run['flow']]
  each:
    for_each: { in: [1, 2], as: city }
    python: return [city, item, index, inputs['body'][0]]
    needs: [body]
  call: { python: { call: 'tool.py:double', with: { x: '{{ params.n }}' } } }
  raises: { python: 'raise ValueError(\"no\")', allow_failure: true }
output: '{{ [tasks.body.output, tasks.each.output, tasks.call.output] }}'
",
        )
        .await;
    ended.is(State::Completed);
    assert_eq!(
        ended.output(),
        json!([[3, "home", "pythons"], [[1, 1, 0, 3], [2, 2, 1, 3]], 6])
    );
    let messages = ended.messages();
    assert!(
        messages
            .iter()
            .any(|message| message.contains("ValueError: no")),
        "{messages:?}"
    );
}

#[tokio::test]
async fn python_ends_on_time_and_cancel() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let handle = bed
        .started(
            &engine,
            "
name: slow-pythons
tasks:
  late: { python: 'import time; time.sleep(1000)', timeout: 300ms }
  long: { needs: { late: failed }, python: \"open('started', 'w'); import time; time.sleep(1000)\" }
",
        )
        .await;
    handle.cancel("enough");
    let ended = bed.ended(&engine, &handle).await;
    ended.is(State::Cancelled);
    assert_eq!(ended.count(State::TimedOut), 1);
    close(&engine).await;
}

#[tokio::test]
async fn logs_are_kept_by_task_run() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let ended = bed
        .run(&engine, "{ name: logs, tasks: { a: { shell: 'echo out; echo err >&2' }, b: { python: 'print(1)' } } }")
        .await;
    ended.is(State::Completed);
    engine.store().logs().appended().committed().await.unwrap();
    let filter = tidemill_store::LogFilter::default();
    let mut lines: Vec<String> = engine
        .store()
        .logs()
        .lines(ended.run.id, filter)
        .next_page()
        .unwrap()
        .into_iter()
        .map(|line| String::from_utf8(line.bytes).unwrap())
        .collect();
    lines.sort();
    assert_eq!(lines, ["1", "err", "out"]);
    close(&engine).await;
}
