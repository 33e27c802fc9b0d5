use std::{
    path::Path,
    process::{Command, Stdio},
};

use jiff::Timestamp;
use serde_json::json;
use tidemill_orchestrate::{Detail, RunId, State, Subject, Transition};
use tidemill_store::{Owner, Steering};

use crate::{
    Close, Engine, EngineError, RunHandle, Steered,
    drive::Word,
    testbed::{Ended, PATIENCE, Testbed, close, runs, stored, tasks, until},
};

/// One task done, one that runs, and what may follow it.
const INTERRUPTED: &str = "
name: interrupted
tasks:
  done: { shell: 'echo x >> done; echo 1' }
  runs:
    needs: [done]
    shell: 'echo x >> tries; test $(wc -l < tries) -gt 1 || { touch started; sleep 1000; }'
    retries: RETRIES
  after: { needs: [runs], value: '{{ tasks.done.output }}' }
output: '{{ tasks.after.output }}'
";

fn interrupted(retries: &str) -> String {
    INTERRUPTED.replace("RETRIES", retries)
}

/// Makes the run another process's, which is gone.
async fn lose(engine: &Engine, run: RunId) -> Owner {
    let dead: Owner = serde_json::from_str(
        "{\"boot\":\"00000000-0000-0000-0000-000000000000\",\"pid\":1,\"started\":0}",
    )
    .unwrap();
    let given = engine.store().writer().claim(run, None, Some(dead));
    assert!(given.committed().await.unwrap());
    dead
}

async fn let_go(bed: &Testbed, text: &str) -> RunId {
    let engine = bed.engine().await;
    let run = bed.started(&engine, text).await.id;
    engine.close(Close::LetGo).await.unwrap();
    run
}

#[tokio::test]
async fn a_lost_run_with_a_retry_left_is_carried_on_and_nothing_completed_runs_again() {
    let bed = Testbed::new();
    let run = let_go(&bed, &interrupted("1")).await;
    let engine = bed.engine().await;
    lose(&engine, run).await;
    let settled = engine.settle().await.unwrap();
    assert_eq!(settled.len(), 1);
    assert_eq!(settled[0].state, State::AwaitingRetry);
    assert_eq!(stored(&engine, run).owner, None);
    assert!(engine.settle().await.unwrap().is_empty());
    let carried = engine.carry_on().await.unwrap();
    assert_eq!(carried.len(), 1);
    let ended = bed.ended(&engine, &carried[0]).await;
    ended.is(State::Completed);
    assert_eq!(ended.output(), json!("1"));
    assert_eq!(bed.read("done").lines().count(), 1);
    close(&engine).await;
}

#[tokio::test]
async fn a_lost_run_with_nothing_left_ends_there() {
    let bed = Testbed::new();
    let run = let_go(&bed, &interrupted("0")).await;
    let engine = bed.engine().await;
    let settled = engine.settle().await.unwrap();
    assert_eq!(settled[0].state, State::Crashed);
    assert!(engine.carry_on().await.unwrap().is_empty());
    let states: Vec<State> = tasks(&engine, run).iter().map(|task| task.state).collect();
    assert_eq!(
        states,
        [State::Completed, State::Crashed, State::UpstreamFailed]
    );
    close(&engine).await;
}

#[tokio::test]
async fn a_retry_by_hand_keeps_what_completed_if_it_is_asked_to() {
    let bed = Testbed::new();
    let run = let_go(&bed, &interrupted("0")).await;
    let engine = bed.engine().await;
    engine.settle().await.unwrap();
    // Another process took it up, and was gone before it began.
    lose(&engine, run).await;
    let handle = engine.retry(run, true).await.unwrap();
    bed.ended(&engine, &handle).await.is(State::Completed);
    assert_eq!(bed.read("done").lines().count(), 1);
    assert_eq!(stored(&engine, run).run_attempt, 2);
    let handle = engine.retry(run, false).await.unwrap();
    bed.ended(&engine, &handle).await.is(State::Completed);
    assert_eq!(bed.read("done").lines().count(), 2);
    assert_eq!(stored(&engine, run).run_attempt, 3);
    close(&engine).await;
}

#[tokio::test]
async fn a_run_that_is_carried_is_not_retried() {
    let bed = Testbed::new();
    let (one, other) = (bed.engine().await, bed.engine().await);
    let run = bed.started(&one, &interrupted("0")).await.id;
    assert!(other.settle().await.unwrap().is_empty());
    let refused = other.retry(run, false).await.unwrap_err();
    assert!(matches!(refused, EngineError::Owned { .. }), "{refused}");
    close(&one).await;
    close(&other).await;
}

