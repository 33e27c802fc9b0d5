//! What must hold of a run's history, worked out from the spec anew: nothing of
//! the crate's deciding is used here, only the recorded transitions and the flow.

use std::collections::{BTreeMap, HashMap, HashSet};

use tidemill_flow::{EdgeOn, Flow, Join, Task};

use crate::{Creation, Detail, State, Subject, TaskRunNumber, Transition};

/// A task run as the oracle sees it.
struct Row {
    creation: Creation,
    path: String,
    /// The path that the names of its siblings follow.
    level: String,
    state: State,
    attempt: u32,
}

/// A task, its parent, its item and its turn.
type Place = (u32, Option<TaskRunNumber>, Option<u32>, u32);

/// Reads a history from its start and complains of what must not be.
pub(crate) struct Oracle<'a> {
    flow: &'a Flow,
    rows: HashMap<TaskRunNumber, Row>,
    /// By path: the newest row.
    newest: HashMap<String, TaskRunNumber>,
    run: Option<State>,
    run_attempt: u32,
    places: HashSet<(Place, u32)>,
}

/// Checks a whole history; gives the newest state by path.
pub(crate) fn examine(flow: &Flow, history: &[Transition]) -> BTreeMap<String, State> {
    let mut oracle = Oracle {
        flow,
        rows: HashMap::new(),
        newest: HashMap::new(),
        run: None,
        run_attempt: 0,
        places: HashSet::new(),
    };
    for transition in history {
        oracle.read(transition);
    }
    let states = oracle.newest.iter();
    states
        .map(|(path, number)| (path.clone(), oracle.rows[number].state))
        .collect()
}

