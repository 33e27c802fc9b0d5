//! `tidemill serve`: starts, answers, stops.

use std::{path::Path, time::Duration};

use serde_json::{Value, json};
use tidemill_tests::{Sandbox, Served, Signal, is_alive, until};

const PATIENCE: Duration = Duration::from_secs(30);

/// Runs until the file `go` is there.
const WAITS: &str =
    "tasks:\n  t: { shell: \"touch begun; until [ -e go ]; do sleep 0.02; done\" }\n";

fn until_state(served: &Served, run: &str, wanted: &str) {
    until(&format!("{run} to be {wanted}"), PATIENCE, || {
        (served.state(run) == wanted).then_some(())
    });
}

#[test]
fn a_run_is_started_shown_steered_and_removed() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "report",
        "parameters: { day: { type: string }, n: 0 }\ntasks:\n  t: { shell: echo $DAY, env: { DAY: \"{{ params.day }}\" } }\n  \
         each: { for_each: [1, 2, 3], value: \"{{ item }}\", needs: [t] }\n",
    );
    let served = Served::start(&sandbox);
    let refused = served
        .post("/flows/report/runs", &json!({}))
        .expect(422)
        .json();
    assert!(
        refused["detail"].as_str().unwrap().contains("day"),
        "{refused}"
    );
    let body = json!({"parameters": {"day": "monday"}, "typed": ["n=3"]});
    let started = served.post("/flows/report/runs", &body).expect(201);
    let run = started.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(
        started.header("location"),
        Some(format!("/api/v1/runs/{run}").as_str())
    );
    assert_eq!(
        started.json()["parameters"],
        json!({"day": "monday", "n": 3})
    );
    until_state(&served, &run, "Completed");
    let detail = served.get("/runs/last");
    assert_eq!(detail["run"]["id"], run.as_str());
    assert_eq!(detail["counts"], json!({"completed": 5}));
    assert_eq!(
        (&detail["task_runs"], &detail["carried"]),
        (&json!(5), &json!(false))
    );
    let top = served.get(&format!("/runs/{run}/tasks?without_items=true"));
    assert_eq!(top["tasks"].as_array().unwrap().len(), 2);
    let mapped = top["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|task| task["task"] == "each");
    let mapped = mapped.unwrap()["number"].as_u64().unwrap();
    let items = served.get(&format!("/runs/{run}/tasks?parent={mapped}&limit=2"));
    assert_eq!(items["tasks"][1]["path"], "each[1]");
    let next = items["next"].as_str().unwrap();
    let rest = served.get(&format!("/runs/{run}/tasks?parent={mapped}&cursor={next}"));
    assert_eq!(
        (&rest["tasks"][0]["path"], &rest["next"]),
        (&json!("each[2]"), &Value::Null)
    );
    // The record, page by page, is what the command line shows.
    let report = sandbox
        .call(&["runs", "show", &run, "--transitions", "--json"])
        .expect(0)
        .json();
    let mut record = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = served.get(&format!("/runs/{run}/transitions?limit=5&cursor={cursor}"));
        record.extend(page["transitions"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(Value::from(record), report["transitions"]);
    assert_eq!(
        served.get(&format!("/runs/{run}/report"))["tasks"],
        report["tasks"]
    );
    served
        .post(&format!("/runs/{run}/cancel"), &json!({}))
        .expect(409);
    let again = served
        .post(&format!("/runs/{run}/retry"), &json!({"from_failed": true}))
        .expect(200);
    assert_eq!(again.json()["id"], run.as_str());
    until_state(&served, &run, "Completed");
    served
        .ask("DELETE", &format!("/runs/{run}"), "")
        .expect(200);
    served.ask("GET", &format!("/runs/{run}"), "").expect(404);
}

#[test]
fn questions_are_answered() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "ask",
        "tasks:\n  ask:\n    approve:\n      message: \"Release it?\"\n      fields: { type: object, properties: { version: { type: string } } }\n  \
         done: { value: \"{{ tasks.ask.output }}\", needs: [ask] }\n",
    );
    let served = Served::start(&sandbox);
    let run = served.run("ask");
    until_state(&served, &run, "Paused");
    let question = served.get(&format!("/runs/{run}"))["questions"][0].clone();
    assert_eq!(
        (&question["path"], &question["message"]),
        (&json!("ask"), &json!("Release it?"))
    );
    assert!(
        question["fields"]["properties"]["version"].is_object(),
        "{question}"
    );
    let wrong = served.post(
        &format!("/runs/{run}/approve"),
        &json!({"fields": {"version": 1}}),
    );
    assert_eq!(wrong.expect(422).json()["type"], "tidemill:fields");
    let yes = json!({"task": "ask", "fields": {"version": "1.10"}});
    served
        .post(&format!("/runs/{run}/approve"), &yes)
        .expect(200);
    until_state(&served, &run, "Completed");
    let second = served.run("ask");
    until_state(&served, &second, "Paused");
    served
        .post(&format!("/runs/{second}/reject"), &json!({}))
        .expect(200);
    until_state(&served, &second, "Failed");
    let failures = served.get(&format!("/runs/{second}"))["failures"].clone();
    assert_eq!(failures[0]["path"], "ask");
}

