//! The flows of a workspace: what each is, when it is due, how it went lately.

use std::{sync::Arc, time::Duration};

use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use serde_json::{Value as Json, json};
use tidemill_flow::{FileChange, Flow, FlowName, Trigger, TriggerSource};
use tidemill_orchestrate::{State, StateType};
use tidemill_schedule::duration;
use tidemill_store::{Reader, RunSummary};
use utoipa::ToSchema;

use crate::{
    Error, FlowCatalog, OpenHome, Surroundings,
    answers::DiagnosticDocument,
    catalog::{self, FlowFile},
    document::{Moment, duration as milliseconds},
    schedules,
    schemas::{AnyJson, StateName, StateTypeName},
    workspace::nearest,
};

/// How many of a flow's runs are shown as bars.
const BARS: usize = 50;

/// How many completed runs tell how long a flow usually takes.
pub(crate) const USUAL: usize = 21;

/// How many next times of a schedule are told.
const NEXT: usize = 5;

/// A run as a bar.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunBar {
    /// Its id.
    pub id: String,
    /// Its readable name.
    pub name: String,
    /// How it stands.
    #[schema(value_type = StateName)]
    pub state: State,
    /// The type of that state.
    #[schema(value_type = StateTypeName)]
    pub state_type: StateType,
    /// When it was made.
    pub created_at: Moment,
    /// When its newest attempt started.
    pub started_at: Option<Moment>,
    /// From its start to its end, in milliseconds.
    pub duration_ms: Option<u64>,
    /// Why, for a person; nothing of a run that completed.
    pub message: Option<String>,
}

impl RunBar {
    pub(crate) fn of(run: &RunSummary) -> Self {
        Self {
            id: run.id.to_string(),
            name: run.name.clone(),
            state: run.state,
            state_type: run.state.state_type(),
            created_at: Moment(run.created_at),
            started_at: run.started_at.map(Moment),
            duration_ms: milliseconds(run.started_at, run.ended_at),
            message: run.message.clone(),
        }
    }
}

/// When a flow is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScheduleSummary {
    /// What it is known by: its name, or its rule and zone.
    pub text: String,
    /// Whether the flow file pauses it.
    pub paused: bool,
    /// Its next times, RFC 3339 with the offset of its zone; none where it is paused.
    pub next: Vec<String>,
}

/// A flow in few words.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FlowSummary {
    /// Its name; of a file without a right one, what the file is called.
    pub name: String,
    /// The first line of its description.
    pub title: Option<String>,
    /// Its description, Markdown.
    pub description: Option<String>,
    /// Its file; null where only its runs are known.
    pub file: Option<String>,
    /// The workspace's folder; null where only its runs are known.
    pub workspace: Option<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// How many tasks it has, inner ones too.
    pub tasks: usize,
    /// What is wrong with the file, by place.
    pub problems: Vec<DiagnosticDocument>,
    /// When it is due.
    pub schedules: Vec<ScheduleSummary>,
    /// What else starts it, in words.
    pub triggers: Vec<String>,
    /// Whether its schedules may fire: its workspace is enabled on this machine. (Triggers
    /// are not carried out yet.)
    pub scheduling: bool,
    /// Its newest runs, newest first.
    pub last: Vec<RunBar>,
    /// How long it usually takes, in milliseconds: the middle of its last completed runs.
    pub usual_ms: Option<u64>,
    /// How many of its runs go on: have not ended, and do not wait for their time.
    pub running: u64,
}

/// The flows of a workspace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct FlowList {
    /// The flows, in order of their files.
    pub flows: Vec<FlowSummary>,
}

/// A flow with its file's text.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FlowDetail {
    /// The flow in few words.
    pub summary: FlowSummary,
    /// Its file's text.
    pub text: String,
    /// The JSON Schema of its parameters together; null where the file is wrong.
    #[schema(value_type = AnyJson)]
    pub parameters: Json,
    /// SHA-256 of its file's bytes.
    pub version: String,
}

/// The flows of the workspace.
///
/// # Errors
/// Where the workspace or the store cannot be read.
pub fn list(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    now: Timestamp,
) -> Result<FlowList, Error> {
    let reader = home.reader()?;
    let files = catalog.files(surroundings, home)?;
    let summaries = files.iter().map(|file| summary(&reader, file, now));
    Ok(FlowList {
        flows: summaries.collect::<Result<_, _>>()?,
    })
}

