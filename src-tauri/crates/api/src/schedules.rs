//! When flows are due: the schedules of a workspace, and the next times of one
//! flow or one expression.

use jiff::{Timestamp, fmt::temporal::Pieces, tz::TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use tidemill_flow::Flow;
use tidemill_schedule::{Cron, Error as ScheduleError, Rule, Schedule, Time, Zone};
use utoipa::ToSchema;

use crate::{Error, FlowChoice, Surroundings, flow_file, workspace};

/// What `next` is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextRequest {
    /// Whose times.
    pub of: NextOf,
    /// Only times strictly after this one, as typed; now by default.
    pub from: Option<String>,
    /// At most so many.
    pub count: usize,
}

/// Whose times are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextOf {
    /// All schedules of a flow.
    Flow(FlowChoice),
    /// One expression.
    Cron {
        /// The crontab expression.
        expression: String,
        /// Its zone: an IANA name, or `local`; local by default.
        timezone: Option<String>,
    },
}

/// The next times, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NextAnswer {
    /// The times.
    #[schema(value_type = Vec<String>)]
    pub times: Vec<ZonedTime>,
    /// What a person should know beside them: schedules that are paused.
    #[serde(skip)]
    pub notes: Vec<String>,
}

/// A time with the zone whose clocks it is read by, and the schedule that gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZonedTime {
    /// The time.
    pub at: Timestamp,
    /// The zone.
    pub zone: TimeZone,
    /// The schedule's identity.
    pub schedule: String,
}

impl ZonedTime {
    /// RFC 3339 with the zone's offset: `2026-03-29T07:05:00+02:00`.
    pub fn text(&self) -> String {
        let zoned = self.at.to_zoned_datetime(self.zone.clone());
        zoned.strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string()
    }
}

impl Serialize for ZonedTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for ZonedTime {
    /// The zone is known by its offset only, and the schedule not at all.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let pieces = Pieces::parse(&text).map_err(D::Error::custom)?;
        let offset = pieces.to_numeric_offset();
        let offset = offset.ok_or_else(|| D::Error::custom("a time without an offset"))?;
        Ok(Self {
            at: text.parse().map_err(D::Error::custom)?,
            zone: TimeZone::fixed(offset),
            schedule: String::new(),
        })
    }
}

/// The next times of a flow or an expression, strictly after a time.
///
/// # Errors
/// Where the flow, the expression, the zone or the time is wrong.
pub fn next(
    surroundings: &Surroundings,
    request: &NextRequest,
    now: Timestamp,
) -> Result<NextAnswer, Error> {
    let local = TimeZone::system();
    let (schedules, notes) = match &request.of {
        NextOf::Cron {
            expression,
            timezone,
        } => (vec![cron(expression, timezone.as_deref())?], Vec::new()),
        NextOf::Flow(choice) => {
            let loaded = flow_file::load(surroundings, choice)?;
            let notes = notes(&loaded.flow);
            let of_flow = loaded.flow.schedules.iter();
            (of_flow.map(|known| known.schedule.clone()).collect(), notes)
        }
    };
    let from = match &request.from {
        None => now,
        Some(text) => {
            let zone = schedules
                .first()
                .map_or(&local, |one| one.zone.resolve(&local));
            let zone = if schedules.len() == 1 { zone } else { &local };
            Time::parse(text)
                .map_err(|error| wrong("--from", &error))?
                .instant(zone)
        }
    };
    let times = merged(&schedules, from, request.count, &local);
    Ok(NextAnswer { times, notes })
}

/// The first `count` times of all the schedules together.
pub(crate) fn merged(
    schedules: &[Schedule],
    from: Timestamp,
    count: usize,
    local: &TimeZone,
) -> Vec<ZonedTime> {
    let mut times: Vec<ZonedTime> = schedules
        .iter()
        .flat_map(|schedule| {
            let zone = schedule.zone.resolve(local).clone();
            let identity = schedule.identity();
            let after = schedule.times_after(from, local).take(count);
            after.map(move |at| ZonedTime {
                at,
                zone: zone.clone(),
                schedule: identity.clone(),
            })
        })
        .collect();
    times.sort_by_key(|time| time.at);
    times.truncate(count);
    times
}