#[test]
fn the_same_key_is_the_same_run() {
    let sandbox = Sandbox::new();
    sandbox.flow("quick", "parameters: { n: 0 }\ntasks:\n  t: { value: 1 }\n");
    let served = Served::start(&sandbox);
    let ask = |served: &Served, key: &str, body: &str| {
        let headers = [("Idempotency-Key", key)];
        served.send(&served.text("POST", "/flows/quick/runs", &headers, body))
    };
    let first = ask(&served, "k-1", "{}").expect(201).json();
    assert_eq!(
        ask(&served, "k-1", "{}").expect(201).json()["id"],
        first["id"]
    );
    let other = ask(&served, "k-1", "{\"parameters\": {\"n\": 1}}").expect(422);
    assert_eq!(other.json()["type"], "tidemill:key-taken");
    ask(&served, "", "{}").expect(400);
    // At the same time, too, and after the process has ended.
    let ids: Vec<Value> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| ask(&served, "k-2", "{}").expect(201).json()["id"].clone()))
            .collect();
        asked
            .into_iter()
            .map(|asked| asked.join().unwrap())
            .collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    served.stop(Signal::TERM);
    let served = Served::start(&sandbox);
    assert_eq!(ask(&served, "k-2", "{}").expect(201).json()["id"], ids[0]);
    assert_eq!(served.get("/runs")["runs"].as_array().unwrap().len(), 2);
}

#[test]
fn tables_are_kept_and_secrets_never_told() {
    let sandbox = Sandbox::new();
    let served = Served::start(&sandbox);
    let put = |path: &str, body: Value| served.ask("PUT", path, &body.to_string());
    put("/vars/THRESHOLD", json!({"value": {"a": [1]}})).expect(200);
    assert_eq!(
        served.get("/vars"),
        json!({"vars": [{"name": "THRESHOLD", "value": {"a": [1]}}]})
    );
    served.ask("DELETE", "/vars/THRESHOLD", "").expect(200);
    served.ask("DELETE", "/vars/THRESHOLD", "").expect(404);
    put("/secrets/TOKEN", json!({"value": "s3cret value"})).expect(200);
    assert_eq!(served.get("/secrets"), json!({"secrets": ["TOKEN"]}));
    put("/secrets/TOKEN", json!({"value": "abc"})).expect(409);
    put("/limits/database", json!({"slots": 4})).expect(200);
    assert_eq!(served.get("/limits")["limits"][0]["slots"], 4);
    put("/settings/parallelism", json!({"value": 8})).expect(200);
    let settings = served.get("/settings");
    assert_eq!(settings["settings"][0]["value"], 8);
    assert_eq!(settings["settings"][0]["schema"]["maximum"], 4096);
    put("/settings/parallelism", json!({"value": 0})).expect(409);
    put("/settings/paralelism", json!({"value": 8})).expect(404);
    // The command line sees the same home at the same time.
    let listed = sandbox.call(&["limits", "--json"]).expect(0).json();
    assert_eq!(listed, served.get("/limits"));
}

