//! Reading: connections that cannot write, and what can be asked of them.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use rusqlite::Connection;
use tidemill_orchestrate::{DeviceId, RunId, TaskRunNumber, Transition};

use crate::{
    Answer, CacheKey, Cached, Home, ItemCount, Limit, Owner, Recorded, Request, RequestKey,
    RunFilter, RunInputs, RunPage, RunSort, SlotAround, StoreError, StoredRun, StoredTaskRun,
    TailMove, TaskRunFilter, Unfinished, Workspace,
    migrations::Database,
    receipt::lock,
    tables::{
        cache, device, limit,
        pin::{self, Pin, PinnedFlow},
        request,
        result::Results,
        run, run_list, setting, task_run,
        task_tally::Remembered,
        text, transition, variable, wait, workspace,
    },
};

/// Connections that are kept open while nobody reads.
const KEPT: usize = 4;

/// Transitions that a history reads at once.
const HISTORY_PAGE: i64 = 2048;

/// Candidates that an ambiguous name lists.
const CANDIDATES: i64 = 10;

/// The connections for reading.
#[derive(Debug)]
pub(crate) struct Readers {
    home: Home,
    results: Results,
    pub(crate) remembered: Remembered,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(crate) fn new(home: Home, first: Connection) -> Self {
        Self {
            results: Results::new(home.results()),
            home,
            remembered: Remembered::default(),
            idle: Mutex::new(vec![first]),
        }
    }

    pub(crate) fn reader(self: &Arc<Self>) -> Result<Reader, StoreError> {
        let idle = lock(&self.idle).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => Database::state(&self.home).read()?,
        };
        Ok(Reader {
            connection: Some(connection),
            readers: Arc::clone(self),
        })
    }
}

/// A connection that cannot write. Each call sees what was committed before it.
/// Given back when dropped; one serves one thread at a time.
#[derive(Debug)]
pub struct Reader {
    /// `None` only while it is dropped.
    connection: Option<Connection>,
    pub(crate) readers: Arc<Readers>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut idle = lock(&self.readers.idle);
        if idle.len() < KEPT {
            idle.extend(self.connection.take());
        }
    }
}

impl Reader {
    /// Reads, and tells the place of what goes wrong.
    pub(crate) fn read<T>(
        &self,
        body: impl FnOnce(&Connection, &Results) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let connection = self.connection.as_ref().ok_or(StoreError::Closed)?;
        body(connection, &self.readers.results)
            .map_err(|error| error.at(&self.readers.home.state()))
    }

    /// A number that is another one after any process, this one too, has written.
    pub fn version(&self) -> Result<i64, StoreError> {
        self.read(|connection, _| {
            Ok(connection
                .prepare_cached("PRAGMA data_version")?
                .query_row([], |row| row.get(0))?)
        })
    }

    /// Whether a process that carries something of this home still runs.
    pub fn is_alive(&self, owner: Owner) -> bool {
        owner.is_alive(&self.readers.home)
    }

    /// Which device this home is.
    pub fn device(&self) -> Result<DeviceId, StoreError> {
        self.read(|connection, _| Ok(device::id(connection)?))
    }

    /// A run.
    pub fn run(&self, id: RunId) -> Result<Option<StoredRun>, StoreError> {
        self.read(|connection, results| run::one(connection, results, id))
    }

    /// The newest run's id.
    pub fn newest_run(&self) -> Result<Option<RunId>, StoreError> {
        self.read(|connection, _| Ok(run::newest(connection)?))
    }

    /// The run that a person means: an id or its beginning, a readable name, or
    /// `last`. Else [`StoreError::NoRun`] or [`StoreError::AmbiguousRun`].
    pub fn find_run(&self, text: &str) -> Result<RunId, StoreError> {
        let candidates = self.candidates(text)?;
        match candidates.as_slice() {
            [only] => Ok(*only),
            [] => Err(StoreError::NoRun(text.to_owned())),
            several => Err(StoreError::AmbiguousRun {
                text: text.to_owned(),
                candidates: several.iter().map(RunId::to_string).collect(),
            }),
        }
    }

    fn candidates(&self, text: &str) -> Result<Vec<RunId>, StoreError> {
        self.read(|connection, _| {
            if text == "last" {
                return Ok(run::newest(connection)?.into_iter().collect());
            }
            let mut found = match prefix(text) {
                Some(range) => run::by_prefix(connection, range, CANDIDATES)?,
                None => Vec::new(),
            };
            if found.is_empty() {
                found = run::by_name(connection, text, CANDIDATES)?;
            }
            Ok(found)
        })
    }

