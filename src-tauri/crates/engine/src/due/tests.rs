use jiff::SignedDuration;
use tidemill_orchestrate::Subject;
use tidemill_store::Steering;

use super::*;
use crate::{
    Close,
    testbed::{Testbed, close, runs, stored},
};

const FLOW: &str = "{ name: due, tasks: { a: { value: 1 } }, output: '{{ tasks.a.output }}' }";

fn ago(seconds: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_secs(seconds)
}

/// The states that the run itself went through.
fn history(engine: &Engine, run: RunId) -> Vec<State> {
    let reader = engine.store().reader().unwrap();
    let all = reader.transitions(run).unwrap().map(|one| one.unwrap().1);
    let of_run = all.filter(|one| one.subject == Subject::Run);
    of_run.map(|one| one.to).collect()
}

#[tokio::test]
async fn a_run_starts_at_its_time_and_not_before() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let later = ago(-3_600);
    let waits = engine.start_at(bed.request(FLOW), later).await.unwrap();
    let found = engine.start_due().await.unwrap();
    assert!(found.started.is_empty());
    assert_eq!(found.next, Some(later));
    let due = engine.start_at(bed.request(FLOW), ago(1)).await.unwrap();
    assert_eq!(stored(&engine, due).state, State::Scheduled);
    assert_eq!(stored(&engine, due).owner, None);
    assert!(engine.settle().await.unwrap().is_empty());
    assert!(engine.carry_on().await.unwrap().is_empty());
    let found = engine.start_due().await.unwrap();
    assert_eq!(found.next, Some(later));
    let [handle] = found.started.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(handle.id, due);
    bed.ended(&engine, handle).await.is(State::Completed);
    let states = [State::Scheduled, State::Running, State::Completed];
    assert_eq!(history(&engine, due), states);
    let run = stored(&engine, waits);
    assert_eq!(
        (run.state, run.scheduled_for),
        (State::Scheduled, Some(later))
    );
    close(&engine).await;
}

#[tokio::test]
async fn a_run_whose_time_passed_is_late_and_starts_all_the_same() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let run = engine
        .start_at(bed.request(FLOW), ago(3_600))
        .await
        .unwrap();
    engine.close(Close::LetGo).await.unwrap();
    let engine = bed.engine().await;
    assert!(engine.settle().await.unwrap().is_empty());
    let late = stored(&engine, run);
    assert_eq!((late.state, late.owner), (State::Late, None));
    assert!(late.message.unwrap().starts_with("it was due at "));
    let found = engine.start_due().await.unwrap();
    bed.ended(&engine, &found.started[0])
        .await
        .is(State::Completed);
    let states = [
        State::Scheduled,
        State::Late,
        State::Running,
        State::Completed,
    ];
    assert_eq!(history(&engine, run), states);
    let run = engine
        .start_at(bed.request(FLOW), ago(3_600))
        .await
        .unwrap();
    let found = engine.start_due().await.unwrap();
    bed.ended(&engine, &found.started[0])
        .await
        .is(State::Completed);
    assert_eq!(
        history(&engine, run),
        states,
        "also where nobody looked before"
    );
    close(&engine).await;
}

#[tokio::test]
async fn a_run_that_waits_for_its_time_can_be_cancelled() {
    let bed = Testbed::new();
    let engine = bed.engine().await;
    let run = engine
        .start_at(bed.request(FLOW), ago(-3_600))
        .await
        .unwrap();
    let reason = "changed my mind".to_owned();
    engine
        .steer(run, Steering::Cancel { reason }, "ada")
        .await
        .unwrap();
    engine.wait_until_idle().await;
    assert_eq!(stored(&engine, run).state, State::Cancelled);
    assert_eq!(engine.start_due().await.unwrap().next, None);
    close(&engine).await;
}

#[tokio::test]
async fn a_run_that_is_due_keeps_to_its_flow_s_limit() {
    for (on_conflict, expected) in [("queue", State::Late), ("skip", State::Skipped)] {
        let bed = Testbed::new();
        let engine = bed.engine().await;
        let text = format!(
            "{{ name: one, concurrency: {{ limit: 1, on_conflict: {on_conflict} }}, tasks: {{ a: {{ shell: 'touch started; sleep 1000' }} }} }}"
        );
        let first = bed.started(&engine, &text).await;
        let run = engine.start_at(bed.request(&text), ago(1)).await.unwrap();
        let found = engine.start_due().await.unwrap();
        assert_eq!(found.started[0].id, run);
        crate::testbed::until("it is recorded", || stored(&engine, run).state == expected).await;
        if expected == State::Late {
            first.cancel("enough");
            crate::testbed::until("its turn comes", || {
                stored(&engine, run).state == State::Running
            })
            .await;
        }
        assert_eq!(runs(&engine).len(), 2);
        close(&engine).await;
    }
}
