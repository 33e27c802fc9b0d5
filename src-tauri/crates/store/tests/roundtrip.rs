//! Random histories through the store and back: every detail exactly, and rows
//! that are the fold, however the history was cut into batches.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking"
)]

mod sample;

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::{collection::vec, option, prelude::*};
use sample::*;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tidemill_flow::template::{from_json, to_json};
use tidemill_orchestrate::{
    Creation, Detail, Expansion, Failure, FailureKind, Output, State, StateType, Subject,
    Transition,
};
use tidemill_store::{Store, TaskRunFilter};

fn json_value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        (-1e300..1e300).prop_map(Json::from),
        ".{0,20}".prop_map(Json::from),
        (33_000_usize..40_000).prop_map(|length| Json::from("é".repeat(length / 2))),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Json::from),
            vec((".{0,5}", inner), 0..4).prop_map(|entries| entries.into_iter().collect::<Json>()),
        ]
    })
}

fn time() -> impl Strategy<Value = Timestamp> {
    let range = Timestamp::MIN.as_nanosecond()..=Timestamp::MAX.as_nanosecond();
    range.prop_map(|nanoseconds| Timestamp::from_nanosecond(nanoseconds).unwrap())
}

fn failure() -> impl Strategy<Value = Failure> {
    let kinds = [
        FailureKind::Exit,
        FailureKind::Timeout,
        FailureKind::Exception,
        FailureKind::Http,
        FailureKind::Sql,
        FailureKind::Output,
        FailureKind::Crashed,
        FailureKind::Expression,
        FailureKind::Rejected,
        FailureKind::Subflow,
        FailureKind::Start,
        FailureKind::Tasks,
        FailureKind::Repeat,
    ];
    let kind = proptest::sample::select(kinds.to_vec());
    let parts = (
        kind,
        ".{0,30}",
        option::of(any::<i32>()),
        option::of(any::<u16>()),
    );
    parts.prop_map(|(kind, message, exit_code, status)| Failure {
        kind,
        message,
        exit_code,
        status,
    })
}

fn detail() -> impl Strategy<Value = Detail> {
    let created = (
        any::<u32>(),
        option::of(any::<u32>()),
        option::of(0..u32::MAX),
        1_u32..4,
    );
    prop_oneof![
        Just(Detail::None),
        created.prop_map(|(task, parent, item, turn)| Detail::Created(Creation {
            task,
            parent: parent.and_then(tidemill_orchestrate::TaskRunNumber::new),
            item,
            turn,
        })),
        any::<u32>().prop_map(Detail::Attempt),
        (1_u32.., any::<u32>(), json_value()).prop_map(|(first, count, items)| {
            Detail::Expanded(Expansion {
                first: number(first),
                count,
                items: from_json(&items),
            })
        }),
        time().prop_map(Detail::Due),
        json_value().prop_map(|value| Detail::Output(Output(from_json(&value)))),
        failure().prop_map(Detail::Failure),
        (failure(), time()).prop_map(|(failure, time)| Detail::Retry(failure, time)),
        any::<bool>().prop_map(|from_failed| Detail::Restarted { from_failed }),
    ]
}

fn transition() -> impl Strategy<Value = Transition> {
    let state = || proptest::sample::select(State::ALL.to_vec());
    let parts = (
        1_u32..3,
        option::of(state()),
        state(),
        0_i64..4_000_000_000_000_000_000,
        option::of(".{0,30}"),
        detail(),
        any::<bool>(),
    );
    parts.prop_map(|(run_attempt, from, to, at, message, detail, same)| {
        let own = match &detail {
            Detail::Failure(failure) | Detail::Retry(failure, _) if same => {
                Some(failure.message.clone())
            }
            _ => message,
        };
        Transition {
            subject: Subject::Run,
            run_attempt,
            from,
            to,
            at: Timestamp::from_nanosecond(i128::from(at)).unwrap(),
            message: own.map(Into::into),
            detail,
        }
    })
}

