//! Looking into what `run --json` and `runs show --json` print.

use serde_json::Value;

/// The task run with this path; panics where there is none.
#[track_caller]
pub fn task<'a>(document: &'a Value, path: &str) -> &'a Value {
    let tasks = document["tasks"].as_array().expect("a list of tasks");
    let found = tasks.iter().find(|task| task["path"] == path);
    found.unwrap_or_else(|| panic!("no task `{path}` in {document:#}"))
}

/// The output of the task run with this path.
#[track_caller]
pub fn output<'a>(document: &'a Value, path: &str) -> &'a Value {
    &task(document, path)["output"]
}

/// The state of the task run with this path.
#[track_caller]
pub fn state<'a>(document: &'a Value, path: &str) -> &'a str {
    text(&task(document, path)["state"])
}

/// The message of the task run with this path; empty where it has none.
#[track_caller]
pub fn message<'a>(document: &'a Value, path: &str) -> &'a str {
    text(&task(document, path)["message"])
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
