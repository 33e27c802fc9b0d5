//! The engine: opened on a home, it carries runs in this process.
//!
//! Not here: how one run is carried (`drive`), what is done about runs whose
//! process is gone (`recovery`), and how runs of other processes are steered
//! (`steering`).

use std::{
    collections::HashMap,
    num::NonZeroU32,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::{Timestamp, tz::TimeZone};
use tidemill_flow::{Value, template::from_json};
use tidemill_orchestrate::{Happening, Run, RunId, RunStart, Trial};
use tidemill_store::{NewRun, Owner, Parent, Store, StoreError};
use tokio::sync::{Notify, Semaphore, mpsc, oneshot, watch};

use crate::{
    crash::CrashSwitch,
    drive::{Drive, Word},
    error::EngineError,
    event::{Announcer, Event, Events, RunNews},
    handle::RunHandle,
    hindrance::{Hindrance, hindrances},
    interpreter::Interpreters,
    journal::{Journal, StoreJournal},
    kinds::{self, http::HttpClient},
    limits,
    process::{Environment, ProcessGroups},
    removal::scratch_folder,
    request::{LoadFlow, LoadedFlow, RunRequest},
    run_facts::RunFacts,
    run_name::run_name,
    secrets::Secrets,
    steering::Listener,
    turn::Turn,
};

/// The setting of how many attempts run at once.
pub const PARALLELISM_SETTING: &str = "parallelism";

/// How long the keychain may take where a run can do without it.
const KEYCHAIN: Duration = Duration::from_secs(2);

/// What an engine is opened with.
pub struct EngineOptions {
    /// The home's folder; made where there is none.
    pub home: PathBuf,
    /// How the guard process is started: as a rule, with this same program.
    pub guard: crate::process::GuardProgram,
    /// Where the flows that tasks call come from.
    pub load_flow: LoadFlow,
    /// How many attempts of code run at once; `None`: as the setting
    /// [`PARALLELISM_SETTING`] says, else as many as there are cores, at least 4.
    pub parallelism: Option<NonZeroU32>,
}

/// How an engine is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// After its runs have ended.
    Wait,
    /// After its runs were cancelled.
    Cancel,
    /// Now: its runs are ended as a crash would, and carried on later.
    LetGo,
}

/// An engine on a home. Cheap to clone: clones are the same engine.
#[derive(Clone)]
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
}

/// What all parts of an engine share.
pub(crate) struct Shared {
    pub(crate) home: PathBuf,
    pub(crate) store: Arc<Store>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) announcer: Announcer,
    pub(crate) load_flow: LoadFlow,
    pub(crate) processes: Arc<ProcessGroups>,
    pub(crate) http: HttpClient,
    pub(crate) interpreters: Interpreters,
    /// How many attempts of code may run at once, over all runs of this engine.
    pub(crate) parallelism: NonZeroU32,
    pub(crate) slots: Arc<Semaphore>,
    /// Told when a run of this engine gives back a slot of a limit.
    pub(crate) slots_freed: Notify,
    /// The runs that are carried here.
    runs: Mutex<HashMap<RunId, RunHandle>>,
    /// Told when one of them has gone.
    run_gone: Notify,
    pub(crate) machine: Environment,
    pub(crate) environment: Value,
    listener: OnceLock<Listener>,
    closing: AtomicBool,
    crash: Option<CrashSwitch>,
}

impl Engine {
    /// Opens an engine on a home. It starts no process, and takes part in
    /// nothing until it is asked to. To be called on a tokio runtime.
    ///
    /// # Errors
    /// When the home or its store cannot be used.
    pub async fn open(options: EngineOptions) -> Result<Self, EngineError> {
        let home = options.home.clone();
        let store = blocking(move || Ok(Store::open(&home)?)).await?;
        let store = Arc::new(store);
        let journal = Arc::new(StoreJournal::new(Arc::clone(&store)));
        Self::over(options, store, journal)
    }

