use super::*;

/// Checks the first times of a rule, as the wall clock shows them, from a start in New York.
fn check(rule: &str, start: &str, expected: &[&str]) {
    let zone = Zone::parse("America/New_York").unwrap();
    let starting = Time::parse(start).unwrap();
    let rrule =
        RRule::parse(rule, Some(starting), &zone).unwrap_or_else(|error| panic!("{rule}: {error}"));
    let recurrence = rrule.bind(zone.resolve(&TimeZone::UTC));
    let mut from = DateTime::MIN;
    let mut times = Vec::new();
    while let Some(time) = recurrence
        .next_from(from)
        .filter(|_| times.len() < expected.len())
    {
        times.push(time.to_string());
        from = time.saturating_add(1.second());
    }
    let expected: Vec<String> = expected
        .iter()
        .map(|day| {
            if day.contains('T') {
                format!("{day}:00")
            } else {
                format!("{day}T09:00:00")
            }
        })
        .collect();
    assert_eq!(times, expected, "{rule}");
}

/// The standard's own examples (RFC 5545, 3.8.5.3), most of them.
#[test]
fn the_standards_examples() {
    let start = "1997-09-02T09:00";
    for (rule, expected) in [
        (
            "FREQ=DAILY;COUNT=10",
            &["1997-09-02", "1997-09-03"] as &[&str],
        ),
        (
            "FREQ=DAILY;INTERVAL=2",
            &["1997-09-02", "1997-09-04", "1997-09-06"],
        ),
        (
            "FREQ=DAILY;INTERVAL=10;COUNT=5",
            &[
                "1997-09-02",
                "1997-09-12",
                "1997-09-22",
                "1997-10-02",
                "1997-10-12",
            ],
        ),
        (
            "FREQ=WEEKLY;COUNT=10",
            &["1997-09-02", "1997-09-09", "1997-09-16"],
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
            &["1997-09-02", "1997-09-16", "1997-09-30"],
        ),
        (
            "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH",
            &["1997-09-02", "1997-09-04", "1997-09-09", "1997-09-11"],
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
            &["1997-09-02", "1997-09-04", "1997-09-16", "1997-09-18"],
        ),
        (
            "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
            &[
                "1997-09-10",
                "1997-09-11",
                "1997-09-12",
                "1997-09-13",
                "1997-09-14",
                "1997-09-15",
                "1999-03-10",
            ],
        ),
        (
            "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
            &[
                "1997-09-02",
                "1997-09-09",
                "1997-09-16",
                "1997-09-23",
                "1997-09-30",
                "1997-11-04",
            ],
        ),
        (
            "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
            &["1997-09-02", "1997-09-15", "1997-10-02", "1997-10-15"],
        ),
        (
            "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
            &["1997-09-13", "1997-10-11", "1997-11-08"],
        ),
        (
            "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
            &[
                "1998-02-13",
                "1998-03-13",
                "1998-11-13",
                "1999-08-13",
                "2000-10-13",
            ],
        ),
        (
            "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000",
            &["1997-09-02T09:00", "1997-09-02T12:00", "1997-09-02T15:00"],
        ),
        (
            "FREQ=MINUTELY;INTERVAL=15;COUNT=6",
            &[
                "1997-09-02T09:00",
                "1997-09-02T09:15",
                "1997-09-02T09:30",
                "1997-09-02T09:45",
                "1997-09-02T10:00",
                "1997-09-02T10:15",
            ],
        ),
        (
            "FREQ=MINUTELY;INTERVAL=90;COUNT=4",
            &[
                "1997-09-02T09:00",
                "1997-09-02T10:30",
                "1997-09-02T12:00",
                "1997-09-02T13:30",
            ],
        ),
        (
            "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40",
            &[
                "1997-09-02T09:00",
                "1997-09-02T09:20",
                "1997-09-02T09:40",
                "1997-09-02T10:00",
            ],
        ),
        (
            "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16",
            &[
                "1997-09-02T09:00",
                "1997-09-02T09:20",
                "1997-09-02T09:40",
                "1997-09-02T10:00",
            ],
        ),
    ] {
        check(rule, start, expected);
    }
    for (rule, start, expected) in [
        (
            "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
            "1997-06-10T09:00",
            &["1997-06-10", "1997-07-10", "1998-06-10"] as &[&str],
        ),
        (
            "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
            "1997-03-10T09:00",
            &["1997-03-10", "1999-01-10", "1999-02-10", "1999-03-10"],
        ),
        (
            "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
            "1997-01-01T09:00",
            &[
                "1997-01-01",
                "1997-04-10",
                "1997-07-19",
                "2000-01-01",
                "2000-04-09",
                "2000-07-18",
                "2003-01-01",
            ],
        ),
        (
            "FREQ=YEARLY;BYDAY=20MO",
            "1997-05-19T09:00",
            &["1997-05-19", "1998-05-18", "1999-05-17"],
        ),
        (
            "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
            "1997-05-12T09:00",
            &["1997-05-12", "1998-05-11", "1999-05-17"],
        ),
        (
            "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
            "1997-03-13T09:00",
            &["1997-03-13", "1997-03-20", "1997-03-27", "1998-03-05"],
        ),
        (
            "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
            "1996-11-05T09:00",
            &["1996-11-05", "2000-11-07", "2004-11-02"],
        ),
        (
            "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
            "1997-09-05T09:00",
            &["1997-09-05", "1997-10-03", "1997-11-07"],
        ),
        (
            "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
            "1997-09-07T09:00",
            &[
                "1997-09-07",
                "1997-09-28",
                "1997-11-02",
                "1997-11-30",
                "1998-01-04",
            ],
        ),
        (
            "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
            "1997-09-22T09:00",
            &[
                "1997-09-22",
                "1997-10-20",
                "1997-11-17",
                "1997-12-22",
                "1998-01-19",
                "1998-02-16",
            ],
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=-3",
            "1997-09-28T09:00",
            &[
                "1997-09-28",
                "1997-10-29",
                "1997-11-28",
                "1997-12-29",
                "1998-01-29",
                "1998-02-26",
            ],
        ),
        (
            "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
            "1997-09-30T09:00",
            &["1997-09-30", "1997-10-01", "1997-10-31", "1997-11-01"],
        ),
        (
            "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
            "1997-09-04T09:00",
            &["1997-09-04", "1997-10-07", "1997-11-06"],
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
            "1997-09-29T09:00",
            &[
                "1997-09-29",
                "1997-10-30",
                "1997-11-27",
                "1997-12-30",
                "1998-01-29",
                "1998-02-26",
                "1998-03-30",
            ],
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
            "1997-08-05T09:00",
            &["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"],
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
            "1997-08-05T09:00",
            &["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"],
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
            "2007-01-15T09:00",
            &[
                "2007-01-15",
                "2007-01-30",
                "2007-02-15",
                "2007-03-15",
                "2007-03-30",
            ],
        ),
    ] {
        check(rule, start, expected);
    }
}

