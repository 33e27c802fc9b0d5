//! The other commands: `check`, `plan`, `schema`, `exec`, `schedules next`, `new`,
//! `secrets`, `vars`, `limits`, `settings`, `doctor`, `completions`.

use serde_json::{Value, json};
use tidemill_tests::Sandbox;

#[test]
fn check_names_every_mistake_with_its_place() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "bad.flow.yaml",
        "name: Bad Name\ntasks:\n  a:\n    shell: echo\n    retry: 3\n    needs: [b]\n  b:\n    shell: 'x'\n    needs: [a]\n  c:\n    value: '{{ params.x }}'\n",
    );
    let answer = sandbox.call(&["check", "bad.flow.yaml"]).expect(1);
    let lines: Vec<&str> = answer.stdout.lines().collect();
    for (place, part) in [
        ("bad.flow.yaml:1:7: error: ", "name"),
        ("bad.flow.yaml:5:5: error: ", "did you mean `retries`?"),
        ("bad.flow.yaml:11:", "parameter `x`"),
    ] {
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with(place) && line.contains(part)),
            "{place} … {part} in\n{}",
            answer.stdout
        );
    }
    assert!(answer.stdout.contains("a → b → a"), "{}", answer.stdout);
    sandbox.flow("good", "tasks:\n  t: { shell: echo }\n");
    let both = sandbox
        .call(&["check", "good.flow.yaml", "bad.flow.yaml"])
        .expect(1);
    assert!(!both.stdout.contains("good.flow.yaml"), "{}", both.stdout);
    sandbox.call(&["check", "good.flow.yaml"]).expect(0);
    sandbox.call(&["check", "absent.flow.yaml"]).expect(2);
    let document = sandbox
        .call(&["check", "bad.flow.yaml", "--json"])
        .expect(1)
        .json();
    assert!(document.is_object() || document.is_array());
}

#[test]
fn two_files_of_one_name_are_a_mistake_in_both() {
    let sandbox = Sandbox::new();
    sandbox.write("a.flow.yaml", "name: same\ntasks:\n  t: { value: 1 }\n");
    sandbox.write("sub/b.flow.yaml", "name: same\ntasks:\n  t: { value: 1 }\n");
    let answer = sandbox.call(&["run", "same"]).expect(2);
    assert!(
        answer.stderr.contains("a.flow.yaml") && answer.stderr.contains("b.flow.yaml"),
        "{}",
        answer.stderr
    );
    let checked = sandbox.call(&["check", "a.flow.yaml"]).expect(1);
    assert!(checked.stdout.contains("b.flow.yaml"), "{}", checked.stdout);
}

#[test]
fn plan_shows_the_order_and_runs_nothing() {
    let sandbox = Sandbox::new();
    sandbox.flow("p", "parameters: { list: [1, 2] }\ntasks:\n  last: { needs: [each], shell: touch ran }\n  first: { shell: touch ran }\n  each: { needs: [first], for_each: '{{ params.list }}', shell: touch ran }\n");
    let text = sandbox.call(&["plan", "p"]).expect(0).stdout;
    let place = |name: &str| {
        text.find(name)
            .unwrap_or_else(|| panic!("{name} in {text}"))
    };
    assert!(
        place("first") < place("each") && place("each") < place("last"),
        "{text}"
    );
    assert_eq!(sandbox.read("ran"), None);
    sandbox.call(&["plan", "p", "--json"]).expect(0).json();
    assert_eq!(
        sandbox.call(&["runs", "ls", "--json"]).expect(0).json()["runs"],
        json!([])
    );
    sandbox.call(&["plan", "p", "-p", "list=x"]).expect(2);
}

#[test]
fn the_schema_is_a_schema_and_the_committed_one() {
    let sandbox = Sandbox::new();
    let text = sandbox.call(&["schema"]).expect(0).stdout;
    let schema: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    let committed =
        std::fs::read_to_string(tidemill_tests::root().join("docs/flow.schema.json")).unwrap();
    assert_eq!(text, committed, "run `cargo xtask generate`");
}