    /// An engine over a store that is open, with its runs' transitions in `journal`.
    pub(crate) fn over(
        options: EngineOptions,
        store: Arc<Store>,
        journal: Arc<dyn Journal>,
    ) -> Result<Self, EngineError> {
        let parallelism = options.parallelism.unwrap_or_else(|| parallelism(&store));
        let crash = CrashSwitch::from_environment(&store);
        let processes = ProcessGroups::new(options.guard)
            .map_err(|cause| EngineError::io(&options.home, cause))?;
        let interpreters = Interpreters::new(options.home.join("python"));
        let machine: Environment = Arc::new(
            std::env::vars_os()
                .filter(|(name, _)| name != crate::crash::VARIABLE)
                .collect(),
        );
        let environment = Value::from_pairs(machine.iter().map(|(name, value)| {
            (
                name.to_string_lossy().into_owned(),
                Value::from(value.to_string_lossy().into_owned()),
            )
        }));
        let journal = match &crash {
            Some(switch) => switch.guard(journal),
            None => journal,
        };
        Ok(Self {
            shared: Arc::new(Shared {
                home: options.home,
                store,
                journal,
                announcer: Announcer::new(),
                load_flow: options.load_flow,
                processes,
                http: HttpClient::new(),
                interpreters,
                parallelism,
                slots: Arc::new(Semaphore::new(parallelism.get() as usize)),
                slots_freed: Notify::new(),
                runs: Mutex::default(),
                run_gone: Notify::new(),
                machine,
                environment,
                listener: OnceLock::new(),
                closing: AtomicBool::new(false),
                crash,
            }),
        })
    }

    /// The store, for reading, and for what is none of the engine's: variables,
    /// settings, limits, secrets.
    pub fn store(&self) -> &Arc<Store> {
        &self.shared.store
    }

    /// What happens from now on in the runs that this engine carries.
    pub fn events(&self) -> Events {
        self.shared.announcer.listen()
    }

    /// Starts a run: it is recorded when this returns.
    ///
    /// # Errors
    /// When something of the home or of this version is in the flow's way
    /// ([`Engine::check`]), or the store refuses.
    pub async fn start(&self, request: RunRequest) -> Result<RunHandle, EngineError> {
        self.shared.start(request, None, 0).await
    }

    /// What of the home or of this version keeps the flow from running: a kind
    /// or pool that is not carried out, a limit, variable or secret that is not set.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn check(&self, flow: &LoadedFlow) -> Result<Vec<Hindrance>, EngineError> {
        self.shared.check(flow).await
    }

    /// Cancels every run that this engine carries: the first Ctrl-C.
    pub fn cancel_all(&self, reason: &str) {
        for run in self.shared.all_carried() {
            run.cancel(reason);
        }
    }

    /// Kills what runs, and cancels every run: the second Ctrl-C.
    pub fn kill_all(&self, reason: &str) {
        for run in self.shared.all_carried() {
            run.kill(reason);
        }
    }

    /// Waits until no run is carried here.
    pub async fn wait_until_idle(&self) {
        self.shared.wait_until_idle().await;
    }

    /// Waits until a run that is carried here goes: it has ended, or was let go of.
    pub async fn run_gone(&self) {
        self.shared.run_gone.notified().await;
    }

    /// How many runs are carried here.
    pub fn carried(&self) -> usize {
        lock(&self.shared.runs).len()
    }

    /// Ends the engine: nothing of it runs when this returns, and all that it
    /// recorded is on the disk.
    ///
    /// # Errors
    /// When the store cannot be flushed.
    pub async fn close(&self, how: Close) -> Result<(), EngineError> {
        let shared = &self.shared;
        if how != Close::Wait {
            shared.closing.store(true, Ordering::Release);
        }
        for run in shared.all_carried() {
            match how {
                Close::Wait => {}
                Close::Cancel => run.cancel("Tidemill was closed"),
                Close::LetGo => run.let_go(),
            }
        }
        shared.wait_until_idle().await;
        shared.closing.store(true, Ordering::Release);
        if let Some(listener) = shared.listener.get() {
            listener.close();
        }
        shared.processes.close();
        let store = Arc::clone(&shared.store);
        blocking(move || {
            store.close();
            Ok(())
        })
        .await?;
        if let Some(crash) = &shared.crash {
            crash.write_count();
        }
        Ok(())
    }
}

