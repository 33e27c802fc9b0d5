use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

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
async fn what_is_asked_for_is_answered_in_the_same_commit() {
    let bed = Testbed::new();
    let (one, other) = (bed.engine().await, bed.engine().await);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (noted, store) = (Arc::clone(&seen), Arc::clone(other.store()));
    // What stands in the store when the process dies right after its commit.
    one.store().observe(move |commit| {
        let mut moves = commit.batches.iter().flat_map(|batch| batch.transitions);
        if moves.any(|transition| transition.from == Some(State::Paused)) {
            let answer = store.reader().unwrap().answer(1).unwrap();
            noted
                .lock()
                .unwrap()
                .push(answer.map(|answer| answer.accepted));
        }
    });
    let handle = asking(&bed, &one).await;
    let approved = other.steer(handle.id, approve(json!({"n": 3})), "me");
    approved.await.unwrap();
    bed.ended(&one, &handle).await.is(State::Completed);
    // The task's move, and the run's behind it.
    let seen = seen.lock().unwrap().clone();
    assert!(
        !seen.is_empty() && seen.iter().all(|one| *one == Some(true)),
        "{seen:?}"
    );
    close(&one).await;
    close(&other).await;
}

#[tokio::test]
async fn a_run_that_ends_before_it_answers_is_judged_by_its_end() {
    let bed = Testbed::new();
    let (one, other) = (bed.engine().await, bed.engine().await);
    let handle = asking(&bed, &one).await;
    let run = stored(&other, handle.id);
    handle.cancel("enough");
    bed.ended(&one, &handle).await.is(State::Cancelled);
    let ask = async |steering| {
        other
            .shared
            .ask(&run, Owner::current(), steering, "me")
            .await
    };
    let cancel = Steering::Cancel {
        reason: "enough".to_owned(),
    };
    ask(cancel).await.unwrap();
    let late = ask(approve(json!({"n": 3}))).await;
    assert!(
        matches!(late, Err(EngineError::RunEnded { .. })),
        "{late:?}"
    );
    close(&one).await;
    close(&other).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_request_follows_a_run_that_its_owner_lets_go_of() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let id = asking(&bed, &engine).await.id;
    engine.close(Close::LetGo).await.unwrap();
    let engine = bed.engine().await;
    engine.settle().await.unwrap();
    let mut sleeper = std::process::Command::new("sleep")
        .arg("1000")
        .spawn()
        .unwrap();
    let owner = owner_of(&sleeper);
    let store = Arc::clone(engine.store());
    let claim = async |before, after| {
        let claim = store.writer().claim(id, before, after);
        assert!(claim.committed().await.unwrap());
    };
    claim(None, Some(owner)).await;
    let cancel = Steering::Cancel {
        reason: "enough".to_owned(),
    };
    let goes = async {
        until("it is asked", || {
            !store.reader().unwrap().requests(owner).unwrap().is_empty()
        })
        .await;
        claim(Some(owner), None).await;
    };
    let (steered, ()) = tokio::join!(engine.steer(id, cancel, "me"), goes);
    let Ok(Steered::Carried(handle)) = steered else {
        panic!("{steered:?}");
    };
    bed.ended(&engine, &handle).await.is(State::Cancelled);
    sleeper.kill().unwrap();
    sleeper.wait().unwrap();
    close(&engine).await;
}

/// Another process as an owner.
#[cfg(target_os = "linux")]
fn owner_of(process: &std::process::Child) -> Owner {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.id())).unwrap();
    let started = stat.split(' ').nth(21).unwrap();
    let mut owner = serde_json::to_value(Owner::current()).unwrap();
    owner["pid"] = process.id().into();
    owner["started"] = started.parse::<u64>().unwrap().into();
    serde_json::from_value(owner).unwrap()
}

#[tokio::test]
async fn a_cancel_that_comes_after_the_last_task_is_told_how_the_run_ended() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    // Cancelled in every moment of a run's life, it is answered as the run ends.
    for after in 0..40 {
        let handle = engine
            .start(bed.request("{ name: short, tasks: { a: { value: 1 } } }"))
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_micros(after * 50)).await;
        let cancel = Steering::Cancel {
            reason: "enough".to_owned(),
        };
        let steered = engine.steer(handle.id, cancel, "me").await;
        let state = bed.ended(&engine, &handle).await.end.state;
        match steered {
            Ok(_) => assert_eq!(state, State::Cancelled),
            Err(EngineError::RunEnded { .. }) => assert_eq!(state, State::Completed),
            Err(error) => panic!("{error}"),
        }
    }
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
