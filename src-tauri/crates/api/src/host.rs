//! A long-living engine on a home: what `serve` and the desktop app are built on.
//! It holds the home's lock, carries on what other processes left, and starts and
//! steers runs for whoever asks.

use std::sync::{
    Arc, Mutex, PoisonError, RwLock,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use jiff::Timestamp;
use tidemill_engine::{Close, Engine, EngineError};
use tidemill_orchestrate::RunId;
use tidemill_store::{RequestKey, StoreError};
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    task::AbortHandle,
};

use crate::{
    Error, FlowCatalog, FlowChoice, Following, GivenParameters, OpenHome, RunOrder, Surroundings,
    document::RunDocument,
    due::Clock,
    home_lock::HomeLock,
    plan::{self, PlanAnswer},
    run, runs,
    scheduling::{Scheduling, Wake},
    steer::{self, By, SteeredRun, Wish},
    tail::{Tail, blocking},
    trial, upkeep,
    watch::{Around, Watch},
};

/// An engine that stays, and the home's one host while it does.
pub struct Host {
    /// The workspace in them may change while the host stays.
    surroundings: Around,
    engine: Engine,
    home: OpenHome,
    catalog: Arc<FlowCatalog>,
    watch: Watch,
    /// Files are changed by one at a time.
    changing: Mutex<()>,
    tail: Arc<Tail>,
    started_at: Timestamp,
    /// How many runs were started or carried on here.
    started: Arc<AtomicU64>,
    /// Starts runs at their times.
    clock: Arc<Clock>,
    /// Has schedules looked at again.
    wake: Arc<Wake>,
    /// Whether new work is refused.
    draining: AtomicBool,
    /// Whether streams end.
    closing: watch::Sender<bool>,
    upkeep: AbortHandle,
    lock: HomeLock,
}

impl Host {
    /// Takes the home's lock, opens an engine on it, and carries on the runs that
    /// nobody carries. `program` says what this process is: `serve`, `desktop`.
    ///
    /// # Errors
    /// Where another process serves the home, or its store cannot be used.
    pub async fn open(surroundings: Surroundings, program: &str) -> Result<Arc<Self>, Error> {
        let lock = HomeLock::take(&surroundings.home)?;
        lock.announce(program, None)?;
        let engine = run::open(&surroundings).await?;
        let carried = engine.carry_on().await?;
        for run in &carried {
            tracing::info!(run = %run.id, name = %run.name, "carried on");
        }
        let store = engine.store();
        let started = Arc::new(AtomicU64::new(carried.len() as u64));
        let clock = Arc::new(Clock::default());
        let home = OpenHome::over(Arc::clone(store));
        let wake = Arc::new(Wake::default());
        let scheduling = Scheduling::new(&surroundings, home.clone(), Arc::clone(&wake));
        let upkeep = upkeep::begin(
            &engine,
            Arc::clone(&clock),
            scheduling,
            Arc::clone(&started),
        );
        let catalog = Arc::new(FlowCatalog::default());
        let files = Arc::clone(&catalog);
        let surroundings = Arc::new(RwLock::new(Arc::new(surroundings)));
        let watch = Watch::begin(Arc::clone(&surroundings), home.clone(), files, true);
        Ok(Arc::new(Self {
            home,
            catalog,
            watch,
            changing: Mutex::new(()),
            tail: Tail::new(Arc::clone(store)),
            started_at: Timestamp::now(),
            started,
            clock,
            wake,
            draining: AtomicBool::new(false),
            closing: watch::channel(false).0,
            upkeep,
            surroundings,
            engine,
            lock,
        }))
    }

