//! What the studio reads: overview, flows, graphs, logs, comparisons; and that large
//! runs are read without being held.

use std::{fs, io::Read, process::Stdio, time::Duration};

use serde_json::{Value, json};
use tidemill_tests::{Sandbox, Served, Signal, until};

const PATIENCE: Duration = Duration::from_secs(30);

/// As many task runs as would take more than eighty megabytes in one piece.
const ITEMS: usize = 100_000;

/// What a whole process may take while it writes them.
const BOUND: u64 = 64 << 20;

fn resident_peak(process: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = peak.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}

#[cfg(target_os = "linux")]
#[test]
fn a_large_run_s_document_is_never_held_in_one_piece() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "large",
        &format!(
            "tasks:\n  t: {{ for_each: \"{{{{ range({ITEMS}) | list }}}}\", value: \"{{{{ item }}}}\" }}\n"
        ),
    );
    sandbox.call(&["run", "-q", "large"]).expect(0);
    let mut show = sandbox.command(&["runs", "show", "last", "--json"]);
    let mut show = show.stdout(Stdio::piped()).spawn().unwrap();
    let mut output = show.stdout.take().unwrap();
    let (mut document, mut piece) = (Vec::new(), vec![0; 1 << 16]);
    // The pipe is full while there is more to come: the process waits to be looked at.
    let mut peak = 0;
    loop {
        let read = output.read(&mut piece).unwrap();
        if read == 0 {
            break;
        }
        document.extend_from_slice(&piece[..read]);
        peak = peak.max(resident_peak(show.id()));
    }
    assert!(show.wait().unwrap().success());
    let document: Value = serde_json::from_slice(&document).unwrap();
    let tasks = document["tasks"].as_array().unwrap();
    assert_eq!(tasks.len(), ITEMS + 1);
    assert_eq!(tasks[ITEMS]["path"], format!("t[{}]", ITEMS - 1));
    assert_eq!(tasks[ITEMS]["output"], ITEMS - 1);
    assert!(peak > 0, "the process was never seen");
    assert!(peak < BOUND, "{} MiB", peak >> 20);
}

/// A flow of which some runs fail and one is mended.
const SUMS: &str = "description: |\n  # Adds up\n  numbers of a list.\nparameters: { n: 3, fail: false }\n\
     env: { N: \"{{ params.n }}\", FAIL: \"{{ params.fail }}\" }\ntasks:\n  \
     say: { shell: \"for i in $(seq $N); do echo line $i of $N; done\" }\n  \
     each: { for_each: \"{{ range(params.n) | list }}\", value: \"{{ item }}\", needs: [say] }\n  \
     check: { shell: \"test $FAIL = false\", needs: [each] }\n";

fn ended(served: &Served, flow: &str, parameters: &Value) -> String {
    let body = json!({ "parameters": parameters });
    let started = served
        .post(&format!("/flows/{flow}/runs"), &body)
        .expect(201);
    let run = started.json()["id"].as_str().unwrap().to_owned();
    until("the run to end", PATIENCE, || {
        let state = served.state(&run);
        (state == "Completed" || state == "Failed").then_some(())
    });
    run
}

#[test]
fn home_tells_what_broke_until_it_is_mended() {
    let sandbox = Sandbox::new();
    sandbox.flow("sums", SUMS);
    sandbox.write(
        "broken.flow.yaml",
        "name: broken\ntasks:\n  t: { shel: ls }\n",
    );
    let served = Served::start(&sandbox);
    let calm = served.get("/stats");
    assert_eq!(
        (&calm["as_expected"], &calm["broken"]),
        (&json!(true), &json!([]))
    );
    let failed = ended(&served, "sums", &json!({"fail": true}));
    let home = served.get("/stats");
    let broken = &home["broken"][0];
    assert_eq!(home["as_expected"], false);
    assert_eq!(broken["run"]["id"], failed.as_str());
    assert_eq!(
        (&broken["kind"], &broken["next_step"], &broken["count"]),
        (&json!("failed"), &json!("retry"), &json!(1))
    );
    assert_eq!(home["totals"]["failed"], 1);
    ended(&served, "sums", &json!({}));
    assert_eq!(served.get("/stats")["as_expected"], true);
    let flows = served.get("/flows");
    let flows = flows["flows"].as_array().unwrap();
    assert_eq!(flows.len(), 2);
    assert!(
        flows[0]["problems"][0]["hint"]
            .as_str()
            .unwrap()
            .contains("shell")
    );
    assert_eq!(flows[1]["title"], "Adds up");
    assert_eq!(flows[1]["last"].as_array().unwrap().len(), 2);
    let runs = served.get("/stats/runs?flow=sums");
    assert_eq!(runs["total"], 2);
    let told = served.get("/activity?limit=3");
    assert_eq!(told["entries"].as_array().unwrap().len(), 3);
    assert_eq!(told["entries"][0]["state"], "Completed");
    served.ask("GET", "/flows/nothing", "").expect(404);
}