/// Everything in a transition, comparable. Values compare as JSON text, since their
/// own equality takes 1 for 1.0.
fn plain(transition: &Transition) -> (String, String) {
    let mut rest = transition.clone();
    let value = match &transition.detail {
        Detail::Output(Output(value)) => to_json(value).to_string(),
        Detail::Expanded(expansion) => {
            format!(
                "{} {} {}",
                expansion.first.get(),
                expansion.count,
                to_json(&expansion.items)
            )
        }
        _ => return (format!("{transition:?}"), String::new()),
    };
    let tag = matches!(transition.detail, Detail::Output(_));
    rest.detail = Detail::None;
    (format!("{rest:?} {tag}"), value)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_transition_comes_back_exactly(history in vec(transition(), 1..60)) {
        let folder = TempDir::new().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let run = new_run(1);
        let id = run.id;
        store.writer().begin_run(run, vec![]);
        // Rows of task runs are another test's: here all are the run's own.
        store.writer().append(id, history.clone().into()).wait_committed().unwrap();
        let reader = store.reader().unwrap();
        let back = reader.transitions(id).unwrap();
        let back: Vec<_> = back.map(|entry| plain(&entry.unwrap().1)).collect();
        let expected: Vec<_> = history.iter().map(plain).collect();
        prop_assert_eq!(back, expected);
    }

    #[test]
    fn rows_are_the_fold_however_batches_are_cut(
        moves in vec((1_u32..8, proptest::sample::select(State::ALL.to_vec())), 1..60),
        cuts in vec(1_usize..9, 60),
    ) {
        let folder = TempDir::new().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let run = new_run(1);
        let id = run.id;
        store.writer().begin_run(run, vec![]);
        let (history, expected) = fold(&moves);
        let mut rest = history.as_slice();
        for cut in cuts {
            let (batch, after) = rest.split_at(cut.min(rest.len()));
            store.writer().append(id, batch.to_vec().into());
            rest = after;
        }
        store.writer().append(id, rest.to_vec().into()).wait_committed().unwrap();
        let rows = store.reader().unwrap().task_runs(id, &TaskRunFilter::default(), None, 99);
        let rows: BTreeMap<u32, _> = rows
            .unwrap()
            .iter()
            .map(|row| {
                let known = (row.state, row.attempts, row.started_at, row.ended_at);
                (row.number.get(), known)
            })
            .collect();
        prop_assert_eq!(rows, expected);
    }
}

type Known = (State, u32, Option<Timestamp>, Option<Timestamp>);

/// A history of these moves, and what is known at its end.
fn fold(moves: &[(u32, State)]) -> (Vec<Transition>, BTreeMap<u32, Known>) {
    let mut rows: BTreeMap<u32, Known> = BTreeMap::new();
    let mut history = Vec::new();
    for (&(task, to), second) in moves.iter().zip(0..) {
        let mut next = sample::transition(Subject::Task(number(task)), None, to, Detail::None);
        next.at = at(second);
        if let Some(row) = rows.get_mut(&task) {
            next.from = Some(row.0);
            row.0 = to;
            if to.state_type() == StateType::Running {
                next.detail = Detail::Attempt(row.1 + 1);
                row.1 += 1;
                row.2 = row.2.or(Some(next.at));
            }
            row.3 = to.is_terminal().then_some(next.at);
        } else {
            next.detail = Detail::Created(creation(task));
            let started = (to.state_type() == StateType::Running).then_some(next.at);
            let ended = to.is_terminal().then_some(next.at);
            rows.insert(task, (to, 0, started, ended));
        }
        history.push(next);
    }
    (history, rows)
}

#[test]
fn what_nests_deep_comes_back() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let run = new_run(1);
    let id = run.id;
    store.writer().begin_run(run, vec![]);
    let deep = (0..1000).fold(json!(1), |inner, _| json!([inner]));
    let batch = whole(1, from_json(&deep));
    store
        .writer()
        .append(id, batch.into())
        .wait_committed()
        .unwrap();
    let reader = store.reader().unwrap();
    let last = reader.transitions(id).unwrap().last().unwrap().unwrap().1;
    let Detail::Output(Output(value)) = last.detail else {
        panic!("{last:?}")
    };
    assert_eq!(to_json(&value), deep);
}
