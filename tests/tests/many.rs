//! Awkward names and values, awkward surroundings, signals.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tidemill_tests::{
    Answer, Sandbox, Signal, message, output, processes_with, signal, state, until,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// What breaks what quotes, splits, decodes or interpolates.
const AWKWARD: &str = "it's \"q\" $HOME `id` \\n\n2nd\tline 🐈 ü %20?x#y {{ z }} *";

/// A secret of the same kind.
const SECRET: &str = "s3c'ret \"q\" $HOME `id`\n2nd-s3cret\tline 🐈 ü %20?x#y {{ z }} *";

/// The same without what no file name may hold, and with what URLs and SQLite might decode.
const AWKWARD_NAME: &str = "it's \"q\" $HOME\n🐈 ü %20?mode=ro#y {{ z }} *;&";

fn in_folder(sandbox: &Sandbox, arguments: &[&str], work: &Path, home: &Path) -> Command {
    let mut command = sandbox.command(arguments);
    command.current_dir(work).env("TIDEMILL_HOME", home);
    command
}

#[test]
fn awkward_values_pass_through_environments_items_and_secrets() {
    let sandbox = Sandbox::new();
    sandbox
        .call_with_input(&["secrets", "set", "key"], SECRET.as_bytes())
        .expect(0);
    sandbox.call(&["vars", "set", "word", AWKWARD]).expect(0);
    let text = serde_json::to_string(AWKWARD).unwrap();
    let literal = text.replace("{{ z }}", "{{ '{{ z }}' }}");
    sandbox.flow(
        "values",
        &format!(
            r#"
env: {{ WORD: '{{{{ vars.word }}}}', KEY: '{{{{ secrets.key }}}}' }}
tasks:
  shell: {{ shell: 'printf %s "$WORD"' }}
  python: {{ python: 'import os; return [os.environ["WORD"], vars["word"]]' }}
  length: {{ python: 'import os; return len(os.environ["KEY"])' }}
  literal: {{ env: {{ WORD: {literal} }}, shell: 'printf %s "$WORD"' }}
  items: {{ for_each: [{literal}, {{ {literal}: [{literal}] }}], python: 'return item' }}
  raised: {{ allow_failure: true, python: 'import os; raise KeyError(os.environ["KEY"])' }}
  secret: {{ shell: 'printf "%s\n" "$KEY"; printf "%s\n" "$KEY" >&2' }}
output: '{{{{ tasks.items.output }}}}'
"#
        ),
    );
    let document = sandbox.run_json("values", &[], 0);
    assert_eq!(output(&document, "shell"), AWKWARD);
    assert_eq!(output(&document, "python"), &json!([AWKWARD, AWKWARD]));
    assert_eq!(
        output(&document, "length").as_u64(),
        Some(SECRET.chars().count() as u64)
    );
    assert_eq!(output(&document, "literal"), AWKWARD);
    let items = json!([AWKWARD, { AWKWARD: [AWKWARD] }]);
    // A key of a mapping is no place for an expression: it stands as it is written.
    let first = &document["run"]["output"][0];
    assert_eq!(first, &items[0]);
    assert_eq!(output(&document, "secret"), "***");
    let logs = sandbox.call(&["runs", "logs", "last"]).expect(0).stdout;
    for part in ["s3c", "2nd-"] {
        assert!(!logs.contains(part), "{logs}");
    }
    assert_eq!(message(&document, "raised"), "KeyError: '***'");
}

#[test]
fn a_secret_of_several_lines_is_masked_line_by_line_too() {
    let sandbox = Sandbox::new();
    let key = "-----BEGIN KEY-----\nMIIEvgIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n";
    sandbox
        .call_with_input(&["secrets", "set", "pem"], key.as_bytes())
        .expect(0);
    sandbox.flow(
        "pem",
        r#"
env: { PEM: '{{ secrets.pem }}' }
tasks:
  whole: { shell: 'printf "%s\n" "$PEM"' }
  lines: { shell: 'printf "%s\n" "$PEM" | while read -r line; do echo "got $line"; sleep 0.01; done' }
  python: { python: 'import os; print(os.environ["PEM"]); return os.environ["PEM"].splitlines()' }
"#,
    );
    let answer = sandbox.call(&["run", "pem", "--json"]).expect(0);
    let logs = sandbox.call(&["runs", "logs", "last"]).expect(0);
    let all = format!("{}{}{}", answer.stdout, answer.stderr, logs.stdout);
    for part in ["MIIEvgIBADANBgkq", "hkiG9w0BAQEFAASC"] {
        assert!(!all.contains(part), "{part} in {all}");
    }
}