#[test]
fn a_run_is_drawn_and_its_log_read_by_line() {
    let sandbox = Sandbox::new();
    sandbox.flow("sums", SUMS);
    let served = Served::start(&sandbox);
    let run = ended(&served, "sums", &json!({"n": 20}));
    let graph = served.get(&format!("/runs/{run}/graph"));
    assert_eq!(graph, served.get("/flows/sums/graph"));
    assert_eq!(graph["edges"].as_array().unwrap().len(), 2);
    assert_eq!(graph["nodes"][1]["mapped"], true);
    let nodes = served.get(&format!("/runs/{run}/nodes"));
    assert_eq!(nodes["nodes"][1]["counts"], json!({"Completed": 20}));
    let timeline = served.get(&format!("/runs/{run}/timeline"));
    let bars = timeline["bars"].as_array().unwrap();
    assert_eq!((bars.len(), &timeline["left_out"]), (23, &json!(0)));
    let say = bars.iter().find(|bar| bar["path"] == "say").unwrap();
    let task = served.get(&format!("/runs/{run}/tasks/{}", say["task_run"]));
    assert_eq!(task["task_run"]["path"], "say");
    assert_eq!(task["attempts"][0]["state"], "Completed");
    let page = served.get(&format!("/runs/{run}/logs?from=5&limit=2"));
    assert_eq!(page["lines"][0]["text"], "line 5 of 20");
    assert_eq!((&page["total"], &page["more"]), (&json!(20), &json!(true)));
    let last = served.get(&format!("/runs/{run}/logs?tail=1"));
    assert_eq!(last["lines"][0]["number"], 20);
    let found = served.get(&format!("/runs/{run}/logs?grep=line%201&task=say"));
    assert_eq!(found["matches"].as_array().unwrap().len(), 11);
    served
        .ask("GET", &format!("/runs/{run}/logs?task=nobody"), "")
        .expect(404);
    let text = served
        .ask("GET", &format!("/runs/{run}/log.txt"), "")
        .expect(200);
    assert!(
        text.body.ends_with("say stdout: line 20 of 20\n"),
        "{text:?}"
    );
    let other = ended(&served, "sums", &json!({"n": 4}));
    let compared = served.get(&format!("/runs/{run}/compare/{other}"));
    assert_eq!(compared["same_version"], true);
    assert_eq!(compared["inputs"][0]["same"], false);
    let line = &compared["first_different_line"];
    assert_eq!(line["left"]["text"], "line 1 of 20");
    assert_eq!(line["right"]["text"], "line 1 of 4");
    let grid = served.get("/flows/sums/grid");
    assert_eq!(grid["tasks"][1]["cells"][0]["count"], 4);
    let found = served.get("/search?q=sums");
    let kinds: Vec<&Value> = found["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["kind"])
        .collect();
    assert_eq!(kinds, ["flow", "run", "run"]);
    let found = served.get("/search?q=line%2017");
    assert_eq!(found["results"][0]["line"], 17);
    sandbox.flow("sums", &SUMS.replace("Adds up", "Adds"));
    until("the file to be read again", PATIENCE, || {
        let versions = served.get("/flows/sums/versions");
        (versions["versions"].as_array().unwrap().len() == 2).then_some(())
    });
    let versions = served.get("/flows/sums/versions");
    let before = versions["versions"][1]["version"].as_str().unwrap();
    let diff = served.get(&format!("/flows/sums/versions/{before}/diff/current"));
    let changed = diff["lines"].as_array().unwrap().iter();
    let changed: Vec<&Value> = changed
        .filter(|line| line["kind"] != "same")
        .map(|line| &line["text"])
        .collect();
    assert_eq!(changed, ["  # Adds up", "  # Adds"]);
}

#[test]
fn what_any_process_logs_is_indexed_without_being_searched() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "counts",
        "tasks:\n  t: { shell: seq -f 'row %.0f delivered' 20000 }\n",
    );
    let served = Served::start(&sandbox);
    let index = sandbox.home().join("search.db");
    assert!(!index.exists());
    sandbox.call(&["run", "counts", "--quiet"]).expect(0);
    until("the index", PATIENCE, || index.exists().then_some(()));
    // Not only its newest lines, which a search looks through by itself.
    let found = until("the first line", PATIENCE, || {
        let found = served.get("/search?q=row%201%20delivered");
        (found["complete"] == true).then_some(found)
    });
    assert_eq!(found["results"][0]["line"], 1, "{found}");
    let every = served.get("/search?q=delivered&limit=5");
    assert_eq!(every["complete"], true);
    assert_eq!(every["results"][0]["line"], 20_000);
    let runs = served.get("/runs?text=row%2019999");
    assert_eq!(runs["runs"].as_array().unwrap().len(), 1);
    served.stop(Signal::TERM);
}