#[test]
fn ends_when_the_rule_does() {
    for (rule, count) in [
        ("FREQ=DAILY;COUNT=10", 10),
        ("FREQ=DAILY;COUNT=1", 1),
        ("FREQ=DAILY;UNTIL=20260110", 10),
        ("FREQ=DAILY;UNTIL=20260110T085959", 9),
        ("FREQ=DAILY;UNTIL=20260110T090000", 10),
        ("FREQ=DAILY;UNTIL=20260110T080000Z", 10),
        ("FREQ=DAILY;UNTIL=20260110T075959Z", 9),
        ("FREQ=MONTHLY;BYMONTHDAY=1,2,3;BYSETPOS=1,-1;COUNT=7", 7),
        ("FREQ=SECONDLY;COUNT=5000", 5_000),
        ("FREQ=YEARLY;BYDAY=MO,TU;COUNT=3000", 3_000),
        ("FREQ=YEARLY;COUNT=1000", 1_000),
        (
            "FREQ=YEARLY;INTERVAL=3;BYMONTH=2;BYMONTHDAY=29;COUNT=10",
            10,
        ),
        ("FREQ=YEARLY;COUNT=100000", 9_999 - 2_025),
    ] {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        let starting = Time::parse("2026-01-01T09:00").unwrap();
        let rrule = RRule::parse(rule, Some(starting), &zone).unwrap();
        let schedule = crate::Schedule::new(crate::Rule::RRule(rrule), zone);
        assert_eq!(
            schedule.times_after(Timestamp::MIN, &TimeZone::UTC).count(),
            count,
            "{rule}"
        );
    }
}

