use std::sync::Arc;

use tidemill_orchestrate::State;
use tidemill_store::{LogFilter, Store};

use super::*;
use crate::testbed::Testbed;

fn request(script: &str) -> ExecRequest {
    ExecRequest {
        name: None,
        program: "sh".into(),
        arguments: vec!["-c".into(), script.into()],
    }
}

#[test]
fn a_command_is_recorded_with_its_code_and_lines() {
    let bed = Testbed::new();
    let store = Arc::new(Store::open(&bed.home()).unwrap());
    let end = exec(Some(&store), &request("echo said >&2; exit 3")).unwrap();
    assert_eq!(end.code, 3);
    assert!(end.unrecorded.is_none(), "{:?}", end.unrecorded);
    let run = end.run.unwrap();
    let stored = store.reader().unwrap().run(run).unwrap().unwrap();
    assert_eq!((stored.state, stored.flow.as_str()), (State::Failed, "sh"));
    assert_eq!(stored.message.as_deref(), Some("exit code 3"));
    let mut lines = store.logs().lines(run, LogFilter::default());
    let lines = lines.next_page().unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].bytes, b"said");
}

#[test]
fn secrets_are_masked_in_what_is_recorded() {
    let bed = Testbed::new();
    let store = Arc::new(Store::open(&bed.home()).unwrap());
    store.secrets().set("token", "hunter2-hunter2").unwrap();
    let end = exec(Some(&store), &request("echo hunter2-hunter2 >&2")).unwrap();
    let mut lines = store.logs().lines(end.run.unwrap(), LogFilter::default());
    assert_eq!(lines.next_page().unwrap()[0].bytes, b"***");
}

#[test]
fn a_command_runs_without_a_home() {
    let end = exec(None, &request("kill -TERM $$")).unwrap();
    assert_eq!(end.code, 128 + 15);
    assert!(end.run.is_none());
}

#[test]
fn a_command_that_is_not_there_is_recorded_too() {
    let bed = Testbed::new();
    let store = Arc::new(Store::open(&bed.home()).unwrap());
    let request = ExecRequest {
        name: Some("nightly".to_owned()),
        program: "/no/such/program".into(),
        arguments: Vec::new(),
    };
    assert!(exec(Some(&store), &request).is_err());
    let page = store.reader().unwrap();
    let page = page
        .runs(&tidemill_store::RunFilter::default(), None, 9)
        .unwrap();
    assert_eq!(page.runs[0].state, State::Failed);
    assert_eq!(page.runs[0].flow, "nightly");
}
