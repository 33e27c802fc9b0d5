//! A run with its task runs as one document, written as it is read: a run of a million
//! task runs costs no more memory than where they stand.

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};
use tidemill_flow::template::to_json;
use tidemill_orchestrate::RunId;
use tidemill_store::{Reader, StoredTaskRun};

use crate::{
    Error, OpenHome,
    document::{Moment, RunDocument, TaskDocument, duration},
    open_home::no_run,
    record,
    runs::{self, RunFacts, TransitionDocument},
    task_path::{TaskNames, TreeWalk},
};

/// Task runs that are read together.
const PAGE: usize = 512;

/// A run with its task runs, as `run --json` prints it; with its record, as `runs show
/// --transitions --json` does. What it says is read while it is written.
#[derive(Debug)]
pub struct RunStream {
    reader: Reader,
    id: RunId,
    names: Vec<TaskNames>,
    run: RunDocument,
    facts: Option<RunFacts>,
}

impl RunStream {
    /// The run that a text names, with its record if that is wanted.
    ///
    /// # Errors
    /// Where there is none, or several, or the store cannot be read.
    pub fn open(home: Option<&OpenHome>, text: &str, transitions: bool) -> Result<Self, Error> {
        let Some(home) = home else {
            return Err(no_run(text));
        };
        let reader = home.reader()?;
        let id = runs::find_in(&reader, text)?;
        Self::of(reader, id, transitions)
    }

    /// A run, with its record if that is wanted.
    pub(crate) fn of(reader: Reader, id: RunId, transitions: bool) -> Result<Self, Error> {
        let run = runs::stored(&reader, id)?;
        let inputs = reader.run_inputs(id)?;
        Ok(Self {
            id,
            names: runs::task_names(inputs.flow_text.as_deref()),
            facts: transitions.then(|| runs::facts(&run, &inputs)),
            run: runs::document(&run),
            reader,
        })
    }

    /// Calls `each` with one task run after the other, through the tree.
    fn tasks<E: From<Error>>(
        &self,
        mut each: impl FnMut(&TaskDocument) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut walk = TreeWalk::of(&self.reader, self.id).map_err(Error::from)?;
        loop {
            let page = walk.next_page(&self.names, PAGE);
            if page.is_empty() {
                return Ok(());
            }
            let numbers: Vec<_> = page.iter().map(|(number, _)| *number).collect();
            let rows = self.reader.task_runs_numbered(self.id, &numbers, true);
            let mut paths = page.into_iter();
            for row in rows.map_err(Error::from)? {
                // A row that is gone has no document; its path is passed over.
                let path = paths.find(|(number, _)| *number == row.number);
                let path = path.map(|(_, path)| path).unwrap_or_default();
                each(&task_document(&self.names, &row, path))?;
            }
        }
    }

    /// Calls `each` with one recorded transition after the other.
    fn transitions<E: From<Error>>(
        &self,
        mut each: impl FnMut(&TransitionDocument) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut history = self.reader.transitions(self.id).map_err(Error::from)?;
        loop {
            let page: Result<Vec<_>, _> = history.by_ref().take(PAGE).collect();
            let page = page.map_err(Error::from)?;
            if page.is_empty() {
                return Ok(());
            }
            for document in record::documents(&self.reader, self.id, &self.names, page)? {
                each(&document)?;
            }
        }
    }
}

/// A task run as a document.
pub(crate) fn task_document(
    names: &[TaskNames],
    row: &StoredTaskRun,
    path: String,
) -> TaskDocument {
    let task = names.get(row.task as usize);
    TaskDocument {
        id: row.id.to_string(),
        task: task.map_or_else(String::new, |names| names.path.to_string()),
        index: row.item,
        path,
        state: row.state,
        state_type: row.state.state_type(),
        message: row.message.as_deref().map(str::to_owned),
        attempts: row.attempts,
        output: row.output.as_ref().map_or_else(Default::default, to_json),
        started_at: row.started_at.map(Moment),
        ended_at: row.ended_at.map(Moment),
        duration_ms: duration(row.started_at, row.ended_at),
    }
}

impl Serialize for RunStream {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("run", &self.run)?;
        map.serialize_entry("tasks", &Tasks(self))?;
        if let Some(facts) = &self.facts {
            map.serialize_entry("attempt", &facts.attempt)?;
            map.serialize_entry("file", &facts.file)?;
            map.serialize_entry("workspace", &facts.workspace)?;
            map.serialize_entry("scheduled_for", &facts.scheduled_for)?;
            map.serialize_entry("parent", &facts.parent)?;
            map.serialize_entry("trigger", &facts.trigger)?;
            map.serialize_entry("transitions", &Transitions(self))?;
        }
        map.end()
    }
}

/// A stream's task runs.
struct Tasks<'a>(&'a RunStream);

/// What ends the writing of a list: the reading of it, or its writer.
enum Ending<E> {
    Reading(Error),
    Writing(E),
}

impl<E> From<Error> for Ending<E> {
    fn from(error: Error) -> Self {
        Self::Reading(error)
    }
}

impl<E: serde::ser::Error> Ending<E> {
    fn told(self) -> E {
        match self {
            Self::Reading(error) => E::custom(error),
            Self::Writing(error) => error,
        }
    }
}