#[test]
fn jumps_of_the_zone_are_those_of_cron() {
    for (rule, after, expected) in [
        (
            "FREQ=DAILY;BYHOUR=2;BYMINUTE=30",
            "2026-03-28T12:00:00Z",
            ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
        ),
        (
            "FREQ=DAILY;BYHOUR=2;BYMINUTE=30",
            "2026-10-24T12:00:00Z",
            ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
        ),
        (
            "FREQ=HOURLY;BYMINUTE=30",
            "2026-03-29T00:00:00Z",
            ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"],
        ),
        (
            "FREQ=HOURLY;BYMINUTE=30",
            "2026-10-25T00:00:00Z",
            ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"],
        ),
        (
            "FREQ=HOURLY;INTERVAL=2",
            "2026-10-24T23:30:00Z",
            ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"],
        ),
    ] {
        let zone = Zone::parse("Europe/Berlin").unwrap();
        let rrule = RRule::parse(rule, None, &zone).unwrap();
        let schedule = crate::Schedule::new(crate::Rule::RRule(rrule), zone);
        let times: Vec<String> = schedule
            .times_after(after.parse().unwrap(), &TimeZone::UTC)
            .take(2)
            .map(|time| time.to_string())
            .collect();
        assert_eq!(times, expected, "{rule} after {after}");
    }
}

#[test]
fn an_end_within_a_repeated_hour_holds_in_both() {
    let zone = Zone::parse("Europe/Berlin").unwrap();
    let rule = "FREQ=MINUTELY;INTERVAL=30;UNTIL=20261025T024500";
    let rrule = RRule::parse(rule, None, &zone).unwrap();
    let schedule = crate::Schedule::new(crate::Rule::RRule(rrule), zone);
    let local = TimeZone::UTC;
    let times = schedule.times_after("2026-10-24T23:45:00Z".parse().unwrap(), &local);
    assert_eq!(
        times.map(|time| time.to_string()).collect::<Vec<_>>(),
        [
            "2026-10-25T00:00:00Z",
            "2026-10-25T00:30:00Z",
            "2026-10-25T01:00:00Z",
            "2026-10-25T01:30:00Z",
        ]
    );
}

#[test]
fn a_start_bounds_the_times() {
    let zone = Zone::parse("Europe/Berlin").unwrap();
    // The start is the second showing of 02:30; the first is before it.
    let starting = Time::parse("2026-10-25T02:30:00+01:00").unwrap();
    let rrule = RRule::parse("FREQ=DAILY", Some(starting), &zone).unwrap();
    let schedule = crate::Schedule::new(crate::Rule::RRule(rrule), zone);
    let next = schedule
        .times_after(Timestamp::MIN, &TimeZone::UTC)
        .next()
        .unwrap();
    assert_eq!(next.to_string(), "2026-10-26T01:30:00Z");
}

