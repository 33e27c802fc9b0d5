//! Lists of runs: which ones, in which order, page by page.

use jiff::Timestamp;
use rusqlite::{Connection, ToSql, params_from_iter};
use tidemill_orchestrate::{RunId, State};

use crate::{
    StoreError, StoredRun,
    tables::{
        parameters::WantedParameters,
        result::Results,
        run::{COLUMNS, TABLES, stored},
    },
    time,
};

/// Which runs a list shows. The default: all.
#[derive(Clone, Debug, Default)]
pub struct RunFilter {
    /// Runs of this flow.
    pub flow: Option<String>,
    /// Runs of this workspace.
    pub workspace: Option<String>,
    /// Runs in one of these states; empty: in any.
    pub states: Vec<State>,
    /// Runs made then or later.
    pub since: Option<Timestamp>,
    /// Runs made before then.
    pub until: Option<Timestamp>,
    /// Runs whose parameters have these values, each as the command line takes it:
    /// a text as it stands, anything else as JSON.
    pub parameters: Vec<(String, String)>,
    /// Runs that this run's tasks started.
    pub parent: Option<RunId>,
    /// Only runs that no other run's task started.
    pub top: bool,
    /// Runs whose name or flow holds this, whatever the case.
    pub text: Option<String>,
    /// Only these runs.
    pub among: Option<Vec<RunId>>,
}

/// In which order a list shows runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RunSort {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
    /// Those that took longest first; only runs that have ended.
    Longest,
}

/// A page of a list of runs.
#[derive(Clone, Debug)]
pub struct RunPage {
    /// The runs.
    pub runs: Vec<StoredRun>,
    /// Where the next page begins; `None`: this was the last.
    pub next: Option<String>,
}

/// Runs that are looked at together where their parameters decide.
const LOOKED_AT: usize = 1_000;

/// Where a page goes on: after this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    /// How long the run took, in nanoseconds; 0 where that is not the order.
    took: i64,
    id: RunId,
}

impl Cursor {
    fn of(order: RunSort, run: &StoredRun) -> Self {
        let took = match (order, run.started_at, run.ended_at) {
            (RunSort::Longest, Some(start), Some(end)) => {
                time::to_column(end).saturating_sub(time::to_column(start))
            }
            _ => 0,
        };
        Self { took, id: run.id }
    }

    fn parse(order: RunSort, text: &str) -> Option<Self> {
        let (took, id) = match order {
            RunSort::Newest | RunSort::Oldest => (0, text),
            RunSort::Longest => {
                let (took, id) = text.split_once('.')?;
                (took.parse().ok()?, id)
            }
        };
        let id = id.parse().ok()?;
        Some(Self { took, id })
    }

    fn text(self, order: RunSort) -> String {
        match order {
            RunSort::Newest | RunSort::Oldest => self.id.to_string(),
            RunSort::Longest => format!("{}.{}", self.took, self.id),
        }
    }
}

/// A page of the runs that a filter lets through, after a cursor that an earlier
/// page of the same order gave; `limit` at least 1.
pub(crate) fn list(
    connection: &Connection,
    results: &Results,
    filter: &RunFilter,
    order: RunSort,
    cursor: Option<&str>,
    limit: usize,
) -> Result<RunPage, StoreError> {
    let after = match cursor {
        Some(text) => {
            Some(Cursor::parse(order, text).ok_or_else(|| StoreError::Cursor(text.to_owned()))?)
        }
        None => None,
    };
    let wanted = limit.saturating_add(1);
    let mut runs = if filter.parameters.is_empty() {
        let query = Query::new(filter, order, after, wanted);
        let (keys, values) = query.finish("key");
        read(connection, results, order, &keys, values)?
    } else {
        let keys = keys_by_parameters(connection, results, filter, (order, after), wanted)?;
        let marks = vec!["?"; keys.len()].join(", ");
        let values = keys.into_iter().map(|key| Box::new(key) as Box<dyn ToSql>);
        read(connection, results, order, &marks, values.collect())?
    };
    let more = runs.len() > limit;
    runs.truncate(limit);
    let last = runs.last().filter(|_| more);
    let next = last.map(|run| Cursor::of(order, run).text(order));
    Ok(RunPage { runs, next })
}

