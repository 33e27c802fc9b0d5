//! Sample runs and transitions for the tests.
#![allow(dead_code, reason = "each test program uses its part")]

use jiff::Timestamp;
use serde_json::json;
use tidemill_flow::{Value, template::from_json};
use tidemill_orchestrate::{
    Creation, Detail, Output, RunId, State, Subject, TaskRunNumber, Transition,
};
use tidemill_store::{NewRun, Owner};

pub(crate) fn number(number: u32) -> TaskRunNumber {
    TaskRunNumber::new(number).unwrap()
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_764_000_000 + second).unwrap()
}

/// The `n`th run: made `n` seconds after the first.
pub(crate) fn new_run(n: u32) -> NewRun {
    let created_at = at(i64::from(n));
    let milliseconds = u64::try_from(created_at.as_millisecond()).unwrap();
    NewRun {
        id: RunId::new(milliseconds, u64::from(n) << 22),
        name: format!("calm-otter-{n}"),
        flow: "weather".to_owned(),
        flow_text: Some("name: weather\ntasks: {a: {value: 1}}\n".into()),
        file: Some("/flows/weather.flow.yaml".into()),
        workspace: Some("/flows".to_owned()),
        parameters: from_json(&json!({"city": "Oslo", "n": n, "list": [1, 2]})),
        trigger: Value::from(()),
        variables: from_json(&json!({"x": 1})),
        environment: None,
        trial: None,
        parent: None,
        scheduled_for: None,
        owner: Some(Owner::current()),
        created_at,
        request: None,
        due: None,
    }
}

pub(crate) fn transition(
    subject: Subject,
    from: Option<State>,
    to: State,
    detail: Detail,
) -> Transition {
    Transition {
        subject,
        run_attempt: 1,
        from,
        to,
        at: at(100),
        message: None,
        detail,
    }
}

pub(crate) fn run_to(from: Option<State>, to: State) -> Transition {
    transition(Subject::Run, from, to, Detail::None)
}

pub(crate) fn creation(task: u32) -> Creation {
    Creation {
        task,
        parent: None,
        item: None,
        turn: 1,
    }
}

pub(crate) fn created(n: u32, creation: Creation) -> Transition {
    let subject = Subject::Task(number(n));
    transition(subject, None, State::Pending, Detail::Created(creation))
}

pub(crate) fn started(n: u32, attempt: u32) -> Transition {
    let subject = Subject::Task(number(n));
    let detail = Detail::Attempt(attempt);
    transition(subject, Some(State::Pending), State::Running, detail)
}

pub(crate) fn completed(n: u32, output: impl Into<Value>) -> Transition {
    let subject = Subject::Task(number(n));
    let detail = Detail::Output(Output(output.into()));
    transition(subject, Some(State::Running), State::Completed, detail)
}

/// The three transitions of a task run that completes.
pub(crate) fn whole(n: u32, output: impl Into<Value>) -> Vec<Transition> {
    vec![created(n, creation(n)), started(n, 1), completed(n, output)]
}
