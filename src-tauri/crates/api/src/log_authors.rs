//! Who wrote a run's lines: paths are looked up for the task runs whose lines are
//! shown, however many others there are.

use std::sync::Arc;

use tidemill_orchestrate::{RunId, TaskRunNumber};
use tidemill_store::{LogLine, LogLines, Reader, TaskRunPlace, TaskRunSet};

use crate::{
    Error, OpenHome,
    document::Moment,
    logs::LogEntry,
    recorded::RecordedFlow,
    runs,
    task_path::{PathFinder, path_of},
    workspace::nearest,
};

/// Who wrote a run's lines, and which of them are wanted.
#[derive(Debug)]
pub(crate) struct Authors {
    /// Whose runs.
    pub(crate) home: OpenHome,
    /// The run.
    pub(crate) run: RunId,
    flow: Arc<RecordedFlow>,
    task: Option<String>,
    paths: PathFinder,
}

impl Authors {
    /// Those of a run's lines; with `task`, only of it and what stands in it, a path or
    /// the number of a task run.
    ///
    /// # Errors
    /// Where there is no such run or task, or the store cannot be read.
    pub(crate) fn of(home: &OpenHome, run: &str, task: Option<String>) -> Result<Self, Error> {
        let reader = home.reader()?;
        let run = runs::find_in(&reader, run)?;
        let flow = home.flows().of_id(&reader, run)?;
        let mut paths = PathFinder::new(run);
        let task = match task {
            Some(task) => Some(by_path(&reader, &mut paths, &flow, task)?),
            None => None,
        };
        if let Some(task) = &task {
            check_task(&reader, run, &flow, task)?;
        }
        Ok(Self {
            home: home.clone(),
            run,
            flow,
            task,
            paths,
        })
    }

    /// The numbers of the task runs that are wanted; `None`: all, and the run itself.
    pub(crate) fn numbers(&self) -> Result<Option<TaskRunSet>, Error> {
        match &self.task {
            Some(task) => {
                let reader = self.home.reader()?;
                Ok(Some(wanted(&reader, self.run, &self.flow, task)?))
            }
            None => Ok(None),
        }
    }

    /// The next wanted of some lines; none where there are no more for now.
    pub(crate) fn next_page(&mut self, lines: &mut LogLines<'_>) -> Result<Vec<LogEntry>, Error> {
        loop {
            let page = lines.next_page()?;
            if page.is_empty() {
                return Ok(Vec::new());
            }
            let entries = self.entries(page)?;
            if !entries.is_empty() {
                return Ok(entries);
            }
        }
    }

    /// Lines as entries: those that are wanted.
    pub(crate) fn entries(&mut self, lines: Vec<LogLine>) -> Result<Vec<LogEntry>, Error> {
        let reader = self.home.reader()?;
        let mut entries = Vec::with_capacity(lines.len());
        for line in lines {
            let (path, wanted) = match line.task {
                Some(number) => {
                    let path = self.paths.path(&reader, &self.flow.names, number)?;
                    let path = path.unwrap_or_else(|| "".into());
                    let task = self.task.as_deref();
                    let wanted = task.is_none_or(|task| {
                        within(&path, task) || within(&without_items(&path), task)
                    });
                    (Some(path), wanted)
                }
                None => (None, self.task.is_none()),
            };
            if wanted {
                entries.push(LogEntry {
                    number: line.number,
                    at: Moment(line.at),
                    path,
                    stream: line.stream,
                    attempt: line.attempt,
                    bytes: line.bytes,
                    open: line.open,
                });
            }
        }
        Ok(entries)
    }

    /// Whether nothing more will come: the run has ended, or nobody carries it.
    pub(crate) fn have_ended(&self) -> Result<bool, Error> {
        let reader = self.home.reader()?;
        let run = runs::stored(&reader, self.run)?;
        Ok(run.state.is_terminal() || run.owner.is_none_or(|owner| !reader.is_alive(owner)))
    }
}

