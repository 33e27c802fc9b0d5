//! What all attempts of a run share, for as long as an engine carries it.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use tidemill_orchestrate::RunId;

use crate::{
    engine::Shared,
    kinds::python::Contexts,
    process::{Environment, GRACE, RunProcesses},
    python::{WorkerSettings, Workers},
    request::LoadedFlow,
    secrets::Secrets,
};

/// What all attempts of a run share.
pub(crate) struct RunFacts {
    pub(crate) id: RunId,
    pub(crate) name: Arc<str>,
    pub(crate) flow: LoadedFlow,
    /// The flow file's folder.
    pub(crate) folder: PathBuf,
    /// The run's scratch folder.
    pub(crate) directory: PathBuf,
    /// The environment of this process.
    pub(crate) machine: Environment,
    pub(crate) secrets: Secrets,
    /// How many runs are around it: 0 for one that no task started.
    pub(crate) depth: u32,
    pub(crate) processes: RunProcesses,
    /// What Python tasks have in common.
    pub(crate) contexts: Contexts,
    workers: OnceLock<Workers>,
}

impl RunFacts {
    pub(crate) fn new(
        shared: &Shared,
        (id, name): (RunId, Arc<str>),
        flow: LoadedFlow,
        directory: PathBuf,
        secrets: Secrets,
        depth: u32,
    ) -> Self {
        Self {
            id,
            name,
            folder: flow.file.parent().map(Path::to_owned).unwrap_or_default(),
            flow,
            directory,
            machine: Arc::clone(&shared.machine),
            secrets,
            depth,
            processes: shared.processes.for_run(),
            contexts: Contexts::default(),
            workers: OnceLock::new(),
        }
    }

    /// The engine's own part of the run's folder, out of the user's way.
    pub(crate) fn scratch_folder(&self) -> PathBuf {
        self.directory.join(".tidemill")
    }

    /// The run's Python workers, as many as there are cores at most.
    pub(crate) fn workers(&self, shared: &Shared) -> &Workers {
        self.workers.get_or_init(|| {
            let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
            let slots = NonZeroUsize::try_from(shared.parallelism).unwrap_or(NonZeroUsize::MIN);
            let settings = WorkerSettings {
                environment: Arc::clone(&self.machine),
                directory: self.folder.clone(),
                limit: cores.min(slots),
            };
            Workers::new(self.processes.clone(), settings)
        })
    }

    /// Ends what served this run alone, and what its tasks left behind.
    pub(crate) async fn end_processes(&self) {
        if let Some(workers) = self.workers.get() {
            workers.close().await;
        }
        self.processes.end_strays(GRACE).await;
    }
}
