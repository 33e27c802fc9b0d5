//! Trying a part of a flow: tasks alone, up to one, from one on; pinned outputs; what
//! expressions see and give; what is stale.

use std::time::Duration;

use serde_json::{Value, json};
use tidemill_tests::{Sandbox, Served, until};

const PATIENCE: Duration = Duration::from_secs(30);

/// Each task says in a file that it ran.
const FLOW: &str = r#"parameters: { threshold: 20, city: Oslo }
env: { CITY: "{{ params.city }}" }
tasks:
  stations: { shell: "echo stations >> ran; echo '[3, 4]' > $TIDEMILL_OUTPUT" }
  double:
    for_each: "{{ tasks.stations.output }}"
    shell: "echo double >> ran; echo $((N * 2)) > $TIDEMILL_OUTPUT"
    env: { N: "{{ item }}" }
  table: { value: "{{ tasks.double.output }}" }
  publish:
    needs: [table]
    tasks:
      daily: { shell: "echo daily >> ran; echo $TABLE", env: { TABLE: "{{ tasks.table.output | length }}" } }
      chart: { value: "chart of {{ tasks.daily.output }}" }
  tidy: { shell: "echo tidy >> ran", needs: { table: failed } }
output: "{{ tasks.publish.output.chart }}"
"#;

struct Studio {
    sandbox: Sandbox,
    served: Served,
}

impl Studio {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.flow("weather", FLOW);
        let served = Served::start(&sandbox);
        Self { sandbox, served }
    }

    /// What ran since this was asked last.
    fn ran(&self) -> Vec<String> {
        let file = self.sandbox.file("ran");
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let _ = std::fs::remove_file(file);
        let mut ran: Vec<String> = text.lines().map(str::to_owned).collect();
        ran.sort();
        ran
    }

    fn start(&self, request: &Value) -> Value {
        let answer = self.served.post("/flows/weather/runs", request).expect(201);
        let run = answer.json()["id"].as_str().unwrap().to_owned();
        until("the run to end", PATIENCE, || {
            let state = self.served.state(&run);
            ["Completed", "Failed"]
                .contains(&state.as_str())
                .then_some(())
        });
        self.served.get(&format!("/runs/{run}"))
    }

    fn tried(&self, part: &str, task: &str) -> Value {
        self.start(&json!({ "try": { "part": part, "task": task } }))
    }

    fn standing(&self, task: &str, text: Option<&str>) -> Value {
        let request = json!({ "text": text });
        let answer = self.served.post("/flows/weather/standings", &request);
        let all = answer.expect(200).json();
        let tasks = all["tasks"].as_array().unwrap();
        let found = tasks.iter().find(|standing| standing["task"] == task);
        found
            .unwrap_or_else(|| panic!("no {task} in {all}"))
            .clone()
    }

    fn evaluated(&self, task: &str, value: &Value) -> Value {
        let request = json!({ "task": task, "value": value });
        let answer = self.served.post("/flows/weather/evaluate", &request);
        answer.expect(200).json()
    }
}

#[test]
fn a_task_alone_needs_the_outputs_that_it_reads_and_runs_nothing_else() {
    let studio = Studio::new();
    let request = json!({ "try": { "part": "only", "task": "table" } });
    let refused = studio.served.post("/flows/weather/runs", &request);
    let said = refused.expect(409).json()["detail"].to_string();
    assert!(said.contains("`double`, which has none yet"), "{said}");

    let first = studio.tried("until", "double");
    assert_eq!(studio.ran(), ["double", "double", "stations"]);
    assert_eq!(first["run"]["output"], json!([6, 8]));
    assert_eq!(first["trial"], json!({ "part": "until", "task": "double" }));

    let second = studio.tried("only", "table");
    assert_eq!(studio.ran(), [""; 0]);
    assert_eq!(second["run"]["output"], json!([6, 8]));
    let id = second["run"]["id"].as_str().unwrap();
    let tasks = studio.served.get(&format!("/runs/{id}/tasks"));
    let rows = tasks["tasks"].as_array().unwrap();
    let row = |path: &str| rows.iter().find(|row| row["path"] == path).unwrap();
    assert_eq!(row("double")["state"], "Cached");
    assert_eq!(
        row("double")["message"],
        format!("from run {}", first["run"]["name"].as_str().unwrap())
    );
    assert_eq!(row("stations")["state"], "Skipped");
    assert_eq!(row("tidy")["message"], "left out: only `table` is tried");

    // What was tried is neither broken nor usual, and no bar.
    let text = format!(
        "name: weather\n{}",
        FLOW.replace("echo tidy", "exit 3; echo")
    );
    let failed = json!({ "try": { "part": "only", "task": "tidy", "text": text } });
    assert_eq!(studio.start(&failed)["run"]["state"], "Failed");
    assert_eq!(studio.served.get("/stats")["as_expected"], true);
    let shown = studio.served.get("/flows/weather");
    assert_eq!(shown["summary"]["last"], json!([]));
}

#[test]
fn the_text_that_is_being_edited_is_what_is_tried() {
    let studio = Studio::new();
    let text = format!("name: weather\n{}", FLOW.replace("N * 2", "N * 3"));
    let request = json!({ "try": { "part": "until", "task": "double", "text": text } });
    let run = studio.start(&request);
    assert_eq!(run["run"]["output"], json!([9, 12]));
    let broken = json!({ "try": { "text": "name: weather\ntasks: {" } });
    let refused = studio.served.post("/flows/weather/runs", &broken);
    assert_eq!(refused.status, 422, "{refused:?}");
}

