//! Runs that this process carries: started, watched, cancelled, retried.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use tidemill_engine::{
    Close, Engine, EngineOptions, Events, Hindrance, LoadedFlow, RunEnd, RunHandle, RunRequest,
};
use tidemill_flow::{Diagnostic, Severity};
use tidemill_orchestrate::{Creation, RunId, State, TaskRunNumber, Trial};
use tidemill_store::{Reader, RequestKey, StoredTaskRun, TaskRunFilter};

use crate::{
    Error, FlowChoice, GivenParameters, OpenHome, RunStream, Surroundings, TrialOrder,
    answers::FileDiagnostics,
    failure::{self, Failures},
    flow_file, indexing,
    open_home::no_run,
    outline::Outline,
    parameters, references, runs,
    tail::blocking,
};

/// Which flow is to run, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOrder {
    /// The flow.
    pub flow: FlowChoice,
    /// Its parameters.
    pub parameters: GivenParameters,
    /// What is tried of it; `None`: the flow runs as its file has it.
    pub trial: Option<TrialOrder>,
}

/// A run that this process carries. [`CarriedRun::close`] belongs at its end.
pub struct CarriedRun {
    /// Its id.
    pub id: RunId,
    /// Its readable name.
    pub name: String,
    /// Its tasks.
    pub outline: Outline,
    /// What a person should know before it goes on.
    pub warnings: Vec<String>,
    /// When this process began to carry it, or a little before.
    pub since: Timestamp,
    /// Its task runs from before this process carried it, in order of number.
    pub earlier: Vec<EarlierTaskRun>,
    engine: Engine,
    handle: RunHandle,
    flow: LoadedFlow,
}

