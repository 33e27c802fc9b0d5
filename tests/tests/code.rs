//! Tasks that are code: `shell` and `python`, their interpreters, their
//! environment, their output.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use tidemill_tests::{Answer, Sandbox, message, output, state, task};

/// The interpreter itself behind `python3`, which may be a version manager's script.
fn python() -> PathBuf {
    let ask = ["-c", "import sys; print(end=sys.executable)"];
    let said = Command::new("python3").args(ask).output().unwrap();
    assert!(said.status.success(), "{said:?}");
    fs::canonicalize(String::from_utf8(said.stdout).unwrap()).unwrap()
}

/// A virtual environment, and the folder that it calls its own.
fn environment(folder: &Path) -> String {
    let make = ["-m", "venv", "--without-pip"];
    let made = Command::new(python())
        .args(make)
        .arg(folder)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    folder.to_str().unwrap().to_owned()
}

#[test]
fn scripts_run_with_the_interpreter_that_they_name() {
    let sandbox = Sandbox::new();
    let tool = sandbox.write("sub/my tools/shout", "#!/bin/sh\ntr a-z A-Z < \"$1\"\n");
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.write("sub/the script.sh", "echo from a file; echo \"$0\" >&2\n");
    sandbox.write(
        "sub/shells.flow.yaml",
        r#"
name: shells
env: { TOOL: shout }
tasks:
  usual: { shell: 'false; echo on; [ -z "$BASH_VERSION" ] || echo bash' }
  bash: { shell: { interpreter: bash, script: '[[ abc == a* ]] && echo "${BASH_VERSION:+yes}" {1..3}' } }
  path: { shell: { interpreter: 'my tools/{{ env.TOOL_NAME }}', script: "as it stands {{ no }} 'x'" } }
  named: { shell: { interpreter: python3, script: 'print({"a": 1})' } }
  file: { shell: { file: 'the script.sh' } }
  absent: { allow_failure: true, shell: { interpreter: no-such-shell, script: echo } }
  code: { allow_failure: true, shell: exit 7 }
  killed: { allow_failure: true, shell: kill -KILL $$ }
"#,
    );
    let mut command = sandbox.command(&["run", "sub/shells.flow.yaml", "--json"]);
    let document = Answer::of(command.env("TOOL_NAME", "shout"))
        .expect(0)
        .json();
    assert_eq!(output(&document, "usual"), "on", "no -e, and no bash");
    assert_eq!(output(&document, "bash"), "yes 1 2 3");
    assert_eq!(output(&document, "path"), "AS IT STANDS {{ NO }} 'X'");
    assert_eq!(output(&document, "named"), "{'a': 1}");
    assert_eq!(output(&document, "file"), "from a file");
    assert!(message(&document, "absent").contains("no-such-shell"));
    assert!(message(&document, "code").contains('7'));
    let killed = message(&document, "killed");
    assert!(killed.contains('9') || killed.contains("KILL"), "{killed}");
}

#[test]
fn what_a_script_writes_is_its_output() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "out",
        r#"
tasks:
  json: { shell: 'echo shown; echo "{\"a\": [1, 2.5, null]}" > "$TIDEMILL_OUTPUT"' }
  text: { shell: 'printf "two\nlines\n" > "$TIDEMILL_OUTPUT"' }
  appended: { shell: 'echo [1, >> "$TIDEMILL_OUTPUT"; echo 2] >> "$TIDEMILL_OUTPUT"' }
  touched: { shell: 'touch "$TIDEMILL_OUTPUT"; echo shown' }
  plain: { shell: 'printf "a\n\n"; echo not this >&2' }
  bytes: { shell: 'printf "a\377b"' }
  nothing: { shell: ':' }
  failed: { allow_failure: true, shell: 'echo 1 > "$TIDEMILL_OUTPUT"; exit 1' }