    /// Where it is: the home, the workspace that it is in now.
    pub fn surroundings(&self) -> Arc<Surroundings> {
        let held = self
            .surroundings
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&held)
    }

    /// Has it be in another workspace from now on. What runs is of no workspace but
    /// its own, and goes on.
    pub(crate) fn be_in(&self, surroundings: Surroundings) {
        let mut held = self
            .surroundings
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *held = Arc::new(surroundings);
        drop(held);
        self.watch.own_change();
    }

    /// The home, for reading and for its tables.
    pub fn home(&self) -> &OpenHome {
        &self.home
    }

    /// The flow files of its workspace.
    pub fn catalog(&self) -> &FlowCatalog {
        &self.catalog
    }

    /// Changes files of the workspace, by itself: nobody else here changes any meanwhile,
    /// and what changed is told at once.
    ///
    /// # Errors
    /// Those of `verb`.
    pub(crate) fn change_files<T>(
        &self,
        verb: impl FnOnce(&Surroundings, &OpenHome, &FlowCatalog) -> Result<T, Error>,
    ) -> Result<T, Error> {
        // A panic elsewhere left files as they are: there is nothing to mend here.
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let done = verb(&self.surroundings(), &self.home, &self.catalog);
        self.catalog.expire();
        self.watch.own_change();
        done
    }

    /// Has the schedules looked at now: what may fire has changed.
    pub(crate) fn look_at_schedules(&self) {
        self.wake.now();
    }

    /// When it was opened.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// Says in the home where this process listens.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn announce(&self, program: &str, url: &str) -> Result<(), Error> {
        self.lock.announce(program, Some(url))
    }

    /// Starts a run now, or has it started at a time to come; recorded and on the disk
    /// when this returns. Asked again by the same key, it gives the run that there is.
    ///
    /// # Errors
    /// Where the flow, the parameters or the home are wrong, or the key stands for
    /// something else; then nothing was started.
    pub async fn start(
        &self,
        order: RunOrder,
        at: Option<Timestamp>,
        key: Option<RequestKey>,
    ) -> Result<RunDocument, Error> {
        self.refuse_if_closing()?;
        if let Some(run) = self.requested(key.clone()).await? {
            return Ok(run);
        }
        let surroundings = self.surroundings();
        let (around, wanted) = (Arc::clone(&surroundings), order.clone());
        let home = self.home.clone();
        let mut prepared = blocking(move || {
            let mut prepared = run::prepare(&around, &wanted)?;
            if let Some(tried) = &wanted.trial {
                prepared.trial = trial::plan(&home, &prepared.flow, tried)?;
            }
            Ok(prepared)
        })
        .await?;
        prepared.key = key.clone();
        let (around, engine) = (surroundings.as_ref(), &self.engine);
        let later = at.filter(|at| *at > Timestamp::now());
        let begun = match later {
            Some(at) => run::start_at(around, engine, &order, prepared, at).await,
            None => {
                let started = run::start(around, engine, &order, prepared).await;
                started.map(|handle| handle.id)
            }
        };
        match begun {
            Ok(id) if later.is_some() => {
                self.clock.told_of_more();
                self.document(id).await
            }
            Ok(id) => self.recorded(id).await,
            // Somebody else asked by the same key at the same time.
            Err(Error::Engine(EngineError::Store(StoreError::RunExists(run)))) => {
                let run = StoreError::RunExists(run);
                self.requested(key).await?.ok_or(Error::Store(run))
            }
            Err(error) => Err(error),
        }
    }

    /// The run that was asked for by this key.
    async fn requested(&self, key: Option<RequestKey>) -> Result<Option<RunDocument>, Error> {
        let Some(key) = key else {
            return Ok(None);
        };
        let home = self.home.clone();
        blocking(move || {
            let reader = home.reader()?;
            match reader.requested(&key)? {
                Some((run, true)) => Ok(Some(runs::document(&runs::stored(&reader, run)?))),
                Some((_, false)) => Err(Error::KeyTaken(key.key().to_owned())),
                None => Ok(None),
            }
        })
        .await
    }

    /// What a run would do; nothing runs.
    ///
    /// # Errors
    /// Where the flow, the parameters or the home are wrong.
    pub async fn plan(
        &self,
        flow: FlowChoice,
        given: GivenParameters,
    ) -> Result<PlanAnswer, Error> {
        let order = RunOrder {
            flow,
            parameters: given,
            trial: None,
        };
        let surroundings = self.surroundings();
        let (around, wanted) = (Arc::clone(&surroundings), order.clone());
        let prepared = blocking(move || run::prepare(&around, &wanted)).await?;
        let (loaded, bound) = (prepared.flow, prepared.parameters);
        plan::plan_on(&surroundings, &self.engine, &order.flow, loaded, bound).await
    }

    /// Runs a run again, or carries on one that nobody carries; see [`run::retry`].
    ///
    /// # Errors
    /// Where there is no such run, its owner lives, or it cannot be read any more.
    pub async fn retry(&self, text: String, from_failed: bool) -> Result<RunDocument, Error> {
        self.refuse_if_closing()?;
        let home = self.home.clone();
        let id = blocking(move || runs::find(Some(&home), &text)).await?;
        self.engine.retry(id, from_failed).await?;
        self.recorded(id).await
    }

    /// Has something done to a run, by whoever carries it.
    pub(crate) async fn steer(&self, run: &str, wish: Wish<'_>) -> Result<SteeredRun, Error> {
        steer::on(&self.engine, run, wish, By::Api).await
    }

    /// Follows everything that happens after `cursor`, or from now on; in one run, or
    /// in all of the home, changes of the workspace's files too.
    ///
    /// # Errors
    /// Where too many streams are open, or the store cannot be read.
    pub async fn follow(
        &self,
        cursor: Option<u64>,
        run: Option<RunId>,
    ) -> Result<Following, Error> {
        let files = match run {
            Some(_) => None,
            None => {
                self.watch.begun().await;
                Some(self.watch.news().follow())
            }
        };
        let closing = self.closing.subscribe();
        self.tail.follow(cursor, run, files, closing).await
    }

    /// A place among the streams that may be open.
    pub(crate) fn stream_permit(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.tail.permit()
    }

    /// How many runs are carried here.
    pub(crate) fn carried(&self) -> usize {
        self.engine.carried()
    }

    /// How many runs were started or carried on here since this host was opened.
    pub(crate) fn started(&self) -> u64 {
        self.started.load(Ordering::Relaxed)
    }

    /// How many streams are open.
    pub(crate) fn listeners(&self) -> usize {
        self.tail.listeners()
    }

    /// Says when the host closes: what waits for long ends then.
    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    fn refuse_if_closing(&self) -> Result<(), Error> {
        match self.draining.load(Ordering::Acquire) {
            true => Err(Error::Closing),
            false => Ok(()),
        }
    }

    /// A run that was started or carried on, once that is on the disk.
    async fn recorded(&self, id: RunId) -> Result<RunDocument, Error> {
        self.started.fetch_add(1, Ordering::Relaxed);
        self.document(id).await
    }

    /// A run, once all that was recorded of it is on the disk.
    async fn document(&self, id: RunId) -> Result<RunDocument, Error> {
        let home = self.home.clone();
        blocking(move || {
            home.store().writer().flush().wait_flushed()?;
            Ok(runs::document(&runs::stored(&home.reader()?, id)?))
        })
        .await
    }

    /// Takes no new work, and waits for what runs.
    pub async fn wait_until_idle(&self) {
        self.draining.store(true, Ordering::Release);
        // What is due from here on is started by who serves the home next.
        self.upkeep.abort();
        self.engine.wait_until_idle().await;
    }

    /// Ends the streams that are open, and takes no new work.
    pub fn end_streams(&self) {
        self.draining.store(true, Ordering::Release);
        self.closing.send_replace(true);
    }

    /// Closes: what runs is waited for, cancelled, or let go of to be carried on
    /// later. Nothing of it runs when this returns, and all is on the disk.
    ///
    /// # Errors
    /// Where the store cannot be flushed.
    pub async fn close(&self, how: Close) -> Result<(), Error> {
        self.end_streams();
        self.upkeep.abort();
        Ok(self.engine.close(how).await?)
    }
}
