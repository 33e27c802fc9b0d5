use super::*;

fn next(text: &str, from: &str) -> String {
    let cron = Cron::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    cron.next_from(from.parse().unwrap())
        .map_or("never".to_owned(), |time| time.to_string())
}

#[test]
fn finds_the_next_time() {
    for (text, from, expected) in [
        ("* * * * *", "2026-01-01T00:00:00", "2026-01-01T00:00:00"),
        ("* * * * *", "2026-01-01T00:00:01", "2026-01-01T00:01:00"),
        ("*/15 * * * *", "2026-12-31T23:46:00", "2027-01-01T00:00:00"),
        (
            "5 7 * * mon-fri",
            "2026-05-08T07:06:00",
            "2026-05-11T07:05:00",
        ),
        ("0 0 * * 7", "2026-05-08T00:00:00", "2026-05-10T00:00:00"),
        ("0 0 * * 0", "2026-05-08T00:00:00", "2026-05-10T00:00:00"),
        (
            "0 0 * * FRI-SUN",
            "2026-05-09T00:00:01",
            "2026-05-10T00:00:00",
        ),
        ("0 0 * * 5-7", "2026-05-11T00:00:00", "2026-05-15T00:00:00"),
        (
            "0 0 1 JAN,Jul *",
            "2026-02-01T00:00:00",
            "2026-07-01T00:00:00",
        ),
        ("5/20 * * * *", "2026-01-01T00:06:00", "2026-01-01T00:25:00"),
        ("5/20 * * * *", "2026-01-01T00:46:00", "2026-01-01T01:05:00"),
        ("*/90 * * * *", "2026-01-01T00:01:00", "2026-01-01T01:00:00"),
        (
            "10-20/99999999999999999999 * * * *",
            "2026-01-01T00:11:00",
            "2026-01-01T01:10:00",
        ),
        ("30 * * * * *", "2026-01-01T00:00:31", "2026-01-01T00:01:30"),
        (
            "*/7 59 23 31 12 *",
            "2026-01-01T00:00:00",
            "2026-12-31T23:59:00",
        ),
        ("@weekly", "2026-05-08T00:00:00", "2026-05-10T00:00:00"),
        ("@HOURLY", "2026-05-08T00:00:01", "2026-05-08T01:00:00"),
        // Both day fields restricted: either matches.
        ("0 0 13 * fri", "2026-05-09T00:00:00", "2026-05-13T00:00:00"),
        ("0 0 13 * fri", "2026-05-14T00:00:00", "2026-05-15T00:00:00"),
        ("0 0 31 2 mon", "2026-02-03T00:00:00", "2026-02-09T00:00:00"),
        // One begins with `*`: both must match.
        (
            "0 0 */2 * fri",
            "2026-05-02T00:00:00",
            "2026-05-15T00:00:00",
        ),
        ("0 0 13 * */6", "2026-05-09T00:00:00", "2026-06-13T00:00:00"),
        // A full list that does not begin with `*` restricts.
        (
            "0 0 1,* * fri",
            "2026-05-09T00:00:00",
            "2026-05-09T00:00:00",
        ),
        ("0 0 29 2 *", "2096-03-01T00:00:00", "2104-02-29T00:00:00"),
        ("0 0 29 2 */7", "2026-03-01T00:00:00", "2032-02-29T00:00:00"),
        ("0 0 29 2 *", "9999-03-01T00:00:00", "never"),
        (
            "59 59 23 31 12 *",
            "9999-12-31T23:59:59",
            "9999-12-31T23:59:59",
        ),
    ] {
        assert_eq!(next(text, from), expected, "{text} from {from}");
    }
}

#[test]
fn says_what_is_wrong() {
    for (text, message, mend) in [
        ("", "is empty", "minute, hour"),
        ("* * * *", "has 4 fields instead of 5", "minute, hour"),
        (
            "0 0 0 1 1 * 2026",
            "a year is not supported",
            "minute, hour",
        ),
        ("@reboot", "cron `@reboot` is not supported", "write a time"),
        ("@every 5m", "cron `@every 5m` is not cron", "every: 15m"),
        ("@nightly", "is not a known macro", "@midnight"),
        (
            "@daily x",
            "has something after the macro",
            "`@daily` alone",
        ),
        ("CRON_TZ=UTC 0 5 * * *", "sets a variable", "timezone"),
        (
            "0 0 L * *",
            "day-of-month: `L` has `L` (the last)",
            "BYMONTHDAY=-1",
        ),
        ("0 0 L-3 * *", "has `L`", "rrule"),
        ("0 0 1,L * *", "has `L`", "rrule"),
        ("0 0 * * 5L", "day-of-week: `5L` has `L`", "rrule"),
        ("0 0 15W * *", "has `W`", "rrule"),
        ("0 0 LW * *", "has `LW`", "BYSETPOS=-1"),
        ("0 0 * * fri#2", "has `#`", "BYDAY=2FR"),
        ("0 0 ? * *", "day-of-month: `?` has `?`", "write `*`"),
        ("H * * * *", "has `H`", "jitter"),
        ("0~30 * * * *", "has `~`", "jitter"),
        ("60 * * * *", "minute: `60` is outside 0 to 59", "0 to 59"),
        ("* 24 * * *", "hour: `24` is outside 0 to 23", "0 to 23"),
        (
            "* * 0 * *",
            "day-of-month: `0` is outside 1 to 31",
            "1 to 31",
        ),
        ("* * * 13 *", "month: `13`", "1 to 12"),
        ("* * * * 8", "day-of-week: `8`", "0 to 7"),
        ("999 * * * *", "is outside", ""),
        ("60 * * * * *", "second: `60`", ""),
        ("* * * * monday", "is not a value", "did you mean `mon`?"),
        ("* * * january *", "is not a value", "did you mean `jan`?"),
        ("mon * * * *", "minute: `mon` is not a value", "`*/15`"),
        ("-1 * * * *", "is not a value", ""),
        ("+1 * * * *", "is not a value", ""),
        ("1,,2 * * * *", "has an empty place in its list", ""),
        ("*/0 * * * *", "has a step of 0", "1 or more"),
        ("*/ * * * *", "has the step ``", "`*/5`"),
        ("*/-5 * * * *", "has the step `-5`", ""),
        ("*/5/5 * * * *", "has the step `5/5`", ""),
        ("1-2-3 * * * *", "is not a value", ""),
        ("** * * * *", "is not a value", ""),
        ("20-10 * * * *", "runs backwards", "`20-59,0-10`"),
        ("* * * * fri-mon", "runs backwards", "`fri-6,0-mon`"),
        ("* * ２ * *", "is not a value", ""),
        (
            "0 0 30 2 *",
            "never fires: none of its months has a day 30",
            "28",
        ),
        ("0 0 31 2,4,6,9,11 *", "never fires", ""),
        ("0 0 31 2 */2", "never fires", ""),
    ] {
        let error = Cron::parse(text).expect_err(text);
        assert!(error.to_string().contains(message), "{text}: {error}");
        assert!(error.mend().contains(mend), "{text}: {}", error.mend());
    }
    assert!(Cron::parse(&"* ".repeat(100_000)).is_err());
}

#[test]
fn the_weeks_of_a_month_are_right() {
    let mut day = Date::constant(2023, 1, 1);
    while day.year() < 2026 {
        let sundays = days_with_weekdays(0b1, day.first_of_month().weekday());
        assert_eq!(
            has(sundays, day.day()),
            day.weekday() == Weekday::Sunday,
            "{day}"
        );
        day = day.tomorrow().unwrap();
    }
}