#[test]
fn the_document_of_the_api_is_the_committed_one() {
    let sandbox = Sandbox::new();
    let text = sandbox.call(&["schema", "--api"]).expect(0).stdout;
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let committed =
        std::fs::read_to_string(tidemill_tests::root().join("docs/openapi.json")).unwrap();
    assert_eq!(text, committed, "run `cargo xtask generate`");
}

#[test]
fn exec_is_transparent_and_recorded() {
    let sandbox = Sandbox::new();
    let answer = sandbox
        .call_with_input(
            &[
                "exec",
                "--name",
                "nightly",
                "--",
                "sh",
                "-c",
                "cat; echo err >&2; exit 3",
            ],
            b"in\n",
        )
        .expect(3);
    assert_eq!(
        (answer.stdout.as_str(), answer.stderr.as_str()),
        ("in\n", "err\n")
    );
    let run = sandbox.last();
    assert_eq!(run["run"]["state"], "Failed");
    assert_eq!(run["run"]["flow"], "nightly");
    let logs = sandbox.call(&["runs", "logs", "last"]).expect(0).stdout;
    assert!(logs.contains("in") && logs.contains("err"), "{logs}");
    sandbox
        .call(&["exec", "--", "sh", "-c", "kill -TERM $$"])
        .expect(128 + 15);
    sandbox
        .call(&["exec", "--", "no-such-program-here"])
        .expect(127);
    sandbox.call(&["exec", "--", "true"]).expect(0);
    assert_eq!(sandbox.last()["run"]["state"], "Completed");
}

#[test]
fn exec_runs_even_when_the_home_cannot_be_opened() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.home(), "a file where a folder should be").unwrap();
    let answer = sandbox
        .call(&["exec", "--", "sh", "-c", "echo ran; exit 4"])
        .expect(4);
    assert_eq!(answer.stdout, "ran\n");
    assert!(answer.stderr.contains("home"), "{}", answer.stderr);
}

#[test]
fn next_times_follow_the_zone() {
    let sandbox = Sandbox::new();
    let next = |more: &[&str]| {
        let mut arguments = vec!["schedules", "next", "--json"];
        arguments.extend(more);
        sandbox.call(&arguments).expect(0).json()["times"].clone()
    };
    assert_eq!(
        next(&[
            "--cron",
            "30 2 * * *",
            "--timezone",
            "Europe/Berlin",
            "--from",
            "2026-03-28T00:00:00+01:00",
            "--count",
            "3"
        ]),
        json!([
            "2026-03-28T02:30:00+01:00",
            "2026-03-29T03:00:00+02:00",
            "2026-03-30T02:30:00+02:00"
        ])
    );
    assert_eq!(
        next(&[
            "--cron",
            "0 0 13 * fri",
            "--timezone",
            "UTC",
            "--from",
            "2026-02-01T00:00:00Z",
            "--count",
            "3"
        ]),
        json!([
            "2026-02-06T00:00:00+00:00",
            "2026-02-13T00:00:00+00:00",
            "2026-02-20T00:00:00+00:00"
        ])
    );
    sandbox.flow("timed", "schedules:\n  - { cron: '5 7 * * mon-fri', timezone: Europe/Berlin }\ntasks:\n  t: { value: 1 }\n");
    assert_eq!(
        next(&["timed", "--from", "2026-03-27T12:00:00Z", "--count", "1"]),
        json!(["2026-03-30T07:05:00+02:00"])
    );
    let wrong = sandbox
        .call(&["schedules", "next", "--cron", "@reboot"])
        .expect(2);
    assert!(wrong.stderr.contains("@reboot"), "{}", wrong.stderr);
    let never = sandbox
        .call(&["schedules", "next", "--cron", "0 0 30 2 *"])
        .expect(2);
    assert!(never.stderr.contains("never"), "{}", never.stderr);
}