impl Oracle<'_> {
    fn read(&mut self, transition: &Transition) {
        match transition.subject {
            Subject::Run => self.read_run(transition),
            Subject::Task(number) => self.read_task(number, transition),
        }
    }

    fn read_run(&mut self, transition: &Transition) {
        match transition.from {
            None => {
                assert!(
                    self.run.is_none_or(State::is_terminal),
                    "a run attempt in another"
                );
                self.run_attempt += 1;
            }
            Some(from) => {
                assert_eq!(self.run, Some(from));
                assert!(!from.is_terminal(), "the run moved after its end");
            }
        }
        assert_eq!(transition.run_attempt, self.run_attempt);
        self.run = Some(transition.to);
        if transition.to.is_terminal() {
            self.check_end(transition);
        }
    }

    /// The run's end must be that of its tasks.
    fn check_end(&self, transition: &Transition) {
        for row in self.rows.values() {
            assert!(
                row.state.is_terminal(),
                "{} is {} at the end",
                row.path,
                row.state
            );
        }
        let top = self
            .newest
            .iter()
            .filter(|(path, _)| !path.contains(['/', '[']));
        let mut failed = false;
        let mut crashed = false;
        for (_, number) in top {
            let row = &self.rows[number];
            let counts = match row.state {
                State::UpstreamFailed => true,
                State::Failed | State::TimedOut | State::Crashed => !self.task(row).allow_failure,
                _ => false,
            };
            failed |= counts;
            crashed |= counts && row.state == State::Crashed;
        }
        match transition.to {
            State::Completed => assert!(!failed),
            State::Crashed => assert!(crashed),
            State::Failed => assert!(!crashed && (failed || self.flow.output.is_some())),
            State::Cancelled | State::TimedOut | State::Skipped => {}
            other => panic!("a run that ends {other}"),
        }
    }

    fn read_task(&mut self, number: TaskRunNumber, transition: &Transition) {
        assert_eq!(transition.run_attempt, self.run_attempt);
        assert!(self.run.is_some_and(|run| !run.is_terminal()));
        if let Detail::Created(creation) = transition.detail {
            return self.create(number, creation, transition);
        }
        let row = &self.rows[&number];
        assert_eq!(Some(row.state), transition.from, "{}", row.path);
        assert!(!row.state.is_terminal(), "{} moved after its end", row.path);
        if row.state == State::Pending && row.creation.item.is_none() {
            self.check_edges(row, transition);
        }
        self.check_above(row, transition);
        let row = self.rows.get_mut(&number).unwrap();
        if let Detail::Attempt(attempt) = transition.detail {
            assert_eq!(attempt, row.attempt + 1, "{}", row.path);
            row.attempt = attempt;
        } else if matches!(
            (transition.to, &transition.detail),
            (
                State::Running | State::Retrying | State::Paused,
                Detail::Due(_)
            )
        ) {
            row.attempt += 1;
        }
        row.state = transition.to;
        self.check_concurrency(number);
    }

    fn create(&mut self, number: TaskRunNumber, creation: Creation, transition: &Transition) {
        assert!(transition.from.is_none());
        let index = self.flow.tasks.index(creation.task).unwrap();
        let name = self.flow.tasks[index].name.as_str();
        let parent = creation.parent.map(|parent| &self.rows[&parent]);
        let (level, path) = match (parent, creation.item) {
            (None, _) => (String::new(), name.to_owned()),
            (Some(parent), Some(item)) => (String::new(), format!("{}[{item}]", parent.path)),
            (Some(parent), None) => {
                let level = format!("{}/", parent.path);
                (level.clone(), format!("{level}{name}"))
            }
        };
        let place = (creation.task, creation.parent, creation.item, creation.turn);
        assert!(
            self.places.insert((place, self.run_attempt)),
            "{path} twice"
        );
        let row = Row {
            creation,
            path: path.clone(),
            level,
            state: transition.to,
            attempt: 0,
        };
        assert!(self.rows.insert(number, row).is_none(), "a number twice");
        self.newest.insert(path, number);
        self.check_concurrency(number);
    }

    fn task(&self, row: &Row) -> &Task {
        let index = self.flow.tasks.index(row.creation.task).unwrap();
        &self.flow.tasks[index]
    }

    /// What stands around a task run that starts must be running.
    fn check_above(&self, row: &Row, transition: &Transition) {
        let starts = matches!(
            transition.to,
            State::Running | State::Retrying | State::Paused | State::AwaitingSlot
        );
        if !starts {
            return;
        }
        assert_ne!(self.run, Some(State::Cancelling), "{} starts", row.path);
        if let Some(parent) = row.creation.parent {
            let parent = &self.rows[&parent];
            assert!(
                matches!(parent.state, State::Running | State::Retrying),
                "{} starts in {}, which is {}",
                row.path,
                parent.path,
                parent.state
            );
        }
    }

    fn check_edges(&self, row: &Row, transition: &Transition) {
        let task = self.task(row);
        let mut named = Vec::new();
        let mut must = Vec::new();
        let mut settled = true;
        let mut upstream_failed = false;
        for edge in &task.needs {
            let upstream = &self.flow.tasks[edge.upstream];
            let path = format!("{}{}", row.level, upstream.name);
            let state = self.rows[&self.newest[&path]].state;
            settled &= state.is_terminal();
            let bad = matches!(
                state,
                State::Failed | State::TimedOut | State::Crashed | State::UpstreamFailed
            );
            let allowed = upstream.allow_failure && bad && state != State::UpstreamFailed;
            let good = matches!(state, State::Completed | State::Cached) || allowed;
            let open = match edge.on {
                EdgeOn::Succeeded => good,
                EdgeOn::Failed => bad,
                EdgeOn::Finished => state.is_terminal(),
            };
            upstream_failed |= edge.on == EdgeOn::Succeeded && bad && !allowed;
            if edge.implied {
                must.push(open);
            } else {
                named.push(open);
            }
        }
        let join = match task.join {
            Join::All => named.iter().all(|open| *open),
            Join::Any => named.is_empty() || named.contains(&true),
        };
        let open = join && must.iter().all(|open| *open);
        match transition.to {
            State::Cancelled => {}
            State::UpstreamFailed => assert!(!open && settled && upstream_failed, "{}", row.path),
            State::Skipped if open => assert!(task.when.is_some(), "{}", row.path),
            State::Skipped => assert!(settled && !upstream_failed, "{}", row.path),
            to => assert!(open, "{} goes to {to} before its edges open", row.path),
        }
    }

    /// No more items at once than `concurrency` says.
    fn check_concurrency(&self, number: TaskRunNumber) {
        let row = &self.rows[&number];
        let (Some(_), Some(most)) = (row.creation.item, self.task(row).concurrency) else {
            return;
        };
        let same = |other: &&Row| {
            other.creation.item.is_some()
                && other.creation.parent == row.creation.parent
                && !other.state.is_terminal()
        };
        let count = self.rows.values().filter(same).count();
        assert!(count <= most as usize, "{count} items of {}", row.path);
    }
}
