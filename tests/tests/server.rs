//! `--server URL`: the command line asks another Tidemill, and behaves the same.

use std::time::Duration;

use serde_json::{Value, json};
use tidemill_tests::{Answer, Sandbox, Served, Signal, signal, until};

const PATIENCE: Duration = Duration::from_secs(30);

/// A server, and a sandbox of somebody else who asks it.
struct Pair {
    there: Sandbox,
    here: Sandbox,
    served: Served,
    url: String,
}

impl Pair {
    fn new(flows: &[(&str, &str)]) -> Self {
        let (there, here) = (Sandbox::new(), Sandbox::new());
        for (name, body) in flows {
            there.flow(name, body);
        }
        let served = Served::start(&there);
        let url = format!("http://{}", served.address);
        Self {
            there,
            here,
            served,
            url,
        }
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut all = vec!["--server", &self.url];
        all.extend(arguments);
        let mut command = self.here.command(&all);
        command.env("TIDEMILL_TOKEN", &self.served.token);
        command
    }

    fn call(&self, arguments: &[&str]) -> Answer {
        Answer::of(&mut self.command(arguments))
    }

    /// A reading call gives the same by the server as in its own home.
    #[track_caller]
    fn same(&self, arguments: &[&str]) -> Value {
        let by_server = self.call(arguments).expect(0).json();
        let at_home = self.there.call(arguments).expect(0).json();
        assert_eq!(by_server, at_home, "{arguments:?}");
        by_server
    }
}