"#,
    );
    let document = sandbox.run_json("out", &[], 0);
    for (path, expected) in [
        ("json", json!({"a": [1, 2.5, null]})),
        ("text", json!("two\nlines\n")),
        ("appended", json!([1, 2])),
        ("touched", json!("shown")),
        ("plain", json!("a\n")),
        ("bytes", json!("a\u{fffd}b")),
        ("nothing", json!("")),
        ("failed", json!(null)),
    ] {
        assert_eq!(output(&document, path), &expected, "{path}");
    }
}

#[test]
fn standard_output_is_an_output_up_to_one_mebibyte() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "big",
        r#"
tasks:
  just: { shell: 'head -c 1048576 /dev/zero | tr "\0" x' }
  more: { shell: 'head -c 1048577 /dev/zero | tr "\0" x' }
  file: { shell: 'echo small; head -c 3000000 /dev/zero | tr "\0" x > "$TIDEMILL_OUTPUT"' }
  python: { python: 'return "x" * 3000000' }
  after: { value: '{{ tasks.file.output | length + tasks.python.output | length }}' }
  null: { needs: [more], value: '{{ tasks.more.output is none }}' }
"#,
    );
    let document = sandbox.run_json("big", &[], 0);
    let length = |path: &str| output(&document, path).as_str().map(str::len);
    assert_eq!(length("just"), Some(1 << 20));
    assert_eq!(length("more"), None);
    let said = message(&document, "more");
    assert!(said.contains("1 MiB") && said.contains("log"), "{said}");
    assert_eq!(length("file"), Some(3_000_000));
    assert_eq!(output(&document, "after"), 6_000_000);
    assert_eq!(output(&document, "null"), true);
}

#[test]
fn environments_merge_by_name_and_null_unsets() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "env",
        r#"
parameters: { p: only by env }
env: { B: flow, C: flow, D: flow, G: null, H: 'p={{ params.p }}' }
defaults: { env: { C: defaults, D: defaults, E: null } }
tasks:
  shell:
    env: { D: task, F: null, LIST: '{{ [1, "a"] }}', MACHINE: '{{ env.B }}' }
    shell: 'for n in A B C D E F G H LIST MACHINE; do eval "printf %s, \"\${$n-unset}\""; done; env | grep -c params'
    allow_failure: true
  python:
    env: { D: task, F: null, LIST: '{{ [1, "a"] }}', MACHINE: '{{ env.B }}' }
    python: |
      import os
      names = ["A", "B", "C", "D", "E", "F", "G", "H", "LIST", "MACHINE"]
      return "".join(os.environ.get(n, "unset") + "," for n in names)
  later: { needs: [python], python: 'import os; return [os.environ.get("D"), os.environ.get("F"), os.environ.get("LIST")]' }
  expression: { value: '{{ env.B }} {{ env.F }}' }
"#,
    );
    let mut command = sandbox.command(&["run", "env", "--json"]);
    for name in ["A", "B", "C", "D", "E", "F", "G"] {
        command.env(name, "machine");
    }
    let document = Answer::of(&mut command).expect(0).json();
    let expected = "machine,flow,defaults,task,unset,unset,unset,p=only by env,[1,\"a\"],machine,";
    assert_eq!(output(&document, "python"), expected);
    let logs = sandbox.call(&["runs", "logs", "last"]).expect(0).stdout;
    assert!(logs.contains(&format!("{expected}0")), "{logs}");
    assert_eq!(
        output(&document, "later"),
        &json!(["defaults", "machine", null]),
        "a task's environment ends with it"
    );
    assert_eq!(
        output(&document, "expression"),
        "machine machine",
        "before any env of the file"
    );
}