/// A task as a path: the number of a task run is that one's.
fn by_path(
    reader: &Reader,
    paths: &mut PathFinder,
    flow: &RecordedFlow,
    task: String,
) -> Result<String, Error> {
    let Some(number) = task.parse().ok().and_then(TaskRunNumber::new) else {
        return Ok(task);
    };
    let path = paths.path(reader, &flow.names, number)?;
    Ok(path.map_or(task, |path| path.as_ref().to_owned()))
}

/// Whether the task that was asked for exists.
fn check_task(reader: &Reader, run: RunId, flow: &RecordedFlow, task: &str) -> Result<(), Error> {
    let mut names = flow.names.iter();
    if names.any(|names| within(&names.path, task)) {
        return Ok(());
    }
    if !wanted(reader, run, flow, task)?.is_empty() {
        return Ok(());
    }
    Err(Error::NoTask {
        run: runs::stored(reader, run)?.name,
        task: task.to_owned(),
        near: nearest(task, flow.names.iter().map(|names| names.path.as_ref())),
    })
}

/// The numbers of a run's task runs that are a task or stand in it. Goes through them
/// once, parents first; paths are made only of those that may be it.
fn wanted(
    reader: &Reader,
    run: RunId,
    flow: &RecordedFlow,
    task: &str,
) -> Result<TaskRunSet, Error> {
    let declared: Vec<bool> = flow
        .names
        .iter()
        .map(|names| within(&names.path, task))
        .collect();
    let meant = without_items(task);
    let meant = flow.names.iter().position(|names| *names.path == *meant);
    let mut set = TaskRunSet::default();
    let mut paths = PathFinder::new(run);
    let mut failed = None;
    reader.for_each_place(run, true, |place| {
        let all = declared.get(place.task as usize).copied().unwrap_or(false);
        let inside = place
            .parent
            .is_some_and(|parent| set.contains(parent.get()));
        let mut it = || -> Result<bool, Error> {
            let may_be = meant == usize::try_from(place.task).ok();
            Ok(may_be && *path(reader, &mut paths, flow, &place)? == *task)
        };
        match all || inside || failed.is_some() {
            true if failed.is_none() => set.push(place.number),
            true => {}
            false => match it() {
                Ok(true) => set.push(place.number),
                Ok(false) => {}
                Err(error) => failed = Some(error),
            },
        }
    })?;
    failed.map_or(Ok(set), Err)
}

/// The path of a place: its parent's is looked up, its own is not kept.
fn path(
    reader: &Reader,
    paths: &mut PathFinder,
    flow: &RecordedFlow,
    place: &TaskRunPlace,
) -> Result<String, Error> {
    let parent = match place.parent {
        Some(parent) => paths.path(reader, &flow.names, parent)?,
        None => None,
    };
    Ok(path_of(
        &flow.names,
        place.task,
        place.item,
        parent.as_deref(),
    ))
}

/// A path without the numbers of items: `group[2]/inner[0]` is `group/inner`.
fn without_items(path: &str) -> String {
    let mut inside = false;
    path.chars()
        .filter(|character| {
            inside |= *character == '[';
            let kept = !inside;
            inside &= *character != ']';
            kept
        })
        .collect()
}

/// Whether a task path is that of `task`, or of something in it.
fn within(path: &str, task: &str) -> bool {
    path.strip_prefix(task)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '[']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_itself_and_what_stands_in_it() {
        for (path, task, expected) in [
            ("fetch", "fetch", true),
            ("fetch[3]", "fetch", true),
            ("fetch[3]", "fetch[3]", true),
            ("fetch[31]", "fetch[3]", false),
            ("group/inner", "group", true),
            ("fetcher", "fetch", false),
            ("group/inner", "inner", false),
        ] {
            assert_eq!(within(path, task), expected, "{path} {task}");
        }
        assert_eq!(without_items("group[2]/inner[0]"), "group/inner");
    }
}