#[test]
fn runs_are_started_shown_and_listed_as_at_home() {
    let pair = Pair::new(&[
        (
            "report",
            "parameters: { day: { type: string }, n: 0 }\ntasks:\n  t: { shell: echo $DAY, env: { DAY: \"{{ params.day }}\" } }\n  \
             each: { for_each: [1, 2, 3], shell: echo item $N, env: { N: \"{{ item }}\" }, needs: [t] }\noutput: \"{{ params.n }}\"\n",
        ),
        (
            "bad",
            "tasks:\n  t: { shell: \"echo oh no >&2; exit 3\" }\n",
        ),
    ]);
    let run = pair
        .call(&["run", "report", "-p", "day=monday", "-p", "n=3"])
        .expect(0);
    for part in ["monday", "item 2", "Completed", "output  3"] {
        assert!(run.stdout.contains(part), "{part}: {run:#?}");
    }
    let report = pair
        .call(&["run", "report", "--json", "-p", "day=tuesday"])
        .expect(0)
        .json();
    assert_eq!(
        report["run"]["parameters"],
        json!({"day": "tuesday", "n": 0})
    );
    assert_eq!(report["tasks"].as_array().unwrap().len(), 5);
    assert_eq!(report, pair.same(&["runs", "show", "last", "--json"]));
    let bad = pair.call(&["run", "bad"]).expect(1);
    assert!(
        bad.stdout.contains("oh no") && bad.stdout.contains("exit code 3"),
        "{bad:#?}"
    );
    let missing = pair.call(&["run", "report"]).expect(2);
    assert!(missing.stderr.contains("day"), "{missing:#?}");
    let unknown = pair.call(&["run", "reprot"]).expect(2);
    assert!(
        unknown.stderr.contains("did you mean `report`?"),
        "{unknown:#?}"
    );
    let file = pair.call(&["run", "./report.flow.yaml"]).expect(2);
    assert!(file.stderr.contains("by name"), "{file:#?}");
    let listed = pair.same(&["runs", "--json", "--flow", "report", "--limit", "1"]);
    assert_eq!(listed["runs"].as_array().unwrap().len(), 1);
    pair.same(&["runs", "--json", "--state", "failed", "--param", "n=3"]);
    pair.same(&["runs", "show", "last", "--transitions", "--json"]);
    pair.same(&["runs", "logs", "last", "--json"]);
    let show = pair.call(&["runs", "show", "last"]).expect(0).stdout;
    assert_eq!(
        show,
        pair.there.call(&["runs", "show", "last"]).expect(0).stdout
    );
    pair.call(&["runs", "retry", "last", "--from-failed"])
        .expect(1);
    pair.call(&["runs", "rm", "last"]).expect(0);
    assert_eq!(
        pair.same(&["runs", "--json"])["runs"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert!(
        !pair.here.home().join("state.db").exists(),
        "nothing is kept here"
    );
}

#[test]
fn runs_are_followed_cancelled_and_answered() {
    let pair = Pair::new(&[
        (
            "waits",
            "tasks:\n  t: { shell: \"echo begun; touch begun; while :; do sleep 0.02; done\" }\n",
        ),
        (
            "ask",
            "tasks:\n  ok:\n    approve: { message: 'Go on?', fields: { type: object, properties: \
             { amount: { type: integer } }, required: [amount] } }\noutput: '{{ tasks.ok.output.amount + 1 }}'\n",
        ),
    ]);
    let run = pair.command(&["run", "waits"]).spawn().unwrap();
    until("its task", PATIENCE, || pair.there.read("begun"));
    let logs = pair
        .command(&["runs", "logs", "last", "-f"])
        .spawn()
        .unwrap();
    signal(run.id(), Signal::INT);
    let run = run.wait_with_output().unwrap();
    assert_eq!(run.status.code(), Some(130), "{run:?}");
    assert!(
        String::from_utf8_lossy(&run.stdout).contains("Cancelled"),
        "{run:?}"
    );
    let logs = logs.wait_with_output().unwrap();
    assert_eq!(
        (logs.status.code(), logs.stdout.as_slice()),
        (Some(0), b"begun\n".as_slice())
    );
    let refused = pair.call(&["runs", "cancel", "last"]).expect(2);
    assert!(refused.stderr.contains("has ended"), "{refused:#?}");
    let asking = pair.command(&["run", "ask", "--json"]).spawn().unwrap();
    until("the question", PATIENCE, || {
        let runs = pair
            .call(&["runs", "--json", "--limit", "1"])
            .expect(0)
            .json();
        (runs["runs"][0]["state"] == "Paused").then_some(())
    });
    pair.call(&["approve", "last", "--field", "amount=many"])
        .expect(2);
    pair.call(&["approve", "last", "--field", "amount=41"])
        .expect(0);
    let answered = asking.wait_with_output().unwrap();
    let answered: Value = serde_json::from_slice(&answered.stdout).unwrap();
    assert_eq!(answered["run"]["output"], 42);
}

#[test]
fn a_second_interrupt_kills_what_does_not_end() {
    let pair = Pair::new(&[(
        "stubborn",
        "tasks:\n  t: { shell: \"trap '' TERM; touch begun; while :; do sleep 0.02; done\" }\n",
    )]);
    let run = pair.command(&["run", "stubborn"]).spawn().unwrap();
    until("its task", PATIENCE, || pair.there.read("begun"));
    signal(run.id(), Signal::INT);
    let state = || pair.call(&["runs", "--json"]).expect(0).json()["runs"][0]["state"].clone();
    until("the first word", PATIENCE, || {
        (state() == "Cancelling").then_some(())
    });
    let first = std::time::Instant::now();
    // What comes right after the first is taken for the same one.
    std::thread::sleep(Duration::from_millis(400));
    signal(run.id(), Signal::INT);
    let run = run.wait_with_output().unwrap();
    assert!(
        first.elapsed() < Duration::from_secs(4),
        "it had its grace: {run:?}"
    );
    assert_eq!(run.status.code(), Some(130), "{run:?}");
    assert_eq!(state(), "Cancelled");
}

#[test]
fn a_flow_is_begun_there() {
    let pair = Pair::new(&[]);
    let examples = pair.call(&["new", "--list"]).expect(0).stdout;
    assert_eq!(
        examples,
        pair.there.call(&["new", "--list"]).expect(0).stdout
    );
    let written = pair.call(&["new", "mine", "--from", "map"]).expect(0);
    assert!(written.stdout.contains("mine.flow.yaml"), "{written:#?}");
    pair.call(&["run", "mine", "--quiet"]).expect(0);
    let there = pair.call(&["new", "mine"]).expect(2);
    assert!(there.stderr.contains("is there already"), "{there:#?}");
}

#[test]
fn tables_and_files_are_asked_as_at_home() {
    let pair = Pair::new(&[(
        "daily",
        "schedules: [{ cron: \"0 7 * * *\", timezone: UTC }]\ntasks:\n  t: { value: 1 }\n",
    )]);
    pair.call(&["vars", "set", "N", "[1, 2]"]).expect(0);
    pair.call(&["limits", "set", "database", "4"]).expect(0);
    pair.call(&["settings", "set", "parallelism", "8"])
        .expect(0);
    let mut secret = pair.command(&["secrets", "set", "TOKEN"]);
    secret.stdin(std::process::Stdio::piped());
    let mut secret = secret.spawn().unwrap();
    std::io::Write::write_all(&mut secret.stdin.take().unwrap(), b"s3cret value").unwrap();
    assert!(secret.wait().unwrap().success());
    for table in ["vars", "limits", "settings", "secrets"] {
        pair.same(&[table, "--json"]);
    }
    pair.call(&["settings", "set", "parallelism", "many"])
        .expect(2);
    pair.call(&["vars", "rm", "N"]).expect(0);
    pair.call(&["vars", "rm", "N"]).expect(2);
    pair.same(&["schedules", "--json"]);
    pair.same(&["schedules", "next", "daily", "--json"]);
    pair.same(&["plan", "daily", "--json"]);
    pair.same(&["schema"]);
    pair.here
        .write("x.flow.yaml", "name: x\ntasks:\n  a: { shel: ls }\n");
    let said = pair.call(&["check", "x.flow.yaml"]).expect(1);
    assert_eq!(
        said.stdout,
        pair.here.call(&["check", "x.flow.yaml"]).expect(1).stdout
    );
    pair.call(&["exec", "--", "true"]).expect(2);
}

#[test]
fn the_doctor_looks_at_the_server_s_machine() {
    let pair = Pair::new(&[("a", "tasks:\n  t: { value: 1 }\n")]);
    let said = pair.call(&["doctor", "--json"]).expect(0).json();
    let findings = said["findings"].as_array().unwrap();
    let home = findings.iter().find(|one| one["name"] == "home").unwrap();
    assert_eq!(home["found"], pair.there.home().to_str().unwrap());
    let shown = pair.call(&["doctor"]).expect(0).stdout;
    let there = pair.there.home();
    assert!(shown.contains(there.to_str().unwrap()), "{shown}");
}

#[test]
fn what_is_wrong_with_a_server_is_said() {
    let pair = Pair::new(&[]);
    let wrong = pair
        .command(&["runs"])
        .env("TIDEMILL_TOKEN", "x".repeat(43))
        .spawn();
    let wrong = wrong.unwrap().wait_with_output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&wrong.stderr).contains("--token-file"),
        "{wrong:?}"
    );
    let none = pair.here.call(&["--server", &pair.url, "runs"]).expect(2);
    assert!(none.stderr.contains("TIDEMILL_TOKEN"), "{none:#?}");
    let file = pair.here.write("token", &pair.served.token);
    let file = file.to_str().unwrap();
    pair.here
        .call(&["--server", &pair.url, "--token-file", file, "runs"])
        .expect(0);
    // Of this machine the home's own token is taken.
    pair.there.call(&["--server", &pair.url, "runs"]).expect(0);
    pair.call(&["--server", "ftp://x", "runs"]).expect(2);
    let stranger = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", stranger.local_addr().unwrap());
    let answers = std::thread::spawn(move || {
        let (mut stream, _) = stranger.accept().unwrap();
        let mut head = [0; 1024];
        let _ = std::io::Read::read(&mut stream, &mut head);
        let page = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
        std::io::Write::write_all(&mut stream, page).unwrap();
    });
    let mut ask = pair.here.command(&["--server", &url, "runs"]);
    let said = Answer::of(ask.env("TIDEMILL_TOKEN", &pair.served.token)).expect(2);
    assert!(said.stderr.contains("is no Tidemill"), "{said:#?}");
    answers.join().unwrap();
    let token = pair.served.token.clone();
    let url = pair.url.clone();
    pair.served.stop(Signal::TERM);
    let mut ask = pair.here.command(&["--server", &url, "runs"]);
    let away = Answer::of(ask.env("TIDEMILL_TOKEN", token)).expect(3);
    assert!(
        away.stderr.contains("no Tidemill answers at") && away.stderr.contains("tidemill serve"),
        "{away:#?}"
    );
}
