//! The crate `croner` as a witness, on jiff's zones. Its rules are ours where an expression has one time a day,
//! or begins its minute or hour with `*`, in zones whose jumps are short and stay within a day.

use std::cmp::Ordering;

use croner::errors::CronError;
use croner::{CivilDate, CivilDateTime, CivilTime, CronDateTime, Resolution, Weekday};
use jiff::civil::DateTime;
use jiff::tz::AmbiguousOffset;
use jiff::{SignedDuration, Timestamp, ZonedDateTime};

#[derive(Clone)]
struct Witness(ZonedDateTime);

impl CronDateTime for Witness {
    fn to_civil(&self) -> CivilDateTime {
        let time = self.0.datetime();
        let [month, day, hour, minute, second] = [
            time.month(),
            time.day(),
            time.hour(),
            time.minute(),
            time.second(),
        ]
        .map(|part| u32::try_from(part).unwrap());
        CivilDateTime::new(
            CivilDate::from_ymd(i32::from(time.year()), month, day).unwrap(),
            CivilTime::from_hms_opt(hour, minute, second).unwrap(),
        )
    }

    fn civil_weekday(&self) -> Weekday {
        let days = self.0.weekday().to_sunday_zero_offset();
        Weekday::from_days_from_sunday(u32::try_from(days).unwrap())
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let [month, day, hour, minute, second] = [
            civil.month(),
            civil.day(),
            civil.hour(),
            civil.minute(),
            civil.second(),
        ]
        .map(|part| i8::try_from(part).unwrap());
        let year = i16::try_from(civil.year()).unwrap();
        let time = DateTime::new(year, month, day, hour, minute, second, 0).unwrap();
        let zone = self.0.time_zone();
        let with = |offset: jiff::tz::Offset| {
            Self(
                offset
                    .to_timestamp(time)
                    .unwrap()
                    .to_zoned_datetime(zone.clone()),
            )
        };
        Ok(match zone.to_ambiguous_timestamp(time).offset() {
            AmbiguousOffset::Unambiguous { offset } => Resolution::Single(with(offset)),
            AmbiguousOffset::Gap { .. } => Resolution::Gap,
            AmbiguousOffset::Fold { before, after } => {
                Resolution::Ambiguous(with(before), with(after))
            }
        })
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        self.0
            .checked_add(SignedDuration::from_secs(seconds))
            .ok()
            .map(Self)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.timestamp().cmp(&other.0.timestamp())
    }
}

fn witnessed(expression: &str, zone: &str, start: Timestamp, end: Timestamp) -> Vec<Timestamp> {
    let cron: croner::Cron = expression
        .parse()
        .unwrap_or_else(|error| panic!("{expression}: {error}"));
    let start = Witness(start.in_tz(zone).unwrap());
    cron.iter_after(start)
        .map(|time| time.0.timestamp())
        .take_while(|time| *time < end)
        .collect()
}

#[test]
fn croner_says_the_same_where_its_rules_are_ours() {
    let start: Timestamp = "2024-12-31T12:00:00Z".parse().unwrap();
    let end: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
    let mut compared = 0;
    for zone in [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Africa/Casablanca",
        "America/St_Johns",
        "Antarctica/Troll",
        "America/Santiago",
        "Pacific/Chatham",
        "Pacific/Apia",
    ] {
        for expression in [
            "30 2 * * *",
            "0 2 * * *",
            "0 3 * * *",
            "45 1 * * *",
            "59 23 * * *",
            "15 0 13 * fri",
            "0 12 1 1,7 *",
            "5 7 * * mon-fri",
            "45 2 29-31 3,10 *",
            "0 6 1-7 * 1",
            "1 1 * * 0,7",
            "10 22 */3 * *",
            "0 * * * *",
            "*/30 2 * * sun",
            "*/17 */5 * * *",
            "7 */2 * * 6",
            "* 2 1-10 4 *",
            "*/45 1-3 * 10-11 *",
        ] {
            let theirs = witnessed(expression, zone, start, end);
            let schedule = crate::schedule(expression, zone);
            let local = jiff::tz::TimeZone::UTC;
            let ours: Vec<Timestamp> = schedule
                .times_after(start, &local)
                .take_while(|time| *time < end)
                .collect();
            let differs =
                (0..ours.len().max(theirs.len())).find(|at| ours.get(*at) != theirs.get(*at));
            if let Some(at) = differs {
                panic!(
                    "`{expression}` in {zone}: {:?}, croner {:?}",
                    ours.get(at),
                    theirs.get(at)
                );
            }
            compared += ours.len();
        }
    }
    println!("{compared} times compared");
    assert!(compared > 100_000, "only {compared} times compared");
}
