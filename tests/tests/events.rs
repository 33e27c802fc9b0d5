//! The stream of everything that happens: whole, in order, resumable, of every process.

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;
use tidemill_tests::{EventReader, Sandbox, Served, StreamedEvent, until};

/// 500 items, each a few transitions.
const MANY: &str =
    "tasks:\n  each: { for_each: \"{{ range(500) | list }}\", value: \"{{ item }}\" }\n";

fn moves(event: &StreamedEvent) -> Vec<Value> {
    match event.name.as_str() {
        "transitions" => event.data["moves"].as_array().expect("moves").clone(),
        _ => Vec::new(),
    }
}

/// Reads until the run has ended: the sequence numbers that were told.
fn read_to_end(stream: &mut EventReader, run: &str, seen: &mut Vec<u64>) {
    loop {
        let event = stream.next().expect("more events");
        for told in moves(&event) {
            seen.push(told["sequence"].as_u64().expect("a number"));
            if told["run"] == run && told["number"] == 0 && told["to"] == "Completed" {
                return;
            }
        }
    }
}

fn assert_dense(seen: &[u64]) {
    let expected: Vec<u64> = (seen[0]..seen[0] + seen.len() as u64).collect();
    assert_eq!(seen, expected);
}

#[test]
fn every_transition_is_told_once_and_in_order() {
    let sandbox = Sandbox::new();
    sandbox.flow("many", MANY);
    let served = Served::start(&sandbox);
    let mut stream = served.stream("/events?cursor=0", &[]);
    assert_eq!(stream.next().unwrap().name, "hello");
    let run = served.run("many");
    let mut seen = Vec::new();
    read_to_end(&mut stream, &run, &mut seen);
    assert_eq!(seen[0], 1);
    assert_dense(&seen);
    assert!(seen.len() > 1_000, "{}", seen.len());
}

#[test]
fn a_reader_that_comes_again_goes_on_where_it_was() {
    let sandbox = Sandbox::new();
    sandbox.flow("many", MANY);
    let served = Served::start(&sandbox);
    let mut seen: Vec<u64> = Vec::new();
    let runs: Vec<String> = (0..3).map(|_| served.run("many")).collect();
    let mut ended = BTreeSet::new();
    let mut cursor = "0".to_owned();
    // A connection lives for one batch: what comes between two must not be lost.
    while ended.len() < runs.len() {
        let mut stream = served.stream("/events", &[("Last-Event-ID", &cursor)]);
        loop {
            let event = stream.next().expect("more events");
            cursor.clone_from(&event.id);
            let told = moves(&event);
            for told in &told {
                seen.push(told["sequence"].as_u64().expect("a number"));
                if told["number"] == 0 && told["to"] == "Completed" {
                    ended.insert(told["run"].as_str().expect("an id").to_owned());
                }
            }
            if !told.is_empty() {
                break;
            }
        }
    }
    assert_eq!(seen[0], 1);
    assert_dense(&seen);
}

#[test]
fn runs_of_other_processes_are_told_of() {
    let sandbox = Sandbox::new();
    sandbox.flow("quick", "tasks:\n  t: { value: 1 }\n");
    let served = Served::start(&sandbox);
    let mut stream = served.stream("/events", &[]);
    assert_eq!(stream.next().unwrap().name, "hello");
    let report = sandbox.run_json("quick", &[], 0);
    let run = report["run"]["id"].as_str().unwrap();
    let mut seen = Vec::new();
    read_to_end(&mut stream, run, &mut seen);
    assert_dense(&seen);
}

#[test]
fn one_run_s_stream_tells_of_that_run_only() {
    let sandbox = Sandbox::new();
    sandbox.flow("quick", "tasks:\n  t: { value: 1 }\n");
    let served = Served::start(&sandbox);
    let first = served.run("quick");
    let second = served.run("quick");
    let mut stream = served.stream(&format!("/events?cursor=0&run={second}"), &[]);
    let mut told = Vec::new();
    while !told
        .iter()
        .any(|told: &Value| told["number"] == 0 && told["to"] == "Completed")
    {
        told.extend(moves(&stream.next().expect("more events")));
    }
    assert!(
        told.iter().all(|told| told["run"] == *second),
        "{first} {told:#?}"
    );
    assert!(
        told.iter()
            .any(|told| told["number"] == 1 && told["node"] == 0)
    );
    served.ask("GET", "/events?run=nobody", "").expect(404);
}

#[test]
fn a_reader_that_is_too_slow_is_told_what_it_missed() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "flood",
        "tasks:\n  each: { for_each: \"{{ range(30000) | list }}\", value: \"{{ item }}\" }\n",
    );
    let served = Served::start(&sandbox);
    // It reads nothing while the engine works.
    let mut stream = served.stream("/events?cursor=0", &[]);
    let run = served.run("flood");
    until("the run's end", Duration::from_secs(60), || {
        (served.state(&run) == "Completed").then_some(())
    });
    // Nor did one that was away: it is told from where on to go on.
    let mut late = served.stream("/events?cursor=1", &[]);
    assert_eq!(late.next().unwrap().name, "hello");
    let missed = late.next().unwrap();
    assert_eq!(
        (missed.name.as_str(), &missed.data["from"]),
        ("missed", &Value::from(1))
    );
    assert!(
        missed.data["count"].as_u64().unwrap() > 50_000,
        "{missed:?}"
    );
    assert_eq!(missed.id, missed.data["to"].to_string());
    // What the slow one reads at last is in order, with at most one gap that is named.
    let mut last = 0;
    loop {
        let event = stream.next().expect("more events");
        if event.name == "missed" {
            assert_eq!(event.data["from"], last);
            last = event.data["to"].as_u64().unwrap();
        }
        for told in moves(&event) {
            let sequence = told["sequence"].as_u64().unwrap();
            assert_eq!(sequence, last + 1);
            last = sequence;
        }
        if last == missed.data["to"].as_u64().unwrap() {
            break;
        }
    }
}

#[test]
fn lines_are_streamed_until_the_run_has_ended() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "lines",
        "tasks:\n  t: { shell: \"echo one; until [ -e go ]; do sleep 0.02; done; echo two\" }\n",
    );
    let served = Served::start(&sandbox);
    let run = served.run("lines");
    let mut stream = served.stream(&format!("/runs/{run}/logs/stream"), &[]);
    let first = stream.next().unwrap();
    assert_eq!(first.name, "lines");
    assert_eq!(first.data[0]["text"], "one");
    assert_eq!(first.data[0]["path"], "t");
    sandbox.write("go", "");
    let second = stream.next().unwrap();
    assert_eq!(
        (second.id.as_str(), &second.data[0]["text"]),
        ("2", &Value::from("two"))
    );
    assert_eq!(stream.next().unwrap().name, "end");
    assert_eq!(stream.next(), None);
    let mut rest = served.stream("/runs/last/logs/stream", &[("Last-Event-ID", "1")]);
    assert_eq!(rest.next().unwrap().data[0]["text"], "two");
}
