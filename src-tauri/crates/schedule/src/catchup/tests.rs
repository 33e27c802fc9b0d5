use super::*;
use crate::{Cron, Every, RRule, Rule, Zone, duration};

fn cron(text: &str, catchup: Catchup) -> Schedule {
    let mut schedule = Schedule::new(Rule::Cron(Cron::parse(text).unwrap()), Zone::Local);
    schedule.catchup = catchup;
    schedule
}

fn every(period: &str, catchup: Catchup) -> Schedule {
    let every = Every::new(duration::parse(period).unwrap(), None).unwrap();
    let mut schedule = Schedule::new(Rule::Every(every), Zone::Local);
    schedule.catchup = catchup;
    schedule
}

fn due(schedule: &Schedule, seen: &str, now: &str) -> Due {
    schedule.due(
        Some(seen.parse().unwrap()),
        now.parse().unwrap(),
        &TimeZone::UTC,
    )
}

/// Checks one look: the times to run, and each row of missed ones as `FIRST..LAST COUNT REASON`.
fn check(schedule: &Schedule, seen: &str, now: &str, run: &[&str], missed: &[&str]) {
    let due = due(schedule, seen, now);
    let ran: Vec<String> = due.run.iter().map(Timestamp::to_string).collect();
    assert_eq!(ran, run, "{schedule:?}");
    let rows: Vec<String> = due
        .missed
        .iter()
        .map(|row| {
            format!(
                "{}..{} {:?} {:?}",
                row.first, row.last, row.count, row.reason
            )
        })
        .collect();
    assert_eq!(rows, missed, "{schedule:?}");
    assert_eq!(due.seen.to_string(), now);
}

#[test]
fn awake_every_time_runs() {
    for catchup in [Catchup::None, Catchup::Latest, Catchup::All] {
        let daily = cron("0 9 * * *", catchup);
        check(
            &daily,
            "2026-05-01T09:00:00Z",
            "2026-05-02T08:59:59Z",
            &[],
            &[],
        );
        check(
            &daily,
            "2026-05-01T09:00:00Z",
            "2026-05-02T09:00:00Z",
            &["2026-05-02T09:00:00Z"],
            &[],
        );
        check(
            &daily,
            "2026-05-01T09:00:00Z",
            "2026-05-02T09:00:59Z",
            &["2026-05-02T09:00:00Z"],
            &[],
        );
        check(
            &daily,
            "2026-05-02T09:00:00Z",
            "2026-05-02T09:00:30Z",
            &[],
            &[],
        );
        let often = every("20s", catchup);
        check(
            &often,
            "2026-05-02T09:00:00Z",
            "2026-05-02T09:00:45Z",
            &["2026-05-02T09:00:20Z", "2026-05-02T09:00:40Z"],
            &[],
        );
    }
}

#[test]
fn a_minute_is_still_awake() {
    for catchup in [Catchup::None, Catchup::Latest, Catchup::All] {
        let often = every("20s", catchup);
        check(
            &often,
            "2026-05-02T09:00:00Z",
            "2026-05-02T09:01:20Z",
            &[
                "2026-05-02T09:00:20Z",
                "2026-05-02T09:00:40Z",
                "2026-05-02T09:01:00Z",
                "2026-05-02T09:01:20Z",
            ],
            &[],
        );
    }
}

#[test]
fn after_sleep_the_policy_decides() {
    let (seen, now) = ("2026-05-01T09:00:00Z", "2026-05-01T12:30:00Z");
    check(
        &cron("0 * * * *", Catchup::None),
        seen,
        now,
        &[],
        &["2026-05-01T10:00:00Z..2026-05-01T12:00:00Z Exactly(3) CatchupOff"],
    );
    check(
        &cron("0 * * * *", Catchup::Latest),
        seen,
        now,
        &["2026-05-01T12:00:00Z"],
        &["2026-05-01T10:00:00Z..2026-05-01T11:00:00Z Exactly(2) Superseded"],
    );
    check(
        &cron("0 * * * *", Catchup::All),
        seen,
        now,
        &[
            "2026-05-01T10:00:00Z",
            "2026-05-01T11:00:00Z",
            "2026-05-01T12:00:00Z",
        ],
        &[],
    );
}

#[test]
fn waking_in_time_runs_whatever_the_policy() {
    let (seen, now) = ("2026-05-01T09:00:00Z", "2026-05-01T11:00:20Z");
    check(
        &cron("0 * * * *", Catchup::None),
        seen,
        now,
        &["2026-05-01T11:00:00Z"],
        &["2026-05-01T10:00:00Z..2026-05-01T10:00:00Z Exactly(1) CatchupOff"],
    );
    let mut impatient = cron("0 * * * *", Catchup::All);
    impatient.catchup_within = Duration::ZERO;
    check(
        &impatient,
        seen,
        now,
        &["2026-05-01T11:00:00Z"],
        &["2026-05-01T10:00:00Z..2026-05-01T10:00:00Z Exactly(1) TooOld"],
    );
}

