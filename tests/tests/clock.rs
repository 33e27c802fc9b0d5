//! The clock set back and forward while runs wait. The program sees a clock that
//! libfaketime shifts by what stands in a file; monotonic clocks go on as they are.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
    time::{Duration, Instant},
};

use serde_json::Value;
use tidemill_tests::{Answer, Sandbox, Served, Signal, message, state, task, until};

const PATIENCE: Duration = Duration::from_secs(60);
const HOUR: i64 = 3600;

/// What shifts the clock of a program; Debian's package `faketime` has it.
fn library() -> PathBuf {
    let mut folders = vec![PathBuf::from("/usr/lib"), PathBuf::from("/usr/lib64")];
    let inner = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    folders.extend(inner.map(|entry| entry.path()));
    let found = folders
        .into_iter()
        .map(|folder| folder.join("faketime/libfaketimeMT.so.1"))
        .find(|path| path.is_file());
    found.expect("libfaketime: `apt-get install faketime`")
}

/// A sandbox whose clock can be set.
struct Clock {
    sandbox: Sandbox,
}

impl Clock {
    fn new() -> Self {
        let clock = Self {
            sandbox: Sandbox::new(),
        };
        clock.set(0);
        clock
    }

    fn file(&self) -> PathBuf {
        self.sandbox.file(".clock")
    }

    /// Sets the clock so many seconds off the true time.
    fn set(&self, seconds: i64) {
        let new = self.sandbox.write(".clock-new", format!("{seconds:+}\n"));
        fs::rename(new, self.file()).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(arguments);
        command
            .env("LD_PRELOAD", library())
            .env("FAKETIME_TIMESTAMP_FILE", self.file())
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env_remove("FAKETIME");
        command
    }

    fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    fn run(&self, flow: &str, code: i32) -> Value {
        let arguments = ["run", flow, "--json"];
        Answer::of(&mut self.command(&arguments))
            .expect(code)
            .json()
    }

    fn last(&self) -> Value {
        let arguments = ["runs", "show", "last", "--json"];
        Answer::of(&mut self.command(&arguments)).expect(0).json()
    }

    /// Waits until the newest run's task is in this state.
    fn until_state(&self, path: &str, wanted: &str) {
        until(wanted, PATIENCE, || {
            let answer = Answer::of(&mut self.command(&["runs", "show", "last", "--json"]));
            let document: Value = serde_json::from_str(&answer.stdout).ok()?;
            let mut tasks = document["tasks"].as_array()?.iter();
            tasks
                .any(|task| task["path"] == path && task["state"] == wanted)
                .then_some(())
        });
    }
}

