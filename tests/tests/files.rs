//! Flow files over the API: saved and never lost, renamed with all that names them,
//! removed to the bin, watched.

use std::{fs, path::Path, time::Duration};

use serde_json::{Value, json};
use tidemill_tests::{EventReader, HttpAnswer, Sandbox, Served, until};

const PATIENCE: Duration = Duration::from_secs(30);

const PLAIN: &str = "tasks:\n  t: { value: 1 } # one\n";

fn put(served: &Served, path: &str, body: &Value) -> HttpAnswer {
    served.ask("PUT", path, &body.to_string())
}

/// The version of a flow's file.
fn version(served: &Served, flow: &str) -> String {
    let shown = served.get(&format!("/flows/{flow}"));
    shown["version"].as_str().unwrap().to_owned()
}

fn versions(served: &Served, flow: &str) -> Vec<Value> {
    let listed = served.get(&format!("/flows/{flow}/versions"));
    listed["versions"].as_array().unwrap().clone()
}

/// What lies in a folder, by name.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_text_is_saved_as_it_is_and_every_version_kept() {
    let sandbox = Sandbox::new();
    let file = sandbox.flow("a", PLAIN);
    let served = Served::start(&sandbox);
    let first = version(&served, "a");
    let text = "name: a\r\n# ü\r\ntasks: { t: { value: 2 } }";
    let saved = put(
        &served,
        "/flows/a/text",
        &json!({"text": text, "base": first}),
    );
    let saved = saved.expect(200).json();
    assert_eq!(fs::read(&file).unwrap(), text.as_bytes());
    assert_eq!(
        (&saved["name"], &saved["diagnostics"]),
        (&json!("a"), &json!([]))
    );
    assert_eq!(saved["version"], version(&served, "a").as_str());
    assert_eq!(saved["warnings"], json!([]));
    // What is wrong is saved all the same, and said.
    let broken = json!({"text": "name: a\ntasks: [", "base": saved["version"]});
    let broken = put(&served, "/flows/a/text", &broken).expect(200).json();
    assert_eq!(broken["diagnostics"][0]["severity"], "error");
    assert_eq!(sandbox.read("a.flow.yaml").unwrap(), "name: a\ntasks: [");
    let known = versions(&served, "a");
    assert_eq!(known.len(), 3);
    assert_eq!(known[0]["current"], true);
    assert!(known.iter().all(|known| known["saved_at"].is_string()));
    // Any of them comes back.
    let old = served.get(&format!("/flows/a/versions/{first}"));
    let restored = json!({"text": old["text"], "base": broken["version"]});
    let restored = put(&served, "/flows/a/text", &restored).expect(200).json();
    assert_eq!(restored["version"], first.as_str());
    assert_eq!(
        sandbox.read("a.flow.yaml").unwrap(),
        format!("name: a\n{PLAIN}")
    );
    assert_eq!(names(&sandbox.work()), [".tidemill", "a.flow.yaml"]);
    let second = saved["version"].as_str().unwrap();
    let changed = served.get(&format!("/flows/a/versions/{first}/diff/{second}"));
    assert_eq!(
        changed["graph"]["tasks"],
        json!([{"change": "changed", "path": "t", "from": null, "keys": ["value"]}])
    );
    let unread = broken["version"].as_str().unwrap();
    let changed = served.get(&format!("/flows/a/versions/{first}/diff/{unread}"));
    assert_eq!(changed["graph"], Value::Null);
}

#[test]
fn a_run_that_is_removed_takes_no_saved_version_with_it() {
    let sandbox = Sandbox::new();
    sandbox.flow("a", PLAIN);
    let served = Served::start(&sandbox);
    let first = version(&served, "a");
    let saved = json!({"text": "name: a\ntasks: { t: { value: 2 } }\n", "base": first});
    put(&served, "/flows/a/text", &saved).expect(200);
    let run = served.run("a");
    until("its end", PATIENCE, || {
        (served.state(&run) == "Completed").then_some(())
    });
    let second = version(&served, "a");
    let third = json!({"text": "name: a\ntasks: { t: { value: 3 } }\n", "base": second});
    put(&served, "/flows/a/text", &third).expect(200);
    served
        .ask("DELETE", &format!("/runs/{run}"), "")
        .expect(200);
    let kept = served.get(&format!("/flows/a/versions/{second}"));
    assert_eq!(kept["text"], saved["text"]);
}