#[test]
fn what_is_too_old_is_only_recorded() {
    let (seen, now) = ("2026-05-01T00:00:00Z", "2026-05-05T12:00:00Z");
    check(
        &cron("0 9 * * *", Catchup::All),
        seen,
        now,
        &["2026-05-05T09:00:00Z"],
        &["2026-05-01T09:00:00Z..2026-05-04T09:00:00Z Exactly(4) TooOld"],
    );
    check(
        &cron("0 9 1 * *", Catchup::Latest),
        seen,
        now,
        &[],
        &["2026-05-01T09:00:00Z..2026-05-01T09:00:00Z Exactly(1) TooOld"],
    );
    // A time of exactly that age is caught up.
    check(
        &cron("0 12 * * *", Catchup::All),
        seen,
        now,
        &["2026-05-04T12:00:00Z", "2026-05-05T12:00:00Z"],
        &["2026-05-01T12:00:00Z..2026-05-03T12:00:00Z Exactly(3) TooOld"],
    );
}

#[test]
fn a_first_look_a_pause_and_a_clock_set_back_give_nothing() {
    let hourly = cron("0 * * * *", Catchup::All);
    let now: Timestamp = "2026-05-05T12:00:00Z".parse().unwrap();
    let nothing = Due {
        run: Vec::new(),
        missed: Vec::new(),
        seen: now,
    };
    assert_eq!(hourly.due(None, now, &TimeZone::UTC), nothing);
    let ahead = "2027-05-05T12:00:00Z".parse().unwrap();
    assert_eq!(hourly.due(Some(ahead), now, &TimeZone::UTC), nothing);
    assert_eq!(hourly.due(Some(now), now, &TimeZone::UTC), nothing);
    let mut paused = hourly;
    paused.paused = true;
    let before = "2026-05-01T12:00:00Z".parse().unwrap();
    assert_eq!(paused.due(Some(before), now, &TimeZone::UTC), nothing);
}

#[test]
fn a_year_of_sleep_costs_no_more_than_a_night() {
    let (seen, now) = ("2025-05-05T12:00:00Z", "2026-05-05T12:00:00.5Z");
    let latest = "2026-05-05T12:00:00Z";
    check(
        &every("1s", Catchup::Latest),
        seen,
        now,
        &[latest],
        &["2025-05-05T12:00:01Z..2026-05-05T11:59:59Z Exactly(31535999) Superseded"],
    );
    check(
        &cron("* * * * * *", Catchup::Latest),
        seen,
        now,
        &[latest],
        &["2025-05-05T12:00:01Z..2026-05-05T11:59:59Z AtLeast(10000) Superseded"],
    );
    let rrule = RRule::parse("FREQ=SECONDLY", None, &Zone::Local).unwrap();
    let secondly = Schedule::new(Rule::RRule(rrule), Zone::Local);
    check(
        &secondly,
        seen,
        now,
        &[latest],
        &["2025-05-05T12:00:01Z..2026-05-05T11:59:59Z AtLeast(10000) Superseded"],
    );
    // The newest time lies months back, in a dense stretch.
    check(
        &cron("* * 0 1 1 *", Catchup::None),
        seen,
        now,
        &[],
        &["2026-01-01T00:00:00Z..2026-01-01T00:59:59Z Exactly(3600) CatchupOff"],
    );
}

#[test]
fn all_comes_in_batches_and_none_is_lost_or_doubled() {
    let mut schedule = every("1s", Catchup::All);
    schedule.catchup_within = Duration::from_secs(3_600);
    let mut seen: Timestamp = "2025-05-05T12:00:00Z".parse().unwrap();
    let now: Timestamp = "2026-05-05T12:00:00Z".parse().unwrap();
    let (mut run, mut missed) = (Vec::new(), Vec::new());
    while seen < now {
        let due = schedule.due(Some(seen), now, &TimeZone::UTC);
        assert!(due.run.len() <= BATCH && due.seen > seen);
        seen = due.seen;
        run.extend(due.run);
        missed.extend(due.missed);
    }
    assert_eq!(run.len(), 3_601);
    assert!(
        run.iter()
            .zip(run.iter().skip(1))
            .all(|(one, next)| one < next)
    );
    let [row] = missed.as_slice() else {
        panic!("{missed:?}")
    };
    assert_eq!(row.count, Count::Exactly(31_536_000 - 3_601));
    assert_eq!(row.last.to_string(), "2026-05-05T10:59:59Z");
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    for catchup in [Catchup::None, Catchup::Latest, Catchup::All] {
        for schedule in [cron("0 0 1 1 *", catchup), every("36500d", catchup)] {
            let due = schedule.due(Some(Timestamp::MIN), Timestamp::MAX, &TimeZone::UTC);
            assert!(due.run.len() <= BATCH && due.missed.len() <= 1, "{due:?}");
        }
    }
}
