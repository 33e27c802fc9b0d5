//! When flows are due: the schedules of a workspace and what became of their times, and
//! the next times of one flow or one expression.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use jiff::{SignedDuration, Timestamp, fmt::temporal::Pieces, tz::TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use tidemill_flow::Flow;
use tidemill_orchestrate::State;
use tidemill_schedule::{Cron, Error as ScheduleError, Rule, Schedule, Time, Zone};
use tidemill_store::{DueOutcome, DueReason, Reader, ScheduleOf, StoredDueTimes};
use utoipa::ToSchema;

use crate::{
    Error, FlowChoice, OpenHome, Surroundings, document::Moment, flow_file, holder,
    schemas::StateName, workspace,
};

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
    /// The workspace's folder.
    pub workspace: String,
    /// Whether it is enabled: whether its schedules may fire on this machine.
    pub enabled: bool,
    /// Whether a process serves the home now, which has them fire.
    pub served: bool,
    /// The schedules, by flow, in their files' order.
    pub schedules: Vec<ScheduleDocument>,
    /// Times of the last week that were missed, newest first, at most 100.
    pub missed: Vec<MissedDocument>,
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
    /// Whether it is paused: by its flow file, or on this machine.
    pub paused: bool,
    /// Whether the flow's schedules are paused on this machine.
    pub paused_here: bool,
    /// Its next time; null where there is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next: Option<ZonedTime>,
    /// Since when its times are dealt with on this machine; null where they are not yet.
    pub first_seen: Option<Moment>,
    /// What became of its newest time; null where none has come yet.
    pub last: Option<LastTime>,
}

/// What became of a schedule's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TimeOutcome {
    /// It has a run.
    Run,
    /// It waits.
    Waits,
    /// It was missed.
    Missed,
}

/// A time of a schedule that has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LastTime {
    /// When it was due.
    pub at: Moment,
    /// What became of it.
    pub outcome: TimeOutcome,
    /// Its run's id.
    pub run: Option<String>,
    /// How that stands; null where it was removed.
    #[schema(value_type = Option<StateName>)]
    pub state: Option<State>,
    /// Why it waits or was missed, as a word: `asleep`, `off`, `paused`, `overlap`,
    /// `limit`, `late`, `condition`, `broken`, `refused`, `removed`, `disabled`, `waits`.
    pub reason: Option<String>,
    /// The same for people.
    pub message: Option<String>,
}

/// Times of a schedule that were missed in a row, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MissedDocument {
    /// The flow's name.
    pub flow: String,
    /// What the schedule is known by.
    pub schedule: String,
    /// The oldest of them.
    pub first: Moment,
    /// The newest of them.
    pub last: Moment,
    /// How many they are.
    pub times: u64,
    /// Whether they were counted to the end; else they may be more.
    pub counted: bool,
    /// Why, as a word: as of [`LastTime`].
    pub reason: String,
    /// The same for people.
    pub message: String,
}

/// Missed times are told so far back.
const MISSED_DAYS: i64 = 7;

/// At most so many rows of them.
const MISSED: usize = 100;

/// Every schedule of the workspace, with its next time after `now`, and what became of
/// the times before.
///
/// # Errors
/// Where there is no workspace, its folder or the store cannot be read.
pub fn list(
    surroundings: &Surroundings,
    home: Option<&OpenHome>,
    now: Timestamp,
) -> Result<SchedulesAnswer, Error> {
    let folder =
        workspace::of_directory(surroundings).unwrap_or_else(|| surroundings.directory.clone());
    let known = match home {
        Some(home) => KnownTimes::read(home, &folder, now)?,
        None => KnownTimes::default(),
    };
    let local = TimeZone::system();
    let mut answer = SchedulesAnswer {
        workspace: folder.to_string_lossy().into_owned(),
        enabled: known.enabled,
        served: holder(&surroundings.home).is_some(),
        schedules: Vec::new(),
        missed: known.missed.clone(),
        notes: Vec::new(),
    };
    for file in workspace::flow_files(&folder)? {
        match flow_file::load_file(surroundings, &file, &file) {
            Ok(loaded) => answer
                .schedules
                .extend(documents(&loaded.flow, &known, now, &local)),
            Err(error) => answer.notes.push(error.to_string()),
        }
    }
    Ok(answer)
}

/// What the home knows of a workspace's schedules.
#[derive(Default)]
struct KnownTimes {
    enabled: bool,
    paused: HashSet<String>,
    /// By flow and identity: when it was first seen, and its newest time.
    past: HashMap<(String, String), (Timestamp, Option<LastTime>)>,
    missed: Vec<MissedDocument>,
}

impl KnownTimes {
    /// Reads it.
    ///
    /// # Errors
    /// Where the store cannot be read.
    fn read(home: &OpenHome, folder: &Path, now: Timestamp) -> Result<Self, Error> {
        let reader = home.reader()?;
        let folder = folder.to_string_lossy();
        let mut workspaces = reader.workspaces()?.into_iter();
        let enabled = workspaces.any(|known| known.path == folder && known.enabled);
        let paused = reader.paused_flows()?.into_iter();
        let paused = paused.filter(|(workspace, _)| *workspace == folder);
        let mut past = HashMap::new();
        for known in reader.schedules(now)? {
            let of = known.of;
            if of.workspace != folder {
                continue;
            }
            let newest = reader.due_times(&of, 1)?.pop();
            let last = newest
                .map(|newest| last_time(&reader, newest))
                .transpose()?;
            past.insert((of.flow, of.identity), (known.first_seen, last));
        }
        let since = now.checked_sub(SignedDuration::from_hours(MISSED_DAYS * 24));
        let since = since.unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(Self {
            enabled,
            paused: paused.map(|(_, flow)| flow).collect(),
            past,
            missed: missed(&reader, &folder, since)?,
        })
    }