/// A task run as it stood before this process carried its run.
#[derive(Clone, Debug)]
pub struct EarlierTaskRun {
    /// Its number.
    pub number: TaskRunNumber,
    /// Where it stands.
    pub creation: Creation,
    /// How it stood.
    pub state: State,
    /// Why.
    pub message: Option<Arc<str>>,
    /// When its first attempt started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// Task runs that are read together.
const EARLIER: usize = 4_096;

/// A run's task runs as they stand now, the newest at each path.
pub(crate) fn earlier(reader: &Reader, run: RunId) -> Result<Vec<EarlierTaskRun>, Error> {
    let earlier = |row: StoredTaskRun| EarlierTaskRun {
        number: row.number,
        creation: Creation {
            task: row.task,
            parent: row.parent,
            item: row.item,
            turn: row.turn,
        },
        state: row.state,
        message: row.message,
        started_at: row.started_at,
        ended_at: row.ended_at,
    };
    let mut all: Vec<EarlierTaskRun> = Vec::new();
    loop {
        let after = all.last().map(|last| last.number);
        let rows = reader.task_runs(run, &TaskRunFilter::default(), after, EARLIER)?;
        let ended = rows.len() < EARLIER;
        all.extend(rows.into_iter().map(earlier));
        if ended {
            return Ok(all);
        }
    }
}

/// Opens an engine on the home.
///
/// # Errors
/// Where the home or its store cannot be used.
pub(crate) async fn open(surroundings: &Surroundings) -> Result<Engine, Error> {
    let options = EngineOptions {
        home: surroundings.home.clone(),
        guard: surroundings.program.clone().into(),
        load_flow: references::loader(surroundings),
        parallelism: None,
    };
    Ok(Engine::open(options).await?)
}

/// Starts a run. It is recorded when this returns; `watch` decides whether its
/// events are made at all.
///
/// # Errors
/// Where the flow, the parameters or the home are wrong; then nothing was started.
pub async fn run(
    surroundings: &Surroundings,
    order: &RunOrder,
    watch: bool,
) -> Result<(CarriedRun, Option<Events>), Error> {
    let prepared = prepare(surroundings, order)?;
    let engine = open(surroundings).await?;
    engine.settle().await?;
    let events = watch.then(|| engine.events());
    let since = Timestamp::now();
    let flow = prepared.flow.clone();
    let mut warnings = warnings(&flow);
    let handle = start(surroundings, &engine, order, prepared).await?;
    warnings.extend(handle.warning.as_deref().map(str::to_owned));
    let outline = Outline::of(&flow.flow);
    let carried = CarriedRun {
        id: handle.id,
        name: handle.name.to_string(),
        outline,
        warnings,
        since,
        earlier: Vec::new(),
        engine,
        handle,
        flow,
    };
    Ok((carried, events))
}

/// A run that may start: its flow was read and found right, its parameters fit.
pub(crate) struct Prepared {
    pub(crate) flow: LoadedFlow,
    pub(crate) parameters: Map<String, Json>,
    /// How it differs from a run of the whole flow.
    pub(crate) trial: Option<Arc<Trial>>,
    /// By which key a program asks for it.
    pub(crate) key: Option<RequestKey>,
}

impl Prepared {
    fn request(self) -> RunRequest {
        let mut request = RunRequest::new(self.flow, self.parameters);
        request.trial = self.trial;
        request.key = self.key;
        request
    }
}

/// Reads what an order names, and holds its parameters against it. Needs no engine.
///
/// # Errors
/// Where the flow or the parameters are wrong.
pub(crate) fn prepare(surroundings: &Surroundings, order: &RunOrder) -> Result<Prepared, Error> {
    let text = order.trial.as_ref().and_then(|trial| trial.text.clone());
    let flow = match text {
        Some(text) => flow_file::load_text(surroundings, &order.flow, text)?,
        None => flow_file::load(surroundings, &order.flow)?,
    };
    let parameters = parameters::bind(surroundings, &flow.flow, &order.parameters)?;
    Ok(Prepared {
        flow,
        parameters,
        trial: None,
        key: None,
    })
}

/// Starts a prepared run on an engine. It is recorded when this returns.
///
/// # Errors
/// Where something of the home is in its way, or the store refuses.
pub(crate) async fn start(
    surroundings: &Surroundings,
    engine: &Engine,
    order: &RunOrder,
    prepared: Prepared,
) -> Result<RunHandle, Error> {
    hindered(surroundings, engine, &prepared.flow, &order.flow).await?;
    let workspace = prepared.flow.workspace.clone();
    let handle = engine.start(prepared.request()).await?;
    remember(engine, &workspace);
    Ok(handle)
}

/// Records a prepared run that is to start at a time.
///
/// # Errors
/// As for [`start`].
pub(crate) async fn start_at(
    surroundings: &Surroundings,
    engine: &Engine,
    order: &RunOrder,
    prepared: Prepared,
    at: Timestamp,
) -> Result<RunId, Error> {
    hindered(surroundings, engine, &prepared.flow, &order.flow).await?;
    let workspace = prepared.flow.workspace.clone();
    let run = engine.start_at(prepared.request(), at).await?;
    remember(engine, &workspace);
    Ok(run)
}

/// Notes where a flow was run from. Nobody waits for it: it only helps to find the flow
/// by its name from elsewhere.
fn remember(engine: &Engine, workspace: &Path) {
    let workspace = workspace.to_string_lossy().into_owned();
    let writer = engine.store().writer();
    drop(writer.remember_workspace(workspace, Timestamp::now()));
}

/// Whether something of the home or of this version is in a flow's way.
///
/// # Errors
/// All that is, each with its place in the file.
pub(crate) async fn hindered(
    surroundings: &Surroundings,
    engine: &Engine,
    flow: &LoadedFlow,
    choice: &FlowChoice,
) -> Result<(), Error> {
    let hindrances = engine.check(flow).await?;
    if hindrances.is_empty() {
        return Ok(());
    }
    let diagnostic = |hindrance: Hindrance| Diagnostic {
        severity: Severity::Error,
        place: hindrance.place,
        message: hindrance.message,
        hint: None,
    };
    let path = match choice {
        FlowChoice::File(typed) => typed.clone(),
        FlowChoice::Name(_) => surroundings.shown(&flow.file),
    };
    Err(Error::Hindered(Box::new(FileDiagnostics {
        path,
        flow: Some(flow.flow.name.to_string()),
        diagnostics: hindrances.into_iter().map(diagnostic).collect(),
    })))
}

/// What this version does not do, although the flow asks for it.
fn warnings(flow: &LoadedFlow) -> Vec<String> {
    if flow.flow.notify.is_empty() {
        return Vec::new();
    }
    vec!["`notify` of the flow is not carried out by this version: nobody is told".to_owned()]
}

/// Records what happened to runs whose process is gone; see [`OpenHome::has_orphans`].
///
/// # Errors
/// Where the store cannot be used.
pub async fn settle(surroundings: &Surroundings) -> Result<(), Error> {
    let engine = open(surroundings).await?;
    engine.settle().await?;
    Ok(engine.close(Close::Wait).await?)
}

/// Runs a run again, in this process, with the flow text and parameters of its
/// start; or carries on one that is AwaitingRetry without a process.
///
/// # Errors
/// Where there is no such run, its owner lives, or it cannot be read any more.
pub async fn retry(
    surroundings: &Surroundings,
    run: &str,
    from_failed: bool,
    watch: bool,
) -> Result<(CarriedRun, Option<Events>), Error> {
    if OpenHome::open_existing(surroundings)?.is_none() {
        return Err(no_run(run));
    }
    let engine = open(surroundings).await?;
    engine.settle().await?;
    let reader = engine.store().reader()?;
    let id = runs::find_in(&reader, run)?;
    let earlier = earlier(&reader, id)?;
    drop(reader);
    let events = watch.then(|| engine.events());
    let since = Timestamp::now();
    let handle = engine.retry(id, from_failed).await?;
    let mut carried = carried_on(engine, handle, since, earlier)?;
    carried.warnings.extend(changed_since(&carried.flow));
    Ok((carried, events))
}

/// What is said where a flow's file is no longer what it was when the run began.
fn changed_since(flow: &LoadedFlow) -> Option<String> {
    // A file that is gone has nothing else to run.
    let now = std::fs::read_to_string(&flow.file).ok()?;
    (*now != *flow.text).then(|| {
        format!(
            "{} has changed since the run began; a retry runs the text of then, \
             `tidemill run {}` the file as it is now",
            flow.file.display(),
            flow.flow.name
        )
    })
}

/// A run that this process carries on; `earlier` was read before it did.
pub(crate) fn carried_on(
    engine: Engine,
    handle: RunHandle,
    since: Timestamp,
    earlier: Vec<EarlierTaskRun>,
) -> Result<CarriedRun, Error> {
    let reader = engine.store().reader()?;
    let stored = runs::stored(&reader, handle.id)?;
    let text = reader.run_inputs(handle.id)?.flow_text;
    drop(reader);
    let flow = recorded_flow(text, stored.file, stored.workspace)?;
    Ok(CarriedRun {
        id: handle.id,
        name: handle.name.to_string(),
        outline: Outline::of(&flow.flow),
        warnings: handle.warning.iter().map(ToString::to_string).collect(),
        since,
        earlier,
        engine,
        handle,
        flow,
    })
}

/// The flow of a run, as it was recorded.
fn recorded_flow(
    text: Option<Arc<str>>,
    file: Option<String>,
    workspace: Option<String>,
) -> Result<LoadedFlow, Error> {
    let text = text.unwrap_or_default();
    let checked = tidemill_flow::check(&text, &tidemill_flow::CheckContext::default());
    let flow = checked.flow.ok_or_else(|| {
        Error::Refused(
            "the flow that the run began with is no longer read by this version".to_owned(),
        )
    })?;
    Ok(LoadedFlow {
        flow: Arc::new(flow),
        text,
        file: PathBuf::from(file.unwrap_or_default()),
        workspace: PathBuf::from(workspace.unwrap_or_default()),
    })
}

impl CarriedRun {
    /// Waits until the run has ended and its end is on the disk.
    ///
    /// # Errors
    /// Where it could not be carried on: the store, in practice.
    pub async fn ended(&self) -> Result<RunEnd, Error> {
        self.handle.ended().await.map_err(Error::Lost)
    }