#[test]
fn code_runs_beside_its_flow_or_where_cwd_says() {
    let sandbox = Sandbox::new();
    sandbox.write("sub/inner dir/here", "");
    sandbox.write(
        "sub/where.flow.yaml",
        r#"
name: where
defaults: { cwd: inner dir }
tasks:
  shell: { shell: pwd }
  python: { python: 'import os; return os.getcwd()' }
  own: { cwd: '{{ "." }}', shell: pwd }
  after: { cwd: '..', needs: [python], python: 'import os; return os.getcwd()' }
  absent: { cwd: nowhere, allow_failure: true, shell: pwd }
  gone: { cwd: nowhere, allow_failure: true, python: return 1 }
"#,
    );
    let document = sandbox.run_json("sub/where.flow.yaml", &[], 0);
    let sub = fs::canonicalize(sandbox.file("sub")).unwrap();
    let inner = sub.join("inner dir");
    assert_eq!(output(&document, "shell"), inner.to_str().unwrap());
    assert_eq!(output(&document, "python"), inner.to_str().unwrap());
    assert_eq!(output(&document, "own"), sub.to_str().unwrap());
    assert_eq!(
        output(&document, "after"),
        sub.parent().unwrap().to_str().unwrap()
    );
    for path in ["absent", "gone"] {
        assert_eq!(state(&document, path), "Failed");
        assert!(message(&document, path).contains("nowhere"), "{path}");
    }
}

#[test]
fn a_script_knows_its_run_and_task() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "known",
        r#"
tasks:
  group:
    tasks:
      t:
        for_each: [a, b]
        retries: 1
        shell: |
          echo "$TIDEMILL_RUN_ID $TIDEMILL_FLOW $TIDEMILL_TASK $TIDEMILL_ATTEMPT"
          [ -d "$TIDEMILL_RUN_DIR" ] && echo "$TIDEMILL_RUN_DIR"
          [ "$TIDEMILL_ATTEMPT" -gt 1 ]
  scratch: { shell: 'echo kept > "$TIDEMILL_RUN_DIR/file"' }
  used: { needs: [scratch], env: { DIR: '{{ run.dir }}' }, shell: 'cat "$DIR/file"' }
"#,
    );
    let document = sandbox.run_json("known", &[], 0);
    let id = document["run"]["id"].as_str().unwrap();
    let said = output(&document, "group/t[1]").as_str().unwrap();
    let (first, folder) = said.split_once('\n').unwrap();
    let words: Vec<&str> = first.split(' ').collect();
    assert_eq!(words[0], id);
    assert_eq!(words[1], "known");
    assert!(words[2].starts_with("group/t"), "{first}");
    assert_eq!(words[3], "2");
    assert!(Path::new(folder).is_dir(), "{folder}");
    assert_eq!(output(&document, "used"), "kept");
}

#[test]
fn python_is_the_flows_else_the_activated_else_the_workspaces() {
    let sandbox = Sandbox::new();
    let own = environment(&sandbox.file(".venv"));
    let activated = environment(&sandbox.file("activated env"));
    let named = environment(&sandbox.file("sub/named env"));
    fs::create_dir(sandbox.file(".tidemill")).unwrap();
    sandbox.write(
        "sub/py.flow.yaml",
        r#"
name: py
tasks:
  usual: { python: 'import sys; return sys.prefix' }
  path: { python: { python: named env/bin/python, code: 'import sys; return sys.prefix' } }
  folder: { python: { python: 'named {{ "env" }}', code: 'import sys; return sys.prefix' } }
  absent: { allow_failure: true, python: { python: ./no/python, code: return 1 } }
"#,
    );
    let real = |path: &str| fs::canonicalize(path).unwrap();
    let prefix = |document: &Value, path: &str| real(output(document, path).as_str().unwrap());
    let arguments = ["run", "sub/py.flow.yaml", "--json"];
    let document = sandbox.call(&arguments).expect(0).json();
    assert_eq!(prefix(&document, "usual"), real(&own));
    assert_eq!(prefix(&document, "path"), real(&named));
    assert_eq!(prefix(&document, "folder"), real(&named));
    assert!(message(&document, "absent").contains("no/python"));
    let mut command = sandbox.command(&arguments);
    let document = Answer::of(command.env("VIRTUAL_ENV", &activated))
        .expect(0)
        .json();
    assert_eq!(prefix(&document, "usual"), real(&activated));
    assert_eq!(prefix(&document, "path"), real(&named));
    let mut command = sandbox.command(&arguments);
    let lost = Answer::of(command.env("VIRTUAL_ENV", sandbox.file("no env"))).expect(1);
    let said = message(&lost.json(), "usual").to_owned();
    assert!(
        said.contains("no env") && said.contains("VIRTUAL_ENV"),
        "{said}"
    );
}