#[test]
fn workspaces_homes_and_files_may_have_awkward_names() {
    let sandbox = Sandbox::new();
    let work = sandbox.work().join(format!("w {AWKWARD_NAME}"));
    let home = sandbox.work().join(format!("h {AWKWARD_NAME}"));
    fs::create_dir_all(&work).unwrap();
    let name = serde_json::to_string(AWKWARD_NAME)
        .unwrap()
        .replace("{{ z }}", "{{ '{{ z }}' }}");
    let file = |ending: &str| format!("{}{ending}\"", name.strip_suffix('"').unwrap());
    fs::write(
        work.join(format!("{AWKWARD_NAME}.sh")),
        "cat \"$0\" | wc -l\n",
    )
    .unwrap();
    fs::write(
        work.join(format!("{AWKWARD_NAME}.py")),
        "return __name__ is not None\n",
    )
    .unwrap();
    fs::write(work.join("call me 🐈.py"), "def f(): return 5\n").unwrap();
    fs::write(
        work.join("awkward.flow.yaml"),
        format!(
            r#"
name: awkward
tasks:
  shell: {{ shell: {{ file: {} }} }}
  python: {{ python: {{ file: {} }} }}
  call: {{ python: {{ call: 'call me 🐈.py:f' }} }}
  make: {{ sql: {{ database: {}, query: 'create table if not exists t (a); delete from t; insert into t values (1)' }} }}
  rows: {{ needs: [make], sql: {{ database: {}, query: 'select a from t' }} }}
  cwd: {{ cwd: {name}, shell: pwd }}
  scratch: {{ shell: 'echo "$TIDEMILL_RUN_DIR" > "$TIDEMILL_OUTPUT"; touch "$TIDEMILL_RUN_DIR/x"' }}
  wait: {{ wait: {{ file: {} }} }}
  fails: {{ allow_failure: true, python: 'raise ValueError(1)' }}
  cached: {{ cache: true, shell: echo x }}
"#,
            file(".sh"),
            file(".py"),
            file(".db"),
            file(".db"),
            file(".sh"),
        ),
    )
    .unwrap();
    fs::create_dir(work.join(AWKWARD_NAME)).unwrap();
    let call = |arguments: &[&str]| Answer::of(&mut in_folder(&sandbox, arguments, &work, &home));
    let document = call(&["run", "awkward", "--json"]).expect(0).json();
    assert_eq!(output(&document, "python"), true);
    assert_eq!(output(&document, "call"), 5);
    assert_eq!(output(&document, "rows"), &json!([{"a": 1}]));
    assert!(work.join(format!("{AWKWARD_NAME}.db")).is_file());
    let cwd = output(&document, "cwd").as_str().unwrap();
    assert!(cwd.ends_with(AWKWARD_NAME), "{cwd}");
    assert!(
        home.join("state.db").is_file(),
        "the home is where it should be"
    );
    assert!(home.join("logs.db").is_file());
    let again = call(&["runs", "retry", "last", "--json"]).expect(0).json();
    assert_eq!(again["run"]["id"], document["run"]["id"]);
    call(&["runs"]).expect(0);
    let shown = call(&["runs", "show", "last"]).expect(0).stdout;
    assert!(shown.contains("awkward"), "{shown}");
    call(&["runs", "logs", "last"]).expect(0);
    call(&["check", "awkward.flow.yaml"]).expect(0);
    let listed = fs::read_dir(sandbox.work()).unwrap().count();
    assert_eq!(listed, 2, "nothing was made beside them");
}

#[test]
fn a_folder_whose_name_is_no_text_works() {
    let sandbox = Sandbox::new();
    let work = sandbox.work().join(OsStr::from_bytes(b"caf\xe9 work"));
    let home = sandbox.work().join(OsStr::from_bytes(b"caf\xe9 home"));
    fs::create_dir_all(&work).unwrap();
    fs::write(
        work.join("f.flow.yaml"),
        "name: f\ntasks:\n  s: { shell: cat f.flow.yaml | wc -l }\n  p: { python: 'return open(\"f.flow.yaml\").readline()' }\n",
    )
    .unwrap();
    let run = ["run", "f", "--json"];
    let document = Answer::of(&mut in_folder(&sandbox, &run, &work, &home))
        .expect(0)
        .json();
    assert_eq!(output(&document, "p"), "name: f\n");
    assert!(home.join("state.db").is_file());
}