/// The document of a run that ends within a minute, however the clock was set.
#[track_caller]
fn ended(mut run: Child, code: i32) -> Value {
    let started = Instant::now();
    until("the run's end", PATIENCE, || run.try_wait().unwrap());
    let output = run.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(started.elapsed() < PATIENCE);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// No duration is below nothing.
fn check_durations(document: &Value) {
    let tasks = document["tasks"].as_array().unwrap().iter();
    for row in tasks.chain([&document["run"]]) {
        let took = &row["duration_ms"];
        assert!(
            took.is_null() || took.as_i64().is_some_and(|ms| ms >= 0),
            "{row:#}"
        );
    }
}

const WAITING: &str = r#"
tasks:
  again: { retries: { max: 1, delay: 1500ms }, shell: 'test -e go || { touch tried; exit 1; }' }
  wait: { wait: 1500ms }
  late: { needs: [again, wait], value: done }
"#;

#[test]
fn the_clock_shifts_for_the_program() {
    let clock = Clock::new();
    clock.set(-10 * 365 * 24 * HOUR);
    clock.sandbox.flow("f", "tasks:\n  t: { value: 1 }\n");
    let document = clock.run("f", 0);
    let true_year: i32 = clock.sandbox.run_json("f", &[], 0)["run"]["created_at"]
        .as_str()
        .unwrap()[..4]
        .parse()
        .unwrap();
    let year: i32 = document["run"]["created_at"].as_str().unwrap()[..4]
        .parse()
        .unwrap();
    assert!(true_year - year >= 9, "{year} in {true_year}");
}

#[test]
fn waits_end_when_the_clock_is_set_while_they_last() {
    for shift in [-HOUR, HOUR, -400 * 24 * HOUR, 400 * 24 * HOUR] {
        let clock = Clock::new();
        clock.sandbox.flow("waits", WAITING);
        let run = clock.start(&["run", "waits", "--json"]);
        until("the first attempt", PATIENCE, || {
            clock.sandbox.read("tried")
        });
        clock.sandbox.write("go", "");
        clock.set(shift);
        let document = ended(run, 0);
        assert_eq!(task(&document, "again")["attempts"], 2, "{shift}");
        assert_eq!(state(&document, "late"), "Completed", "{shift}");
        check_durations(&document);
    }
}

#[test]
fn timeouts_and_expiries_hold_when_the_clock_is_set_back() {
    let clock = Clock::new();
    clock.sandbox.flow(
        "limits",
        r#"
tasks:
  attempt: { timeout: 2s, shell: 'touch tried; sleep 1000' }
  group: { timeout: 2s, tasks: { inner: { shell: sleep 1000 } } }
  ask: { approve: { message: 'Go on?', expires: 2s, on_expiry: approve } }
  turns: { repeat: { until: '{{ output == "3" }}', max: 5, delay: 700ms }, shell: 'echo x >> turns; grep -c x turns' }
"#,
    );
    let run = clock.start(&["run", "limits", "--json"]);
    until("the attempt", PATIENCE, || clock.sandbox.read("tried"));
    clock.set(-HOUR);
    let document = ended(run, 1);
    assert_eq!(state(&document, "attempt"), "TimedOut");
    assert_eq!(state(&document, "group"), "TimedOut");
    assert_eq!(state(&document, "ask"), "Completed");
    assert_eq!(state(&document, "turns"), "Completed");
    check_durations(&document);
}

#[test]
fn a_wait_for_a_time_is_for_the_clocks_time() {
    let clock = Clock::new();
    let soon = "{{ params.at }}";
    clock.sandbox.flow(
        "until",
        &format!("parameters: {{ at: {{ type: string }} }}\ntasks:\n  t: {{ wait: {{ until: '{soon}' }} }}\n  begun: {{ shell: touch begun }}\n"),
    );
    let at = clock.in_half_an_hour();
    let run = clock.start(&["run", "until", "--json", "-p", &at]);
    until("the run", PATIENCE, || clock.sandbox.read("begun"));
    clock.set(HOUR);
    let document = ended(run, 0);
    assert_eq!(state(&document, "t"), "Completed");
    check_durations(&document);
}

impl Clock {
    /// `at=TIME`, half an hour from now by the true clock.
    fn in_half_an_hour(&self) -> String {
        let made = Command::new("date")
            .args(["-u", "-d", "+30 minutes", "+%Y-%m-%dT%H:%M:%SZ"])
            .output()
            .unwrap();
        format!("at={}", String::from_utf8(made.stdout).unwrap().trim())
    }
}

#[test]
fn a_retry_after_a_crash_waits_no_longer_than_its_delay() {
    for shift in [-HOUR, HOUR] {
        let clock = Clock::new();
        clock.sandbox.flow("waits", WAITING);
        let mut run = clock.start(&["run", "waits", "--json"]);
        clock.until_state("again", "AwaitingRetry");
        run.kill().unwrap();
        run.wait().unwrap();
        clock.sandbox.write("go", "");
        clock.set(shift);
        let again = clock.start(&["runs", "retry", "last", "--json"]);
        let document = ended(again, 0);
        assert_eq!(state(&document, "late"), "Completed");
        check_durations(&document);
    }
}

#[test]
fn a_cached_result_expires_by_the_clock_and_none_outlives_it() {
    let clock = Clock::new();
    clock.sandbox.flow(
        "cached",
        "tasks:\n  t: { cache: { expires: 30m }, shell: echo x }\n",
    );
    let states = |shift: i64| {
        clock.set(shift);
        state(&clock.run("cached", 0), "t").to_owned()
    };
    assert_eq!(states(0), "Completed");
    assert_eq!(states(60), "Cached");
    assert_eq!(states(HOUR), "Completed", "it has expired");
    // Its time lies ahead now: it may be used or made anew, and must not break anything.
    assert!(matches!(states(0).as_str(), "Completed" | "Cached"));
    assert_eq!(states(5 * HOUR), "Completed");
}

#[test]
fn runs_made_while_the_clock_went_back_are_listed_and_steered() {
    let clock = Clock::new();
    clock.sandbox.flow("f", "tasks:\n  t: { shell: exit 1 }\n");
    clock.sandbox.flow("g", "tasks:\n  t: { shell: exit 1 }\n");
    clock.run("f", 1);
    clock.set(-HOUR);
    clock.run("g", 1);
    let last = clock.last();
    let arguments = ["runs", "ls", "--json"];
    let listed = Answer::of(&mut clock.command(&arguments)).expect(0).json();
    let runs = listed["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 2);
    assert_eq!(runs[0]["id"], last["run"]["id"]);
    assert_eq!(last["run"]["flow"], "g", "the newest is the one made last");
    let arguments = ["runs", "retry", "last", "--json"];
    let again = Answer::of(&mut clock.command(&arguments)).expect(1).json();
    assert_eq!(again["run"]["id"], last["run"]["id"]);
    assert_eq!(message(&again, "t"), message(&last, "t"));
    check_durations(&again);
}

/// A served home whose clock can be set; as a laptop that sleeps, its monotonic clock
/// knows nothing of it.
fn served(clock: &Clock) -> Served {
    let (library, file) = (library(), clock.file());
    let yes = Path::new("1");
    Served::start_where(
        &clock.sandbox,
        &[
            ("LD_PRELOAD", &library),
            ("FAKETIME_TIMESTAMP_FILE", &file),
            ("FAKETIME_NO_CACHE", yes),
            ("FAKETIME_DONT_FAKE_MONOTONIC", yes),
        ],
    )
}

/// The runs of the home once there are so many and all have ended, and the rows of missed
/// times: reason and how many.
fn scheduled(served: &Served, count: usize) -> (Vec<Value>, Vec<(String, u64)>) {
    until("the runs' ends", PATIENCE, || {
        let runs = served.get("/runs")["runs"].as_array().unwrap().clone();
        let ended = runs.iter().all(|run| run["state"] == "Completed");
        let missed = served.get("/schedules")["missed"].clone();
        let missed = missed.as_array().unwrap().iter().map(|row| {
            let reason = row["reason"].as_str().unwrap().to_owned();
            (reason, row["times"].as_u64().unwrap())
        });
        (ended && runs.len() == count).then(|| (runs, missed.collect()))
    })
}

/// A time so many minutes ago, as the machine's `date` writes it.
fn minutes_ago(minutes: u32) -> String {
    let text = format!("{minutes} minutes ago");
    let date = Command::new("date")
        .args(["-u", "-d", &text, "+%Y-%m-%dT%H:%M:%SZ"])
        .output()
        .unwrap();
    String::from_utf8(date.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_schedule_that_was_slept_through_is_caught_up_once_and_the_rest_is_told() {
    let clock = Clock::new();
    let starting = minutes_ago(30);
    clock.sandbox.flow(
        "hourly",
        &format!(
            "schedules: [{{ every: 1h, starting: '{starting}' }}]\ntasks: {{ t: {{ value: 1 }} }}\n"
        ),
    );
    clock.sandbox.call(&["enable"]).expect(0);
    let first = served(&clock);
    until("it to be looked at", PATIENCE, || {
        let listed = first.get("/schedules");
        listed["schedules"][0]["first_seen"]
            .is_string()
            .then_some(())
    });
    // It sleeps through five times, wakes, and runs the newest.
    clock.set(5 * HOUR);
    let (runs, missed) = scheduled(&first, 1);
    assert_eq!(missed, [("asleep".to_owned(), 4)]);
    let id = runs[0]["id"].as_str().unwrap();
    let record = first.get(&format!("/runs/{id}/transitions"));
    let moves = record["transitions"].as_array().unwrap().iter();
    let states: Vec<&Value> = moves
        .filter(|one| one["path"].is_null())
        .map(|one| &one["to"])
        .collect();
    assert_eq!(states, ["Scheduled", "Late", "Running", "Completed"]);
    // The clock was wrong: the times come again, and none runs again. Then it is off.
    clock.set(0);
    let looked = first.get("/schedules")["schedules"][0]["next"].clone();
    assert!(looked.is_string());
    first.stop(Signal::KILL);
    clock.set(8 * HOUR);
    let second = served(&clock);
    let (runs, missed) = scheduled(&second, 2);
    assert_eq!(missed, [("off".to_owned(), 2), ("asleep".to_owned(), 4)]);
    assert_ne!(runs[0]["id"], runs[1]["id"]);
    second.stop(Signal::TERM);
}
