//! Cron over real zones against two judges that share no code with it: a Python script that watches the clock of
//! each zone minute by minute, and the crate `croner` where its rules are the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod croner_witness;
mod expressions;

use std::io::Write as _;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tidemill_schedule::{Cron, Rule, Schedule, Zone};

/// A stretch of a zone's time, watched every `step` seconds.
struct Window {
    step: i64,
    zone: &'static str,
    start: Timestamp,
    end: Timestamp,
    expressions: Vec<String>,
}

impl Window {
    fn years(zone: &'static str, first: i16, count: i16, expressions: &[String]) -> Self {
        let new_year = |year: i16| format!("{year}-01-01T00:00:00Z").parse().unwrap();
        Self {
            step: 60,
            zone,
            start: new_year(first),
            end: new_year(first + count),
            expressions: expressions.to_vec(),
        }
    }

    fn day_by_seconds(zone: &'static str, start: &str) -> Self {
        let start: Timestamp = start.parse().unwrap();
        Self {
            step: 1,
            zone,
            start,
            end: start + jiff::SignedDuration::from_hours(36),
            expressions: expressions::with_seconds(),
        }
    }

    fn times(&self, expression: &str) -> Vec<i64> {
        let schedule = schedule(expression, self.zone);
        let before = self.start - jiff::SignedDuration::from_nanos(1);
        schedule
            .times_after(before, &TimeZone::UTC)
            .take_while(|time| *time < self.end)
            .map(|time| {
                assert_eq!(time.subsec_nanosecond(), 0);
                time.as_second()
            })
            .collect()
    }

    fn question(&self) -> String {
        let mut text = format!(
            "W\t{}\t{}\t{}\t{}\n",
            self.step,
            self.zone,
            self.start.as_second(),
            self.end.as_second()
        );
        for expression in &self.expressions {
            text.push_str(&format!("E\t{expression}\n"));
        }
        text
    }

    /// The zone's offsets as the judge writes them, from the database that the crate uses.
    fn offsets(&self) -> String {
        let written: Vec<String> = self
            .changes()
            .map(|(instant, offset)| format!("{}:{offset}", instant.as_second()))
            .collect();
        written.join(" ")
    }

    /// The instants at which the zone's offset changes, with the new offset in seconds.
    fn changes(&self) -> impl Iterator<Item = (Timestamp, i32)> {
        let zone = TimeZone::get(self.zone).unwrap();
        let changes: Vec<(Timestamp, i32)> = zone
            .following(self.start - jiff::SignedDuration::from_secs(1))
            .take_while(|change| change.timestamp() < self.end)
            .filter(|change| {
                let before = change.timestamp() - jiff::SignedDuration::from_secs(1);
                zone.to_offset(before) != change.offset()
            })
            .map(|change| (change.timestamp(), change.offset().seconds()))
            .collect();
        changes.into_iter()
    }

    /// Asks for the first time after instants around each change, wherever they lie between two times.
    fn ask_around_changes(&self, expression: &str, times: &[i64]) {
        let schedule = schedule(expression, self.zone);
        for (change, _) in self.changes() {
            for step in -7..60 {
                let instant = change + jiff::SignedDuration::from_secs(step * 1_500 - 1);
                let next = schedule.times_after(instant, &TimeZone::UTC).next();
                let next = next
                    .filter(|time| *time < self.end)
                    .map(Timestamp::as_second);
                let place = times.partition_point(|time| *time <= instant.as_second());
                if instant >= self.start {
                    assert_eq!(
                        next,
                        times.get(place).copied(),
                        "`{expression}` after {instant} in {}",
                        self.zone
                    );
                }
            }
        }
    }

    /// Compares with the judge's answer; on a difference asks for its times and names the first that differs.
    fn compare(&self, answer: &mut dyn Iterator<Item = &str>) -> usize {
        let offsets = answer.next().unwrap_or_default().trim_start_matches("Z\t");
        assert_eq!(
            offsets,
            self.offsets(),
            "{}: the two time zone databases differ",
            self.zone
        );
        let mut compared = 0;
        for expression in &self.expressions {
            let times = self.times(expression);
            let ours = format!("E\t{}\t{}", times.len(), hash_of(&times));
            if answer.next() != Some(ours.as_str()) {
                self.show_difference(expression, &times);
            }
            self.ask_around_changes(expression, &times);
            compared += times.len();
        }
        compared
    }