#[tokio::test]
async fn a_child_run_is_found_again_and_not_started_anew() {
    let bed = Testbed::new();
    bed.flow(&interrupted("1"));
    let engine = bed.engine().await;
    let parent =
        "{ name: parent, tasks: { a: { flow: interrupted } }, output: '{{ tasks.a.output }}' }";
    let run = bed.started(&engine, parent).await.id;
    engine.close(Close::LetGo).await.unwrap();
    let engine = bed.engine().await;
    assert_eq!(engine.settle().await.unwrap().len(), 2);
    let carried = engine.carry_on().await.unwrap();
    assert_eq!(carried.len(), 1);
    assert_eq!(carried[0].id, run);
    let ended = bed.ended(&engine, &carried[0]).await;
    ended.is(State::Completed);
    assert_eq!(ended.output(), json!("1"));
    assert_eq!(runs(&engine).len(), 2);
    assert_eq!(bed.read("done").lines().count(), 1);
    close(&engine).await;
}

const PARENT: &str =
    "{ name: parent, tasks: { a: { flow: interrupted } }, output: '{{ tasks.a.output }}' }";

/// A parent and its child run, let go of while the child's task ran; newest first.
async fn family(bed: &Testbed) -> (RunId, RunId) {
    bed.flow(&interrupted("1"));
    let engine = bed.engine().await;
    let parent = bed.started(&engine, PARENT).await.id;
    engine.close(Close::LetGo).await.unwrap();
    let engine = bed.engine().await;
    let all = runs(&engine);
    close(&engine).await;
    assert_eq!(all.len(), 2);
    (parent, all[0].id)
}

#[tokio::test]
async fn a_parent_that_nobody_carries_is_cancelled_with_its_child() {
    let bed = Testbed::new();
    let (parent, child) = family(&bed).await;
    let engine = bed.engine().await;
    let cancel = Steering::Cancel {
        reason: "enough".to_owned(),
    };
    let steered = engine.steer(parent, cancel, "me").await.unwrap();
    let Steered::Carried(handle) = steered else {
        panic!("{steered:?}");
    };
    bed.ended(&engine, &handle).await.is(State::Cancelled);
    assert_eq!(stored(&engine, child).state, State::Cancelled);
    assert_eq!(bed.read("tries").lines().count(), 1, "nothing ran again");
    close(&engine).await;
}

#[tokio::test]
async fn a_child_of_a_run_that_was_being_cancelled_is_not_carried_on() {
    let bed = Testbed::new();
    let (parent, child) = family(&bed).await;
    let engine = bed.engine().await;
    // The process went away after the parent's word and before the child's.
    let cancelling = Transition {
        subject: Subject::Run,
        run_attempt: 1,
        from: Some(State::Running),
        to: State::Cancelling,
        at: Timestamp::now(),
        message: Some("enough".into()),
        detail: Detail::None,
    };
    let recorded = engine
        .store()
        .writer()
        .append(parent, vec![cancelling].into());
    recorded.committed().await.unwrap();
    engine.settle().await.unwrap();
    assert_eq!(stored(&engine, parent).state, State::Cancelled);
    assert_eq!(stored(&engine, child).state, State::Cancelled);
    assert!(engine.carry_on().await.unwrap().is_empty());
    close(&engine).await;
}

/// A parent that waits for a child run which the other engine carries, and whose task
/// waits for the file `go`.
struct Apart {
    bed: Testbed,
    engines: [Engine; 2],
    parent: RunHandle,
    child: RunHandle,
}

impl Apart {
    async fn new() -> Self {
        let bed = Testbed::new();
        bed.flow("{ name: waits, tasks: { a: { shell: 'touch started; until test -e go; do sleep 0.02; done; echo 1', retries: 3 } }, output: '{{ tasks.a.output }}' }");
        let parent =
            "{ name: parent, tasks: { a: { flow: waits } }, output: '{{ tasks.a.output }}' }";
        let parent = let_go(&bed, parent).await;
        std::fs::remove_file(bed.file("started")).unwrap();
        let (one, other) = (bed.engine().await, bed.engine().await);
        one.settle().await.unwrap();
        let child = one.retry(runs(&one)[0].id, true).await.unwrap();
        until("the child runs", || bed.file("started").exists()).await;
        let parent = other.retry(parent, true).await.unwrap();
        // As long as it takes to find the child run and that it is carried.
        let soon = std::time::Duration::from_millis(300);
        assert!(tokio::time::timeout(soon, parent.ended()).await.is_err());
        Self {
            bed,
            engines: [one, other],
            parent,
            child,
        }
    }