#[test]
fn new_writes_a_flow_that_runs_and_overwrites_nothing() {
    let sandbox = Sandbox::new();
    sandbox.call(&["new", "first"]).expect(0);
    assert!(sandbox.file(".tidemill").is_dir());
    sandbox.call(&["check", "first.flow.yaml"]).expect(0);
    let document = sandbox.run_json("first", &[], 0);
    assert_eq!(document["run"]["state"], "Completed");
    let before = sandbox.read("first.flow.yaml");
    let again = sandbox.call(&["new", "first"]).expect(2);
    assert!(again.stderr.contains("first.flow.yaml"), "{}", again.stderr);
    assert_eq!(sandbox.read("first.flow.yaml"), before);
    sandbox.call(&["new", "Not A Name"]).expect(2);
}

#[test]
fn values_of_the_home_are_set_listed_and_removed() {
    let sandbox = Sandbox::new();
    for (noun, value) in [("vars", "north"), ("limits", "3")] {
        sandbox.call(&[noun, "set", "one", value]).expect(0);
        let listed = sandbox.call(&[noun, "ls", "--json"]).expect(0).stdout;
        assert!(listed.contains("one") && listed.contains(value), "{listed}");
        sandbox.call(&[noun, "rm", "one"]).expect(0);
        sandbox.call(&[noun, "rm", "one"]).expect(2);
        sandbox.call(&[noun, "set", "not a name", value]).expect(2);
    }
    sandbox.call(&["limits", "set", "one", "none"]).expect(2);
    sandbox
        .call_with_input(&["secrets", "set", "key"], b"top secret\n")
        .expect(0);
    let listed = sandbox.call(&["secrets", "ls"]).expect(0).stdout;
    assert!(
        listed.contains("key") && !listed.contains("top secret"),
        "{listed}"
    );
    let short = sandbox
        .call_with_input(&["secrets", "set", "key"], b"abc")
        .expect(2);
    assert!(short.stderr.contains('4'), "{}", short.stderr);
    for file in std::fs::read_dir(sandbox.home()).unwrap().flatten() {
        if file.path().is_file() {
            let bytes = std::fs::read(file.path()).unwrap();
            assert!(
                !bytes.windows(10).any(|window| window == b"top secret"),
                "{file:?}"
            );
        }
    }
    sandbox.call(&["secrets", "rm", "key"]).expect(0);
    let settings = sandbox.call(&["settings", "--json"]).expect(0);
    settings.json();
    let unknown = sandbox
        .call(&["settings", "set", "no.such.key", "1"])
        .expect(2);
    assert!(unknown.stderr.contains("no.such.key"), "{}", unknown.stderr);
}

/// A call in a session without a bus, where no keychain can be reached.
#[cfg(target_os = "linux")]
fn call_without_keychain(sandbox: &Sandbox, arguments: &[&str]) -> tidemill_tests::Answer {
    let mut command = sandbox.command(arguments);
    command.env_remove("DBUS_SESSION_BUS_ADDRESS");
    tidemill_tests::Answer::of(command.env("XDG_RUNTIME_DIR", sandbox.work()))
}

/// Has the home's secrets sealed by a key that is said to be in the keychain, and gives
/// its entry there and the file.
#[cfg(target_os = "linux")]
fn seal_by_keychain(sandbox: &Sandbox) -> (&'static str, String) {
    let entry = "0123456789abcdef0123456789abcdef";
    let sealed = format!("tidemill secrets 2 keychain {entry}\n{}", "x".repeat(64));
    std::fs::write(sandbox.home().join("secrets"), &sealed).unwrap();
    (entry, sealed)
}