/// A flow of the workspace, by its name.
///
/// # Errors
/// Where there is none, or the workspace or the store cannot be read.
pub fn show(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    name: &str,
    now: Timestamp,
) -> Result<FlowDetail, Error> {
    let file = file(surroundings, home, catalog, name)?;
    let flow = file.flow.as_deref();
    Ok(FlowDetail {
        summary: summary(&home.reader()?, &file, now)?,
        text: file.text.as_ref().to_owned(),
        parameters: flow.map_or(Json::Null, parameters),
        version: file.version.clone(),
    })
}

/// The file of a flow.
pub(crate) fn file(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    name: &str,
) -> Result<Arc<FlowFile>, Error> {
    let named = |files: &[Arc<FlowFile>]| files.iter().find(|file| file.name == name).cloned();
    if let Some(file) = named(&catalog.files(surroundings, home)?) {
        return Ok(file);
    }
    // It may be so new that the last look did not see it.
    let files = catalog.looked_at_anew(surroundings, home)?;
    if let Some(file) = named(&files) {
        return Ok(file);
    }
    let flow = FlowName::new(name).map_err(|cause| Error::FlowName {
        text: name.to_owned(),
        cause,
    })?;
    match catalog::folder(surroundings, home)? {
        None => Err(Error::NowhereToLook {
            name: flow,
            directory: surroundings.directory.clone(),
        }),
        Some(workspace) => Err(Error::NoFlow {
            name: flow,
            workspace,
            near: nearest(name, files.iter().map(|file| file.name.as_str())),
            known: files.iter().map(|file| file.name.clone()).collect(),
        }),
    }
}

/// A flow in few words.
pub(crate) fn summary(
    reader: &Reader,
    file: &FlowFile,
    now: Timestamp,
) -> Result<FlowSummary, Error> {
    let problems = file.diagnostics.iter();
    let problems = problems.map(|problem| DiagnosticDocument::of(problem, None));
    let flow = file.flow.as_deref();
    let description = flow.and_then(|flow| flow.description.clone());
    let (scheduling, paused) = schedules::standing(reader, &file.workspace, &file.name)?;
    Ok(FlowSummary {
        title: description.as_deref().and_then(title),
        description,
        file: Some(file.path.to_string_lossy().into_owned()),
        workspace: Some(file.workspace.to_string_lossy().into_owned()),
        tags: flow.map(|flow| flow.tags.clone()).unwrap_or_default(),
        tasks: flow.map_or(0, |flow| flow.tasks.len()),
        problems: problems.collect(),
        schedules: flow.map(|flow| due(flow, paused, now)).unwrap_or_default(),
        scheduling,
        triggers: flow.map_or_else(Vec::new, |flow| {
            flow.triggers.iter().map(trigger_text).collect()
        }),
        ..of_runs(reader, &file.name)?
    })
}

/// A flow as its runs tell of it.
pub(crate) fn of_runs(reader: &Reader, name: &str) -> Result<FlowSummary, Error> {
    let last = reader.newest_of_flow(name, BARS)?;
    Ok(FlowSummary {
        name: name.to_owned(),
        title: None,
        description: None,
        file: None,
        workspace: None,
        tags: Vec::new(),
        tasks: 0,
        problems: Vec::new(),
        schedules: Vec::new(),
        triggers: Vec::new(),
        // A flow without a file here has no schedules.
        scheduling: false,
        last: last.iter().map(RunBar::of).collect(),
        usual_ms: usual(reader, name)?.map(whole_milliseconds),
        running: reader.unfinished_of_flow(name)?,
    })
}

/// How long a flow usually takes.
pub(crate) fn usual(reader: &Reader, flow: &str) -> Result<Option<Duration>, Error> {
    Ok(middle(reader.durations_of_flow(flow, USUAL)?))
}

/// The middle one; of an even number, the upper of the middle two.
pub(crate) fn middle(mut durations: Vec<Duration>) -> Option<Duration> {
    durations.sort_unstable();
    durations.get(durations.len() / 2).copied()
}