#[test]
fn a_group_s_inner_task_and_all_from_a_task_on() {
    let studio = Studio::new();
    let whole = studio.start(&json!({}));
    assert_eq!(whole["run"]["output"], "chart of 2");
    assert_eq!(whole["trial"], Value::Null);
    studio.ran();
    let inner = studio.tried("only", "publish/daily");
    assert_eq!(inner["run"]["output"], "2");
    assert_eq!(studio.ran(), ["daily"]);
    let rest = studio.tried("from", "table");
    assert_eq!(studio.ran(), ["daily"]);
    assert_eq!(rest["run"]["output"], "chart of 2");
}

#[test]
fn what_is_pinned_stands_in_what_is_tried_and_nowhere_else() {
    let studio = Studio::new();
    let path = "/flows/weather/pins";
    let put = |task: &str, body: Value| {
        let path = format!("{path}/{task}");
        studio.served.ask("PUT", &path, &body.to_string())
    };
    let refused = put("stations", json!({})).expect(409).json();
    assert!(
        refused["detail"].to_string().contains("run it first"),
        "{refused}"
    );
    put("double", json!({ "output": [1, 2, 3] })).expect(200);
    let tried = studio.start(&json!({ "try": {} }));
    assert_eq!(tried["run"]["output"], "chart of 3");
    assert_eq!(studio.ran(), ["daily", "stations"]);
    assert_eq!(tried["trial"], json!({ "part": null, "task": null }));
    // A run that nobody tries never sees it.
    assert_eq!(studio.start(&json!({}))["run"]["output"], "chart of 2");
    studio.sandbox.call(&["run", "-q", "weather"]).expect(0);
    assert_eq!(studio.sandbox.last()["run"]["output"], "chart of 2");
    assert_eq!(studio.standing("double", None)["pinned"], true);

    put("stations", json!({})).expect(200);
    put("publish%2Fdaily", json!({ "output": null })).expect(200);
    let pins = studio.served.get(path)["pins"].clone();
    assert_eq!(pins[0]["output"], json!([1, 2, 3]));
    assert_eq!(pins[0]["origin"], Value::Null);
    assert_eq!(pins[1]["task"], "publish/daily");
    assert_eq!(pins[2]["output"], json!([3, 4]));
    assert!(pins[2]["origin"].is_string(), "{pins}");
    let pin = format!("{path}/publish%2Fdaily");
    studio.served.ask("DELETE", &pin, "").expect(200);
    studio.served.ask("DELETE", &pin, "").expect(404);
}

#[test]
fn expressions_are_shown_with_what_they_give() {
    let studio = Studio::new();
    let told = studio.evaluated("table", &json!("{{ tasks.double.output }}"));
    assert!(
        told["problem"]
            .to_string()
            .contains("`double` has no output yet"),
        "{told}"
    );
    studio.start(&json!({ "parameters": { "threshold": 7 } }));
    let told = studio.evaluated(
        "table",
        &json!("{{ (tasks.double.output | max) > params.threshold }}"),
    );
    assert_eq!(
        (&told["value"], &told["kind"]),
        (&json!(true), &json!("boolean"))
    );
    assert_eq!(
        told["reads"][0],
        json!({ "path": "params.threshold", "value": 7 })
    );
    let told = studio.evaluated("double", &json!({ "N": "{{ item }} of {{ index }}" }));
    assert_eq!(told["value"], json!({ "N": "3 of 0" }));
    let told = studio.evaluated(
        "publish/chart",
        &json!("{{ tasks.daily.output | int + tasks.stations.output[1] }}"),
    );
    assert_eq!(told["value"], 6);
    for (value, said) in [
        ("{{ secrets.KEY }}", "a secret's value is not shown"),
        ("{{ tasks. }}", "is no expression"),
        ("{{ nothing }}", "nothing"),
    ] {
        let told = studio.evaluated("table", &json!(value));
        assert!(
            told["problem"].to_string().contains(said),
            "{value}: {told}"
        );
        assert_eq!(told["value"], Value::Null);
    }

    let request = json!({ "task": "publish/chart" });
    let scope = studio
        .served
        .post("/flows/weather/scope", &request)
        .expect(200)
        .json();
    let names = &scope["names"];
    assert_eq!(names["params"], json!({ "threshold": 7, "city": "Oslo" }));
    assert_eq!(names["tasks"]["daily"]["output"], "2");
    assert_eq!(names["tasks"]["double"]["output"], json!([6, 8]));
    assert_eq!(scope["without_output"], json!(["tidy"]));
}

#[test]
fn what_would_give_something_else_is_stale() {
    let studio = Studio::new();
    let stale = |task: &str, text: Option<&str>| studio.standing(task, text)["stale"].clone();
    assert_eq!(stale("stations", None), "it has not run yet");
    studio.start(&json!({}));
    for task in ["stations", "double", "table", "publish", "publish/chart"] {
        assert_eq!(stale(task, None), Value::Null, "{task}");
    }
    assert_eq!(
        studio.standing("double", None)["last"]["output"],
        json!([6, 8])
    );
    let edited = format!("name: weather\n{}", FLOW.replace("N * 2", "N * 3"));
    assert_eq!(stale("stations", Some(&edited)), Value::Null);
    assert_eq!(stale("double", Some(&edited)), "its `shell` changed");
    assert_eq!(stale("table", Some(&edited)), "`double` before it is stale");
    assert_eq!(
        stale("publish", Some(&edited)),
        "`table` before it is stale"
    );
    let edited = format!(
        "name: weather\n{}",
        FLOW.replace("{{ params.city }}", "Rome")
    );
    assert_eq!(stale("table", Some(&edited)), "`env` of the flow changed");
    studio.tried("only", "stations");
    assert_eq!(stale("double", None), "`stations` has run since");
}