impl Serialize for Tasks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        self.0
            .tasks(|task| list.serialize_element(task).map_err(Ending::Writing))
            .map_err(Ending::told)?;
        list.end()
    }
}

/// A stream's record.
struct Transitions<'a>(&'a RunStream);

impl Serialize for Transitions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        self.0
            .transitions(|one| list.serialize_element(one).map_err(Ending::Writing))
            .map_err(Ending::told)?;
        list.end()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use tidemill_flow::Value;
    use tidemill_orchestrate::{
        Creation, Detail, Output, State, Subject, TaskRunNumber, Transition,
    };
    use tidemill_store::NewRun;

    use super::*;
    use crate::{Surroundings, runs::ShowRequest};

    const FLOW: &str = "name: a\ntasks:\n  group:\n    for_each: [1, 2]\n    tasks: { inner: { value: 1 }, other: { value: 2 } }\n  last: { value: 3 }\n";

    fn step(
        number: u32,
        attempt: u32,
        from: Option<State>,
        to: State,
        detail: Detail,
    ) -> Transition {
        Transition {
            subject: TaskRunNumber::new(number).map_or(Subject::Run, Subject::Task),
            run_attempt: attempt,
            from,
            to,
            at: Timestamp::from_second(1_780_000_000 + i64::from(number)).unwrap(),
            message: (to == State::Failed).then(|| "no \"good\"".into()),
            detail,
        }
    }

    /// A task run that ended so.
    fn task(
        number: u32,
        attempt: u32,
        (task, parent, item): (u32, u32, Option<u32>),
        to: State,
    ) -> Vec<Transition> {
        let creation = Creation {
            task,
            parent: TaskRunNumber::new(parent),
            item,
            turn: 1,
        };
        let output = match to {
            State::Completed => Detail::Output(Output(Value::from(number))),
            _ => Detail::None,
        };
        let created = Detail::Created(creation);
        vec![
            step(number, attempt, None, State::Pending, created),
            step(
                number,
                attempt,
                Some(State::Pending),
                State::Running,
                Detail::Attempt(1),
            ),
            step(number, attempt, Some(State::Running), to, output),
        ]
    }

    #[test]
    fn a_stream_is_the_document_byte_for_byte() {
        let folder = tempfile::tempdir().unwrap();
        let home = OpenHome::open(&Surroundings::rooted(folder.path())).unwrap();
        let id = RunId::new(1_780_000_000_000, 1 << 40);
        let run = NewRun {
            id,
            name: "calm-otter-1".to_owned(),
            flow: "a".to_owned(),
            flow_text: Some(FLOW.into()),
            file: Some("/a.flow.yaml".into()),
            workspace: None,
            parameters: Value::from_pairs([("size", 3)]),
            trigger: Value::from(()),
            variables: Value::from(()),
            environment: None,
            trial: None,
            parent: None,
            scheduled_for: None,
            owner: None,
            created_at: Timestamp::from_second(1_780_000_000).unwrap(),
            request: None,
            due: None,
        };
        let mut steps = vec![step(0, 1, None, State::Pending, Detail::None)];
        for (number, place, state) in [
            (1, (0, 0, None), State::Failed),
            (2, (3, 0, None), State::Completed),
            (3, (0, 1, Some(0)), State::Completed),
            (4, (0, 1, Some(1)), State::Failed),
            (5, (2, 3, None), State::Completed),
            (6, (1, 4, None), State::Failed),
            (7, (1, 3, None), State::Completed),
        ] {
            steps.extend(task(number, 1, place, state));
        }
        let writer = home.store().writer();
        writer.begin_run(run, steps).wait_flushed().unwrap();
        let check = || {
            for transitions in [false, true] {
                let request = ShowRequest {
                    run: id.to_string(),
                    transitions: if transitions { 1_000 } else { 0 },
                    tasks: 1_000,
                };
                let whole = runs::show(Some(&home), &request).unwrap();
                let stream = RunStream::open(Some(&home), "last", transitions).unwrap();
                let text = serde_json::to_string(&stream).unwrap();
                assert_eq!(text, serde_json::to_string(&whole).unwrap());
            }
            let stream = RunStream::open(Some(&home), "last", false).unwrap();
            let json = serde_json::to_value(&stream).unwrap();
            let tasks = json["tasks"].as_array().unwrap().iter();
            tasks
                .map(|task| task["path"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let paths = [
            "group",
            "group[0]",
            "group[0]/inner",
            "group[0]/other",
            "group[1]",
            "group[1]/inner",
            "last",
        ];
        assert_eq!(check(), paths);
        // A retry of what failed: rows with higher numbers stand for those around
        // what completed before.
        let restarted = Detail::Restarted { from_failed: true };
        let mut again = vec![step(0, 2, None, State::Pending, restarted)];
        for (number, place, state) in [
            (8, (0, 0, None), State::Running),
            (9, (0, 8, Some(0)), State::Completed),
            (10, (0, 8, Some(1)), State::Completed),
            (11, (1, 10, None), State::Completed),
        ] {
            again.extend(task(number, 2, place, state));
        }
        writer.append(id, again.into()).wait_flushed().unwrap();
        assert_eq!(check(), paths);
    }
}