    async fn ended(self) -> (Ended, Ended) {
        let [one, other] = &self.engines;
        let child = self.bed.ended(one, &self.child).await;
        let parent = self.bed.ended(other, &self.parent).await;
        close(one).await;
        close(other).await;
        (parent, child)
    }
}

#[tokio::test]
async fn a_child_that_another_process_carries_is_waited_for() {
    let apart = Apart::new().await;
    apart.bed.write("go", "");
    let (parent, child) = apart.ended().await;
    child.is(State::Completed);
    parent.is(State::Completed);
    assert_eq!(parent.output(), json!("1"));
}

#[tokio::test]
async fn a_child_that_another_process_carries_is_cancelled_with_its_parent() {
    let apart = Apart::new().await;
    apart.parent.cancel("enough");
    let (parent, child) = apart.ended().await;
    parent.is(State::Cancelled);
    child.is(State::Cancelled);
    let message = child.end.message.unwrap();
    assert!(message.contains("the task that started it"), "{message}");
}

#[tokio::test]
async fn a_child_that_another_process_carries_goes_on_where_its_parent_is_let_go_of() {
    let apart = Apart::new().await;
    let [_, other] = &apart.engines;
    let closed = tokio::time::timeout(PATIENCE, other.close(Close::LetGo)).await;
    closed.unwrap().unwrap();
    apart.bed.write("go", "");
    let [one, _] = &apart.engines;
    apart
        .bed
        .ended(one, &apart.child)
        .await
        .is(State::Completed);
    close(one).await;
}

#[tokio::test]
async fn a_retry_whose_process_died_before_it_began_can_be_asked_for_again() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let text = "{ name: fails, tasks: { a: { shell: 'test -e mended' } } }";
    let ended = bed.run(&engine, text).await;
    ended.is(State::Failed);
    lose(&engine, ended.run.id).await;
    bed.write("mended", "");
    let handle = engine.retry(ended.run.id, true).await.unwrap();
    bed.ended(&engine, &handle).await.is(State::Completed);
    close(&engine).await;
}

#[tokio::test]
async fn a_run_that_is_let_go_of_takes_its_children_along() {
    let bed = Testbed::new();
    bed.flow(&interrupted("1"));
    let engine = bed.engine().await;
    let parent = bed.started(&engine, PARENT).await;
    // As where the engine is closed, and the parent hears of it first.
    parent.words.send(Word::LetGo).unwrap();
    let end = tokio::time::timeout(PATIENCE, parent.ended()).await;
    assert_eq!(end.unwrap().unwrap().state, State::Running);
    engine.close(Close::LetGo).await.unwrap();
    let engine = bed.engine().await;
    engine.settle().await.unwrap();
    for run in runs(&engine) {
        assert_eq!(run.state, State::AwaitingRetry, "{}", run.flow);
    }
    close(&engine).await;
}

/// Where the process that is to crash works.
const FOLDER: &str = "TIDEMILL_TEST_FOLDER";

/// Everything has a retry, so a crash changes nothing of the end.
const CRASHING: &str = "
name: crashing
tasks:
  first: { shell: 'echo x >> first; echo 1', retries: 3 }
  items:
    needs: [first]
    for_each: [1, 2, 3]
    shell: 'echo $N'
    env: { N: '{{ item }}' }
    retries: 3
  group:
    needs: [items]
    tasks:
      a: { value: '{{ tasks.items.output }}' }
      b: { needs: [a], shell: 'true', retries: 3 }
output: '{{ tasks.group.output.a }}'
";

/// The process that is to crash; a test only where it is started as one.
#[tokio::test]
async fn crashing_process() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let bed = Testbed::at(Path::new(&folder));
    bed.run_alone(CRASHING).await.is(State::Completed);
}

fn crash(bed: &Testbed, at: &str) -> bool {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "recovery::tests::crashing_process"])
        .env(FOLDER, bed.folder())
        .env(crate::crash::VARIABLE, at)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    !status.success()
}

async fn carried_to_the_end(bed: &Testbed, engine: &Engine) -> Option<Ended> {
    let handle = engine.carry_on().await.unwrap().pop()?;
    Some(bed.ended(engine, &handle).await)
}