#[test]
fn a_file_that_was_changed_elsewhere_is_not_overwritten() {
    let sandbox = Sandbox::new();
    sandbox.flow("a", PLAIN);
    let served = Served::start(&sandbox);
    let base = version(&served, "a");
    let theirs = "name: a\ntasks: { t: { value: theirs } }\n";
    sandbox.write("a.flow.yaml", theirs);
    let mine = json!({"text": "name: a\ntasks: { t: { value: mine } }\n", "base": base});
    let refused = put(&served, "/flows/a/text", &mine).expect(409).json();
    assert_eq!(refused["type"], "tidemill:changed-elsewhere");
    assert_eq!(refused["text"], theirs);
    assert_eq!(refused["version"], version(&served, "a").as_str());
    assert_eq!(sandbox.read("a.flow.yaml").unwrap(), theirs);
    // Both are seen; then the person says so.
    let mine = json!({"text": mine["text"], "base": refused["version"]});
    put(&served, "/flows/a/text", &mine).expect(200);
    let texts: Vec<Value> = versions(&served, "a")
        .iter()
        .map(|known| {
            let version = known["version"].as_str().unwrap();
            served.get(&format!("/flows/a/versions/{version}"))["text"].clone()
        })
        .collect();
    assert!(
        texts.contains(&json!(theirs)),
        "what was overwritten is kept"
    );
    put(&served, "/flows/none/text", &mine).expect(404);
}

#[test]
fn a_text_with_another_name_takes_its_layout_and_versions_along() {
    let sandbox = Sandbox::new();
    sandbox.flow("a", PLAIN);
    let served = Served::start(&sandbox);
    let layout = json!({"version": 1, "positions": {"t": {"x": 1, "y": 2}}});
    put(&served, "/flows/a/layout", &layout).expect(200);
    let named = json!({"text": format!("name: b\n{PLAIN}"), "base": version(&served, "a")});
    let saved = put(&served, "/flows/a/text", &named).expect(200).json();
    assert_eq!(saved["name"], "b");
    served.ask("GET", "/flows/a", "").expect(404);
    let layout = served.get("/flows/b/layout");
    assert_eq!(layout["layout"]["positions"]["t"]["y"], 2);
    assert_eq!(versions(&served, "b").len(), 2);
    // But never over what another flow has.
    sandbox.flow("c", PLAIN);
    put(
        &served,
        "/flows/c/layout",
        &json!({"version": 1, "folded": ["t"]}),
    )
    .expect(200);
    let taken = json!({"text": format!("name: c\n{PLAIN}\n"), "base": version(&served, "b")});
    let saved = put(&served, "/flows/b/text", &taken).expect(200).json();
    let said = saved["diagnostics"][0]["message"].as_str().unwrap();
    assert!(said.contains("another file"), "{said}");
    assert_eq!(
        served.get("/flows/c/layout")["layout"]["folded"],
        json!(["t"])
    );
    assert_eq!(
        names(&sandbox.file(".tidemill/layout")),
        ["b.json", "c.json"]
    );
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_the_workspace_only() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let sandbox = Sandbox::new();
    let real = sandbox.write("real/a.yaml", format!("name: a\n{PLAIN}"));
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real/a.yaml", sandbox.file("a.flow.yaml")).unwrap();
    let outside = sandbox.home().parent().unwrap().join("outside.yaml");
    fs::write(&outside, format!("name: out\n{PLAIN}")).unwrap();
    symlink(&outside, sandbox.file("out.flow.yaml")).unwrap();
    let served = Served::start(&sandbox);
    let text = "name: a\ntasks: { t: { value: 2 } }\n";
    let saved = json!({"text": text, "base": version(&served, "a")});
    put(&served, "/flows/a/text", &saved).expect(200);
    assert!(sandbox.file("a.flow.yaml").is_symlink());
    assert_eq!(fs::read_to_string(&real).unwrap(), text);
    assert_eq!(
        fs::metadata(&real).unwrap().permissions().mode() & 0o777,
        0o640
    );
    let escaping = json!({"text": "gone", "base": version(&served, "out")});
    let refused = put(&served, "/flows/out/text", &escaping)
        .expect(422)
        .json();
    assert_eq!(refused["type"], "tidemill:outside");
    assert!(
        fs::read_to_string(&outside)
            .unwrap()
            .starts_with("name: out")
    );
    for file in [
        "../x.flow.yaml",
        "/tmp/x.flow.yaml",
        "a/../../x.flow.yaml",
        "x.yaml",
        ".x/x.flow.yaml",
    ] {
        let new = json!({"text": "name: x\n", "file": file});
        served.post("/flows/x/text", &new).expect(422);
        let encoded = file.replace('/', "%2F");
        let draft = json!({"text": "", "base": null});
        put(&served, &format!("/drafts/{encoded}"), &draft).expect(422);
    }
}