    /// Whether a flow's schedules are paused on this machine.
    fn is_paused(&self, flow: &str) -> bool {
        self.paused.contains(flow)
    }
}

/// Times of a workspace's schedules that were missed, newest first.
///
/// # Errors
/// Where the store cannot be read.
pub(crate) fn missed(
    reader: &Reader,
    folder: &str,
    since: Timestamp,
) -> Result<Vec<MissedDocument>, Error> {
    let rows = reader.missed_times(folder, since, MISSED)?.into_iter();
    Ok(rows.map(|(of, row)| missed_document(&of, row)).collect())
}

/// Whether a flow's schedules may fire on this machine: its workspace is enabled; and
/// whether they are paused here.
pub(crate) fn standing(
    reader: &Reader,
    workspace: &Path,
    flow: &str,
) -> Result<(bool, bool), Error> {
    let folder = workspace.to_string_lossy();
    let mut workspaces = reader.workspaces()?.into_iter();
    let enabled = workspaces.any(|known| known.path == folder && known.enabled);
    let mut paused = reader.paused_flows()?.into_iter();
    let paused = paused.any(|(workspace, name)| workspace == folder && name == flow);
    Ok((enabled, paused))
}

fn last_time(reader: &Reader, row: StoredDueTimes) -> Result<LastTime, Error> {
    let (outcome, run) = match row.outcome {
        DueOutcome::Waits => (TimeOutcome::Waits, None),
        DueOutcome::Run(run) => (TimeOutcome::Run, Some(run)),
        DueOutcome::Missed => (TimeOutcome::Missed, None),
    };
    let state = match run {
        Some(run) => reader.run(run)?.map(|run| run.state),
        None => None,
    };
    let (reason, message) = match row.reason {
        Some(DueReason { word, message }) => (Some(word), Some(message)),
        None => (None, None),
    };
    Ok(LastTime {
        at: Moment(row.last),
        outcome,
        run: run.map(|run| run.to_string()),
        state,
        reason,
        message,
    })
}

fn missed_document(of: &ScheduleOf, row: StoredDueTimes) -> MissedDocument {
    let (reason, message) = match row.reason {
        Some(DueReason { word, message }) => (word, message),
        None => (String::new(), String::new()),
    };
    MissedDocument {
        flow: of.flow.clone(),
        schedule: of.identity.clone(),
        first: Moment(row.time),
        last: Moment(row.last),
        times: row.times,
        counted: row.counted,
        reason,
        message,
    }
}

fn documents(
    flow: &Flow,
    known: &KnownTimes,
    now: Timestamp,
    local: &TimeZone,
) -> Vec<ScheduleDocument> {
    let name = flow.name.to_string();
    let paused_here = known.is_paused(&name);
    let document = |schedule: &Schedule| {
        let identity = schedule.identity();
        let past = known.past.get(&(name.clone(), identity.clone()));
        ScheduleDocument {
            timezone: schedule.zone.to_string(),
            paused: schedule.paused || paused_here,
            paused_here,
            next: merged(std::slice::from_ref(schedule), now, 1, local).pop(),
            first_seen: past.map(|(seen, _)| Moment(*seen)),
            last: past.and_then(|(_, last)| last.clone()),
            flow: name.clone(),
            schedule: identity,
        }
    };
    flow.schedules
        .iter()
        .map(|known| document(&known.schedule))
        .collect()
}

/// Whether a flow's schedules are paused on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PauseAnswer {
    /// The flow's name.
    pub flow: String,
    /// Its workspace's folder.
    pub workspace: String,
    /// Whether they are.
    pub paused: bool,
    /// Whether that was otherwise before.
    pub changed: bool,
}

/// Pauses a flow's schedules on this machine, or lets them go on. Its file stays as it is.
///
/// # Errors
/// Where there is no such flow, or the store cannot be written.
pub fn pause(
    surroundings: &Surroundings,
    home: &OpenHome,
    flow: &FlowChoice,
    paused: bool,
    now: Timestamp,
) -> Result<PauseAnswer, Error> {
    let (name, workspace) = match flow {
        FlowChoice::Name(name) => {
            let (_, workspace) = flow_file::find(surroundings, name)?;
            (name.to_string(), workspace)
        }
        FlowChoice::File(typed) => {
            let file = surroundings.path(typed);
            let loaded = flow_file::load_file(surroundings, typed, &file)?;
            (loaded.flow.name.to_string(), loaded.workspace)
        }
    };
    let workspace = workspace.to_string_lossy().into_owned();
    let writer = home.store().writer();
    let changed = writer.pause_flow(workspace.clone(), name.clone(), paused, now);
    Ok(PauseAnswer {
        flow: name,
        workspace,
        paused,
        changed: changed.wait_flushed()?,
    })
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