pub(crate) fn whole_milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A description's first line, without what marks a heading.
fn title(description: &str) -> Option<String> {
    let lines = description.lines().map(|line| line.trim_start_matches('#'));
    let mut said = lines.map(str::trim).filter(|line| !line.is_empty());
    said.next().map(str::to_owned)
}

fn due(flow: &Flow, paused_here: bool, now: Timestamp) -> Vec<ScheduleSummary> {
    let local = TimeZone::system();
    let summary = |known: &tidemill_flow::FlowSchedule| {
        let schedule = std::slice::from_ref(&known.schedule);
        let paused = known.schedule.paused || paused_here;
        let times = match paused {
            true => Vec::new(),
            false => schedules::merged(schedule, now, NEXT, &local),
        };
        ScheduleSummary {
            text: known.schedule.identity(),
            paused,
            next: times.iter().map(schedules::ZonedTime::text).collect(),
        }
    };
    flow.schedules.iter().map(summary).collect()
}

/// What starts a flow, in words.
fn trigger_text(trigger: &Trigger) -> String {
    match &trigger.source {
        TriggerSource::File { glob, on, .. } => {
            let changes: Vec<&str> = on
                .iter()
                .map(|change| match change {
                    FileChange::Created => "created",
                    FileChange::Modified => "modified",
                    FileChange::Removed => "removed",
                })
                .collect();
            format!("file {glob} {}", changes.join(", "))
        }
        TriggerSource::After { flow, states } => format!("after {flow} {}", states.join(", ")),
        TriggerSource::Webhook(name) => format!("webhook {name}"),
        TriggerSource::Event { event, .. } => format!("event {event}"),
        TriggerSource::Absent { event, within } => {
            format!("no event {event} within {}", duration::format(*within))
        }
    }
}

/// The JSON Schema of a flow's parameters together.
pub(crate) fn parameters(flow: &Flow) -> Json {
    let mut properties = serde_json::Map::new();
    let mut required = Vec::new();
    for (name, parameter) in &flow.parameters {
        let mut schema = match &parameter.schema {
            Json::Object(schema) => schema.clone(),
            _ => serde_json::Map::new(),
        };
        match &parameter.default {
            Some(default) => {
                schema.insert("default".to_owned(), default.clone());
            }
            None => required.push(name.to_string()),
        }
        properties.insert(name.to_string(), Json::Object(schema));
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_flow_is_summed_up() {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = Surroundings::rooted(folder.path());
        let home = OpenHome::open(&surroundings).unwrap();
        let catalog = FlowCatalog::default();
        let now: Timestamp = "2026-03-28T12:00:00Z".parse().unwrap();
        assert!(
            list(&surroundings, &home, &catalog, now)
                .unwrap()
                .flows
                .is_empty()
        );
        let text = "name: nightly\ndescription: |\n  # Copies it\n\n  Every night.\nparameters: { size: 3, city: { type: string } }\nschedules:\n  - { cron: 0 2 * * *, timezone: Europe/Berlin, parameters: { city: Oslo } }\n  - { every: 1h, paused: true, parameters: { city: Oslo } }\ntriggers:\n  - { file: '*.csv', parameters: { city: Oslo } }\ntasks: { t: { value: 1 } }\n";
        fs::write(folder.path().join("n.flow.yaml"), text).unwrap();
        let shown = show(&surroundings, &home, &catalog, "nightly", now).unwrap();
        let FlowDetail {
            summary,
            parameters,
            ..
        } = shown;
        assert_eq!(summary.problems, []);
        assert_eq!(summary.title.as_deref(), Some("Copies it"));
        assert_eq!(summary.schedules[0].next[0], "2026-03-29T03:00:00+02:00");
        assert!(summary.schedules[1].paused && summary.schedules[1].next.is_empty());
        assert_eq!(summary.triggers, ["file *.csv created, modified"]);
        assert_eq!(parameters["properties"]["size"]["default"], 3);
        assert_eq!(parameters["required"], json!(["city"]));
        let missing = show(&surroundings, &home, &catalog, "nightli", now).unwrap_err();
        assert_eq!(missing.hint().as_deref(), Some("did you mean `nightly`?"));
    }
}
