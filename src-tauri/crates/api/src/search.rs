//! One search for everything: flows, runs, what runs wrote.

use std::{collections::HashMap, num::NonZeroU32, time::Duration};

use serde::Serialize;
use tidemill_orchestrate::RunId;
use tidemill_store::{Reader, RunSummary, StoreError};
use utoipa::ToSchema;

use crate::{Error, FlowCatalog, OpenHome, Surroundings, catalog::FlowFile};

/// Runs are looked for among the newest so many.
const AMONG: usize = 20_000;

/// How long a search looks through what was logged.
const LOOKING: Duration = Duration::from_millis(30);

/// A found line shows no more characters.
const LONGEST: usize = 300;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SearchResults {
    /// The finds: flows, then tasks, runs and lines, each the newest first.
    pub results: Vec<SearchResult>,
    /// Whether everything was looked through; not, while much that was logged is still
    /// to be indexed.
    pub complete: bool,
}

/// What a find is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SearchKind {
    /// A flow of the workspace.
    Flow,
    /// A task of a flow.
    Task,
    /// A run.
    Run,
    /// A line of a run's log.
    Log,
}

/// A find.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SearchResult {
    /// What it is.
    pub kind: SearchKind,
    /// What it is called; of a line, what it says.
    pub title: String,
    /// Where it stands, or how.
    pub detail: String,
    /// The run's id.
    pub run: Option<String>,
    /// The flow's name.
    pub flow: Option<String>,
    /// The line's number in the run's log; of a task, its line in the flow's file.
    pub line: Option<u64>,
}

/// Looks for a text everywhere: in the names and titles of flows and their tasks, in
/// the names and ids of runs, and, word by word, in what runs wrote.
///
/// # Errors
/// Where the workspace, the store or the logs cannot be read.
pub fn search(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    text: &str,
    limit: NonZeroU32,
) -> Result<SearchResults, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(SearchResults {
            results: Vec::new(),
            complete: true,
        });
    }
    let limit = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    let files = catalog.files(surroundings, home)?;
    let mut results = flows(&files, text, limit);
    let reader = home.reader()?;
    results.extend(runs(&reader, text, limit)?);
    let (lines, complete) = lines(home, &reader, text, limit)?;
    results.extend(lines);
    Ok(SearchResults { results, complete })
}

fn flows(files: &[std::sync::Arc<FlowFile>], text: &str, limit: usize) -> Vec<SearchResult> {
    let wanted = text.to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&wanted);
    let (mut flows, mut tasks) = (Vec::new(), Vec::new());
    for file in files {
        let flow = file.flow.as_deref();
        let description = flow.and_then(|flow| flow.description.as_deref());
        let tagged = flow.is_some_and(|flow| flow.tags.iter().any(|tag| holds(tag)));
        if holds(&file.name) || tagged || description.is_some_and(holds) {
            flows.push(SearchResult {
                kind: SearchKind::Flow,
                title: file.name.clone(),
                detail: description
                    .and_then(|text| text.lines().next())
                    .map_or_else(|| file.path.display().to_string(), str::to_owned),
                run: None,
                flow: Some(file.name.clone()),
                line: None,
            });
        }
        let named = flow.into_iter().flat_map(|flow| flow.tasks.iter());
        let named = named.filter(|task| holds(&task.path));
        tasks.extend(named.map(|task| SearchResult {
            kind: SearchKind::Task,
            title: task.path.to_string(),
            detail: format!("task of {}", file.name),
            run: None,
            flow: Some(file.name.clone()),
            line: Some(u64::from(task.place.line)),
        }));
    }
    flows.truncate(limit);
    tasks.truncate(limit);
    flows.append(&mut tasks);
    flows
}

fn runs(reader: &Reader, text: &str, limit: usize) -> Result<Vec<SearchResult>, Error> {
    let mut found = Vec::new();
    // An id, or its beginning where it is long enough to mean one run.
    if text.len() >= 8
        && text
            .chars()
            .all(|one| one.is_ascii_hexdigit() || one == '-')
    {
        match reader.find_run(text) {
            Ok(id) => found.extend(reader.summary(id)?),
            Err(StoreError::NoRun(_) | StoreError::AmbiguousRun { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    found.extend(reader.runs_holding(text, AMONG, limit)?);
    Ok(found.iter().take(limit).map(of_run).collect())
}

fn of_run(run: &RunSummary) -> SearchResult {
    SearchResult {
        kind: SearchKind::Run,
        title: run.name.clone(),
        detail: format!("{} {}", run.flow, run.state),
        run: Some(run.id.to_string()),
        flow: Some(run.flow.clone()),
        line: None,
    }
}

fn lines(
    home: &OpenHome,
    reader: &Reader,
    text: &str,
    limit: usize,
) -> Result<(Vec<SearchResult>, bool), Error> {
    let found = home.store().logs().search(text, limit, LOOKING)?;
    let mut known: HashMap<RunId, Option<RunSummary>> = HashMap::new();
    let mut results = Vec::new();
    for hit in found.hits {
        let run = match known.get(&hit.run) {
            Some(run) => run.clone(),
            None => {
                let run = reader.summary(hit.run)?;
                known.insert(hit.run, run.clone());
                run
            }
        };
        // A run that is gone is not shown, though some of its lines may be left.
        let Some(run) = run else { continue };
        let said = String::from_utf8_lossy(&hit.line.bytes);
        results.push(SearchResult {
            kind: SearchKind::Log,
            title: said.chars().take(LONGEST).collect(),
            detail: format!("{} {}, line {}", run.flow, run.name, hit.line.number),
            run: Some(run.id.to_string()),
            flow: Some(run.flow),
            line: Some(hit.line.number),
        });
    }
    Ok((results, found.complete))
}
