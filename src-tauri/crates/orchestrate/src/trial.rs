//! A trial: a run of a part of a flow, with earlier outputs where the rest would have
//! run. So that one task of a long flow can be tried without all that comes before it.
//!
//! Not here: where earlier outputs come from.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
};

use tidemill_flow::{Code, Flow, Kind, PythonCode, Task, TaskIndex, Value};

/// Which part of a flow is tried, as seen from one of its tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The task alone, whatever its edges say.
    Only,
    /// All that it waits for, and itself.
    Until,
    /// Itself, whatever its edges say, and all that waits for it.
    From,
}

impl Part {
    const ALL: [Self; 3] = [Self::Only, Self::Until, Self::From];

    /// The word that programs see, such as `only`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Only => "only",
            Self::Until => "until",
            Self::From => "from",
        }
    }

    /// The part with this word.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// An output that may stand for a task's own.
#[derive(Clone, Debug)]
pub struct StandIn {
    /// The output; a mapped task's is the list, a group's the map.
    pub output: Value,
    /// For people: where it comes from, such as `from run brisk-otter`.
    pub origin: String,
    /// Whether a person pinned it, so that it stands there also where the task would run.
    pub pinned: bool,
}

/// How a run differs from one of the whole flow as it is written.
#[derive(Clone, Debug)]
pub struct Trial {
    /// `None`: all of the flow runs, but for what is pinned.
    seen_from: Option<(Part, TaskIndex)>,
    roles: BTreeMap<TaskIndex, Role>,
}

/// What becomes of a task that does not simply run.
#[derive(Clone, Debug)]
pub(crate) enum Role {
    /// It runs whatever its edges say: it was chosen, or what was chosen stands in it.
    Chosen,
    /// An output stands for its own.
    Stands(StandIn),
    /// It is no part of this.
    LeftOut,
}

/// Why a part of a flow cannot be tried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrialError {
    /// There is no such task.
    #[error("the flow has no task `{0}`")]
    NoTask(String),
    /// It would not be clear which item's outputs to take.
    #[error(
        "`{task}` runs once for each item of `{group}`: only the whole of `{group}` can be tried"
    )]
    InMapped {
        /// The task that was chosen.
        task: String,
        /// The mapped group around it.
        group: String,
    },
    /// What it reads was never made.
    #[error(
        "`{task}` reads the output of `{upstream}`, which has none yet: run up to `{task}`, or pin an output of `{upstream}`"
    )]
    NoOutput {
        /// The task that would run.
        task: String,
        /// The task whose output it reads.
        upstream: String,
    },
    /// What was recorded of it does not fit the flow.
    #[error("what is recorded of the trial does not fit the flow: {0}")]
    Malformed(&'static str),
}

impl Trial {
    /// Plans a run of all of a flow, with what is pinned in its place; `None`: nothing
    /// is, so that it is a run like any other.
    pub fn of_all(flow: &Flow, mut outputs: impl FnMut(&Task) -> Option<StandIn>) -> Option<Self> {
        let pinned = flow.tasks.iter().filter_map(|task| {
            let output = outputs(task).filter(|output| output.pinned)?;
            Some((task.index, Role::Stands(output)))
        });
        let roles: BTreeMap<_, _> = pinned.collect();
        (!roles.is_empty()).then_some(Self {
            seen_from: None,
            roles,
        })
    }

    /// Plans to try a part of a flow, as seen from the task at `path`. `outputs` gives
    /// the output that may stand for a task's.
    ///
    /// # Errors
    /// Where there is no such task, it stands in a mapped group, or it reads an output
    /// that is not there.
    pub fn of_part(
        flow: &Flow,
        part: Part,
        path: &str,
        outputs: impl FnMut(&Task) -> Option<StandIn>,
    ) -> Result<Self, TrialError> {
        let task = flow.tasks.by_path(path);
        let task = task.ok_or_else(|| TrialError::NoTask(path.to_owned()))?;
        let mut casting = Casting {
            flow,
            part,
            outputs,
            roles: BTreeMap::new(),
        };
        let mut chosen = task;
        loop {
            casting.level(chosen)?;
            let Some(group) = chosen.parent.map(|group| &flow.tasks[group]) else {
                break;
            };
            if group.each.is_some() {
                return Err(TrialError::InMapped {
                    task: path.to_owned(),
                    group: group.path.to_string(),
                });
            }
            chosen = group;
        }
        Ok(Self {
            seen_from: Some((part, task.index)),
            roles: casting.roles,
        })
    }