#[cfg(target_os = "linux")]
#[test]
fn a_keychain_that_never_answers_holds_no_run_that_needs_none() {
    let sandbox = Sandbox::new();
    sandbox.flow("plain", "tasks:\n  t: { value: 1 }\n");
    sandbox.call(&["run", "plain"]).expect(0);
    seal_by_keychain(&sandbox);
    let bus = sandbox.file("bus");
    // It is called, and says nothing.
    let silent = std::os::unix::net::UnixListener::bind(&bus).unwrap();
    let mut command = sandbox.command(&["run", "plain"]);
    command.env(
        "DBUS_SESSION_BUS_ADDRESS",
        format!("unix:path={}", bus.display()),
    );
    let started = std::time::Instant::now();
    let ran = tidemill_tests::Answer::of(&mut command).expect(0);
    assert!(started.elapsed() < std::time::Duration::from_secs(20));
    let warned = "secrets are not masked in what this run writes: the keychain does not answer";
    assert!(ran.stderr.contains(warned), "{}", ran.stderr);
    drop(silent);
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_keychain_the_key_stays_in_its_file() {
    let sandbox = Sandbox::new();
    sandbox
        .call_with_input(&["secrets", "set", "key"], b"top secret\n")
        .expect(0);
    let files = || ["secrets", "secrets.key"].map(|name| std::fs::read(sandbox.home().join(name)));
    let before = files().map(Result::unwrap);
    let refused =
        call_without_keychain(&sandbox, &["settings", "set", "secrets.key", "keychain"]).expect(3);
    for part in ["keychain", "no keychain can be reached", "file"] {
        assert!(refused.stderr.contains(part), "{}", refused.stderr);
    }
    assert_eq!(files().map(Result::unwrap), before);
    let wrong = sandbox
        .call(&["settings", "set", "secrets.key", "vault"])
        .expect(2);
    assert!(wrong.stderr.contains("`keychain`"), "{}", wrong.stderr);
    let listed = call_without_keychain(&sandbox, &["secrets", "ls"]).expect(0);
    assert!(listed.stdout.contains("key"), "{}", listed.stdout);
    let looked = call_without_keychain(&sandbox, &["doctor"]).expect(0);
    assert!(looked.stdout.contains("secrets.key"), "{}", looked.stdout);
}

#[cfg(target_os = "linux")]
#[test]
fn only_what_reads_secrets_needs_the_keychain() {
    let sandbox = Sandbox::new();
    sandbox.flow("plain", "tasks:\n  t: { value: 1 }\n");
    sandbox.flow(
        "secret",
        "tasks:\n  t: { shell: 'echo', env: { KEY: '{{ secrets.key }}' } }\n",
    );
    sandbox.call(&["run", "plain"]).expect(0);
    let (entry, sealed) = seal_by_keychain(&sandbox);
    let ran = call_without_keychain(&sandbox, &["run", "plain"]).expect(0);
    let warned = ran.stderr.matches("secrets are not masked").count();
    assert_eq!(warned, 1, "{}", ran.stderr);
    let settings = call_without_keychain(&sandbox, &["settings", "--json"]).expect(0);
    let known = settings.json()["settings"].as_array().unwrap().clone();
    let place = known.iter().find(|one| one["key"] == "secrets.key");
    assert_eq!(place.unwrap()["value"], "keychain");
    for arguments in [
        &["run", "secret"][..],
        &["secrets", "ls"],
        &["settings", "set", "secrets.key", "file"],
    ] {
        let refused = call_without_keychain(&sandbox, arguments).expect(3);
        assert!(refused.stderr.contains(entry), "{}", refused.stderr);
    }
    let looked = call_without_keychain(&sandbox, &["doctor"]).expect(1);
    assert!(looked.stdout.contains(entry), "{}", looked.stdout);
    let kept = std::fs::read_to_string(sandbox.home().join("secrets")).unwrap();
    assert_eq!(kept, sealed);
    // What is recorded of a command is masked, so it needs the key; the command does not.
    let called = call_without_keychain(&sandbox, &["exec", "--", "echo", "done"]).expect(0);
    assert_eq!(called.stdout, "done\n");
    assert!(called.stderr.contains(entry), "{}", called.stderr);
}

#[test]
fn doctor_and_completions_answer() {
    let sandbox = Sandbox::new();
    let text = sandbox.call(&["doctor"]).expect(0).stdout;
    for part in ["home", "python"] {
        assert!(text.to_lowercase().contains(part), "{part} in {text}");
    }
    sandbox.call(&["doctor", "--json"]).expect(0).json();
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            sandbox
                .call(&["completions", shell])
                .expect(0)
                .stdout
                .contains("tidemill")
        );
    }
    sandbox.call(&["completions", "tcl"]).expect(2);
}