/// Crashes at the `number`th of these points; gives whether there was one.
async fn survives(kind: &str, number: u32) -> bool {
    let bed = Testbed::new();
    let crashed = crash(&bed, &format!("{kind}:{number}"));
    let engine = bed.engine().await;
    if let Some(ended) = carried_to_the_end(&bed, &engine).await {
        ended.is(State::Completed);
        assert_eq!(ended.output(), json!(["1", "2", "3"]), "{kind}:{number}");
    }
    for run in runs(&engine) {
        assert_eq!(run.state, State::Completed, "{kind}:{number}");
    }
    close(&engine).await;
    crashed
}

#[tokio::test]
async fn a_crash_at_any_commit_changes_nothing_of_the_end() {
    for kind in ["commit", "before-commit"] {
        let mut points = 0;
        while survives(kind, points + 1).await {
            points += 1;
        }
        assert!(points > 3, "{kind}: {points}");
    }
}

#[tokio::test]
async fn commits_are_counted() {
    let bed = Testbed::new();
    let count = bed.folder().join("count");
    assert!(!crash(&bed, &format!("count:{}", count.display())));
    let text = std::fs::read_to_string(count).unwrap();
    let count: u64 = text.trim().parse().unwrap();
    assert!(count > 3, "{count}");
}

#[tokio::test]
async fn a_lost_parent_is_cancelled_with_its_child() {
    let bed = Testbed::new();
    bed.flow(&interrupted("1"));
    let engine = bed.engine().await;
    let parent = "{ name: parent, tasks: { a: { flow: interrupted } } }";
    let run = bed.started(&engine, parent).await.id;
    engine.close(Close::LetGo).await.unwrap();
    let engine = bed.engine().await;
    let cancel = Steering::Cancel {
        reason: "enough".to_owned(),
    };
    let done = engine.steer(run, cancel, "me").await.unwrap();
    let Steered::Carried(handle) = done else {
        panic!("{done:?}");
    };
    bed.ended(&engine, &handle).await.is(State::Cancelled);
    for run in runs(&engine) {
        assert_eq!(run.state, State::Cancelled);
    }
    assert_eq!(runs(&engine).len(), 2);
    close(&engine).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_a_dead_engine_left_behind_is_ended_before_anything_restarts() {
    let bed = Testbed::new();
    // Of this boot: nothing outlives a restart.
    let mut dead = serde_json::to_value(Owner::current()).unwrap();
    dead["started"] = json!(7);
    let dead: Owner = serde_json::from_value(dead).unwrap();
    let mut stray = Command::new("sleep")
        .arg("1000")
        .env("TIDEMILL_PROCESS", format!("{}-0123.0.0", dead.mark()))
        .spawn()
        .unwrap();
    let run = let_go(&bed, &interrupted("1")).await;
    let engine = bed.engine().await;
    let given = engine.store().writer().claim(run, None, Some(dead));
    assert!(given.committed().await.unwrap());
    // Its end is to be seen while it still is our child.
    let settled = tokio::spawn({
        let engine = engine.clone();
        async move { engine.settle().await.unwrap() }
    });
    until("the stray ends", || stray.try_wait().unwrap().is_some()).await;
    assert_eq!(settled.await.unwrap().len(), 1);
    close(&engine).await;
}

#[tokio::test]
async fn a_wait_goes_on_where_it_was() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let text = "{ name: waits, tasks: { a: { wait: 400ms }, b: { needs: [a], value: 1 } } }";
    let handle = engine.start(bed.request(text)).await.unwrap();
    let waits = |engine: &Engine| {
        let states = tasks(engine, handle.id);
        states.iter().any(|task| task.state == State::Running)
    };
    until("it waits", || waits(&engine)).await;
    engine.close(Close::LetGo).await.unwrap();
    let engine = bed.engine().await;
    let carried = engine.carry_on().await.unwrap();
    bed.ended(&engine, &carried[0]).await.is(State::Completed);
    close(&engine).await;
}

#[tokio::test]
async fn a_removed_run_leaves_nothing() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let text =
        "{ name: gone, tasks: { a: { shell: 'echo x; touch \"$TIDEMILL_RUN_DIR/file\"' } } }";
    let ended = bed.run(&engine, text).await;
    ended.is(State::Completed);
    let folder = bed.home().join("runs").join(ended.run.id.to_string());
    assert!(folder.join("file").exists());
    let (store, run) = (engine.store().clone(), ended.run.id);
    let removed = tokio::task::spawn_blocking(move || crate::remove_run(&store, run));
    removed.await.unwrap().unwrap();
    assert!(!folder.exists());
    assert!(runs(&engine).is_empty());
    close(&engine).await;
}