#[test]
fn says_what_is_wrong() {
    let start = Some(Time::parse("2026-01-01T09:00").unwrap());
    for (text, message, mend) in [
        ("", "is not a rule part", "FREQ=DAILY"),
        ("DAILY", "is not a rule part", "FREQ=DAILY"),
        ("BYHOUR=9", "rrule FREQ: `` is missing", "FREQ=DAILY"),
        ("FREQ=FORTNIGHTLY", "is not a frequency", "YEARLY"),
        ("FREQ=DAILY;FREQ=DAILY", "is there twice", "once"),
        (
            "FREQ=DAILY;BYHOURS=9",
            "`BYHOURS` is not a known part",
            "did you mean `BYHOUR`?",
        ),
        (
            "FREQ=DAILY;DTSTART=20260101",
            "is not a known part",
            "`starting`",
        ),
        (
            "FREQ=DAILY;BYEASTER=1",
            "is not a known part",
            "leave it out",
        ),
        ("FREQ=DAILY;BYHOUR=", "has no value", ""),
        (
            "FREQ=DAILY;BYHOUR=24",
            "BYHOUR: `24` is not a number from 0 to 23",
            "",
        ),
        (
            "FREQ=DAILY;BYHOUR=-1",
            "`-1` is not a number from 0 to 23",
            "",
        ),
        ("FREQ=DAILY;BYSECOND=60", "leap second", "0 to 59"),
        (
            "FREQ=DAILY;BYMONTHDAY=0",
            "`0` is not a number from 1 to 31, or -1 to -31",
            "",
        ),
        ("FREQ=DAILY;BYMONTHDAY=32", "is not a number", ""),
        ("FREQ=DAILY;BYMONTHDAY=99999", "is not a number", ""),
        (
            "FREQ=DAILY;INTERVAL=0",
            "INTERVAL: `0` is not a number from 1",
            "",
        ),
        ("FREQ=DAILY;INTERVAL=-1", "is not a number from 1", ""),
        ("FREQ=DAILY;COUNT=0", "COUNT: `0`", "UNTIL"),
        ("FREQ=DAILY;COUNT=9999999", "from 1 to 100000", "UNTIL"),
        (
            "FREQ=DAILY;COUNT=5;UNTIL=20270101",
            "stands beside COUNT",
            "one of them",
        ),
        (
            "FREQ=DAILY;UNTIL=tomorrow",
            "is not a time",
            "20261231T235959Z",
        ),
        ("FREQ=DAILY;UNTIL=20260230", "does not exist", ""),
        ("FREQ=DAILY;UNTIL=20260101Z", "is not a time", ""),
        ("FREQ=DAILY;UNTIL=2026-12-31", "is not a time", ""),
        ("FREQ=DAILY;BYDAY=MONDAY", "is not a weekday", "MO TU"),
        (
            "FREQ=DAILY;BYDAY=1MO",
            "a number unless FREQ is MONTHLY or YEARLY",
            "",
        ),
        (
            "FREQ=MONTHLY;BYDAY=6MO",
            "a number over 5 within a month",
            "",
        ),
        ("FREQ=YEARLY;BYDAY=54MO", "is not a number from 1 to 53", ""),
        (
            "FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO",
            "a number beside BYWEEKNO",
            "",
        ),
        ("FREQ=MONTHLY;BYWEEKNO=1", "a FREQ other than YEARLY", ""),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "FREQ=WEEKLY", ""),
        ("FREQ=DAILY;BYYEARDAY=1", "BYYEARDAY", ""),
        ("FREQ=DAILY;BYSETPOS=1", "no other BY part", ""),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "never fires", ""),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never fires", ""),
        ("FREQ=HOURLY;INTERVAL=2;BYHOUR=10", "never fires", ""),
        ("FREQ=SECONDLY;INTERVAL=4;BYSECOND=1", "never fires", ""),
        (
            "FREQ=SECONDLY;INTERVAL=999999937;BYSECOND=1;BYHOUR=3;BYDAY=MO;BYMONTHDAY=29;BYMONTH=2",
            "never fires",
            "",
        ),
        ("FREQ=DAILY;UNTIL=20251231", "never fires", ""),
        ("FREQ=DAILÝ", "is not a frequency", ""),
    ] {
        let error = RRule::parse(text, start, &Zone::Local).expect_err(text);
        assert!(error.to_string().contains(message), "{text}: {error}");
        assert!(error.mend().contains(mend), "{text}: {}", error.mend());
    }
    let error = RRule::parse("FREQ=DAILY;COUNT=5", None, &Zone::Local).expect_err("no start");
    assert!(error.mend().contains("starting"));
    assert!(RRule::parse(&"FREQ=DAILY;".repeat(10_000), None, &Zone::Local).is_err());
}

#[test]
fn days_are_numbered_right() {
    for number in [-719_528, -1, 0, 1, 59, 20_000, 2_932_896] {
        assert_eq!(day_at(number).map(day_number), Some(number));
    }
    assert_eq!(day_at(2_932_897), None);
    assert_eq!(day_at(i64::MAX), None);
}
