//! Runs that start at a time, and flows that are written over the API: the served home.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tidemill_tests::{HttpAnswer, Sandbox, Served, Signal, until};

const PATIENCE: Duration = Duration::from_secs(30);

const FLOW: &str =
    "tasks:\n  t: { value: '{{ run.scheduled_for }}' }\noutput: '{{ tasks.t.output }}'\n";

/// A time so many seconds from now, as the machine's `date` writes it.
fn later(seconds: i64) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let at = i64::try_from(now.unwrap().as_secs()).unwrap() + seconds;
    let date = std::process::Command::new("date")
        .args(["-u", "-d", &format!("@{at}"), "+%Y-%m-%dT%H:%M:%SZ"])
        .output()
        .unwrap();
    String::from_utf8(date.stdout).unwrap().trim().to_owned()
}

fn start_at(served: &Served, at: &str, key: &str) -> HttpAnswer {
    let body = json!({ "at": at }).to_string();
    let headers = [("Idempotency-Key", key)];
    served.send(&served.text("POST", "/flows/due/runs", &headers, &body))
}

fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_run_starts_at_its_time() {
    let sandbox = Sandbox::new();
    sandbox.flow("due", FLOW);
    let served = Served::start(&sandbox);
    let at = later(3);
    let waits = start_at(&served, &at, "one").expect(201).json();
    assert_eq!(
        (&waits["state"], &waits["started_at"]),
        (&json!("Scheduled"), &Value::Null)
    );
    let again = start_at(&served, &at, "one").expect(201).json();
    assert_eq!(again["id"], waits["id"]);
    start_at(&served, &later(60), "one").expect(422);
    let run = id(&waits);
    let home = served.get("/stats");
    assert_eq!(home["upcoming"][0]["run"], run.as_str());
    assert_eq!(home["running"], json!([]));
    until("its start", PATIENCE, || {
        (served.state(&run) == "Completed").then_some(())
    });
    let detail = served.get(&format!("/runs/{run}"));
    // RFC 3339 in one zone: texts are in the order of times.
    let (due, started) = (&detail["scheduled_for"], &detail["run"]["started_at"]);
    assert!(
        started.as_str().unwrap() >= due.as_str().unwrap(),
        "{detail}"
    );
    assert!(
        detail["run"]["output"]
            .as_str()
            .unwrap()
            .starts_with(&at[..19]),
        "{detail}"
    );
    let record = served.get(&format!("/runs/{run}/transitions"));
    let states = record["transitions"].as_array().unwrap().iter();
    let of_run: Vec<_> = states
        .filter(|one| one["path"].is_null())
        .map(|one| one["to"].clone())
        .collect();
    assert_eq!(of_run, ["Scheduled", "Running", "Completed"]);
    let passed = start_at(&served, "2020-02-02T02:02", "two")
        .expect(201)
        .json();
    assert_ne!(passed["state"], "Scheduled");
    let wrong = start_at(&served, "tomorrow", "three").expect(400).json();
    assert!(
        wrong["detail"].as_str().unwrap().contains("tomorrow"),
        "{wrong}"
    );
}

#[test]
fn a_run_that_waits_outlives_its_server_and_can_be_cancelled() {
    let sandbox = Sandbox::new();
    sandbox.flow("due", FLOW);
    let served = Served::start(&sandbox);
    let (near, far) = (later(2), later(3_600));
    let far = id(&start_at(&served, &far, "far").expect(201).json());
    let other = id(&start_at(&served, &later(7_200), "other").expect(201).json());
    let near = id(&start_at(&served, &near, "near").expect(201).json());
    served.stop(Signal::TERM);
    let listed = sandbox
        .call(&["runs", "--state", "Scheduled"])
        .expect(0)
        .stdout;
    assert_eq!(listed.matches("Scheduled").count(), 3, "{listed}");
    let shown = sandbox.call(&["runs", "show", &far]).expect(0).stdout;
    assert!(
        shown.contains("it starts at ") && shown.contains("runs cancel"),
        "{shown}"
    );
    // Nobody serves the home: nothing starts.
    sandbox.call(&["runs", "cancel", &far]).expect(0);
    let served = Served::start(&sandbox);
    assert_eq!(served.state(&far), "Cancelled");
    until("what was due meanwhile", PATIENCE, || {
        (served.state(&near) == "Completed").then_some(())
    });
    assert_eq!(served.state(&other), "Scheduled");
    sandbox.call(&["runs", "cancel", &other]).expect(0);
    assert_eq!(served.state(&other), "Cancelled");
    let refused = sandbox.call(&["runs", "cancel", &other]).expect(2);
    assert!(refused.stderr.contains("has ended"), "{refused:#?}");
}

#[test]
fn a_flow_begins_from_an_example_over_the_api() {
    let sandbox = Sandbox::new();
    let served = Served::start(&sandbox);
    assert_eq!(served.get("/flows")["flows"], json!([]));
    let examples = served.get("/examples")["examples"].clone();
    let first = &examples[0];
    assert!(!first["about"].as_str().unwrap().is_empty());
    let body = json!({ "name": "mine", "from": first["name"] });
    let written = served.post("/flows", &body).expect(201);
    assert_eq!(written.header("location"), Some("/api/v1/flows/mine"));
    let file = written.json()["file"].as_str().unwrap().to_owned();
    assert!(
        std::fs::read_to_string(&file)
            .unwrap()
            .contains("name: mine")
    );
    assert_eq!(served.get("/flows")["flows"][0]["name"], "mine");
    served.post("/flows", &body).expect(200);
    std::fs::write(&file, "name: mine\ntasks: { t: { value: 1 } }\n").unwrap();
    let there = served.post("/flows", &body).expect(409).json();
    assert!(
        there["hint"].as_str().unwrap().contains("another name"),
        "{there}"
    );
    served
        .post("/flows", &json!({ "name": "Not good" }))
        .expect(400);
    let none = json!({ "name": "x", "from": "nonesuch" });
    served.post("/flows", &none).expect(404);
    let run = served.run("mine");
    until("its end", PATIENCE, || {
        (served.state(&run) == "Completed").then_some(())
    });
}