fn cron(expression: &str, timezone: Option<&str>) -> Result<Schedule, Error> {
    let cron = Cron::parse(expression).map_err(|error| wrong("--cron", &error))?;
    let zone =
        Zone::parse(timezone.unwrap_or("local")).map_err(|error| wrong("--timezone", &error))?;
    Ok(Schedule::new(Rule::Cron(cron), zone))
}

pub(crate) fn wrong(option: &'static str, error: &ScheduleError) -> Error {
    Error::Option {
        option,
        message: error.to_string(),
        mend: Some(error.mend().to_owned()),
    }
}

fn notes(flow: &Flow) -> Vec<String> {
    if flow.schedules.is_empty() {
        return vec![format!("flow `{}` has no schedules", flow.name)];
    }
    let paused = flow.schedules.iter().filter(|known| known.schedule.paused);
    paused
        .map(|known| {
            format!(
                "`{}` is paused: its times do not fire",
                known.schedule.identity()
            )
        })
        .collect()
}

/// Every schedule of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SchedulesAnswer {
    /// The schedules, by flow, in their files' order.
    pub schedules: Vec<ScheduleDocument>,
    /// Flow files that could not be read, and why.
    #[serde(skip)]
    pub notes: Vec<String>,
}

/// A schedule of a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScheduleDocument {
    /// The flow's name.
    pub flow: String,
    /// What the schedule is known by: its name, or its rule and zone.
    pub schedule: String,
    /// The zone in which it is read.
    pub timezone: String,
    /// Whether the flow file pauses it.
    pub paused: bool,
    /// Its next time; null where there is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next: Option<ZonedTime>,
}

/// Every schedule of the workspace, with its next time after `now`.
///
/// # Errors
/// Where there is no workspace, or its folder cannot be read.
pub fn list(surroundings: &Surroundings, now: Timestamp) -> Result<SchedulesAnswer, Error> {
    let folder =
        workspace::of_directory(surroundings).unwrap_or_else(|| surroundings.directory.clone());
    let local = TimeZone::system();
    let mut answer = SchedulesAnswer {
        schedules: Vec::new(),
        notes: Vec::new(),
    };
    for file in workspace::flow_files(&folder)? {
        match flow_file::load_file(surroundings, &file, &file) {
            Ok(loaded) => answer
                .schedules
                .extend(documents(&loaded.flow, now, &local)),
            Err(error) => answer.notes.push(error.to_string()),
        }
    }
    Ok(answer)
}

fn documents(flow: &Flow, now: Timestamp, local: &TimeZone) -> Vec<ScheduleDocument> {
    let document = |schedule: &Schedule| ScheduleDocument {
        flow: flow.name.to_string(),
        schedule: schedule.identity(),
        timezone: schedule.zone.to_string(),
        paused: schedule.paused,
        next: merged(std::slice::from_ref(schedule), now, 1, local).pop(),
    };
    flow.schedules
        .iter()
        .map(|known| document(&known.schedule))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn check(expression: &str, zone: &str, from: &str, expected: &[&str]) {
        let surroundings = Surroundings {
            home: PathBuf::from("home"),
            workspace: None,
            directory: PathBuf::from("/"),
            program: PathBuf::from("tidemill"),
        };
        let request = NextRequest {
            of: NextOf::Cron {
                expression: expression.to_owned(),
                timezone: Some(zone.to_owned()),
            },
            from: Some(from.to_owned()),
            count: expected.len(),
        };
        let answer = next(&surroundings, &request, Timestamp::UNIX_EPOCH).unwrap();
        let json = serde_json::to_value(&answer).unwrap();
        assert_eq!(json, serde_json::json!({ "times": expected }));
    }

    #[test]
    fn times_are_strictly_after_and_have_their_zone_s_offset() {
        check(
            "5 7 * * *",
            "Europe/Berlin",
            "2026-03-28T07:05:00",
            &["2026-03-29T07:05:00+02:00", "2026-03-30T07:05:00+02:00"],
        );
        check(
            "0 0 1 1 *",
            "UTC",
            "2026-06-01",
            &["2027-01-01T00:00:00+00:00"],
        );
    }

    #[test]
    fn mistakes_name_their_option_and_the_mend() {
        let error = cron("5 7 * *", None).unwrap_err();
        assert!(error.to_string().starts_with("--cron: "), "{error}");
        assert!(error.hint().is_some());
        let error = cron("5 7 * * *", Some("Berlin")).unwrap_err();
        assert_eq!(
            error.hint().as_deref(),
            Some("did you mean `Europe/Berlin`?")
        );
    }
}