/// The program without a right that root has beyond others: to write where it may not.
fn without_rights(sandbox: &Sandbox, arguments: &[&str], home: &Path) -> Answer {
    let plain = sandbox.command(arguments);
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set=-all", "--inh-caps=-all", "--"]);
    if !rustix::process::geteuid().is_root() {
        command = Command::new("env");
    }
    command.arg(plain.get_program()).args(arguments);
    command.current_dir(sandbox.work());
    command.env("TIDEMILL_HOME", home).env("NO_COLOR", "1");
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    Answer::of(&mut command)
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_home_that_cannot_be_written_is_said() {
    let sandbox = Sandbox::new();
    sandbox.flow("f", "tasks:\n  t: { shell: touch ran }\n");
    let locked = sandbox.work().join("locked");
    fs::create_dir(&locked).unwrap();
    set_mode(&locked, 0o555);
    for home in [locked.clone(), locked.join("home")] {
        let answer = without_rights(&sandbox, &["run", "f"], &home).expect(3);
        assert!(
            answer.stderr.contains("locked") && answer.stderr.to_lowercase().contains("permission"),
            "{}",
            answer.stderr
        );
        assert_eq!(sandbox.read("ran"), None);
    }
    set_mode(&locked, 0o755);
    let home = sandbox.home();
    sandbox.run_json("f", &[], 0);
    fs::remove_file(sandbox.file("ran")).unwrap();
    let files: Vec<PathBuf> = fs::read_dir(&home)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    for file in &files {
        set_mode(file, 0o444);
    }
    set_mode(&home, 0o555);
    let answer = without_rights(&sandbox, &["run", "f"], &home).expect(3);
    assert!(
        answer.stderr.contains(home.to_str().unwrap()),
        "{}",
        answer.stderr
    );
    assert!(!answer.stderr.contains("panicked"), "{}", answer.stderr);
    assert_eq!(sandbox.read("ran"), None);
    set_mode(&home, 0o755);
    for file in &files {
        set_mode(file, 0o644);
    }
    sandbox.run_json("f", &[], 0);
}

#[test]
fn terminate_and_hang_up_cancel_like_ctrl_c() {
    for (sent, name) in [(Signal::TERM, "SIGTERM"), (Signal::HUP, "SIGHUP")] {
        let sandbox = Sandbox::new();
        let mark = format!("a-mark-of-{name}");
        sandbox.flow(
            "long",
            &format!("env: {{ MARK: '{mark}' }}\ntasks:\n  t: {{ shell: 'touch begun; sleep 1000' }}\n  w: {{ wait: 1h }}\n"),
        );
        let run = sandbox.start(&["run", "long", "--json"]);
        until("the task", PATIENCE, || sandbox.read("begun"));
        signal(run.id(), sent);
        let ended = run.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(130), "{ended:?}");
        let document: Value = serde_json::from_slice(&ended.stdout).unwrap();
        assert_eq!(document["run"]["state"], "Cancelled");
        let why = document["run"]["message"].as_str().unwrap();
        assert!(why.contains(name), "{why}");
        assert_eq!(state(&document, "t"), "Cancelled");
        assert_eq!(state(&document, "w"), "Cancelled");
        assert!(processes_with(&mark).is_empty());
    }
}

#[test]
fn a_second_ctrl_c_kills() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "deaf",
        "env: { MARK: 'a-mark-of-two' }\ntasks:\n  t: { shell: 'trap \"\" TERM INT HUP; touch begun; while true; do sleep 1; done' }\n",
    );
    let mut run = sandbox.start(&["run", "deaf", "--json"]);
    until("the task", PATIENCE, || sandbox.read("begun"));
    let sent = Instant::now();
    let status = until("the end", PATIENCE, || {
        // One that comes at once after the first is taken for the same: so, again.
        signal(run.id(), Signal::INT);
        run.try_wait().unwrap()
    });
    assert_eq!(status.code(), Some(130));
    assert!(
        sent.elapsed() < Duration::from_millis(4_500),
        "it did not wait for the grace: {:?}",
        sent.elapsed()
    );
    assert!(processes_with("a-mark-of-two").is_empty());
    assert_eq!(sandbox.last()["run"]["state"], "Cancelled");
}