    /// A page of the runs that a filter lets through, newest first, from a cursor
    /// that an earlier page gave; `limit` at least 1.
    pub fn runs(
        &self,
        filter: &RunFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<RunPage, StoreError> {
        self.sorted_runs(filter, RunSort::Newest, cursor, limit)
    }

    /// As [`Reader::runs`], in another order. A cursor goes on in the order that it
    /// is of.
    pub fn sorted_runs(
        &self,
        filter: &RunFilter,
        sort: RunSort,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<RunPage, StoreError> {
        self.read(|connection, results| {
            run_list::list(connection, results, filter, sort, cursor, limit.max(1))
        })
    }

    /// What a run was started with; [`StoreError::NoRun`] where there is none.
    pub fn run_inputs(&self, id: RunId) -> Result<RunInputs, StoreError> {
        self.read(|connection, results| {
            run::inputs(connection, results, id)?.ok_or_else(|| StoreError::NoRun(id.to_string()))
        })
    }

    /// The run that was asked for by a request's key, and whether the same was asked.
    pub fn requested(&self, request: &RequestKey) -> Result<Option<(RunId, bool)>, StoreError> {
        self.read(|connection, _| Ok(run::requested(connection, request)?))
    }

    /// Runs that have not ended, oldest first.
    pub fn unfinished(&self) -> Result<Vec<Unfinished>, StoreError> {
        self.read(|connection, _| Ok(run::unfinished(connection)?))
    }

    /// The text of the flow file with this version (64 hexadecimal digits), if a run
    /// was started with it.
    pub fn flow_text(&self, version: &str) -> Result<Option<Arc<str>>, StoreError> {
        let Some(hash) = version_hash(version) else {
            return Ok(None);
        };
        self.read(|connection, _| Ok(text::text(connection, &hash)?))
    }

    /// A run's task runs, in order of number: a parent before what is in it, items
    /// in item order. From after `after` on, at most `limit`.
    pub fn task_runs(
        &self,
        run: RunId,
        filter: &TaskRunFilter,
        after: Option<TaskRunNumber>,
        limit: usize,
    ) -> Result<Vec<StoredTaskRun>, StoreError> {
        self.read(|connection, results| {
            let key = known(connection, run)?;
            let standing = if filter.superseded {
                Arc::default()
            } else {
                self.readers.remembered.standing(connection, key)?
            };
            let run = (run, key);
            task_run::list(connection, results, run, filter, &standing, after, limit)
        })
    }

    /// How many items of each mapped task of a run stand in which state; only the
    /// newest of every path. Items that wait are not counted: they have no rows yet.
    pub fn item_counts(&self, run: RunId) -> Result<Vec<ItemCount>, StoreError> {
        self.read(|connection, _| {
            let key = known(connection, run)?;
            let standing = self.readers.remembered.standing(connection, key)?;
            Ok(task_run::item_counts(connection, key, &standing)?)
        })
    }

    /// A run's transitions in order, read page by page.
    pub fn transitions(&self, run: RunId) -> Result<History<'_>, StoreError> {
        self.transitions_since(run, 0)
    }

    /// A run's transitions numbered after `sequence`, in order, read page by page.
    pub fn transitions_since(&self, run: RunId, sequence: u64) -> Result<History<'_>, StoreError> {
        let key = self.read(|connection, _| known(connection, run))?;
        Ok(History {
            reader: self,
            run: key,
            next: i64::try_from(sequence).map_or(i64::MAX, |sequence| sequence.saturating_add(1)),
            page: Vec::new().into_iter(),
            failed: false,
        })
    }