    /// Cancels the run: what runs is terminated, and killed 5 seconds later.
    pub fn cancel(&self, reason: &str) {
        self.engine.cancel_all(reason);
    }

    /// Kills what runs at once.
    pub fn kill(&self, reason: &str) {
        self.engine.kill_all(reason);
    }

    /// The run with its task runs, for programs: read while it is written.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn report(&self) -> Result<RunStream, Error> {
        RunStream::of(self.engine.store().reader()?, self.id, false)
    }

    /// What failed, why, and what it wrote last: at most `most` tasks of it.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn failures(&self, most: usize) -> Result<Failures, Error> {
        failure::failures(
            self.engine.store(),
            self.id,
            &runs::names_of(&self.flow.flow),
            most,
        )
    }

    /// The home that the run is recorded in, for reading.
    pub fn home(&self) -> OpenHome {
        OpenHome::over(Arc::clone(self.engine.store()))
    }

    /// How long the flow's tasks took lately, by their numbers.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn usual(&self) -> Result<Vec<Option<std::time::Duration>>, Error> {
        let reader = self.engine.store().reader()?;
        crate::usual::durations(&reader, &self.flow.flow)
    }

    /// Ends the engine: nothing of it runs when this returns, and all is on the disk.
    ///
    /// # Errors
    /// Where the store cannot be flushed.
    pub async fn close(self) -> Result<(), Error> {
        self.engine.close(Close::Cancel).await?;
        let store = Arc::clone(self.engine.store());
        let indexed = blocking(move || indexing::at_end(&store)).await;
        if let Err(error) = indexed {
            tracing::warn!(%error, "what was logged is not indexed yet");
        }
        Ok(())
    }
}