#[test]
fn a_draft_outlives_a_crash() {
    let sandbox = Sandbox::new();
    sandbox.flow("a", PLAIN);
    let mut served = Served::start(&sandbox);
    let base = version(&served, "a");
    let draft = json!({"text": "name: a\ntasks: { half", "base": base});
    let kept = put(&served, "/flows/a/draft", &draft).expect(200).json();
    assert_eq!(
        (&kept["changed"], &kept["path"]),
        (&json!(false), &json!("a.flow.yaml"))
    );
    let new = json!({"text": "name: new\n", "base": null});
    put(&served, "/drafts/deep%2Fnew.flow.yaml", &new).expect(200);
    served.child.kill().unwrap();
    served.child.wait().unwrap();
    let served = Served::start(&sandbox);
    assert_eq!(served.get("/flows/a/draft"), kept);
    sandbox.flow("a", "tasks: { t: { value: 2 } }\n");
    assert_eq!(served.get("/flows/a/draft")["changed"], true);
    let drafts = served.get("/drafts");
    assert_eq!(drafts["drafts"][1]["path"], "deep/new.flow.yaml");
    assert_eq!(drafts["drafts"][1]["changed"], false);
    // A save ends it, for a new file too.
    let made = json!({"text": format!("name: new\n{PLAIN}"), "file": "deep/new.flow.yaml"});
    let made = served.post("/flows/new/text", &made).expect(201).json();
    assert_eq!(made["name"], "new");
    assert!(sandbox.read("deep/new.flow.yaml").is_some());
    let saved = json!({"text": format!("name: a\n{PLAIN}"), "base": version(&served, "a")});
    put(&served, "/flows/a/text", &saved).expect(200);
    assert_eq!(served.get("/drafts"), json!({"drafts": []}));
    served.ask("GET", "/flows/a/draft", "").expect(404);
    put(&served, "/flows/a/draft", &draft).expect(200);
    served.ask("DELETE", "/flows/a/draft", "").expect(200);
    served.ask("DELETE", "/flows/a/draft", "").expect(404);
}

#[test]
fn a_new_flow_takes_no_other_s_place() {
    let sandbox = Sandbox::new();
    sandbox.flow("a", PLAIN);
    sandbox.write("taken.flow.yaml", "name: other\n");
    let served = Served::start(&sandbox);
    let new = |name: &str, text: &str| {
        let path = format!("/flows/{}/text", name.replace(' ', "%20"));
        served.post(&path, &json!({"text": text}))
    };
    assert_eq!(
        new("a", "name: a\n").expect(409).json()["type"],
        "tidemill:exists"
    );
    new("b", "name: a\n").expect(409);
    new("taken", "name: taken\n").expect(409);
    new("No name", "").expect(400);
    let made = new("b", "tasks: [").expect(201).json();
    assert_eq!(made["name"], "b");
    assert!(!made["diagnostics"].as_array().unwrap().is_empty());
    assert!(sandbox.file(".tidemill").is_dir());
    assert_eq!(sandbox.read("taken.flow.yaml").unwrap(), "name: other\n");
}

