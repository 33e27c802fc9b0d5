//! What a flow's tasks gave lately, and what is pinned of them: what may stand for a
//! task that is not run when a person tries another.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use jiff::Timestamp;
use tidemill_flow::{Task, Value, template::from_json};
use tidemill_orchestrate::{RunId, StandIn, State, TaskRunNumber};
use tidemill_store::{Pin, PinnedFlow, Reader, RunFilter, StoredRun, TaskRunFilter};

use crate::{Error, OpenHome};

/// How many of a flow's runs are looked through, the newest first.
const RUNS: usize = 20;

/// Task runs that are read together. A flow has no more tasks.
const ROWS: usize = 100_000;

/// A run that gave an output.
#[derive(Clone, Debug)]
pub(crate) struct Giver {
    pub(crate) id: RunId,
    pub(crate) name: String,
    pub(crate) version: Option<String>,
}

/// A task's newest output.
#[derive(Clone, Debug)]
pub(crate) struct Earlier {
    pub(crate) output: Value,
    pub(crate) state: State,
    pub(crate) message: Option<Arc<str>>,
    pub(crate) run: Giver,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) ended_at: Option<Timestamp>,
}

/// What a flow's tasks gave lately, by path, and what is pinned.
#[derive(Clone, Debug, Default)]
pub(crate) struct EarlierOutputs {
    outputs: HashMap<String, Earlier>,
    pins: HashMap<String, Pin>,
}

impl EarlierOutputs {
    /// Of a flow: of the tasks at these paths, or of all. What stands in a mapped group
    /// has many outputs, and none here.
    pub(crate) fn of(
        home: &OpenHome,
        flow: &PinnedFlow,
        wanted: Option<&[&str]>,
    ) -> Result<Self, Error> {
        let reader = home.reader()?;
        let pins = reader.pins(flow)?.into_iter();
        let mut found = Self {
            outputs: HashMap::new(),
            pins: pins.map(|pin| (pin.task.clone(), pin)).collect(),
        };
        let filter = RunFilter {
            flow: Some(flow.flow.clone()),
            ..RunFilter::default()
        };
        for run in reader.runs(&filter, None, RUNS)?.runs {
            let complete = wanted.is_some_and(|paths| {
                let mut paths = paths.iter();
                paths.all(|path| found.outputs.contains_key(*path))
            });
            if complete {
                break;
            }
            if run.workspace.as_deref() == Some(flow.workspace.as_str()) {
                found.add(home, &reader, &run, wanted)?;
            }
        }
        Ok(found)
    }

    fn add(
        &mut self,
        home: &OpenHome,
        reader: &Reader,
        run: &StoredRun,
        wanted: Option<&[&str]>,
    ) -> Result<(), Error> {
        let recorded = home.flows().of(reader, run)?;
        let filter = TaskRunFilter {
            states: vec![State::Completed, State::Cached],
            without_items: true,
            ..TaskRunFilter::default()
        };
        let mut new: HashMap<TaskRunNumber, &str> = HashMap::new();
        for row in reader.task_runs(run.id, &filter, None, ROWS)? {
            let Some(names) = recorded.names.get(row.task as usize) else {
                continue;
            };
            let path = names.path.as_ref();
            let is_wanted = wanted.is_none_or(|wanted| wanted.contains(&path));
            if is_wanted && !self.outputs.contains_key(path) {
                new.insert(row.number, path);
            }
        }
        let numbers: Vec<TaskRunNumber> = new.keys().copied().collect();
        for row in reader.task_runs_numbered(run.id, &numbers, true)? {
            let Some(path) = new.get(&row.number) else {
                continue;
            };
            let earlier = Earlier {
                output: row.output.unwrap_or_else(|| Value::from(())),
                state: row.state,
                message: row.message,
                run: giver(run),
                started_at: row.started_at,
                ended_at: row.ended_at,
            };
            self.outputs.insert((*path).to_owned(), earlier);
        }
        Ok(())
    }

    /// The newest output of the task at a path.
    pub(crate) fn newest(&self, path: &str) -> Option<&Earlier> {
        self.outputs.get(path)
    }

    /// The versions of the flow that gave these outputs.
    pub(crate) fn versions(&self) -> BTreeSet<&str> {
        let versions = self.outputs.values();
        versions
            .filter_map(|earlier| earlier.run.version.as_deref())
            .collect()
    }

    /// What is pinned of the task at a path.
    pub(crate) fn pin(&self, path: &str) -> Option<&Pin> {
        self.pins.get(path)
    }

    /// The output that stands for a task where it is not run: the pinned one, else the
    /// newest.
    pub(crate) fn output(&self, path: &str) -> Option<Value> {
        match self.pins.get(path) {
            Some(pin) => Some(from_json(&pin.output)),
            None => Some(self.outputs.get(path)?.output.clone()),
        }
    }

    /// The same, as a trial wants it.
    pub(crate) fn stand_in(&self, task: &Task) -> Option<StandIn> {
        if let Some(pin) = self.pins.get(task.path.as_ref()) {
            let origin = pin.origin.as_deref();
            return Some(StandIn {
                output: from_json(&pin.output),
                origin: match origin {
                    Some(run) => format!("pinned, from run {run}"),
                    None => "pinned".to_owned(),
                },
                pinned: true,
            });
        }
        let earlier = self.outputs.get(task.path.as_ref())?;
        Some(StandIn {
            output: earlier.output.clone(),
            origin: format!("from run {}", earlier.run.name),
            pinned: false,
        })
    }
}

fn giver(run: &StoredRun) -> Giver {
    Giver {
        id: run.id,
        name: run.name.clone(),
        version: run.version.clone(),
    }
}
