//! Every example runs as it is, twice, and says what its README says.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};
use tidemill_tests::{Sandbox, examples};

fn flow_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in fs::read_dir(examples()).unwrap().flatten() {
        for file in fs::read_dir(folder.path()).unwrap().flatten() {
            if file.file_name().to_string_lossy().ends_with(".flow.yaml") {
                files.push(file.path());
            }
        }
    }
    files.sort();
    assert!(files.len() >= 6, "{files:?}");
    files
}

fn run_twice(example: &str) -> [Value; 2] {
    let sandbox = Sandbox::new();
    sandbox.copy_example(example);
    let first = sandbox.run_json(example, &[], 0);
    let second = sandbox.run_json(example, &[], 0);
    assert_eq!(second["run"]["state"], "Completed");
    [first, second]
}

fn state<'a>(document: &'a Value, path: &str) -> &'a str {
    let tasks = document["tasks"].as_array().unwrap();
    let task = tasks.iter().find(|task| task["path"] == path);
    task.unwrap_or_else(|| panic!("no {path}"))["state"]
        .as_str()
        .unwrap()
}

#[test]
fn weather_draws_its_chart_and_reuses_what_it_read() {
    let [first, second] = run_twice("weather");
    assert_eq!(
        first["run"]["output"],
        json!({"chart": "out/weather.svg", "hottest_month": 30.2})
    );
    assert_eq!(state(&first, "read[1]"), "Completed");
    assert_eq!(state(&second, "read[1]"), "Cached");
    assert_eq!(state(&first, "warn"), "Skipped");
}

#[test]
fn search_tries_three_hundred_combinations() {
    let [first, second] = run_twice("search");
    let trials = first["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|task| task["task"] == "evaluate");
    assert_eq!(trials.count(), 301);
    assert_eq!(first["run"]["output"], second["run"]["output"]);
    assert!(first["run"]["output"]["test_accuracy"].as_f64().unwrap() > 0.9);
}

#[test]
fn backup_keeps_the_newest() {
    let sandbox = Sandbox::new();
    sandbox.copy_example("backup");
    sandbox.run_json("backup", &["-p", "keep=1"], 0);
    let second = sandbox.run_json("backup", &["-p", "keep=1"], 0);
    assert_eq!(state(&second, "remove[0]"), "Completed");
    let archives = fs::read_dir(sandbox.file("backups"))
        .unwrap()
        .flatten()
        .count();
    assert_eq!(archives, 1);
    assert_eq!(second["run"]["output"]["files"], 2);
}

#[test]
fn log_report_takes_the_branch_for_a_broken_file() {
    let [first, _] = run_twice("log-report");
    assert_eq!(state(&first, "strict"), "Failed");
    assert_eq!(state(&first, "lenient"), "Completed");
    assert_eq!(state(&first, "note"), "Completed");
    assert_eq!(first["run"]["output"]["broken"], 1);
    assert_eq!(state(&first, "alarm"), "Skipped");
}

#[test]
fn release_runs_a_flow_a_package() {
    let [first, _] = run_twice("release");
    let output = &first["run"]["output"];
    assert_eq!(output["packages"][2]["functions"], 2);
    assert_eq!(output["packages"][0]["version"], "1.2.0");
    assert_eq!(output["total_lines"], 36);
}

#[test]
fn every_example_is_valid_by_the_schema_too() {
    let sandbox = Sandbox::new();
    let schema = sandbox.call(&["schema"]).expect(0).json();
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    for path in flow_files() {
        let document = as_json(&path);
        let mistakes: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(mistakes.is_empty(), "{}: {mistakes:#?}", path.display());
        sandbox
            .call(&["check".as_ref(), path.as_os_str()])
            .expect(0);
    }
}

/// The file as an independent reader sees it.
fn as_json(path: &std::path::Path) -> Value {
    serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}
