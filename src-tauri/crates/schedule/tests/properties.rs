//! What holds for the times of every schedule, whatever its rule, its zone and the instant asked about.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use tidemill_schedule::{Cron, Every, RRule, Rule, Schedule, Time, Zone};

const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Africa/Monrovia",
];

fn zone() -> impl Strategy<Value = Zone> {
    prop::sample::select(&ZONES[..]).prop_map(|name| Zone::parse(name).unwrap())
}

/// An instant from 1970 to 2100, not on a whole second.
fn instant() -> impl Strategy<Value = Timestamp> {
    (0_i64..4_102_444_800_000)
        .prop_map(|millisecond| Timestamp::from_millisecond(millisecond).unwrap())
}

fn field(first: u8, last: u8, names: &'static str) -> impl Strategy<Value = String> {
    let value = first..=last;
    let item = prop_oneof![
        4 => value.clone().prop_map(|value| value.to_string()),
        1 => (value.clone(), value.clone()).prop_map(|(one, other)| format!("{}-{}", one.min(other), one.max(other))),
        1 => (value, 1..80_u8).prop_map(|(from, step)| format!("{from}/{step}")),
        1 => (1..80_u8).prop_map(|step| format!("*/{step}")),
        1 => Just(if names.is_empty() { "*".to_owned() } else { names.to_owned() }),
    ];
    prop::collection::vec(item, 1..3).prop_map(|items| items.join(","))
}

fn cron() -> impl Strategy<Value = Rule> {
    let second =
        prop_oneof![4 => Just(String::new()), 1 => field(0, 59, "").prop_map(|field| field + " ")];
    let day = prop_oneof![2 => Just("*".to_owned()), 1 => field(1, 31, "")];
    let weekday = prop_oneof![2 => Just("*".to_owned()), 1 => field(0, 7, "Mon-FRI")];
    let month = prop_oneof![2 => Just("*".to_owned()), 1 => field(1, 12, "feb")];
    (
        second,
        field(0, 59, ""),
        field(0, 23, ""),
        day,
        month,
        weekday,
    )
        .prop_map(|(second, minute, hour, day, month, weekday)| {
            format!("{second}{minute} {hour} {day} {month} {weekday}")
        })
        .prop_filter_map("never fires", |text| {
            Cron::parse(&text).ok().map(Rule::Cron)
        })
}

fn rule() -> impl Strategy<Value = Rule> {
    let starting = prop::option::of(instant().prop_map(Time::Instant));
    let every = (1_u64..10_000_000, starting).prop_map(|(seconds, starting)| {
        Rule::Every(Every::new(std::time::Duration::from_secs(seconds), starting).unwrap())
    });
    let rrule = prop::sample::select(vec![
        "FREQ=DAILY;BYHOUR=0,2,3,23;BYMINUTE=0,30",
        "FREQ=MONTHLY;BYDAY=1SU,-1SU;BYHOUR=2",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,SA",
        "FREQ=HOURLY;INTERVAL=5",
        "FREQ=MINUTELY;INTERVAL=45;BYHOUR=0,1,2,3",
        "FREQ=YEARLY;BYWEEKNO=1,53;BYDAY=MO",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=SECONDLY;INTERVAL=7201",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    ])
    .prop_map(|text| Rule::RRule(RRule::parse(text, None, &Zone::Local).unwrap()));
    prop_oneof![4 => cron(), 1 => every, 2 => rrule]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn times_rise_and_none_lies_between(rule in rule(), zone in zone(), instant in instant(), share in 0.0..1.0_f64) {
        let schedule = Schedule::new(rule, zone);
        let mut before = instant;
        for time in schedule.times_after(instant, &TimeZone::UTC).take(12) {
            prop_assert!(time > before);
            // Asked from anywhere before it, the next time is the same.
            let between = before + (time - before).mul_f64(share);
            for asked in [between, time - SignedDuration::from_nanos(1)] {
                let next = schedule.times_after(asked.max(before), &TimeZone::UTC).next();
                prop_assert!(asked >= time || next == Some(time), "after {asked}: {next:?}, not {time}");
            }
            before = time;
        }
    }

    #[test]
    fn every_time_matches_the_clock_or_ends_a_gap(
        minutes in prop::collection::btree_set(0_i8..60, 1..4),
        hours in prop::collection::btree_set(0_i8..24, 1..4),
        zone in zone(),
        instant in instant(),
    ) {
        let list = |values: &std::collections::BTreeSet<i8>| {
            values.iter().map(i8::to_string).collect::<Vec<_>>().join(",")
        };
        let text = format!("{} {} * * *", list(&minutes), list(&hours));
        let schedule = Schedule::new(Rule::Cron(Cron::parse(&text).unwrap()), zone.clone());
        let local = TimeZone::UTC;
        let clocks = zone.resolve(&local);
        for time in schedule.times_after(instant, &local).take(20) {
            let shown = clocks.to_datetime(time);
            let matches = minutes.contains(&shown.minute()) && hours.contains(&shown.hour()) && shown.second() == 0;
            let just_before = clocks.to_offset(time - SignedDuration::from_secs(1));
            prop_assert!(matches || just_before < clocks.to_offset(time), "{text}: {shown}");
        }
    }

    #[test]
    fn looking_often_or_seldom_runs_the_same(rule in cron(), zone in zone(), instant in instant(), looks in 1_i32..40) {
        let mut schedule = Schedule::new(rule, zone);
        schedule.catchup = tidemill_schedule::Catchup::All;
        let end = instant + SignedDuration::from_hours(6);
        let expected: Vec<Timestamp> =
            schedule.times_after(instant, &TimeZone::UTC).take_while(|time| *time <= end).collect();
        let (mut seen, mut run) = (instant, Vec::new());
        for look in 1..=looks {
            let now = instant + (end - instant) / looks * look;
            let now = if look == looks { end } else { now };
            while seen < now {
                let due = schedule.due(Some(seen), now, &TimeZone::UTC);
                prop_assert!(due.missed.is_empty() && due.seen > seen);
                seen = due.seen;
                run.extend(due.run);
            }
        }
        prop_assert_eq!(run, expected);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}", cron in "[-0-9*/,?#LWHa-z@ ]{0,30}", rrule in "(FREQ=(DAILY|YEARLY|HOURLY);)?([A-Z]{2,8}=[-+0-9A-Z,]{0,8};?){0,4}") {
        for text in [&text, &cron, &rrule] {
            let starting = Time::parse(text).ok();
            let _known = (Cron::parse(text), RRule::parse(text, starting, &Zone::Local), Zone::parse(text));
        }
    }
}