/// The runs with these keys, in order.
fn read(
    connection: &Connection,
    results: &Results,
    order: RunSort,
    keys: &str,
    values: Vec<Box<dyn ToSql>>,
) -> Result<Vec<StoredRun>, StoreError> {
    let by = ordering(order, "runs.");
    let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE runs.key IN ({keys}) ORDER BY {by}");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        runs.push(stored(row, results)?);
    }
    Ok(runs)
}

/// The keys of the first runs that have the filter's parameters; at most `wanted`. They
/// are looked at here and not by SQL: large ones are files. Of a run that is passed over
/// nothing else is read.
fn keys_by_parameters(
    connection: &Connection,
    results: &Results,
    filter: &RunFilter,
    (order, mut after): (RunSort, Option<Cursor>),
    wanted: usize,
) -> Result<Vec<i64>, StoreError> {
    let wanted_parameters = WantedParameters::new(&filter.parameters);
    let mut keys = Vec::new();
    loop {
        let query = Query::new(filter, order, after, LOOKED_AT);
        let (sql, values) = query.finish("key, id, ended_at - started_at, parameters");
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut looked_at = 0;
        while let Some(row) = rows.next()? {
            let id = row.get(1).map(RunId::from_bytes)?;
            let bytes = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
            if wanted_parameters.fit(id, bytes, results)? {
                keys.push(row.get(0)?);
                if keys.len() == wanted {
                    return Ok(keys);
                }
            }
            let took = match order {
                RunSort::Longest => row.get(2)?,
                RunSort::Newest | RunSort::Oldest => 0,
            };
            after = Some(Cursor { took, id });
            looked_at += 1;
        }
        if looked_at < LOOKED_AT {
            return Ok(keys);
        }
    }
}

/// Calls `each` with the time when a run was made, in milliseconds since 1970, and its
/// state, for every run that a filter lets through.
pub(crate) fn for_each(
    connection: &Connection,
    results: &Results,
    filter: &RunFilter,
    mut each: impl FnMut(u64, State),
) -> Result<(), StoreError> {
    let mut conditions = Conditions::of(filter);
    conditions.add_states(&filter.states);
    let index = index(filter, RunSort::Newest);
    // An index has all that is asked, unless parameters decide.
    let wanted = WantedParameters::new(&filter.parameters);
    let by_parameters = !wanted.is_empty();
    let parameters = if by_parameters { ", parameters" } else { "" };
    let sql = format!(
        "SELECT id, state{parameters} FROM runs {index} WHERE {}",
        conditions.sql
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(conditions.values))?;
    while let Some(row) = rows.next()? {
        let id: [u8; 16] = row.get(0)?;
        if by_parameters {
            let bytes = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
            if !wanted.fit(RunId::from_bytes(id), bytes, results)? {
                continue;
            }
        }
        each(made_at(id), crate::tables::transition::state(row, 1)?);
    }
    Ok(())
}

/// The milliseconds since 1970 that a run's id begins with.
pub(crate) fn made_at(id: [u8; 16]) -> u64 {
    u64::try_from(u128::from_be_bytes(id) >> 80).unwrap_or_default()
}

fn ordering(order: RunSort, table: &str) -> String {
    match order {
        RunSort::Newest => format!("{table}id DESC"),
        RunSort::Oldest => format!("{table}id"),
        RunSort::Longest => format!("{table}ended_at - {table}started_at DESC, {table}id DESC"),
    }
}

/// The query for a page's keys. With states, one part for each: every part walks an
/// index in the list's order and ends after a page, where one query for all of them
/// would sort all that there is.
struct Query {
    parts: Vec<(String, Vec<Box<dyn ToSql>>)>,
    order: RunSort,
    limit: i64,
}

impl Query {
    fn new(filter: &RunFilter, order: RunSort, after: Option<Cursor>, limit: usize) -> Self {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let index = index(filter, order);
        let apart = !filter.states.is_empty() && order != RunSort::Longest;
        let of_part = match filter.parameters.is_empty() {
            true => "key, id, started_at, ended_at",
            false => "key, id, started_at, ended_at, parameters",
        };
        let part = |states: &[State]| {
            let mut conditions = Conditions::of(filter);
            conditions.add_states(states);
            conditions.add_cursor(order, after);
            let by = ordering(order, "");
            conditions.values.push(Box::new(limit));
            let sql = format!(
                "SELECT {of_part} FROM runs {index} WHERE {} ORDER BY {by} LIMIT ?",
                conditions.sql
            );
            (sql, conditions.values)
        };
        let parts = match apart {
            true => filter.states.chunks(1).map(part).collect(),
            false => vec![part(&filter.states)],
        };
        Self {
            parts,
            order,
            limit,
        }
    }