#[test]
fn a_flow_s_name_is_changed_wherever_it_stands_and_nothing_else() {
    let sandbox = Sandbox::new();
    sandbox.flow("old", PLAIN);
    let caller = "# calls old\nname: caller\ntriggers:\n  - { after: 'old' } # old\ntasks:\n  a: { flow: old }\n  b:\n    tasks:\n      c: { flow: { name: \"old\", parameters: {} } }\n  d: { flow: { file: ./old.flow.yaml } }\n  e: { value: old }\n";
    sandbox.write("deep/caller.flow.yaml", caller.replace("./old", "../old"));
    sandbox.write("broken.flow.yaml", "name: broken\ntasks: [ old");
    let served = Served::start(&sandbox);
    let layout = json!({"version": 1, "positions": {"t": {"x": 1, "y": 2}}});
    put(&served, "/flows/old/layout", &layout).expect(200);
    let draft = json!({"text": "name: old # draft\n", "base": version(&served, "old")});
    put(&served, "/flows/old/draft", &draft).expect(200);
    put(&served, "/flows/old/pins/t", &json!({"output": 7})).expect(200);
    for (to, status) in [("caller", 409), ("No name", 400), ("old", 409)] {
        served
            .post("/flows/old/rename", &json!({"to": to}))
            .expect(status);
    }
    let renamed = served.post("/flows/old/rename", &json!({"to": "12"}));
    let renamed = renamed.expect(200).json();
    assert_eq!(
        sandbox.read("12.flow.yaml").unwrap(),
        format!("name: \"12\"\n{PLAIN}")
    );
    assert_eq!(sandbox.read("old.flow.yaml"), None);
    let now = caller
        .replace("after: 'old'", "after: '12'")
        .replace("flow: old", "flow: \"12\"")
        .replace("name: \"old\"", "name: \"12\"")
        .replace("./old.flow", "../12.flow");
    assert_eq!(sandbox.read("deep/caller.flow.yaml").unwrap(), now);
    assert_eq!(renamed["changed"][0]["flow"], "12");
    assert_eq!(renamed["changed"][1]["places"], 4);
    let warning = renamed["warnings"][0].as_str().unwrap();
    assert!(warning.contains("broken.flow.yaml"), "{warning}");
    assert_eq!(
        served.get("/flows/12/layout")["layout"]["positions"]["t"]["x"],
        1
    );
    assert_eq!(served.get("/flows/12/pins")["pins"][0]["output"], 7);
    let draft = served.get("/flows/12/draft");
    assert_eq!(draft["text"], "name: \"12\" # draft\n");
    assert_eq!(
        (&draft["changed"], &draft["path"]),
        (&json!(false), &json!("12.flow.yaml"))
    );
    assert_eq!(versions(&served, "12").len(), 2);
    let problems = served.get("/flows/caller")["summary"]["problems"].clone();
    assert_eq!(problems, json!([]));
}

#[test]
fn a_name_that_cannot_be_changed_leaves_all_as_it_was() {
    let sandbox = Sandbox::new();
    let own = sandbox.flow("old", PLAIN);
    let caller = "name: caller\ntasks:\n  a: { flow: \"\\x6fld\" }\n";
    sandbox.write("caller.flow.yaml", caller);
    let served = Served::start(&sandbox);
    let refused = served.post("/flows/old/rename", &json!({"to": "new"}));
    let refused = refused.expect(409).json();
    assert_eq!(refused["type"], "tidemill:name-in-file");
    assert!(
        refused["detail"]
            .as_str()
            .unwrap()
            .contains("caller.flow.yaml"),
        "{refused}"
    );
    assert!(refused["hint"].is_string());
    assert_eq!(
        fs::read_to_string(own).unwrap(),
        format!("name: old\n{PLAIN}")
    );
    assert_eq!(sandbox.read("caller.flow.yaml").unwrap(), caller);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Its own file is changed before this one, and changed back.
        sandbox.write(
            "caller.flow.yaml",
            "name: caller\ntasks:\n  a: { flow: old }\n",
        );
        let read_only = fs::Permissions::from_mode(0o444);
        fs::set_permissions(sandbox.file("caller.flow.yaml"), read_only).unwrap();
        let refused = served.post("/flows/old/rename", &json!({"to": "new"}));
        refused.expect(500);
        assert_eq!(
            sandbox.read("old.flow.yaml").unwrap(),
            format!("name: old\n{PLAIN}")
        );
        assert_eq!(
            names(&sandbox.work()),
            ["caller.flow.yaml", "old.flow.yaml"]
        );
    }
}

#[test]
fn a_flow_is_copied_with_its_layout() {
    let sandbox = Sandbox::new();
    sandbox.write(".tidemill/keep", "");
    sandbox.write("deep/own.flow.yaml", format!("name: a # the name\n{PLAIN}"));
    let served = Served::start(&sandbox);
    let layout = json!({"version": 1, "folded": ["t"]});
    put(&served, "/flows/a/layout", &layout).expect(200);
    let copied = served.post("/flows/a/duplicate", &json!({"to": "b"}));
    let copied = copied.expect(201).json();
    assert_eq!(copied["name"], "b");
    let text = sandbox.read("deep/b.flow.yaml").unwrap();
    assert_eq!(text, format!("name: b # the name\n{PLAIN}"));
    assert_eq!(
        served.get("/flows/b/layout")["layout"]["folded"],
        json!(["t"])
    );
    served
        .post("/flows/a/duplicate", &json!({"to": "b"}))
        .expect(409);
    assert_eq!(version(&served, "b"), copied["version"].as_str().unwrap());
}