#[test]
fn another_workspace_is_opened_and_what_runs_goes_on() {
    let sandbox = Sandbox::new();
    sandbox.flow("waits", WAITS);
    let served = Served::start(&sandbox);
    let run = served.run("waits");
    let elsewhere = sandbox.work().with_file_name("else where");
    let file = elsewhere.join("deep/other.flow.yaml");
    std::fs::create_dir_all(elsewhere.join(".tidemill")).unwrap();
    std::fs::create_dir_all(elsewhere.join("deep")).unwrap();
    std::fs::write(&file, "name: other\ntasks: { t: { value: 1 } }\n").unwrap();
    let open = |path: &Path| {
        let body = json!({ "path": path }).to_string();
        served.ask("PUT", "/workspaces/current", &body)
    };
    let flows = || {
        let list = served.get("/flows");
        list["flows"][0]["name"].as_str().unwrap().to_owned()
    };
    open(&sandbox.file("nowhere")).expect(404);
    open(&sandbox.write("text.yaml", "")).expect(404);
    assert_eq!(flows(), "waits");
    // A file stands for its workspace, which its mark names.
    let known = open(&file).expect(200).json();
    assert_eq!(known["workspaces"][0]["path"], elsewhere.to_str().unwrap());
    assert_eq!(known["workspaces"][0]["current"], true);
    assert_eq!(known["workspaces"][0]["enabled"], false);
    assert_eq!(known["workspaces"][1]["current"], false);
    assert_eq!(flows(), "other");
    let other = served.run("other");
    until_state(&served, &other, "Completed");
    assert_eq!(served.state(&run), "Running");
    open(&sandbox.work()).expect(200);
    assert_eq!(flows(), "waits");
    sandbox.write("go", "");
    until_state(&served, &run, "Completed");
}

#[test]
fn what_is_asked_of_flows_is_answered() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "daily",
        "schedules: [{ cron: \"0 7 * * *\", timezone: UTC }]\ntasks:\n  t: { value: 1 }\n",
    );
    let served = Served::start(&sandbox);
    let mistakes = served.post(
        "/check",
        &json!({"text": "name: x\ntasks:\n  a: { shel: ls }\n"}),
    );
    let mistakes = mistakes.expect(200).json();
    assert_eq!(mistakes["diagnostics"][0]["severity"], "error");
    assert_eq!(mistakes["diagnostics"][0]["line"], 3);
    let twin =
        json!({"text": "name: daily\ntasks: { a: { value: 1 } }\n", "file": "other.flow.yaml"});
    let twin = served.post("/check", &twin).expect(200).json();
    assert!(
        twin["diagnostics"][0]["message"]
            .as_str()
            .unwrap()
            .contains("another file"),
        "{twin}"
    );
    let plan = served
        .post("/plan", &json!({"flow": "daily"}))
        .expect(200)
        .json();
    assert_eq!(
        plan,
        sandbox.call(&["plan", "daily", "--json"]).expect(0).json()
    );
    let times = served
        .get("/schedules/next?cron=5+7+*+*+*&timezone=Europe/Berlin&from=2026-03-28T12:00&count=1");
    assert_eq!(times, json!({"times": ["2026-03-29T07:05:00+02:00"]}));
    assert_eq!(served.get("/schedules")["schedules"][0]["flow"], "daily");
    assert_eq!(
        served.get("/schema")["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    let workspaces = served.get("/workspaces");
    assert_eq!(
        workspaces["workspaces"][0]["path"],
        sandbox.work().to_str().unwrap()
    );
    assert_eq!(workspaces["workspaces"][0]["current"], true);
    assert!(served.get("/doctor")["findings"].as_array().unwrap().len() > 5);
    let committed =
        std::fs::read_to_string(tidemill_tests::root().join("docs/openapi.json")).unwrap();
    let committed: Value = serde_json::from_str(&committed).unwrap();
    // They are too long to be shown.
    assert!(
        served.get("/openapi.json") == committed,
        "run `cargo xtask generate`"
    );
    let metrics = served.ask("GET", "/metrics", "").expect(200);
    assert!(
        metrics
            .header("content-type")
            .unwrap()
            .starts_with("text/plain; version=0.0.4")
    );
    for line in metrics.body.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(
            name.starts_with("tidemill_") && value.parse::<f64>().is_ok(),
            "{line}"
        );
    }
}

