//! For tests: a home that goes away with them, engines on it, and flows as text.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Map, Value as Json};
use tidemill_flow::{CheckContext, template::to_json};
use tidemill_orchestrate::{RunId, State};
use tidemill_store::{RunFilter, Store, StoredRun, StoredTaskRun, TaskRunFilter};

use crate::{
    Close, Engine, EngineOptions, FlowReference, LoadError, LoadFlow, LoadedFlow, RunEnd,
    RunHandle, RunRequest,
    journal::{Journal, StoreJournal},
    rehearsal,
};

/// How long anything may take before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A home and a workspace, removed when dropped.
pub(crate) struct Testbed {
    folder: Folder,
}

enum Folder {
    Own(tempfile::TempDir),
    Given(PathBuf),
}

impl Testbed {
    pub(crate) fn new() -> Self {
        let bed = Self {
            folder: Folder::Own(tempfile::tempdir().unwrap()),
        };
        std::fs::create_dir_all(bed.workspace()).unwrap();
        bed
    }

    /// The same, in a folder that another process looks after.
    pub(crate) fn at(folder: &Path) -> Self {
        Self {
            folder: Folder::Given(folder.to_owned()),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        match &self.folder {
            Folder::Own(folder) => folder.path(),
            Folder::Given(folder) => folder,
        }
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder().join("home")
    }

    pub(crate) fn workspace(&self) -> PathBuf {
        self.folder().join("work")
    }

    /// A file of the workspace.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.workspace().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.file(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap_or_default()
    }

    fn options(&self) -> EngineOptions {
        EngineOptions {
            home: self.home(),
            guard: rehearsal::guard_program(),
            load_flow: loader(),
            parallelism: std::num::NonZeroU32::new(4),
        }
    }

    pub(crate) async fn engine(&self) -> Engine {
        Engine::open(self.options()).await.unwrap()
    }

    /// An engine that reads called flows in another way.
    pub(crate) async fn engine_loading(&self, load_flow: LoadFlow) -> Engine {
        let options = EngineOptions {
            load_flow,
            ..self.options()
        };
        Engine::open(options).await.unwrap()
    }

    /// An engine whose journal is wrapped.
    pub(crate) fn engine_with<J: Journal + 'static>(
        &self,
        wrap: impl FnOnce(StoreJournal) -> J,
    ) -> Engine {
        let store = Arc::new(Store::open(&self.home()).unwrap());
        let journal = Arc::new(wrap(StoreJournal::new(Arc::clone(&store))));
        Engine::over(self.options(), store, journal).unwrap()
    }

    /// A flow of the workspace, from its text.
    pub(crate) fn flow(&self, text: &str) -> LoadedFlow {
        let checked = tidemill_flow::check(text, &CheckContext::default());
        let Some(flow) = checked.flow else {
            panic!("{:#?}", checked.diagnostics);
        };
        let file = self.file(&format!("{}.flow.yaml", flow.name));
        std::fs::write(&file, text).unwrap();
        LoadedFlow {
            flow: Arc::new(flow),
            text: text.into(),
            file,
            workspace: self.workspace(),
        }
    }

    pub(crate) fn request(&self, text: &str) -> RunRequest {
        let flow = self.flow(text);
        let parameters = flow.flow.bind_parameters(Map::new()).unwrap();
        RunRequest::new(flow, parameters)
    }

    /// Starts the flow, and gives it when it has ended.
    pub(crate) async fn run(&self, engine: &Engine, text: &str) -> Ended {
        let handle = engine.start(self.request(text)).await.unwrap();
        self.ended(engine, &handle).await
    }

    /// Runs the flow on an engine of its own, and gives it when it has ended.
    pub(crate) async fn run_alone(&self, text: &str) -> Ended {
        let engine = self.engine().await;
        let ended = self.run(&engine, text).await;
        close(&engine).await;
        ended
    }

    /// Starts the flow, and waits until a task of it has made the file `started`.
    pub(crate) async fn started(&self, engine: &Engine, text: &str) -> RunHandle {
        let handle = engine.start(self.request(text)).await.unwrap();
        until("it runs", || self.file("started").exists()).await;
        handle
    }

    /// Waits for the run's end.
    pub(crate) async fn ended(&self, engine: &Engine, handle: &RunHandle) -> Ended {
        let end = tokio::time::timeout(PATIENCE, handle.ended())
            .await
            .unwrap_or_else(|_| panic!("never ends: {:#?}", tasks(engine, handle.id)))
            .unwrap();
        Ended {
            end,
            run: stored(engine, handle.id),
            tasks: tasks(engine, handle.id),
        }
    }
}

/// A run at its end, and what the store says of it.
pub(crate) struct Ended {
    pub(crate) end: RunEnd,
    pub(crate) run: StoredRun,
    pub(crate) tasks: Vec<StoredTaskRun>,
}

impl Ended {
    #[track_caller]
    pub(crate) fn is(&self, state: State) -> &Self {
        assert_eq!(
            self.end.state, state,
            "{:?} {:#?}",
            self.end.message, self.tasks
        );
        assert_eq!(self.run.state, state);
        self
    }

    pub(crate) fn output(&self) -> Json {
        to_json(&self.end.output)
    }

    /// How many task runs stand in a state.
    pub(crate) fn count(&self, state: State) -> usize {
        self.tasks.iter().filter(|task| task.state == state).count()
    }

    /// The messages of the task runs, in order of number.
    pub(crate) fn messages(&self) -> Vec<String> {
        self.tasks
            .iter()
            .filter_map(|task| task.message.as_deref().map(str::to_owned))
            .collect()
    }
}

pub(crate) fn stored(engine: &Engine, run: RunId) -> StoredRun {
    engine.store().reader().unwrap().run(run).unwrap().unwrap()
}

/// All runs of the home, the newest first.
pub(crate) fn runs(engine: &Engine) -> Vec<StoredRun> {
    let reader = engine.store().reader().unwrap();
    reader
        .runs(&RunFilter::default(), None, 1_000)
        .unwrap()
        .runs
}

pub(crate) fn tasks(engine: &Engine, run: RunId) -> Vec<StoredTaskRun> {
    let filter = TaskRunFilter::default();
    let reader = engine.store().reader().unwrap();
    reader.task_runs(run, &filter, None, 10_000).unwrap()
}

/// Waits until something holds.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) async fn close(engine: &Engine) {
    let closed = tokio::time::timeout(PATIENCE, engine.close(Close::Cancel)).await;
    closed.unwrap().unwrap();
}

/// Finds `NAME.flow.yaml` in the workspace.
fn loader() -> LoadFlow {
    Arc::new(|reference| {
        let (workspace, file) = match reference {
            FlowReference::Name { workspace, name } => {
                (workspace, workspace.join(format!("{name}.flow.yaml")))
            }
            FlowReference::File { workspace, file } => (workspace, file.clone()),
        };
        load(workspace, &file).map_err(|message| LoadError { message })
    })
}

fn load(workspace: &Path, file: &Path) -> Result<LoadedFlow, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let checked = tidemill_flow::check(&text, &CheckContext::default());
    Ok(LoadedFlow {
        flow: Arc::new(checked.flow.ok_or("it has mistakes")?),
        text: text.into(),
        file: file.to_owned(),
        workspace: workspace.to_owned(),
    })
}
