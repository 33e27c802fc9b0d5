//! Has the schedules of enabled workspaces fire, while this process serves the home.
//!
//! Their folders are watched, so that an edit counts at once. Times are compared on the
//! wall clock, with a timer to the next one and a short tick beside it: a timer alone
//! stands still while a laptop sleeps, and the clock may be set.
//!
//! Not here: what is due and what becomes of it, which is the engine's scheduler.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use tidemill_engine::{Engine, LoadedFlow, Looked, ScheduledFlow, ScheduledWorkspace, Scheduler};
use tidemill_flow::{Flow, Severity};
use tidemill_store::Workspace;
use tokio::{sync::Notify, task::AbortHandle};

use crate::{
    Error, FlowCatalog, OpenHome, Surroundings, catalog::FlowFile, tail::blocking, watch::Watch,
};

/// The longest time between two looks at the clock.
const TICK: Duration = Duration::from_secs(1);

/// After a look that the store refused.
const AGAIN: Duration = Duration::from_secs(5);

/// Has schedules looked at before the tick.
#[derive(Debug, Default)]
pub(crate) struct Wake {
    now: Notify,
}

impl Wake {
    /// Something is to be looked at now.
    pub(crate) fn now(&self) {
        self.now.notify_one();
    }
}

/// Looks at the schedules of enabled workspaces, again and again.
pub(crate) struct Scheduling {
    surroundings: Surroundings,
    home: OpenHome,
    wake: Arc<Wake>,
    folders: BTreeMap<String, Folder>,
}

impl Scheduling {
    pub(crate) fn new(surroundings: &Surroundings, home: OpenHome, wake: Arc<Wake>) -> Self {
        Self {
            surroundings: surroundings.clone(),
            home,
            wake,
            folders: BTreeMap::new(),
        }
    }

