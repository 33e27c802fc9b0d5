use std::time::{Duration, Instant};

use serde_json::json;
use tidemill_orchestrate::State;
use tidemill_store::{Owner, Steering};

use crate::{
    Close, Engine, EngineError, RunHandle, Steered,
    testbed::{Testbed, close, stored, tasks, until},
};

const ASKING: &str = "
name: asking
tasks:
  ask:
    approve:
      message: how many?
      fields: { type: object, properties: { n: { type: integer } }, required: [n] }
  use: { value: '{{ tasks.ask.output.n }}' }
output: '{{ tasks.use.output }}'
";

async fn asking(bed: &Testbed, engine: &Engine) -> RunHandle {
    let handle = engine.start(bed.request(ASKING)).await.unwrap();
    until("it asks", || {
        tasks(engine, handle.id)
            .iter()
            .any(|task| task.state == State::Paused)
    })
    .await;
    handle
}

fn approve(fields: serde_json::Value) -> Steering {
    Steering::Approve { task: None, fields }
}

#[tokio::test]
async fn an_approval_is_answered_from_another_engine() {
    let bed = Testbed::new();
    let (one, other) = (bed.engine().await, bed.engine().await);
    let handle = asking(&bed, &one).await;
    let refused = other
        .steer(handle.id, approve(json!({"n": "x"})), "me")
        .await;
    assert!(
        matches!(refused, Err(EngineError::Refused(_))),
        "{refused:?}"
    );
    let started = Instant::now();
    other
        .steer(handle.id, approve(json!({"n": 3})), "me")
        .await
        .unwrap();
    assert!(started.elapsed() < Duration::from_millis(900), "not woken");
    let ended = bed.ended(&one, &handle).await;
    ended.is(State::Completed);
    assert_eq!(ended.output(), json!(3));
    let late = other.steer(handle.id, approve(json!({"n": 3})), "me").await;
    assert!(
        matches!(late, Err(EngineError::RunEnded { .. })),
        "{late:?}"
    );
    close(&one).await;
    close(&other).await;
}

#[tokio::test]
async fn a_rejected_approval_fails() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let handle = asking(&bed, &engine).await;
    let reject = Steering::Reject {
        task: None,
        reason: String::new(),
    };
    engine.steer(handle.id, reject, "me").await.unwrap();
    bed.ended(&engine, &handle).await.is(State::Failed);
    close(&engine).await;
}

#[tokio::test]
async fn a_run_of_another_engine_is_cancelled() {
    let bed = Testbed::new();
    let (one, other) = (bed.engine().await, bed.engine().await);
    let text = "{ name: long, tasks: { a: { shell: 'touch started; sleep 1000' } } }";
    let handle = one.start(bed.request(text)).await.unwrap();
    until("it runs", || bed.file("started").exists()).await;
    let cancel = Steering::Cancel {
        reason: "enough".to_owned(),
    };
    other.steer(handle.id, cancel, "me").await.unwrap();
    let ended = bed.ended(&one, &handle).await;
    ended.is(State::Cancelled);
    assert!(ended.end.message.unwrap().contains("enough"));
    close(&one).await;
    close(&other).await;
}

#[tokio::test]
async fn a_run_that_nobody_carries_is_steered_all_the_same() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let asked = asking(&bed, &engine).await;
    let cancelled = asking(&bed, &engine).await;
    engine.close(Close::LetGo).await.unwrap();
    let engine = bed.engine().await;
    assert_eq!(engine.settle().await.unwrap().len(), 2);
    assert!(engine.settle().await.unwrap().is_empty());
    let done = engine
        .steer(asked.id, approve(json!({"n": 3})), "me")
        .await
        .unwrap();
    let Steered::Carried(handle) = done else {
        panic!("{done:?}");
    };
    bed.ended(&engine, &handle).await.is(State::Completed);
    let cancel = Steering::Cancel {
        reason: "enough".to_owned(),
    };
    let done = engine.steer(cancelled.id, cancel, "me").await.unwrap();
    let Steered::Carried(handle) = done else {
        panic!("{done:?}");
    };
    bed.ended(&engine, &handle).await.is(State::Cancelled);
    close(&engine).await;
}

#[tokio::test]
async fn a_cancel_is_answered_when_it_is_recorded() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let handle = asking(&bed, &engine).await;
    let cancel = || Steering::Cancel {
        reason: "enough".to_owned(),
    };
    engine.steer(handle.id, cancel(), "me").await.unwrap();
    let state = stored(&engine, handle.id).state;
    let ends = matches!(state, State::Cancelling | State::Cancelled);
    assert!(ends, "{state}");
    // Once more, or too late: it is as it was wanted.
    drop(engine.steer(handle.id, cancel(), "me").await);
    bed.ended(&engine, &handle).await.is(State::Cancelled);
    close(&engine).await;
}

#[tokio::test]
async fn a_request_that_nobody_answers_is_taken_back() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let handle = asking(&bed, &engine).await;
    let run = stored(&engine, handle.id);
    // The run gets another owner between the look and the request.
    let elsewhere = Owner::current();
    let dead: Owner = serde_json::from_str(
        "{\"boot\":\"00000000-0000-0000-0000-000000000000\",\"pid\":1,\"started\":0}",
    )
    .unwrap();
    let store = engine.store();
    let claim = store.writer().claim(run.id, Some(elsewhere), Some(dead));
    assert!(claim.committed().await.unwrap());
    let asked = engine
        .shared
        .ask(&run, elsewhere, approve(json!({"n": 3})), "me");
    let refused = tokio::time::timeout(Duration::from_secs(5), asked).await;
    let refused = refused.unwrap();
    assert!(
        matches!(refused, Err(EngineError::NoAnswer { .. })),
        "{refused:?}"
    );
    assert!(store.reader().unwrap().requests(dead).unwrap().is_empty());
    handle.cancel("enough");
    bed.ended(&engine, &handle).await.is(State::Cancelled);
    close(&engine).await;
}

#[tokio::test]
async fn sockets_of_the_dead_are_removed() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let handle = asking(&bed, &engine).await;
    let sockets = bed.home().join(super::SOCKETS);
    let stale = sockets.join("1-dead");
    drop(std::os::unix::net::UnixDatagram::bind(&stale).unwrap());
    super::wake(&sockets, Owner::current()).await;
    assert!(!stale.exists());
    assert_eq!(std::fs::read_dir(&sockets).unwrap().count(), 1);
    handle.cancel("enough");
    bed.ended(&engine, &handle).await.is(State::Cancelled);
    close(&engine).await;
    assert_eq!(std::fs::read_dir(&sockets).unwrap().count(), 0);
}