    /// Transitions of all runs numbered after `sequence`, at most `limit`: the tail
    /// that other processes follow.
    pub fn transitions_after(
        &self,
        sequence: u64,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        let after = i64::try_from(sequence).unwrap_or(i64::MAX);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|connection, results| transition::tail(connection, results, after, limit))
    }

    /// Transitions numbered after `sequence` up to `last`, of one run (none where it
    /// is not there) or of all, at most `limit`: what live views follow.
    pub fn moves_after(
        &self,
        sequence: u64,
        last: u64,
        run: Option<RunId>,
        limit: usize,
    ) -> Result<Vec<TailMove>, StoreError> {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|connection, _| {
            let key = match run {
                None => None,
                Some(run) => match run::key(connection, run)? {
                    Some((key, _)) => Some(key),
                    None => return Ok(Vec::new()),
                },
            };
            let between = (number(sequence), number(last));
            Ok(transition::moves(connection, between, key, limit)?)
        })
    }

    /// The number of the newest transition; 0: there is none.
    pub fn last_sequence(&self) -> Result<u64, StoreError> {
        self.read(|connection, _| Ok(device::last_sequence(connection)?.unsigned_abs()))
    }

    /// The result that stands for a key at this time.
    pub fn cached(&self, key: CacheKey, now: Timestamp) -> Result<Option<Cached>, StoreError> {
        self.read(|connection, results| cache::find(connection, results, key, now))
    }

    /// A variable.
    pub fn variable(&self, name: &str) -> Result<Option<serde_json::Value>, StoreError> {
        self.read(|connection, _| Ok(variable::one(connection, name)?))
    }

    /// Every variable, by name.
    pub fn variables(&self) -> Result<Vec<(String, serde_json::Value)>, StoreError> {
        self.read(|connection, _| Ok(variable::list(connection)?))
    }

    /// What is pinned of a flow, by task.
    pub fn pins(&self, flow: &PinnedFlow) -> Result<Vec<Pin>, StoreError> {
        self.read(|connection, _| Ok(pin::list(connection, flow)?))
    }

    /// A setting.
    pub fn setting(&self, key: &str) -> Result<Option<serde_json::Value>, StoreError> {
        self.read(|connection, _| Ok(setting::one(connection, key)?))
    }

    /// Every setting, by key.
    pub fn settings(&self) -> Result<Vec<(String, serde_json::Value)>, StoreError> {
        self.read(|connection, _| Ok(setting::list(connection)?))
    }

    /// Every limit, by name.
    pub fn limits(&self) -> Result<Vec<Limit>, StoreError> {
        self.read(|connection, _| Ok(limit::list(connection)?))
    }

    /// The slots held by what a task run stands in, by the task that started its run,
    /// and so on outwards: none of them is given back before the task run ends.
    pub fn slots_around(
        &self,
        run: RunId,
        number: TaskRunNumber,
    ) -> Result<Vec<SlotAround>, StoreError> {
        self.read(|connection, _| Ok(limit::around(connection, run, number)?))
    }

    /// The knot that a task run is in which waits for a slot, where it is the one that
    /// gives way. See [`Writer::note_wait`](crate::Writer::note_wait).
    pub fn knot(
        &self,
        run: RunId,
        number: TaskRunNumber,
    ) -> Result<Option<wait::Knot>, StoreError> {
        self.read(|connection, _| Ok(wait::knot(connection, &self.readers.home, run, number)?))
    }

    /// Open requests about runs that `owner` carries, oldest first.
    pub fn requests(&self, owner: Owner) -> Result<Vec<Request>, StoreError> {
        self.read(|connection, _| Ok(request::open(connection, owner)?))
    }

    /// The answer to a request, once there is one.
    pub fn answer(&self, id: i64) -> Result<Option<Answer>, StoreError> {
        self.read(|connection, _| Ok(request::answer_to(connection, id)?))
    }

    /// Workspaces that the home remembers, the last used first.
    pub fn workspaces(&self) -> Result<Vec<Workspace>, StoreError> {
        self.read(|connection, _| Ok(workspace::list(connection)?))
    }
}

pub(crate) fn known(connection: &Connection, run: RunId) -> Result<i64, StoreError> {
    run::key(connection, run)?
        .map(|(key, _)| key)
        .ok_or_else(|| StoreError::NoRun(run.to_string()))
}

/// The first and the last id that begin so; `None`: no id does.
fn prefix(text: &str) -> Option<([u8; 16], [u8; 16])> {
    let digits: String = text.chars().filter(|&character| character != '-').collect();
    if digits.is_empty()
        || digits.len() > 32
        || !digits.chars().all(|digit| digit.is_ascii_hexdigit())
    {
        return None;
    }
    let number = u128::from_str_radix(&digits, 16).ok()?;
    let open = u32::try_from(4 * (32 - digits.len())).ok()?;
    let low = number.checked_shl(open)?;
    let high = low | u128::MAX.checked_shr(128 - open).unwrap_or(0);
    Some((low.to_be_bytes(), high.to_be_bytes()))
}

fn version_hash(version: &str) -> Option<Vec<u8>> {
    let digits = version.as_bytes().chunks(2);
    digits
        .map(|pair| {
            let text = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(text, 16).ok()
        })
        .collect()
}

/// A run's transitions in order, with their sequence numbers.
#[derive(Debug)]
pub struct History<'a> {
    reader: &'a Reader,
    run: i64,
    next: i64,
    page: std::vec::IntoIter<(u64, Transition)>,
    failed: bool,
}

impl History<'_> {
    fn turn(&mut self) -> Result<(), StoreError> {
        let (run, next) = (self.run, self.next);
        let mut page = Vec::new();
        self.next = self.reader.read(|connection, results| {
            let Some((first, last)) = transition::segment(connection, run, next)? else {
                return Ok(next);
            };
            let last = last.min(first.saturating_add(HISTORY_PAGE - 1));
            transition::range(connection, results, (first, last), &mut page)?;
            Ok(last + 1)
        })?;
        self.page = page.into_iter();
        Ok(())
    }
}

impl Iterator for History<'_> {
    type Item = Result<(u64, Transition), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        if self.page.len() == 0
            && let Err(error) = self.turn()
        {
            self.failed = true;
            return Some(Err(error));
        }
        self.page.next().map(Ok)
    }
}
