//! One schedule of a flow: its rule, its zone, and what it does with times that pass unseen or overlap.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::{Catchup, Cron, Every, Overlap, RRule, Times, Zone, jitter};

/// What gives a schedule its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A crontab expression.
    Cron(Cron),
    /// A fixed period of real time.
    Every(Every),
    /// A recurrence rule of RFC 5545.
    RRule(RRule),
}

/// What must hold on the machine for a run to start when its time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct OnlyIf {
    /// On mains power (`power: ac`).
    pub ac_power: bool,
    /// On a network (`network: online`).
    pub online: bool,
    /// Nobody has touched the machine for so long (`idle: D`).
    pub idle: Option<Duration>,
}

/// A schedule, as far as it says *when*. [`Schedule::new`] gives every field its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// What gives the times.
    pub rule: Rule,
    /// The zone in which the rule is read (`timezone`).
    pub zone: Zone,
    /// The name, if it has one.
    pub name: Option<String>,
    /// Which times that passed unseen still run.
    pub catchup: Catchup,
    /// How old a time may be to be caught up; older ones are only recorded as missed.
    pub catchup_within: Duration,
    /// What to do while runs of this schedule have not ended.
    pub overlap: Overlap,
    /// The longest delay that is added to a time to spread runs out; zero adds none.
    pub jitter: Duration,
    /// Whether it does not fire at present.
    pub paused: bool,
    /// How long after its time a run that has not started is late.
    pub late_after: Duration,
    /// What must hold for a run to start.
    pub only_if: OnlyIf,
    /// How long a run waits for [`Schedule::only_if`] to hold; `None`: it does not wait.
    pub wait_up_to: Option<Duration>,
}

impl Schedule {
    /// A schedule with the defaults of the flow format: it catches up the latest time of the last 24 hours,
    /// skips when a run of it has not ended, and its runs are late after a minute.
    #[must_use]
    pub fn new(rule: Rule, zone: Zone) -> Self {
        Self {
            rule,
            zone,
            name: None,
            catchup: Catchup::default(),
            catchup_within: Duration::from_secs(86_400),
            overlap: Overlap::default(),
            jitter: Duration::ZERO,
            paused: false,
            late_after: Duration::from_secs(60),
            only_if: OnlyIf::default(),
            wait_up_to: None,
        }
    }

    /// What a schedule is known by: its name, else its rule and zone, as `cron 5 7 * * mon-fri in Europe/Berlin`.
    ///
    /// Nothing but the rule's own text and the zone enters it, so it survives every change of the other
    /// settings. Case and spacing do not count; two ways to write one rule (`*/1` and `*`) are two identities.
    /// A derived identity has spaces, which no name has. Two schedules of a flow with one identity are a mistake
    /// that `flow` reports.
    #[must_use]
    pub fn identity(&self) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let zone = &self.zone;
        match &self.rule {
            Rule::Cron(cron) => format!("cron {} in {zone}", cron.canonical()),
            Rule::Every(every) => format!("every {every} in {zone}"),
            Rule::RRule(rrule) => format!("rrule {rrule} in {zone}"),
        }
    }

    /// The times strictly after `instant`, in order, without end or until the rule has none.
    ///
    /// `local` is the machine's zone, which a schedule in [`Zone::Local`] follows. Neither
    /// [`Schedule::paused`] nor [`Schedule::jitter`] changes them.
    #[must_use]
    pub fn times_after<'s>(&'s self, instant: Timestamp, local: &'s TimeZone) -> Times<'s> {
        Times::new(&self.rule, self.zone.resolve(local), instant)
    }

    /// How long after `scheduled` the run starts: less than [`Schedule::jitter`], and always the same for the
    /// same `seed` and time. A seed for each schedule and machine spreads runs over machines too.
    #[must_use]
    pub fn jitter_delay(&self, scheduled: Timestamp, seed: u64) -> Duration {
        jitter::delay(self.jitter, scheduled, seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Time, duration};

    fn cron(text: &str, zone: &str) -> Schedule {
        Schedule::new(
            Rule::Cron(Cron::parse(text).unwrap()),
            Zone::parse(zone).unwrap(),
        )
    }

    #[test]
    fn is_known_by_name_or_by_rule_and_zone() {
        let mut named = cron("5 7 * * *", "local");
        named.name = Some("morning".to_owned());
        assert_eq!(named.identity(), "morning");
        assert_eq!(
            cron(" 5  7 * * MON-fri ", "europe/berlin").identity(),
            "cron 5 7 * * mon-fri in Europe/Berlin"
        );
        assert_eq!(cron("@daily", "local").identity(), "cron @daily in local");
        let starting = Some(Time::parse("2026-01-01").unwrap());
        let every = Every::new(duration::parse("90m").unwrap(), starting).unwrap();
        assert_eq!(
            Schedule::new(Rule::Every(every), Zone::Local).identity(),
            "every 1h30m starting 2026-01-01T00:00:00 in local"
        );
        let rrule = RRule::parse("rrule:freq=daily;byhour=9", None, &Zone::Local).unwrap();
        assert_eq!(
            Schedule::new(Rule::RRule(rrule), Zone::Local).identity(),
            "rrule FREQ=DAILY;BYHOUR=9 in local"
        );
    }
}
