//! The spec's rules as tables: a flow, how its attempts end, how it ends.

mod recovery;
mod size;
mod steering;
mod tasks;
mod trial;

use std::time::Duration;

use crate::{
    Failure, FailureKind, Outcome,
    simulator::{World, exit, flow},
};

/// How attempts at a path end, one word each; the last word goes on for ever.
type Words<'a> = &'a [(&'a str, &'a str)];

fn outcome(word: &str) -> Outcome {
    match word {
        "ok" => Outcome::completed("done"),
        "timeout" => Outcome::TimedOut(Failure::new(FailureKind::Timeout, "it took too long")),
        "crash" => Outcome::Crashed(Failure::new(FailureKind::Crashed, "lost")),
        "fail" => Outcome::Failed(exit(2)),
        number => Outcome::completed(number.parse::<i64>().unwrap()),
    }
}

/// A world in which each attempt takes a second and ends as the words say.
fn world(text: &str, words: Words<'_>) -> World {
    let mut world = World::new(&flow(text), 4);
    let words: Vec<(String, Vec<String>)> = words
        .iter()
        .map(|(path, words)| {
            let words = words.split(' ').map(str::to_owned).collect();
            ((*path).to_owned(), words)
        })
        .collect();
    world.script = Box::new(move |assignment, done| {
        let own = words.iter().find(|(path, _)| *path == assignment.path);
        let word = own.map_or("ok", |(_, words)| words[done.min(words.len() - 1)].as_str());
        (outcome(word), Duration::from_secs(1))
    });
    world
}

/// Runs a flow to its end; the states of its task runs and its own must be as expected.
fn check(text: &str, words: Words<'_>, expected: &str) {
    let mut world = world(text, words);
    let run = world.run_to_end();
    let found = format!("{} run={run}", world.states());
    assert_eq!(found, expected, "{text}\n{:#?}", world.lines());
}

/// Evaluates an expression in a flow's output.
fn check_output(text: &str, words: Words<'_>, expected: serde_json::Value) {
    let mut world = world(text, words);
    world.run_to_end();
    let output = world.run.output().map(tidemill_flow::template::to_json);
    assert_eq!(output, Some(expected), "{:#?}", world.lines());
}