#[test]
fn an_isolated_body_has_an_interpreter_of_its_own() {
    let sandbox = Sandbox::new();
    sandbox.flow(
        "apart",
        r#"
tasks:
  one: { python: 'import builtins, os; builtins.mark = 1; return os.getpid()' }
  alone: { needs: [one], python: { isolate: true, code: 'import builtins, os; return [os.getpid(), hasattr(builtins, "mark")]' } }
  again: { needs: [alone], python: { isolate: true, code: 'import os; return os.getpid()' } }
"#,
    );
    let document = sandbox.run_json("apart", &[], 0);
    let alone = output(&document, "alone");
    assert_ne!(output(&document, "one"), &alone[0]);
    assert_eq!(alone[1], false);
    assert_ne!(output(&document, "again"), &alone[0]);
}

#[test]
fn python_sees_what_the_format_promises_and_returns_json() {
    let sandbox = Sandbox::new();
    sandbox.call(&["vars", "set", "region", "north"]).expect(0);
    sandbox.write(
        "lib/shape.py",
        "SIDE = 2\ndef area(height, *, unit='m'):\n    return [height * SIDE, unit]\n",
    );
    sandbox.write(
        "body.py",
        "def twice(x):\n    return x * 2\nreturn twice(index)\n",
    );
    sandbox.flow(
        "py",
        r#"
parameters: { n: 3 }
tasks:
  first: { value: { a: [1, null, true] } }
  sees:
    needs: [first]
    for_each: [x]
    python: 'return [params["n"], inputs["first"], item, index, matrix, run["flow"], trigger, vars["region"]]'
  axis: { matrix: { size: [1], kind: [b] }, python: 'return [matrix["size"], matrix["kind"], item]' }
  named: { for_each: { in: [7], as: city }, python: 'return item' }
  call: { python: { call: 'lib/shape.py:area', with: { height: '{{ params.n }}', unit: cm } } }
  file: { for_each: [0, 1], python: { file: body.py } }
  nothing: { python: 'x = 1' }
  deep: { python: 'return {"t": (1, 2), "f": 1e300, "i": 2**60, "s": "\u00fc\n"}' }
  nan: { allow_failure: true, python: 'return float("nan")' }
  set: { allow_failure: true, python: 'return {1, 2}' }
  exit: { allow_failure: true, python: 'import sys; sys.exit(5)' }
  syntax: { allow_failure: true, python: 'return (' }
  kind: { allow_failure: true, retries: { max: 3, when: "{{ error.kind == 'exit' and error.exit_code == 5 }}" }, python: 'import sys; sys.exit(5)' }
"#,
    );
    let document = sandbox.run_json("py", &[], 0);
    assert_eq!(
        output(&document, "sees[0]"),
        &json!([3, {"a": [1, null, true]}, "x", 0, null, "py", null, "north"])
    );
    assert_eq!(output(&document, "axis[0]"), &json!([1, "b", null]));
    assert_eq!(output(&document, "named[0]"), 7);
    assert_eq!(output(&document, "call"), &json!([6, "cm"]));
    assert_eq!(output(&document, "file"), &json!([0, 2]));
    assert_eq!(output(&document, "nothing"), &Value::Null);
    assert_eq!(
        output(&document, "deep"),
        &json!({"t": [1, 2], "f": 1e300, "i": 1_u64 << 60, "s": "ü\n"})
    );
    for (path, part) in [
        ("nan", "nan"),
        ("set", "set"),
        ("exit", "5"),
        ("syntax", "SyntaxError"),
    ] {
        assert_eq!(state(&document, path), "Failed", "{path}");
        let said = message(&document, path).to_owned();
        assert!(
            said.to_lowercase().contains(&part.to_lowercase()),
            "{path}: {said}"
        );
    }
    assert_eq!(task(&document, "kind")["attempts"], 4);
}