impl Shared {
    /// Starts a run that a person or a task asks for.
    pub(crate) async fn start(
        self: &Arc<Self>,
        request: RunRequest,
        parent: Option<Parent>,
        depth: u32,
    ) -> Result<RunHandle, EngineError> {
        self.refuse_unless_free(&request.flow).await?;
        let now = Timestamp::now();
        let (id, name) = self.new_id(now).await?;
        let facts = Arc::new(
            self.facts(id, Arc::clone(&name), request.flow, depth)
                .await?,
        );
        let mut inputs = self
            .asked_with(request.parameters, &request.trigger, request.scheduled_for)
            .await?;
        inputs.trial = request.trial;
        let mut new = new_run(&facts, &inputs, parent, now);
        new.request = request.key;
        let run = Run::new(self.run_start(&facts, inputs));
        let (words, heard) = mpsc::unbounded_channel();
        let mut drive = Drive::new(Arc::clone(self), Arc::clone(&facts), run, false, heard);
        let begun = self.begin(&mut drive, &facts, new).await;
        if begun.is_err() && facts.flow.flow.concurrency.is_some() {
            limits::free_turn(self, id);
        }
        begun?;
        self.tell_of(&facts, parent);
        Ok(self.carry(drive, &facts, words))
    }

    /// Whether a run of this flow may be asked for now.
    pub(crate) async fn refuse_unless_free(&self, flow: &LoadedFlow) -> Result<(), EngineError> {
        if self.is_closing() {
            return Err(EngineError::Closed);
        }
        let hindrances = self.check(flow).await?;
        if hindrances.is_empty() {
            return Ok(());
        }
        Err(EngineError::Hindered {
            flow: flow.flow.name.to_string(),
            hindrances: hindrances.into_iter().map(|one| one.message).collect(),
        })
    }

    /// Records the new run: started, waiting for its flow's turn, or skipped.
    pub(crate) async fn begin(
        self: &Arc<Self>,
        drive: &mut Drive,
        facts: &RunFacts,
        new: NewRun,
    ) -> Result<(), EngineError> {
        match self.turn(facts).await? {
            Turn::Now => drive.begin(new, Happening::Start).await,
            Turn::Never { reason } => drive.begin(new, Happening::Skipped { reason }).await,
            Turn::Later { limit, reason } => {
                let queued = Happening::Queued { reason, due: None };
                drive.begin(new, queued).await?;
                self.await_turn(drive, facts, limit).await;
                Ok(())
            }
        }
    }

    /// Spawns the loop that carries a run.
    pub(crate) fn carry(
        self: &Arc<Self>,
        drive: Drive,
        facts: &Arc<RunFacts>,
        words: mpsc::UnboundedSender<Word>,
    ) -> RunHandle {
        let (sender, end) = watch::channel(None);
        kinds::python::warm(self, facts);
        let handle = RunHandle {
            id: facts.id,
            name: Arc::clone(&facts.name),
            warning: facts.secrets.warning.clone(),
            words,
            end,
        };
        lock(&self.runs).insert(facts.id, handle.clone());
        self.listener.get_or_init(|| Listener::start(self));
        let (shared, id) = (Arc::clone(self), facts.id);
        tokio::spawn(async move {
            let ended = drive.carry().await.map_err(Arc::new);
            lock(&shared.runs).remove(&id);
            if let Err(error) = &ended {
                tracing::error!(run = %id, %error, "the run cannot be carried on");
            }
            sender.send_replace(Some(ended));
            shared.run_gone.notify_waiters();
        });
        handle
    }

    /// What a run is asked for with, together with the home's variables.
    pub(crate) async fn asked_with(
        &self,
        parameters: serde_json::Map<String, serde_json::Value>,
        trigger: &serde_json::Value,
        scheduled_for: Option<Timestamp>,
    ) -> Result<Inputs, EngineError> {
        Ok(Inputs {
            parameters: from_json(&serde_json::Value::Object(parameters)),
            trigger: from_json(trigger),
            variables: self.variables().await?,
            scheduled_for,
            trial: None,
        })
    }