    /// The query for these columns, and its values.
    fn finish(self, columns: &str) -> (String, Vec<Box<dyn ToSql>>) {
        let mut texts = Vec::new();
        let mut values: Vec<Box<dyn ToSql>> = Vec::new();
        for (sql, own) in self.parts {
            texts.push(format!("SELECT * FROM ({sql})"));
            values.extend(own);
        }
        values.push(Box::new(self.limit));
        let by = ordering(self.order, "");
        let union = texts.join(" UNION ALL ");
        let sql = format!("SELECT {columns} FROM ({union}) ORDER BY {by} LIMIT ?");
        (sql, values)
    }
}

/// The index that finds fewest rows in the list's order.
fn index(filter: &RunFilter, order: RunSort) -> &'static str {
    if filter.among.is_some() {
        ""
    } else if filter.parent.is_some() {
        "INDEXED BY runs_by_parent"
    } else if order == RunSort::Longest {
        "INDEXED BY runs_by_duration"
    } else {
        match (filter.flow.is_some(), filter.states.is_empty(), filter.top) {
            (true, false, _) => "INDEXED BY runs_by_flow_and_state",
            (true, true, _) => "INDEXED BY runs_by_flow",
            (false, false, _) => "INDEXED BY runs_by_state",
            (false, true, true) => "INDEXED BY runs_on_top",
            (false, true, false) => "",
        }
    }
}

/// What a row must be, as SQL.
struct Conditions {
    sql: String,
    values: Vec<Box<dyn ToSql>>,
}

impl Conditions {
    /// All that a filter asks of a row, states and parameters aside.
    fn of(filter: &RunFilter) -> Self {
        let mut all = Self {
            sql: "removing = 0".to_owned(),
            values: Vec::new(),
        };
        if filter.top {
            all.sql.push_str(" AND parent IS NULL");
        }
        if let Some(since) = filter.since {
            all.add("id >= ?", Box::new(first_of(since)));
        }
        if let Some(until) = filter.until {
            all.add("id < ?", Box::new(first_of(until)));
        }
        if let Some(flow) = &filter.flow {
            all.add("flow = ?", Box::new(flow.clone()));
        }
        if let Some(workspace) = &filter.workspace {
            all.add("workspace = ?", Box::new(workspace.clone()));
        }
        if let Some(parent) = filter.parent {
            all.add("parent = ?", Box::new(parent.to_bytes()));
        }
        if let Some(text) = &filter.text {
            all.add(
                "instr(lower(name || char(10) || flow), ?) > 0",
                Box::new(text.to_lowercase()),
            );
        }
        if let Some(among) = &filter.among {
            let marks = vec!["?"; among.len()].join(", ");
            all.sql.push_str(&format!(" AND id IN ({marks})"));
            for id in among {
                all.values.push(Box::new(id.to_bytes()));
            }
        }
        all
    }

    fn add(&mut self, condition: &str, value: Box<dyn ToSql>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self.values.push(value);
    }

    fn add_states(&mut self, states: &[State]) {
        match states {
            [] => {}
            [state] => self.add("state = ?", Box::new(state.code())),
            several => {
                let marks = vec!["?"; several.len()].join(", ");
                self.sql.push_str(&format!(" AND state IN ({marks})"));
                for state in several {
                    self.values.push(Box::new(state.code()));
                }
            }
        }
    }

    fn add_cursor(&mut self, order: RunSort, after: Option<Cursor>) {
        if order == RunSort::Longest {
            self.sql
                .push_str(" AND started_at IS NOT NULL AND ended_at IS NOT NULL");
        }
        let Some(Cursor { took, id }) = after else {
            return;
        };
        match order {
            RunSort::Newest => self.add("id < ?", Box::new(id.to_bytes())),
            RunSort::Oldest => self.add("id > ?", Box::new(id.to_bytes())),
            RunSort::Longest => {
                self.add("(ended_at - started_at, id) < (?, ?)", Box::new(took));
                self.values.push(Box::new(id.to_bytes()));
            }
        }
    }
}

/// The first id that a run made then can have.
pub(crate) fn first_of(time: Timestamp) -> [u8; 16] {
    let milliseconds = u64::try_from(time.as_millisecond()).unwrap_or(0);
    RunId::new(milliseconds, 0).to_bytes()
}