    /// Goes on until it is aborted.
    pub(crate) async fn keep(mut self, engine: Engine, started: &AtomicU64) {
        let mut scheduler = Scheduler::new(engine.clone());
        loop {
            match self.look(&mut scheduler).await {
                Ok(looked) => {
                    for run in &looked.started {
                        tracing::info!(run = %run.id, name = %run.name, "started by its schedule");
                    }
                    started.fetch_add(looked.started.len() as u64, Ordering::Relaxed);
                    self.wait(&engine, &looked).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "the schedules cannot be looked at");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }

    async fn look(&mut self, scheduler: &mut Scheduler) -> Result<Looked, Error> {
        let home = self.home.clone();
        let known = blocking(move || Ok(home.reader()?.workspaces()?)).await?;
        let enabled: Vec<Workspace> = known.into_iter().filter(|one| one.enabled).collect();
        self.folders
            .retain(|path, _| enabled.iter().any(|one| one.path == *path));
        let mut workspaces = Vec::with_capacity(enabled.len());
        for one in enabled {
            let mut folder = match self.folders.remove(&one.path) {
                Some(folder) => folder,
                None => Folder::begin(self, &one.path).await,
            };
            // Files are read on a thread that may block.
            let (folder, flows, unknown) = blocking(move || {
                folder.read();
                let (flows, unknown) = folder.flows();
                Ok((folder, flows, unknown))
            })
            .await?;
            self.folders.insert(one.path.clone(), folder);
            workspaces.push(ScheduledWorkspace {
                path: one.path,
                enabled_at: one.enabled_at,
                flows,
                unknown,
            });
        }
        Ok(scheduler.look(&workspaces).await?)
    }

    /// Waits until it is time to look again.
    async fn wait(&self, engine: &Engine, looked: &Looked) {
        let a_run_went = async {
            match looked.waiting {
                true => engine.run_gone().await,
                false => std::future::pending().await,
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause(looked.next)) => {}
            () = self.wake.now.notified() => {}
            () = a_run_went => {}
        }
    }
}

/// How long to wait before the clock is looked at again.
fn pause(next: Option<Timestamp>) -> Duration {
    let until = next.map(|next| Duration::try_from(next.duration_since(Timestamp::now())));
    match until {
        Some(Ok(until)) => until.min(TICK),
        // It has come meanwhile.
        Some(Err(_)) => Duration::ZERO,
        None => TICK,
    }
}

/// A workspace whose schedules may fire.
struct Folder {
    path: PathBuf,
    catalog: Arc<FlowCatalog>,
    /// Whether its files may not be as they were.
    changed: Arc<AtomicBool>,
    /// Its files as they are now; `None` where it cannot be read.
    files: Option<Arc<[Arc<FlowFile>]>>,
    /// Why it cannot be read, where it is there and that was told of.
    unread: Option<String>,
    /// Flows as they were when their files last had no mistake.
    right: BTreeMap<String, Arc<Flow>>,
    /// Files with mistakes that were told of.
    told: BTreeMap<PathBuf, String>,
    listening: AbortHandle,
    /// Held: it ends with this.
    _watch: Watch,
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Folder {
    /// Begins to watch one.
    async fn begin(scheduling: &Scheduling, path: &str) -> Self {
        let path = PathBuf::from(path);
        let around = Surroundings {
            workspace: Some(path.clone()),
            ..scheduling.surroundings.clone()
        };
        let around = Arc::new(RwLock::new(Arc::new(around)));
        let catalog = Arc::new(FlowCatalog::default());
        let home = scheduling.home.clone();
        let watch = Watch::begin(around, home, Arc::clone(&catalog), true);
        let mut signal = watch.news().signal();
        let changed = Arc::new(AtomicBool::new(true));
        let (flag, wake) = (Arc::clone(&changed), Arc::clone(&scheduling.wake));
        let listening = tokio::spawn(async move {
            while signal.changed().await.is_ok() {
                flag.store(true, Ordering::Release);
                wake.now();
            }
        });
        // What changes from then on is told.
        watch.begun().await;
        Self {
            path,
            catalog,
            changed,
            files: None,
            unread: None,
            right: BTreeMap::new(),
            told: BTreeMap::new(),
            listening: listening.abort_handle(),
            _watch: watch,
        }
    }

    /// Reads its files, where they may not be as they were.
    fn read(&mut self) {
        let is_there = self.path.is_dir();
        if !self.changed.swap(false, Ordering::AcqRel) && self.files.is_some() == is_there {
            return;
        }
        self.catalog.expire();
        self.files = match self.catalog.files_of(&self.path) {
            Ok(files) => {
                self.unread = None;
                Some(files)
            }
            Err(error) => {
                let why = error.to_string();
                if is_there && self.unread.as_ref() != Some(&why) {
                    tracing::warn!(
                        "{why}: the schedules of this workspace wait until it can be read"
                    );
                }
                self.unread = is_there.then_some(why);
                None
            }
        };
        for file in self.files.clone().iter().flat_map(|files| files.iter()) {
            match (problem(file), &file.flow) {
                (None, Some(flow)) => {
                    self.told.remove(&file.path);
                    self.right.insert(file.name.clone(), Arc::clone(flow));
                }
                (Some(problem), _) => self.tell(&file.path, problem),
                (None, None) => {}
            }
        }
    }

    fn tell(&mut self, file: &Path, problem: String) {
        if self.told.get(file) == Some(&problem) {
            return;
        }
        tracing::warn!("{problem}: its schedules stay as they were, and its runs wait");
        self.told.insert(file.to_owned(), problem);
    }

    /// Its flows whose schedules count, and the names of those of which nothing is known.
    fn flows(&self) -> (Option<Vec<ScheduledFlow>>, Vec<String>) {
        let Some(files) = &self.files else {
            return (None, Vec::new());
        };
        let (mut flows, mut unknown) = (Vec::new(), Vec::new());
        for file in files.iter() {
            let flow = match problem(file) {
                None => file.flow.as_ref(),
                Some(_) => self.right.get(&file.name).or(file.flow.as_ref()),
            };
            let Some(flow) = flow else {
                unknown.push(file.name.clone());
                continue;
            };
            flows.push(ScheduledFlow {
                flow: Arc::clone(flow),
                loaded: loaded(file),
            });
        }
        (Some(flows), unknown)
    }
}

/// What is wrong with a file, if something is: the first of it.
fn problem(file: &FlowFile) -> Option<String> {
    let mut said = file.diagnostics.iter();
    let first = said.find(|diagnostic| diagnostic.severity == Severity::Error)?;
    let place = first.place;
    Some(format!(
        "{}:{}:{}: {}",
        file.path.display(),
        place.line,
        place.column,
        first.message
    ))
}

fn loaded(file: &FlowFile) -> Result<LoadedFlow, String> {
    match (problem(file), &file.flow) {
        (None, Some(flow)) => Ok(LoadedFlow {
            flow: Arc::clone(flow),
            text: Arc::clone(&file.text),
            file: file.path.clone(),
            workspace: file.workspace.clone(),
        }),
        (problem, _) => Err(problem.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn the_clock_is_looked_at_at_the_next_time_and_at_a_short_tick() {
        let at = |milliseconds| Some(Timestamp::now() + SignedDuration::from_millis(milliseconds));
        assert_eq!(pause(None), TICK);
        assert_eq!(pause(at(3_600_000)), TICK);
        assert_eq!(pause(at(-5)), Duration::ZERO);
        assert!(pause(at(100)) <= Duration::from_millis(100));
    }

    #[tokio::test]
    async fn a_file_with_a_mistake_keeps_its_schedules() {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = Surroundings::rooted(folder.path());
        let home = OpenHome::open(&surroundings).unwrap();
        let work = folder.path().join("work");
        std::fs::create_dir(&work).unwrap();
        let file = work.join("a.flow.yaml");
        let right = "name: a\nschedules: [{ every: 1h }]\ntasks: { t: { value: 1 } }\n";
        let wake = Arc::new(Wake::default());
        let scheduling = Scheduling::new(&surroundings, home, Arc::clone(&wake));
        std::fs::write(&file, "name: a\ntasks: [\n").unwrap();
        let mut watched = Folder::begin(&scheduling, &work.to_string_lossy()).await;
        watched.read();
        let (flows, unknown) = watched.flows();
        assert_eq!((flows.unwrap().len(), unknown), (0, vec!["a".to_owned()]));
        std::fs::write(&file, right).unwrap();
        wake.now.notified().await;
        watched.read();
        let flows = watched.flows().0.unwrap();
        assert!(flows[0].loaded.is_ok());
        std::fs::write(&file, format!("{right}nonsense: 1\n")).unwrap();
        wake.now.notified().await;
        watched.read();
        let (flows, unknown) = watched.flows();
        let flows = flows.unwrap();
        assert_eq!((flows[0].flow.schedules.len(), unknown.len()), (1, 0));
        let why = flows[0].loaded.as_ref().unwrap_err();
        assert!(
            why.contains("a.flow.yaml:4:1") && why.contains("nonsense"),
            "{why}"
        );
        std::fs::remove_dir_all(&work).unwrap();
        while watched.flows().0.is_some() {
            wake.now.notified().await;
            watched.read();
        }
    }
}