    fn show_difference(&self, expression: &str, times: &[i64]) -> ! {
        let alone = Self {
            expressions: vec![expression.to_owned()],
            ..*self
        };
        let answer = judge(&[&alone], &["--list"]);
        let line = answer.lines().nth(1).unwrap_or_default();
        let theirs: Vec<i64> = line
            .split_ascii_whitespace()
            .skip(1)
            .map(|time| time.parse().unwrap())
            .collect();
        let at = (0..).find(|at| times.get(*at) != theirs.get(*at)).unwrap();
        let zone = TimeZone::get(self.zone).unwrap();
        let shown = |times: &[i64]| {
            times.get(at).map(|time| {
                let time = Timestamp::from_second(*time).unwrap();
                time.to_zoned_datetime(zone.clone()).to_string()
            })
        };
        panic!(
            "`{expression}` in {}, time {at}: {:?}, but the judge says {:?}",
            self.zone,
            shown(times),
            shown(&theirs)
        );
    }
}

fn schedule(expression: &str, zone: &str) -> Schedule {
    let cron = Cron::parse(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
    Schedule::new(Rule::Cron(cron), Zone::parse(zone).unwrap())
}

fn hash_of(times: &[i64]) -> u64 {
    times.iter().fold(0, |value: u64, time| {
        value
            .wrapping_mul(1_000_003)
            .wrapping_add(time.cast_unsigned())
    })
}

fn judge(windows: &[&Window], arguments: &[&str]) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle.py");
    let mut python = Command::new("python3")
        .arg(script)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is needed to judge the times");
    let mut questions = python.stdin.take().unwrap();
    for window in windows {
        questions.write_all(window.question().as_bytes()).unwrap();
    }
    drop(questions);
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "the judge failed");
    String::from_utf8(output.stdout).unwrap()
}

fn check(windows: &[Window], at_least: usize) {
    let all: Vec<&Window> = windows.iter().collect();
    let answer = judge(&all, &[]);
    let mut lines = answer.lines();
    let compared: usize = windows
        .iter()
        .map(|window| window.compare(&mut lines))
        .sum();
    println!("{compared} times compared in {} windows", windows.len());
    assert!(compared >= at_least, "only {compared} times compared");
}

#[test]
fn whole_years_in_zones_that_change_by_an_hour_or_never() {
    let expressions = expressions::over_years(1);
    check(
        &[
            Window::years("Europe/Berlin", 2026, 1, &expressions),
            Window::years("America/New_York", 2025, 1, &expressions),
            Window::years("Asia/Kolkata", 2025, 1, &expressions),
            Window::years("America/St_Johns", 2025, 1, &expressions),
        ],
        100_000,
    );
}

#[test]
fn whole_years_in_zones_that_change_oddly() {
    let expressions = expressions::over_years(2);
    check(
        &[
            // Half an hour.
            Window::years("Australia/Lord_Howe", 2025, 1, &expressions),
            // Two hours.
            Window::years("Antarctica/Troll", 2025, 1, &expressions),
            // A quarter of an hour, once and for ever.
            Window::years("Asia/Kathmandu", 1986, 1, &expressions),
            // Back for Ramadan and forward after it.
            Window::years("Africa/Casablanca", 2025, 1, &expressions),
            // At one minute past midnight.
            Window::years("America/St_Johns", 2007, 1, &expressions),
        ],
        100_000,
    );
}

#[test]
fn whole_years_in_zones_that_change_around_midnight() {
    let expressions = expressions::over_years(3);
    check(
        &[
            // A day skipped, 30 December, between two changes.
            Window::years("Pacific/Apia", 2011, 2, &expressions),
            // A day skipped, 21 August.
            Window::years("Pacific/Kwajalein", 1993, 1, &expressions),
            // Midnight does not exist.
            Window::years("America/Sao_Paulo", 2018, 1, &expressions),
            Window::years("Africa/Cairo", 2024, 1, &expressions),
            Window::years("Asia/Beirut", 2023, 1, &expressions),
            // The last hour of a day does not exist.
            Window::years("America/Nuuk", 2024, 1, &expressions),
            // The zone goes forward by half an hour at 23:30.
            Window::years("Asia/Pyongyang", 2018, 1, &expressions),
        ],
        100_000,
    );
}

#[test]
fn every_minute_of_a_year() {
    let expressions = ["* * * * *".to_owned(), "* 1-3 * * *".to_owned()];
    check(
        &[Window::years("Europe/Berlin", 2026, 1, &expressions)],
        500_000,
    );
}

#[test]
fn second_by_second_over_changes() {
    check(
        &[
            Window::day_by_seconds("Europe/Berlin", "2026-03-28T18:00:00Z"),
            Window::day_by_seconds("Europe/Berlin", "2026-10-24T18:00:00Z"),
            Window::day_by_seconds("Australia/Lord_Howe", "2026-04-04T06:00:00Z"),
            Window::day_by_seconds("Australia/Lord_Howe", "2026-10-03T06:00:00Z"),
            Window::day_by_seconds("Pacific/Apia", "2011-12-29T18:00:00Z"),
        ],
        100_000,
    );
}