    /// What the attempts of a run share; its scratch folder is made.
    pub(crate) async fn facts(
        self: &Arc<Self>,
        id: RunId,
        name: Arc<str>,
        flow: LoadedFlow,
        depth: u32,
    ) -> Result<RunFacts, EngineError> {
        let facts = self.facts_without_folder(id, name, flow, depth).await?;
        let folder = facts.scratch_folder();
        blocking(move || {
            std::fs::create_dir_all(&folder).map_err(|cause| EngineError::io(&folder, cause))
        })
        .await?;
        Ok(facts)
    }

    /// What the attempts of a run would share.
    pub(crate) async fn facts_without_folder(
        self: &Arc<Self>,
        id: RunId,
        name: Arc<str>,
        flow: LoadedFlow,
        depth: u32,
    ) -> Result<RunFacts, EngineError> {
        let directory = scratch_folder(&self.home, id);
        let secrets = match flow.text.contains("secrets") {
            true => self.secrets().await?,
            false => self.secrets_in_reach().await,
        };
        Ok(RunFacts::new(
            self,
            (id, name),
            flow,
            directory,
            secrets,
            depth,
        ))
    }

    async fn secrets(&self) -> Result<Secrets, EngineError> {
        let store = Arc::clone(&self.store);
        blocking(move || {
            let secrets = store.secrets().all()?;
            let key = store.secrets().hashing_key()?;
            Secrets::new(&secrets, &key).map_err(|_| EngineError::TooManySecrets)
        })
        .await
    }

    /// What is masked in a run whose flow reads no secret: every secret that is to be
    /// had without asking a person. Those that are not do not keep such a run from
    /// starting; who starts it is told.
    async fn secrets_in_reach(&self) -> Secrets {
        let secrets = self.store.secrets().without_asking();
        let (read, masked) = oneshot::channel();
        // A thread of its own, which can be left behind: a keychain that never answers
        // shall not keep the process from ending.
        let reading = move || {
            let secrets = secrets.all().map_err(EngineError::from);
            let masked = secrets.and_then(|secrets| {
                Secrets::masking(&secrets).map_err(|_| EngineError::TooManySecrets)
            });
            // Nobody may wait for it any more.
            let _ = read.send(masked);
        };
        let name = "keychain".to_owned();
        let why = match std::thread::Builder::new().name(name).spawn(reading) {
            Err(error) => error.to_string(),
            Ok(_) => match tokio::time::timeout(KEYCHAIN, masked).await {
                Ok(Ok(Ok(secrets))) => return secrets,
                Ok(Ok(Err(error))) => error.to_string(),
                Ok(Err(_)) | Err(_) => "the keychain does not answer".to_owned(),
            },
        };
        let warning = format!("secrets are not masked in what this run writes: {why}");
        tracing::warn!("{warning}");
        Secrets::out_of_reach(warning)
    }

    async fn variables(&self) -> Result<Value, EngineError> {
        let store = Arc::clone(&self.store);
        let variables = blocking(move || Ok(store.reader()?.variables()?)).await?;
        Ok(Value::from_pairs(
            variables
                .into_iter()
                .map(|(name, value)| (name, from_json(&value))),
        ))
    }

    pub(crate) fn run_start(&self, facts: &RunFacts, inputs: Inputs) -> RunStart {
        RunStart {
            flow: Arc::clone(&facts.flow.flow),
            id: facts.id,
            name: facts.name.to_string(),
            parameters: inputs.parameters,
            variables: inputs.variables,
            environment: self.environment.clone(),
            scheduled_for: inputs.scheduled_for,
            trigger: inputs.trigger,
            directory: facts.directory.to_string_lossy().into_owned(),
            trial: inputs.trial,
            zone: TimeZone::system(),
            slots: self.parallelism,
        }
    }

    /// The id and the readable name of a run that is made now.
    pub(crate) async fn new_id(&self, now: Timestamp) -> Result<(RunId, Arc<str>), EngineError> {
        let store = Arc::clone(&self.store);
        let id = blocking(move || Ok(new_id(&store, now)?)).await?;
        Ok((id, run_name(id).into()))
    }