    /// The part that is tried and the task that it is seen from; `None`: all of the flow.
    pub fn seen_from(&self) -> Option<(Part, TaskIndex)> {
        self.seen_from
    }

    pub(crate) fn role(&self, task: TaskIndex) -> Option<&Role> {
        self.roles.get(&task)
    }

    /// The task whose output is the run's: trying a task shows what it gives.
    pub(crate) fn outcome(&self) -> Option<TaskIndex> {
        let (part, task) = self.seen_from?;
        (part != Part::From).then_some(task)
    }

    /// Why a task that is no part of this is skipped.
    pub(crate) fn why_left_out(&self, flow: &Flow) -> String {
        let Some((part, task)) = self.seen_from else {
            return "left out".to_owned();
        };
        let name = &flow.tasks[task].path;
        match part {
            Part::Only => format!("left out: only `{name}` is tried"),
            Part::Until => format!("left out: the flow is tried up to `{name}`"),
            Part::From => format!("left out: the flow is tried from `{name}` on"),
        }
    }

    /// As it is recorded with a run: a mapping.
    pub fn to_value(&self, flow: &Flow) -> Value {
        let path = |task: TaskIndex| flow.tasks[task].path.to_string();
        let roles = self
            .roles
            .iter()
            .map(|(task, role)| (path(*task), role.to_value()));
        let mut pairs = vec![("roles".to_owned(), Value::from_pairs(roles))];
        if let Some((part, task)) = self.seen_from {
            pairs.push(("part".to_owned(), Value::from(part.name())));
            pairs.push(("task".to_owned(), Value::from(path(task))));
        }
        Value::from_pairs(pairs)
    }

    /// As it was recorded with a run of this flow.
    ///
    /// # Errors
    /// Where it names tasks that the flow does not have, or is no trial.
    pub fn from_value(flow: &Flow, value: &Value) -> Result<Self, TrialError> {
        let index = |path: &str| {
            let task = flow.tasks.by_path(path).map(|task| task.index);
            task.ok_or_else(|| TrialError::NoTask(path.to_owned()))
        };
        let seen_from = match (text(value, "part"), text(value, "task")) {
            (Some(part), Some(task)) => {
                let part = Part::named(&part).ok_or(TrialError::Malformed("its part"))?;
                Some((part, index(&task)?))
            }
            _ => None,
        };
        let recorded = field(value, "roles").ok_or(TrialError::Malformed("no roles"))?;
        let names = recorded.try_iter();
        let names = names.map_err(|_| TrialError::Malformed("its roles"))?;
        let mut roles = BTreeMap::new();
        for name in names {
            let path = name
                .as_str()
                .ok_or(TrialError::Malformed("a task's name"))?;
            let role = recorded
                .get_item(&name)
                .ok()
                .and_then(|role| Role::from_value(&role));
            let role = role.ok_or(TrialError::Malformed("a task's role"))?;
            roles.insert(index(path)?, role);
        }
        Ok(Self { seen_from, roles })
    }
}

impl Role {
    fn to_value(&self) -> Value {
        match self {
            Self::Chosen => Value::from("chosen"),
            Self::LeftOut => Value::from("left out"),
            Self::Stands(stand_in) => Value::from_pairs([
                ("output", stand_in.output.clone()),
                ("origin", Value::from(stand_in.origin.as_str())),
                ("pinned", Value::from(stand_in.pinned)),
            ]),
        }
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value.as_str() {
            Some("chosen") => Some(Self::Chosen),
            Some("left out") => Some(Self::LeftOut),
            Some(_) => None,
            None => Some(Self::Stands(StandIn {
                output: field(value, "output")?,
                origin: text(value, "origin")?,
                pinned: field(value, "pinned")?.is_true(),
            })),
        }
    }
}