#[test]
fn a_home_is_served_once() {
    let sandbox = Sandbox::new();
    let served = Served::start(&sandbox);
    let refused = sandbox
        .call(&["serve", "--listen", "127.0.0.1:0"])
        .expect(2);
    assert!(
        refused.stderr.contains(&served.address.to_string()),
        "{}",
        refused.stderr
    );
    let taken = Sandbox::new();
    let refused = taken
        .call(&["serve", "--listen", &served.address.to_string()])
        .expect(2);
    assert!(
        refused.stderr.contains("another program listens there"),
        "{}",
        refused.stderr
    );
    let about = std::fs::read(sandbox.home().join("serve.json")).unwrap();
    let about: Value = serde_json::from_slice(&about).unwrap();
    assert_eq!(about["pid"], served.child.id());
    assert_eq!(served.stop(Signal::TERM).0, Some(0));
    assert!(!sandbox.home().join("serve.json").exists());
    Served::start(&sandbox).stop(Signal::INT);
}

#[test]
fn stopping_waits_for_what_runs() {
    let sandbox = Sandbox::new();
    sandbox.flow("waits", WAITS);
    let served = Served::start_with(&sandbox, &["--grace", "60s"]);
    let run = served.run("waits");
    until("its task", PATIENCE, || sandbox.read("begun"));
    let mut stream = served.stream("/events", &[]);
    assert_eq!(stream.next().unwrap().name, "hello");
    tidemill_tests::signal(served.child.id(), Signal::TERM);
    until("that nothing new is started", PATIENCE, || {
        let answer = served.post("/flows/waits/runs", &json!({}));
        (answer.status == 503).then_some(())
    });
    assert_eq!(served.state(&run), "Running");
    sandbox.write("go", "");
    let mut served = served;
    assert_eq!(served.ended().0, Some(0));
    assert_eq!(sandbox.last()["run"]["state"], "Completed");
    // Its stream told of that end, and then ended itself.
    let told: Vec<String> = stream.map(|event| event.data.to_string()).collect();
    assert!(
        told.iter().any(|told| told.contains("Completed")),
        "{told:?}"
    );
}

#[test]
fn what_is_let_go_of_is_carried_on_by_the_next() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "waits",
        "tasks:\n  t:\n    shell: \"echo $$ > begun; until [ -e go ]; do sleep 0.02; done\"\n    retries: 1\n",
    );
    let served = Served::start_with(&sandbox, &["--grace", "0s"]);
    let run = served.run("waits");
    let pid = until("its task", PATIENCE, || {
        sandbox.read("begun")?.trim().parse().ok()
    });
    let (code, said) = served.stop(Signal::TERM);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("carries it on"), "{said}");
    assert!(!is_alive(pid), "its process ends with it");
    sandbox.write("go", "");
    let served = Served::start(&sandbox);
    until("its end", PATIENCE, || {
        (served.state(&run) == "Completed").then_some(())
    });
}

#[test]
fn the_second_signal_ends_it_at_once() {
    let sandbox = Sandbox::new();
    sandbox.flow("waits", WAITS);
    let mut served = Served::start_with(&sandbox, &["--grace", "10m"]);
    served.run("waits");
    until("its task", PATIENCE, || sandbox.read("begun"));
    tidemill_tests::signal(served.child.id(), Signal::INT);
    until("the first to be heard", PATIENCE, || {
        let answer = served.post("/flows/waits/runs", &json!({}));
        (answer.status == 503).then_some(())
    });
    tidemill_tests::signal(served.child.id(), Signal::INT);
    assert_eq!(served.ended().0, Some(0));
}

#[test]
fn it_idles_quietly() {
    let sandbox = Sandbox::new();
    let served = Served::start(&sandbox);
    served.get("/runs");
    let ticks = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", served.child.id())).unwrap();
        let rest = stat.rsplit_once(')').unwrap().1.to_owned();
        let fields: Vec<&str> = rest.split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    let before = ticks();
    std::thread::sleep(Duration::from_secs(4));
    // Two hundredths of a second in four: half a hundredth of a core.
    assert!(ticks() - before <= 2, "it works while nobody asks");
}