#[test]
fn nothing_starts_a_copy_by_itself() {
    let sandbox = Sandbox::new();
    let text = "schedules:\n  - every: 1h # often\ntriggers:\n  - file: 'in/*.csv' # new ones\n";
    sandbox.flow("a", &format!("{text}{PLAIN}"));
    let served = Served::start(&sandbox);
    let copied = served.post("/flows/a/duplicate", &json!({"to": "b"}));
    let copied = copied.expect(201).json();
    assert_eq!(copied["diagnostics"], json!([]));
    let said = copied["warnings"][0].as_str().unwrap();
    assert!(said.contains("schedules are paused"), "{said}");
    assert!(said.contains("triggers are left out"), "{said}");
    let held = "schedules:\n  - paused: true\n    every: 1h # often\n# triggers:\n#   - file: 'in/*.csv' # new ones\n";
    assert_eq!(
        sandbox.read("b.flow.yaml").unwrap(),
        format!("name: b\n{held}{PLAIN}")
    );
    let read = served.get("/flows/b");
    assert_eq!(read["summary"]["schedules"][0]["paused"], true);
    assert_eq!(
        served.get("/flows/a")["summary"]["schedules"][0]["paused"],
        false
    );
    // Where it cannot be done, nothing is written.
    sandbox.flow("odd", &format!("schedules: [every: 1h]\n{PLAIN}"));
    let refused = served.post("/flows/odd/duplicate", &json!({"to": "c"}));
    assert_eq!(refused.expect(409).json()["type"], "tidemill:pause-in-file");
    assert_eq!(sandbox.read("c.flow.yaml"), None);
}

#[test]
fn a_flow_that_others_need_is_not_removed_unless_forced() {
    let sandbox = Sandbox::new();
    sandbox.flow("a", PLAIN);
    sandbox.flow("b", "tasks:\n  t: { flow: a }\n");
    // A bin that is a file is none: then the workspace has one.
    let data = sandbox.home().parent().unwrap().join("data");
    fs::write(&data, "").unwrap();
    let served = Served::start_where(&sandbox, &[("XDG_DATA_HOME", &data)]);
    put(&served, "/flows/a/layout", &json!({"version": 1})).expect(200);
    let refused = served.ask("DELETE", "/flows/a", "").expect(409).json();
    assert_eq!(refused["type"], "tidemill:needed");
    let file = sandbox.file("b.flow.yaml");
    assert_eq!(
        refused["callers"],
        json!([{"flow": "b", "file": file.to_str().unwrap(), "line": 3}])
    );
    let text = sandbox.read("a.flow.yaml").unwrap();
    let removed = served
        .ask("DELETE", "/flows/a?force=true", "")
        .expect(200)
        .json();
    assert_eq!(sandbox.read("a.flow.yaml"), None);
    assert!(names(&sandbox.file(".tidemill/layout")).is_empty());
    if let Some(bin) = removed["bin"].as_str() {
        assert_eq!(fs::read_to_string(bin).unwrap(), text);
        assert!(Path::new(bin).starts_with(sandbox.file(".tidemill/bin")));
    }
    // Its text is still to be had.
    let version = removed["version"].as_str().unwrap();
    assert_eq!(versions(&served, "a")[0]["version"], version);
    assert_eq!(
        served.get(&format!("/flows/a/versions/{version}"))["text"],
        text
    );
    served
        .post("/flows/a/text", &json!({"text": text}))
        .expect(201);
}

#[cfg(target_os = "linux")]
#[test]
fn the_system_s_bin_is_used_where_there_is_one() {
    let sandbox = Sandbox::new();
    let text = fs::read_to_string(sandbox.flow("a", PLAIN)).unwrap();
    let data = sandbox.home().parent().unwrap().join("data");
    let served = Served::start_where(&sandbox, &[("XDG_DATA_HOME", &data)]);
    let removed = served.ask("DELETE", "/flows/a", "").expect(200).json();
    assert_eq!(removed["bin"], Value::Null);
    assert_eq!(names(&sandbox.work()), [".tidemill"]);
    assert_eq!(served.get("/flows"), json!({"flows": []}));
    let kept = data.join("Trash/files/a.flow.yaml");
    assert_eq!(fs::read_to_string(kept).unwrap(), text);
}