fn field(value: &Value, name: &str) -> Option<Value> {
    let found = value.get_attr(name).ok()?;
    (!found.is_undefined()).then_some(found)
}

fn text(value: &Value, name: &str) -> Option<String> {
    field(value, name)?.as_str().map(str::to_owned)
}

/// Gives the tasks of a flow their roles, level by level.
struct Casting<'flow, F> {
    flow: &'flow Flow,
    part: Part,
    outputs: F,
    roles: BTreeMap<TaskIndex, Role>,
}

impl<F: FnMut(&Task) -> Option<StandIn>> Casting<'_, F> {
    /// The level that `chosen` stands in, where it is tried, or what is tried stands in it.
    fn level(&mut self, chosen: &Task) -> Result<(), TrialError> {
        let tasks = match chosen.parent.map(|group| &self.flow.tasks[group].kind) {
            Some(Kind::Group(tasks)) => tasks.as_slice(),
            Some(_) | None => self.flow.tasks.top(),
        };
        let mut known = BTreeMap::new();
        for &index in tasks {
            if let Some(output) = (self.outputs)(&self.flow.tasks[index]) {
                known.insert(index, output);
            }
        }
        let running = self.running(tasks, chosen, &known);
        let read: HashSet<TaskIndex> = running
            .iter()
            .flat_map(|index| &self.flow.tasks[*index].needs)
            .map(|edge| edge.upstream)
            .collect();
        for &index in tasks {
            let role = if index == chosen.index {
                (self.part != Part::Until).then_some(Role::Chosen)
            } else if running.contains(&index) {
                None
            } else {
                let pinned = known.get(&index).is_some_and(|output| output.pinned);
                let wanted = self.part == Part::From || pinned || read.contains(&index);
                let output = known.remove(&index).filter(|_| wanted);
                Some(output.map_or(Role::LeftOut, Role::Stands))
            };
            if let Some(role) = role {
                self.roles.insert(index, role);
            }
        }
        self.check_chosen(chosen)
    }

    /// Which tasks of a level run, `chosen` among them. What is pinned does not, and
    /// neither does what only it would wait for.
    fn running(
        &self,
        tasks: &[TaskIndex],
        chosen: &Task,
        known: &BTreeMap<TaskIndex, StandIn>,
    ) -> HashSet<TaskIndex> {
        let runs = |index: TaskIndex| !known.get(&index).is_some_and(|output| output.pinned);
        let mut running = HashSet::from([chosen.index]);
        let mut next = vec![chosen.index];
        while let Some(index) = next.pop() {
            let found: Vec<TaskIndex> = match self.part {
                Part::Only => Vec::new(),
                Part::Until => self.flow.tasks[index]
                    .needs
                    .iter()
                    .map(|edge| edge.upstream)
                    .collect(),
                Part::From => tasks
                    .iter()
                    .copied()
                    .filter(|&task| {
                        let mut needs = self.flow.tasks[task].needs.iter();
                        needs.any(|edge| edge.upstream == index)
                    })
                    .collect(),
            };
            for index in found {
                if runs(index) && running.insert(index) {
                    next.push(index);
                }
            }
        }
        running
    }

    /// What runs whatever its edges say must find what it reads.
    fn check_chosen(&self, chosen: &Task) -> Result<(), TrialError> {
        if self.part == Part::Until {
            return Ok(());
        }
        let missing = chosen.needs.iter().find(|edge| {
            let left_out = matches!(self.roles.get(&edge.upstream), Some(Role::LeftOut));
            left_out && (edge.implied || reads_inputs(chosen))
        });
        match missing {
            None => Ok(()),
            Some(edge) => Err(TrialError::NoOutput {
                task: chosen.path.to_string(),
                upstream: self.flow.tasks[edge.upstream].path.to_string(),
            }),
        }
    }
}

/// Whether a task's code reads what it needs by name.
fn reads_inputs(task: &Task) -> bool {
    match &task.kind {
        Kind::Python(python) => match &python.code {
            PythonCode::Body(Code::Inline(code)) => code.contains("inputs"),
            // What a file reads is not known.
            PythonCode::Body(Code::File(_)) => true,
            PythonCode::Call { .. } => false,
        },
        _ => false,
    }
}