    pub(crate) async fn check(&self, flow: &LoadedFlow) -> Result<Vec<Hindrance>, EngineError> {
        let (store, flow) = (Arc::clone(&self.store), Arc::clone(&flow.flow));
        blocking(move || Ok(hindrances(Some(&store), &flow)?)).await
    }

    pub(crate) fn tell_of(&self, facts: &RunFacts, parent: Option<Parent>) {
        self.announcer.announce(|| {
            Event::Run(Arc::new(RunNews {
                id: facts.id,
                name: facts.name.to_string(),
                flow: facts.flow.clone(),
                parent: parent.map(|parent| (parent.run, parent.task)),
            }))
        });
    }

    pub(crate) fn carried(&self, run: RunId) -> Option<RunHandle> {
        lock(&self.runs).get(&run).cloned()
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    pub(crate) fn all_carried(&self) -> Vec<RunHandle> {
        lock(&self.runs).values().cloned().collect()
    }

    async fn wait_until_idle(&self) {
        loop {
            let gone = self.run_gone.notified();
            tokio::pin!(gone);
            // From here on nothing that is told is missed.
            gone.as_mut().enable();
            if lock(&self.runs).is_empty() {
                return;
            }
            gone.await;
        }
    }

    /// Gives back what a run holds, at its end or where the engine lets go of it.
    pub(crate) async fn release(&self, facts: &RunFacts, let_go: bool) {
        if facts.flow.flow.concurrency.is_some() {
            limits::free_turn(self, facts.id);
        }
        if let_go {
            let free = self
                .store
                .writer()
                .claim(facts.id, Some(Owner::current()), None);
            if let Err(error) = free.committed().await {
                // Others find it once this process is gone.
                tracing::warn!(%error, "the run still counts as carried by this process");
            }
        }
    }
}

/// What a run was asked for with.
pub(crate) struct Inputs {
    pub(crate) parameters: Value,
    pub(crate) trigger: Value,
    pub(crate) variables: Value,
    pub(crate) scheduled_for: Option<Timestamp>,
    pub(crate) trial: Option<Arc<Trial>>,
}

/// The id of a run that begins now: behind all that the home knows.
pub(crate) fn new_id(store: &Store, now: Timestamp) -> Result<RunId, StoreError> {
    let newest = store.reader()?.newest_run()?;
    let milliseconds = u64::try_from(now.as_millisecond()).unwrap_or_default();
    Ok(RunId::after(newest, milliseconds, fastrand::u64(..)))
}

pub(crate) fn new_run(
    facts: &RunFacts,
    inputs: &Inputs,
    parent: Option<Parent>,
    now: Timestamp,
) -> NewRun {
    NewRun {
        id: facts.id,
        name: facts.name.to_string(),
        flow: facts.flow.flow.name.to_string(),
        flow_text: Some(Arc::clone(&facts.flow.text)),
        file: Some(facts.flow.file.clone()),
        workspace: Some(facts.flow.workspace.to_string_lossy().into_owned()),
        parameters: inputs.parameters.clone(),
        trigger: inputs.trigger.clone(),
        variables: inputs.variables.clone(),
        // It may hold what no record should; a run that is carried on sees the
        // environment of the process that carries it.
        environment: None,
        trial: inputs
            .trial
            .as_ref()
            .map(|trial| trial.to_value(&facts.flow.flow)),
        parent,
        scheduled_for: inputs.scheduled_for,
        owner: Some(Owner::current()),
        created_at: now,
        request: None,
        due: None,
    }
}

/// As the setting says, else as many as there are cores, at least 4.
fn parallelism(store: &Store) -> NonZeroU32 {
    let set = store
        .reader()
        .and_then(|reader| reader.setting(PARALLELISM_SETTING))
        .unwrap_or_else(|error| {
            tracing::warn!(%error, "the settings cannot be read");
            None
        });
    let set = set.and_then(|json| u32::try_from(json.as_u64()?).ok());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let usual = u32::try_from(cores).unwrap_or(u32::MAX).max(4);
    NonZeroU32::new(set.unwrap_or(usual)).unwrap_or(NonZeroU32::MIN)
}

/// Runs what may block on a thread where it may.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(EngineError::Closed))
}

/// Locks; what a panicked holder left is still a map of runs.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
