//! Recurrence rules against a Python script that shares no code with them, on a clock that never jumps.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

use std::io::Write as _;
use std::process::{Command, Stdio};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use tidemill_schedule::{RRule, Rule, Schedule, Time, Zone};

struct Case {
    start: DateTime,
    until: DateTime,
    rule: String,
}

impl Case {
    /// The times, or none where the rule is said never to fire.
    fn times(&self) -> Vec<String> {
        let zone = Zone::parse("UTC").unwrap();
        let rrule = match RRule::parse(&self.rule, Some(Time::Civil(self.start)), &zone) {
            Ok(rrule) => rrule,
            Err(error) => {
                assert!(
                    error.to_string().ends_with("never fires"),
                    "{}: {error}",
                    self.rule
                );
                return Vec::new();
            }
        };
        let schedule = Schedule::new(Rule::RRule(rrule), zone);
        schedule
            .times_after(jiff::Timestamp::MIN, &TimeZone::UTC)
            .map(|time| TimeZone::UTC.to_datetime(time))
            .take_while(|time| *time < self.until)
            .map(|time| time.to_string())
            .collect()
    }
}

/// A source of rules that is the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn is(&mut self, one_in: u64) -> bool {
        self.below(one_in) == 0
    }

    fn pick<'t>(&mut self, words: &[&'t str]) -> &'t str {
        let place = self.below(words.len() as u64);
        words[usize::try_from(place).unwrap()]
    }

    /// Up to four numbers, some from the end if `from_end`.
    fn numbers(&mut self, first: u64, last: u64, from_end: bool) -> String {
        let numbers: Vec<String> = (0..=self.below(4))
            .map(|_| {
                let sign = if from_end && self.is(3) { "-" } else { "" };
                format!("{sign}{}", first + self.below(last - first + 1))
            })
            .collect();
        numbers.join(",")
    }

    fn weekdays(&mut self, most: Option<u64>) -> String {
        let days: Vec<String> = (0..=self.below(3))
            .map(|_| {
                let number = match most {
                    Some(most) if self.is(2) => {
                        format!("{}{}", self.pick(&["", "-", "+"]), 1 + self.below(most))
                    }
                    _ => String::new(),
                };
                number + self.pick(&["MO", "TU", "WE", "TH", "FR", "SA", "SU"])
            })
            .collect();
        days.join(",")
    }

    fn case(&mut self) -> Case {
        let frequency = self.pick(&[
            "YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY",
        ]);
        let fine = matches!(frequency, "HOURLY" | "MINUTELY" | "SECONDLY");
        let mut rule = format!("FREQ={frequency}");
        if self.is(2) {
            let most = if fine { 200 } else { 4 };
            rule += &format!(";INTERVAL={}", 1 + self.below(most));
        }
        if self.is(4) {
            rule += &format!(";WKST={}", self.pick(&["SU", "TH", "MO"]));
        }
        let by_month = self.is(3);
        if by_month {
            rule += &format!(";BYMONTH={}", self.numbers(1, 12, false));
        }
        let by_week = frequency == "YEARLY" && self.is(3);
        if by_week {
            rule += &format!(";BYWEEKNO={}", self.numbers(1, 53, true));
        }
        if (frequency == "YEARLY" || fine) && self.is(4) {
            rule += &format!(";BYYEARDAY={}", self.numbers(1, 366, true));
        }
        if frequency != "WEEKLY" && self.is(3) {
            rule += &format!(";BYMONTHDAY={}", self.numbers(1, 31, true));
        }
        if self.is(2) {
            let most = match frequency {
                "YEARLY" if !by_week && !by_month => Some(53),
                "YEARLY" if !by_week => Some(5),
                "MONTHLY" => Some(5),
                _ => None,
            };
            rule += &format!(";BYDAY={}", self.weekdays(most));
        }
        if fine || self.is(2) {
            rule += &format!(";BYHOUR={}", self.numbers(0, 23, false));
        }
        if frequency == "SECONDLY" || self.is(3) {
            rule += &format!(";BYMINUTE={}", self.numbers(0, 59, false));
        }
        if self.is(4) {
            rule += &format!(";BYSECOND={}", self.numbers(0, 59, false));
        }
        if rule.contains(";BY") && frequency != "SECONDLY" && self.is(4) {
            rule += &format!(";BYSETPOS={}", self.numbers(1, 3, true));
        }
        if self.is(3) {
            rule += &format!(";COUNT={}", 1 + self.below(30));
        }
        let start = DateTime::constant(2024, 1, 1, 0, 0, 0, 0);
        let start = start.saturating_add(jiff::SignedDuration::from_mins(
            i64::try_from(self.below(500_000)).unwrap(),
        ));
        let days = if fine { 40 } else { 2_000 };
        let until = start.saturating_add(jiff::SignedDuration::from_hours(24 * days));
        Case { start, until, rule }
    }
}

fn judge(cases: &[Case]) -> String {
    let mut python = Command::new("python3")
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/rrule_oracle.py"
        ))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is needed to judge the times");
    let mut questions = python.stdin.take().unwrap();
    for Case { start, until, rule } in cases {
        writeln!(questions, "{start}\t{until}\t{rule}").unwrap();
    }
    drop(questions);
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "the judge failed");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn rules_have_the_times_that_the_judge_finds() {
    let mut chance = Chance(11);
    let cases: Vec<Case> = (0..120).map(|_| chance.case()).collect();
    let answer = judge(&cases);
    let (mut compared, mut firing) = (0, 0);
    for (case, line) in cases.iter().zip(answer.lines()) {
        let theirs: Vec<&str> = line.split_ascii_whitespace().collect();
        let ours = case.times();
        let differs = (0..ours.len().max(theirs.len()))
            .find(|at| ours.get(*at).map(String::as_str) != theirs.get(*at).copied());
        if let Some(at) = differs {
            panic!(
                "{} from {}: {:?}, but the judge says {:?}",
                case.rule,
                case.start,
                ours.get(at),
                theirs.get(at)
            );
        }
        compared += ours.len();
        firing += usize::from(!ours.is_empty());
    }
    println!("{compared} times of {firing} rules compared");
    assert_eq!(answer.lines().count(), cases.len());
    assert!(
        firing > 70 && compared > 10_000,
        "{compared} times of {firing} rules"
    );
}