/// A wheel of one module, made by hand; its URL.
fn wheel(sandbox: &Sandbox) -> String {
    let path = sandbox.file("tidemill_tiny-1.0-py3-none-any.whl");
    let make = r#"
import sys, zipfile
info = "tidemill_tiny-1.0.dist-info/"
files = {
    "tidemill_tiny.py": "VALUE = 42\n",
    info + "METADATA": "Metadata-Version: 2.1\nName: tidemill-tiny\nVersion: 1.0\n",
    info + "WHEEL": "Wheel-Version: 1.0\nGenerator: by-hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}
record = info + "RECORD"
files[record] = "".join(name + ",,\n" for name in [*files, record])
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    for name, text in files.items():
        wheel.writestr(name, text)
"#;
    let arguments = ["-c".as_ref(), make.as_ref(), path.as_os_str()];
    let made = Command::new(python()).args(arguments).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    format!("file://{}", path.to_str().unwrap().replace(' ', "%20"))
}

/// Whether `uv` is on PATH: `cargo xtask test` puts it there.
fn has_uv() -> bool {
    let there = Command::new("uv").arg("--version").output().is_ok();
    if !there {
        println!("uv is not on PATH: not tested");
    }
    there
}

#[test]
fn packages_come_through_uv_once() {
    if !has_uv() {
        return;
    }
    let sandbox = Sandbox::new();
    let url = wheel(&sandbox);
    sandbox.flow(
        "packed",
        &format!(
            r#"
tasks:
  with: {{ python: {{ requirements: ['tidemill-tiny @ {url}'], code: 'import tidemill_tiny; return tidemill_tiny.VALUE' }} }}
  without: {{ allow_failure: true, needs: [with], python: 'import tidemill_tiny' }}
  absent: {{ allow_failure: true, python: {{ requirements: [tidemill-no-such-package], code: return 1 }} }}
"#
        ),
    );
    let run = || {
        let mut command = sandbox.command(&["run", "packed", "--json"]);
        command
            .env("UV_OFFLINE", "1")
            .env("UV_CACHE_DIR", sandbox.file(".uv-cache"));
        Answer::of(&mut command).expect(0).json()
    };
    let document = run();
    assert_eq!(output(&document, "with"), 42);
    let without = message(&document, "without");
    assert!(without.contains("ModuleNotFoundError"), "{without}");
    let absent = message(&document, "absent");
    assert!(absent.contains("tidemill-no-such-package"), "{absent}");
    fs::remove_file(sandbox.file("tidemill_tiny-1.0-py3-none-any.whl")).unwrap();
    fs::remove_dir_all(sandbox.file(".uv-cache")).unwrap();
    assert_eq!(
        output(&run(), "with"),
        42,
        "the environment was made once, and is kept"
    );
}

#[test]
fn packages_without_uv_say_what_to_do() {
    let sandbox = Sandbox::new();
    let programs = sandbox.file("programs");
    fs::create_dir(&programs).unwrap();
    symlink(python(), programs.join("python3")).unwrap();
    sandbox.flow(
        "packed",
        "tasks:\n  t: { python: { requirements: [requests, 'rich>=13'], code: return 1 } }\n  u: { python: return 2 }\n",
    );
    let mut command = sandbox.command(&["run", "packed", "--json"]);
    command.env("PATH", &programs).env("HOME", sandbox.work());
    let document = Answer::of(&mut command).expect(1).json();
    let said = message(&document, "t");
    for part in ["uv", "PATH", "`requests`", "`rich>=13`", "python:"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert_eq!(output(&document, "u"), 2);
    fs::remove_file(programs.join("python3")).unwrap();
    let mut command = sandbox.command(&["run", "packed", "--json"]);
    command.env("PATH", &programs).env("HOME", sandbox.work());
    let document = Answer::of(&mut command).expect(1).json();
    let said = message(&document, "u");
    assert!(said.contains("python3") && said.contains("PATH"), "{said}");
}