/// Reads on until a file is told to have changed so.
fn told(stream: &mut EventReader, flow: &str, change: &str) -> Value {
    loop {
        let event = stream.next().expect("more events");
        if event.name == "file" && event.data["flow"] == flow && event.data["change"] == change {
            return event.data;
        }
    }
}

#[test]
fn changes_of_files_are_told_and_move_no_cursor() {
    let sandbox = Sandbox::new();
    sandbox.flow("a", PLAIN);
    let served = Served::start(&sandbox);
    let mut stream = served.stream("/events", &[]);
    let hello = stream.next().unwrap();
    assert_eq!(hello.name, "hello");
    sandbox.flow("b", PLAIN);
    let event = stream.next().unwrap();
    assert_eq!((event.name.as_str(), &event.id), ("file", &hello.id));
    let b = told_or(event.data, &mut stream, "b");
    assert_eq!(b["file"], sandbox.file("b.flow.yaml").to_str().unwrap());
    assert_eq!(b["kind"], "flow");
    // Our own are told with the version that the save answered.
    let saved = json!({"text": "name: a\n", "base": version(&served, "a")});
    let saved = put(&served, "/flows/a/text", &saved).expect(200).json();
    let own = told(&mut stream, "a", "modified");
    assert_eq!(own["version"], saved["version"]);
    put(&served, "/flows/a/layout", &json!({"version": 1})).expect(200);
    let layout = told(&mut stream, "a", "created");
    assert_eq!(layout["kind"], "layout");
    fs::remove_file(sandbox.file("b.flow.yaml")).unwrap();
    let gone = told(&mut stream, "b", "removed");
    assert_eq!(gone["version"], Value::Null);
    // What runs is told as before, from where the cursor was.
    sandbox.flow("c", PLAIN);
    let run = served.run("c");
    let first = stream.find(|event| event.name == "transitions").unwrap();
    assert_eq!(first.data["moves"][0]["run"], run);
    let from: u64 = hello.id.parse().unwrap();
    assert_eq!(first.data["moves"][0]["sequence"], from + 1);
}

/// The event of a file that was told as created, whichever part of it was seen first.
fn told_or(first: Value, stream: &mut EventReader, flow: &str) -> Value {
    match first["flow"] == flow && first["version"].is_string() {
        true => first,
        false => told(stream, flow, "modified"),
    }
}

/// Every flow file of a sandbox, with its bytes.
fn flow_files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for name in names(folder) {
        let path = folder.join(&name);
        if path.is_dir() && !name.starts_with('.') {
            flow_files(&path, found);
        } else if name.ends_with(".flow.yaml") {
            let bytes = fs::read(&path).expect("a file");
            found.push((path.to_string_lossy().into_owned(), bytes));
        }
    }
}

#[test]
fn examples_that_are_renamed_and_renamed_back_are_as_they_were() {
    let mut renamed = 0;
    for example in names(&tidemill_tests::examples()) {
        if !tidemill_tests::examples().join(&example).is_dir() {
            continue;
        }
        let sandbox = Sandbox::new();
        sandbox.copy_example(&example);
        let served = Served::start(&sandbox);
        let mut before = Vec::new();
        flow_files(&sandbox.work(), &mut before);
        for flow in served.get("/flows")["flows"].as_array().unwrap() {
            let name = flow["name"].as_str().unwrap();
            let to = |from: &str, to: &str| {
                served.post(&format!("/flows/{from}/rename"), &json!({"to": to}))
            };
            let there = to(name, "another-name").expect(200).json();
            let problems = served.get("/flows/another-name")["summary"]["problems"].clone();
            assert_eq!(problems, flow["problems"], "{example}: {name}");
            assert_eq!(there["warnings"], json!([]), "{example}: {name}");
            to("another-name", name).expect(200);
            let mut after = Vec::new();
            flow_files(&sandbox.work(), &mut after);
            assert_eq!(before, after, "{example}: {name}");
            renamed += 1;
        }
    }
    assert!(renamed > 5, "{renamed}");
}
