use super::*;
use crate::{Schedule, Zone};

/// Checks the times of a cron expression, as its zone's clocks show them.
fn check(text: &str, zone: &str, after: &str, expected: &[&str]) {
    let schedule = Schedule::new(
        Rule::Cron(Cron::parse(text).unwrap()),
        Zone::parse(zone).unwrap(),
    );
    let zone = TimeZone::get(zone).unwrap();
    let after = after.parse().unwrap();
    let times: Vec<String> = schedule
        .times_after(after, &TimeZone::UTC)
        .take(expected.len())
        .map(|time| format!("{}{}", zone.to_datetime(time), zone.to_offset(time)))
        .collect();
    assert_eq!(times, expected, "{text} after {after}");
}

#[test]
fn a_gap_gives_one_run_at_its_end() {
    let night = "2026-03-28T12:00:00Z";
    for text in [
        "30 2 * * *",
        "0 2 * * *",
        "0,15,30,45 2 * * *",
        "0 2,3 * * *",
        "59 2 * * *",
    ] {
        check(text, "Europe/Berlin", night, &["2026-03-29T03:00:00+02"]);
    }
    check(
        "30 2,3 * * *",
        "Europe/Berlin",
        night,
        &[
            "2026-03-29T03:00:00+02",
            "2026-03-29T03:30:00+02",
            "2026-03-30T02:30:00+02",
        ],
    );
    // Midnight, and a whole day.
    check(
        "0 0 * * *",
        "America/Sao_Paulo",
        "2018-11-03T12:00:00Z",
        &["2018-11-04T01:00:00-02"],
    );
    check(
        "0 9 * * *",
        "Pacific/Apia",
        "2011-12-29T12:00:00Z",
        &[
            "2011-12-29T09:00:00-10",
            "2011-12-31T00:00:00+14",
            "2011-12-31T09:00:00+14",
        ],
    );
    check(
        "0 9 30 12 *",
        "Pacific/Apia",
        "2011-01-01T00:00:00Z",
        &["2011-12-31T00:00:00+14", "2012-12-30T09:00:00+14"],
    );
    // 23:30 to midnight, so the run is on the next day.
    check(
        "45 23 4 5 *",
        "Asia/Pyongyang",
        "2018-05-01T00:00:00Z",
        &["2018-05-05T00:00:00+09"],
    );
}

#[test]
fn a_time_that_comes_twice_runs_once() {
    check(
        "30 2 * * *",
        "Europe/Berlin",
        "2026-10-24T12:00:00Z",
        &["2026-10-25T02:30:00+02", "2026-10-26T02:30:00+01"],
    );
    // Asked from within the second showing.
    check(
        "30,45 2 * * *",
        "Europe/Berlin",
        "2026-10-25T01:10:00Z",
        &["2026-10-26T02:30:00+01"],
    );
    check(
        "45 1 * * *",
        "Australia/Lord_Howe",
        "2026-04-04T00:00:00Z",
        &["2026-04-05T01:45:00+11", "2026-04-06T01:45:00+10:30"],
    );
}

#[test]
fn a_star_follows_the_clock_through_both() {
    check(
        "*/30 2 * * *",
        "Europe/Berlin",
        "2026-10-25T00:00:00Z",
        &[
            "2026-10-25T02:30:00+02",
            "2026-10-25T02:00:00+01",
            "2026-10-25T02:30:00+01",
            "2026-10-26T02:00:00+01",
        ],
    );
    check(
        "*/30 2 * * *",
        "Europe/Berlin",
        "2026-03-28T12:00:00Z",
        &["2026-03-30T02:00:00+02"],
    );
    check(
        "15 * * * *",
        "Europe/Berlin",
        "2026-03-29T00:00:00Z",
        &["2026-03-29T01:15:00+01", "2026-03-29T03:15:00+02"],
    );
    check(
        "0 * * * *",
        "Australia/Lord_Howe",
        "2026-10-03T14:30:00Z",
        &["2026-10-04T03:00:00+11", "2026-10-04T04:00:00+11"],
    );
    check(
        "*/5 9 * * *",
        "Pacific/Apia",
        "2011-12-30T09:00:00Z",
        &["2011-12-31T09:00:00+14"],
    );
}

#[test]
fn leap_days_and_the_calendars_ends() {
    check(
        "0 0 29 2 *",
        "Europe/Berlin",
        "2096-03-01T00:00:00Z",
        &["2104-02-29T00:00:00+01"],
    );
    check(
        "0 0 29 2 */7",
        "UTC",
        "2080-01-01T00:00:00Z",
        &["2088-02-29T00:00:00+00", "2128-02-29T00:00:00+00"],
    );
    let text = "59 59 23 31 12 *";
    let schedule = Schedule::new(Rule::Cron(Cron::parse(text).unwrap()), Zone::Local);
    for zone in ["UTC", "Europe/Berlin", "Pacific/Apia", "America/New_York"] {
        let zone = TimeZone::get(zone).unwrap();
        assert_eq!(schedule.times_after(Timestamp::MAX, &zone).next(), None);
        assert!(schedule.times_after(Timestamp::MIN, &zone).next().is_some());
        let late = "9998-06-01T00:00:00Z".parse().unwrap();
        assert!(schedule.times_after(late, &zone).count() >= 1);
    }
}

#[test]
fn local_follows_the_machine() {
    let schedule = Schedule::new(Rule::Cron(Cron::parse("0 12 * * *").unwrap()), Zone::Local);
    let after = "2026-07-01T00:00:00Z".parse().unwrap();
    for (zone, expected) in [
        ("Europe/Berlin", "2026-07-01T10:00:00Z"),
        ("America/New_York", "2026-07-01T16:00:00Z"),
    ] {
        let local = TimeZone::get(zone).unwrap();
        let next = schedule.times_after(after, &local).next().unwrap();
        assert_eq!(next.to_string(), expected);
    }
}

#[test]
fn an_instant_between_two_seconds_is_no_trouble() {
    check(
        "* * * * * *",
        "UTC",
        "2026-01-01T00:00:00.5Z",
        &["2026-01-01T00:00:01+00", "2026-01-01T00:00:02+00"],
    );
    check(
        "* * * * * *",
        "UTC",
        "2025-12-31T23:59:59.999999999Z",
        &["2026-01-01T00:00:00+00"],
    );
    check(
        "0 2 * * *",
        "Europe/Berlin",
        "2026-03-29T00:59:59.5Z",
        &["2026-03-29T03:00:00+02"],
    );
}
