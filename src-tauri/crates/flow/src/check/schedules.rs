//! Schedules: when the flow is due.

use std::time::Duration;

use crate::{FlowSchedule, Name, diagnostic::Place};

use tidemill_schedule::{
    Catchup, Cron, Every, OnlyIf, Overlap, RRule, Rule as Times, Schedule, Time, Zone,
};

use super::{
    shape::{
        AnyValue, Boolean, DurationText, MapOf, NameText, Placed, Rule, Text, Word, Words,
        converted, noun,
    },
    walk::Walk,
    workspace::Given,
};

noun! {
    /// When the flow is due.
    ScheduleKeys "schedule" "a schedule" [
        Rule::ExactlyOne(&["cron", "every", "rrule"]),
        Rule::Only("starting", &["every", "rrule"]),
        Rule::Only("wait_up_to", &["only_if"]),
    ] {
        /// What it is known by; by default its rule and zone.
        "name" name: NameText,
        /// The five fields of a crontab; a sixth in front means seconds; or `@daily` and its like.
        "cron" cron: Placed<Text>,
        /// A fixed period.
        "every" every: Placed<DurationText>,
        /// An iCalendar recurrence rule, as `FREQ=MONTHLY;BYDAY=-1FR`.
        "rrule" rrule: Placed<Text>,
        /// What `every` and `rrule` count from.
        "starting" starting: Placed<Text>,
        /// An IANA time zone, or `local` (the default), which follows the machine.
        "timezone" timezone: Placed<Text>,
        /// Parameters of the runs that it starts.
        "parameters" parameters: Placed<MapOf<Name, Placed<AnyValue>>>,
        /// Which of the times that passed while the machine slept or was off still run; by default `latest`.
        "catchup" catchup: Word<Catchup>,
        /// How old a time may be to be caught up; by default 24h.
        "catchup_within" catchup_within: DurationText,
        /// What happens while a run of this schedule has not ended; by default `skip`.
        "overlap" overlap: Word<Overlap>,
        /// The longest delay that is added to a time to spread runs out.
        "jitter" jitter: DurationText,
        /// Whether it does not fire at present.
        "paused" paused: Boolean,
        /// How long after its time a run that has not started is late; by default 1m.
        "late_after" late_after: DurationText,
        /// What must hold on the machine for a run to start.
        "only_if" only_if: OnlyIfKeys,
        /// How long a run waits for `only_if` to hold.
        "wait_up_to" wait_up_to: DurationText,
    }
}

noun! {
    /// What must hold on the machine for a run to start.
    OnlyIfKeys "only-if" "`only_if`" [] {
        /// On mains power.
        "power" power: Word<Power>,
        /// On a network.
        "network" network: Word<Network>,
        /// Nobody has touched the machine for so long.
        "idle" idle: DurationText,
    }
}

/// `power`
#[derive(Clone, Copy)]
pub(crate) enum Power {
    /// On mains power.
    Ac,
}

/// `network`
#[derive(Clone, Copy)]
pub(crate) enum Network {
    /// On a network.
    Online,
}

impl Words for Power {
    const WORDS: &'static [(&'static str, Self)] = &[("ac", Self::Ac)];
}

impl Words for Network {
    const WORDS: &'static [(&'static str, Self)] = &[("online", Self::Online)];
}

impl Words for Catchup {
    const WORDS: &'static [(&'static str, Self)] = &Self::WORDS;
}

impl Words for Overlap {
    const WORDS: &'static [(&'static str, Self)] = &Self::WORDS;
}

/// A schedule with where it and its parameters stand.
pub(crate) struct PlacedSchedule {
    /// The schedule.
    pub(crate) schedule: FlowSchedule,
    /// Where it stands.
    pub(crate) place: Place,
    /// Where its parameters stand.
    pub(crate) given: Given,
}

converted!(
    /// A schedule.
    ScheduleShape = ScheduleKeys => PlacedSchedule,
    |keys: ScheduleKeys, walk: &mut Walk<'_>| schedule(keys, walk)
);

fn schedule(mut keys: ScheduleKeys, walk: &mut Walk<'_>) -> Option<PlacedSchedule> {
    let place = keys.written.place;
    let zone = match keys.timezone.take() {
        Some(text) => parsed(text, Zone::parse, walk),
        None if keys.written.has("timezone") => None,
        None => Some(Zone::Local),
    };
    // Without a zone the rule is still looked at, for its own mistakes.
    let rule = rule(&mut keys, zone.as_ref().unwrap_or(&Zone::Local), walk)?;
    let (parameters, given) = Given::split(keys.parameters.take(), keys.written.place);
    let mut schedule = Schedule::new(rule, zone?);
    schedule.name = keys.name.map(|name| name.as_str().to_owned());
    schedule.paused = keys.paused.unwrap_or_default();
    schedule.wait_up_to = keys.wait_up_to;
    set(&mut schedule.catchup, keys.catchup);
    set(&mut schedule.catchup_within, keys.catchup_within);
    set(&mut schedule.overlap, keys.overlap);
    set(&mut schedule.jitter, keys.jitter);
    set(&mut schedule.late_after, keys.late_after);
    if let Some(only_if) = keys.only_if {
        schedule.only_if = OnlyIf {
            ac_power: only_if.power.is_some(),
            online: only_if.network.is_some(),
            idle: only_if.idle,
        };
    }
    Some(PlacedSchedule {
        schedule: FlowSchedule {
            schedule,
            parameters,
        },
        place,
        given,
    })
}

fn set<T>(field: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *field = given;
    }
}

fn rule(keys: &mut ScheduleKeys, zone: &Zone, walk: &mut Walk<'_>) -> Option<Times> {
    let starting = match keys.starting.take() {
        Some(text) => Some(parsed(text, Time::parse, walk)?),
        None if keys.written.has("starting") => return None,
        None => None,
    };
    if let Some(text) = keys.cron.take() {
        return parsed(text, Cron::parse, walk).map(Times::Cron);
    }
    if let Some((period, place)) = keys.every.take() {
        let every = |period: Duration| Every::new(period, starting);
        return report(every(period), place, walk).map(Times::Every);
    }
    let text = keys.rrule.take()?;
    parsed(text, |text| RRule::parse(text, starting, zone), walk).map(Times::RRule)
}

fn parsed<T>(
    (text, place): (String, Place),
    parse: impl FnOnce(&str) -> Result<T, tidemill_schedule::Error>,
    walk: &mut Walk<'_>,
) -> Option<T> {
    report(parse(&text), place, walk)
}

fn report<T>(
    result: Result<T, tidemill_schedule::Error>,
    place: Place,
    walk: &mut Walk<'_>,
) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            walk.error_with_hint(place, error.to_string(), error.mend());
            None
        }
    }
}

/// Reports schedules that would be known by the same thing.
pub(crate) fn check_identities(schedules: &[PlacedSchedule], walk: &mut Walk<'_>) {
    let mut seen = std::collections::HashMap::new();
    for placed in schedules {
        let identity = placed.schedule.schedule.identity();
        if let Some(first) = seen.insert(identity.clone(), placed.place) {
            let message = format!(
                "a second schedule `{identity}`: the first stands at {}:{}",
                first.line, first.column
            );
            walk.error_with_hint(placed.place, message, "give one of them another `name`");
        }
    }
}