/// The program with some of its standard streams closed.
fn with_closed(sandbox: &Sandbox, closed: &str, arguments: &[&str]) -> Answer {
    let plain = sandbox.command(arguments);
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("exec \"$0\" \"$@\" {closed}"));
    command.arg(plain.get_program()).args(arguments);
    command.current_dir(sandbox.work());
    command.env("TIDEMILL_HOME", sandbox.home());
    command.stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    Answer::of(&mut command)
}

#[test]
fn closed_standard_streams_do_no_harm() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "f",
        "tasks:\n  s: { shell: 'cat; echo out; echo err >&2' }\n  p: { python: 'import sys; print(1); return sys.stdin.read()' }\n",
    );
    let answer = with_closed(&sandbox, "<&-", &["run", "f", "--json"]).expect(0);
    assert_eq!(output(&answer.json(), "s"), "out");
    assert_eq!(output(&answer.json(), "p"), "");
    for closed in ["<&- >&-", "<&- >&- 2>&-", "2>&-"] {
        let answer = with_closed(&sandbox, closed, &["run", "f"]);
        assert_eq!(answer.code, Some(0), "{closed}: {answer:?}");
        assert_eq!(sandbox.last()["run"]["state"], "Completed", "{closed}");
    }
    let database = fs::read(sandbox.home().join("state.db")).unwrap();
    assert!(database.starts_with(b"SQLite format 3\0"));
    with_closed(&sandbox, "<&-", &["secrets", "set", "key"]).expect(2);
}

#[test]
fn no_home_variable_and_relative_homes() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "sub/f.flow.yaml",
        "name: f\ntasks:\n  s: { cwd: /, shell: 'touch \"$TIDEMILL_RUN_DIR/x\"; echo \"$TIDEMILL_RUN_DIR\"' }\n  p: { cwd: /, python: 'return run[\"dir\"]' }\n",
    );
    let bare = |arguments: &[&str]| {
        let mut command = sandbox.command(arguments);
        for name in ["HOME", "TIDEMILL_HOME", "XDG_DATA_HOME", "USERPROFILE"] {
            command.env_remove(name);
        }
        command
    };
    let mut command = bare(&["run", "sub/f.flow.yaml", "--json"]);
    let document = Answer::of(command.env("TIDEMILL_HOME", "a home"))
        .expect(0)
        .json();
    for path in ["s", "p"] {
        let folder = Path::new(output(&document, path).as_str().unwrap()).to_owned();
        assert!(folder.starts_with(sandbox.file("a home")), "{folder:?}");
        assert!(folder.join("x").is_file() || path == "p");
    }
    assert!(!sandbox.home().exists());
    let mut command = bare(&["runs", "show", "last", "--json", "--home", "../a home"]);
    let shown = Answer::of(command.current_dir(sandbox.file("sub"))).expect(0);
    assert_eq!(shown.json()["run"]["id"], document["run"]["id"]);
    let mut command = bare(&["run", "sub/f.flow.yaml", "--json"]);
    let data = sandbox.file("data");
    Answer::of(command.env("XDG_DATA_HOME", &data)).expect(0);
    assert!(data.join("tidemill/state.db").is_file());
}

#[test]
fn runs_are_removed_while_others_read() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "wordy",
        "tasks:\n  t: { shell: 'seq 100000' }\n  m: { for_each: '{{ range(200) | list }}', value: '{{ item }}' }\n",
    );
    let mut ids = Vec::new();
    for _ in 0..3 {
        let document = sandbox.run_json("wordy", &[], 0);
        ids.push(document["run"]["id"].as_str().unwrap().to_owned());
    }
    // These fill their pipes and stand there, in the middle of reading.
    let mut readers: Vec<_> = ids
        .iter()
        .flat_map(|id| [["runs", "logs", id.as_str()], ["runs", "show", id.as_str()]])
        .map(|arguments| sandbox.start(&arguments))
        .collect();
    let mut lists = Vec::new();
    for id in &ids {
        lists.push(sandbox.start(&["runs", "ls", "--json"]));
        sandbox.call(&["runs", "rm", id]).expect(0);
        lists.push(sandbox.start(&["runs", "ls", "--json"]));
    }
    readers.extend(lists);
    for reader in readers {
        let ended = reader.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(
            matches!(ended.status.code(), Some(0 | 2)) && !said.contains("panicked"),
            "{:?}: {said}",
            ended.status
        );
    }
    let left = sandbox.call(&["runs", "ls", "--json"]).expect(0).json();
    assert_eq!(left["runs"], json!([]));
    let document = sandbox.run_json("wordy", &[], 0);
    assert_eq!(message(&document, "m[7]"), "");
}
