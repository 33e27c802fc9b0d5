//! The world around a run: a clock, an engine that carries effects out, a store
//! that keeps transitions, and people.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use jiff::{Timestamp, tz::TimeZone};
use tidemill_flow::{
    CheckContext, Flow, Kind, Value, check,
    template::{from_json, to_json},
};

use super::{chance::Chance, snapshot::snapshot};

use crate::{
    Answer, Assignment, CachedResult, Decision, Detail, Effect, Expansion, Failure, FailureKind,
    Happening, Outcome, Output, Run, RunId, RunStart, State, Subject, TaskRunNumber, Timer,
    Transition,
};

/// Checks a flow's text, which must be right.
pub(crate) fn flow(text: &str) -> Arc<Flow> {
    let text = if text.lines().any(|line| line == "tasks:") {
        format!("name: test\n{text}")
    } else {
        format!("name: test\ntasks:\n{text}")
    };
    let checked = check(&text, &CheckContext::default());
    match checked.flow {
        Some(flow) => Arc::new(flow),
        None => panic!("{:#?}\n{text}", checked.diagnostics),
    }
}

/// What a run of a flow starts from.
pub(crate) fn start(flow: &Arc<Flow>, slots: u32) -> RunStart {
    let parameters = flow.parameters.iter().map(|(name, parameter)| {
        let value = parameter.default.clone().unwrap_or_default();
        (name.to_string(), from_json(&value))
    });
    RunStart {
        flow: Arc::clone(flow),
        id: RunId::new(1_764_000_000_000, 7),
        name: "brisk-otter".to_owned(),
        parameters: Value::from_pairs(parameters),
        variables: Value::from_pairs([("region", "north")]),
        environment: Value::from_pairs([("HOME", "/home/ada")]),
        scheduled_for: None,
        trigger: Value::from(()),
        directory: "/scratch".to_owned(),
        trial: None,
        zone: TimeZone::UTC,
        slots: NonZeroU32::new(slots).unwrap(),
    }
}

/// How an attempt goes: its outcome, and how long it takes.
pub(crate) type Script = Box<dyn FnMut(&Assignment, usize) -> (Outcome, Duration)>;

/// How a person answers an approval: after how long, and whether with yes; `None`: never.
pub(crate) type Person = Box<dyn FnMut(&Assignment) -> Option<(bool, Duration)>>;

/// The world around a run.
pub(crate) struct World {
    pub(crate) run: Run,
    pub(crate) start: RunStart,
    pub(crate) now: Timestamp,
    pub(crate) history: Vec<Transition>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) script: Script,
    pub(crate) person: Person,
    pub(crate) cache: HashMap<String, Value>,
    /// Whether new results are kept in the cache.
    pub(crate) keeps: bool,
    pub(crate) limits: HashMap<String, usize>,
    /// How often code has come to its end at a path.
    pub(crate) executions: HashMap<String, usize>,
    /// The paths of task runs, once the engine was asked for them.
    pub(crate) paths: BTreeMap<TaskRunNumber, String>,
    /// What will happen, by time and order.
    events: BTreeMap<(Timestamp, u64), Happening>,
    sequence: u64,
    timers: HashMap<Timer, Timestamp>,
    pub(crate) running: HashSet<TaskRunNumber>,
    /// When child runs end: they outlive a crash.
    children: HashMap<(TaskRunNumber, u32), Timestamp>,
    holders: HashMap<TaskRunNumber, Vec<String>>,
    waiting: VecDeque<TaskRunNumber>,
    pub(crate) most_running: usize,
    /// How many transitions a decision has at most, about.
    pub(crate) room: usize,
    /// Compare the run with the fold of its history now and then.
    pub(crate) verify: Option<Chance>,
    /// Crash now and then, at most so often.
    pub(crate) crashes: Option<(Chance, u32)>,
}

impl World {
    pub(crate) fn new(flow: &Arc<Flow>, slots: u32) -> Self {
        let start = start(flow, slots);
        Self {
            run: Run::new(start.clone()),
            start,
            now: "2026-03-01T00:00:00Z".parse().unwrap(),
            history: Vec::new(),
            effects: Vec::new(),
            script: Box::new(|_, _| (Outcome::completed("done"), Duration::from_secs(1))),
            person: Box::new(|_| Some((true, Duration::from_secs(60)))),
            cache: HashMap::new(),
            keeps: true,
            limits: HashMap::new(),
            executions: HashMap::new(),
            paths: BTreeMap::new(),
            events: BTreeMap::new(),
            sequence: 0,
            timers: HashMap::new(),
            running: HashSet::new(),
            children: HashMap::new(),
            holders: HashMap::new(),
            waiting: VecDeque::new(),
            most_running: 0,
            room: crate::TRANSITIONS_A_DECISION,
            verify: None,
            crashes: None,
        }
    }

    /// Lets something happen now, with all that follows at once.
    pub(crate) fn happen(&mut self, happening: Happening) {
        self.run.agenda.room = self.room;
        let mut next = Some(happening);
        while let Some(happening) = next.take() {
            let random = self.now.as_millisecond() as u64;
            let decision = self.run.step(happening, self.now, random).unwrap();
            next = decision.more.then_some(Happening::Continue);
            let effects = self.commit(decision);
            if self.is_struck() {
                self.crash();
                self.at(Duration::from_secs(30), Happening::Start);
                return;
            }
            for effect in effects {
                self.effects.push(effect.clone());
                self.carry_out(effect);
            }
            self.grant();
        }
    }

    fn is_struck(&mut self) -> bool {
        let Some((chance, left)) = &mut self.crashes else {
            return false;
        };
        let strikes = *left > 0 && chance.once_in(6) && !self.run.state().is_terminal();
        *left -= u32::from(strikes);
        strikes
    }

    /// Commits a decision; gives what is to be carried out.
    fn commit(&mut self, decision: Decision) -> Vec<Effect> {
        assert!(decision.transitions.len() < self.room + 100);
        for transition in decision.transitions {
            if let (true, Subject::Task(task)) = (transition.to.is_terminal(), transition.subject) {
                self.running.remove(&task);
            }
            self.history.push(transition);
        }
        if self.verify.as_mut().is_some_and(|chance| chance.once_in(8)) {
            let folded = Run::recover(self.start.clone(), self.history.clone()).unwrap();
            assert_eq!(snapshot(&folded.tree), snapshot(&self.run.tree));
        }
        decision.effects
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Start(task) => self.start_attempt(task),
            // As in the engine: what does not run cannot be stopped.
            Effect::Stop(task) if !self.running.contains(&task) => {}
            Effect::Stop(task) => {
                let outcome = Outcome::Cancelled;
                let grace = Duration::from_millis(200);
                self.at(grace, Happening::Ended(vec![(task, outcome)]));
            }
            Effect::TakeSlots(task) => self.waiting.push_back(task),
            Effect::FreeSlots(task) => {
                self.waiting.retain(|&waiting| waiting != task);
                self.holders.remove(&task);
            }
            Effect::LookUpCache { task, refresh } => self.look_up(task, refresh),
            Effect::KeepInCache(task, value) => {
                let path = self.paths[&task].clone();
                if self.keeps {
                    self.cache.insert(path, value);
                }
            }
            Effect::SetTimer(timer, time) => {
                self.timers.insert(timer, time);
                self.push(time, Happening::Due(timer));
            }
            Effect::AskPerson(task) => self.ask(task),
            Effect::RunEnded => assert!(self.run.state().is_terminal()),
        }
    }

    fn assignment(&mut self, task: TaskRunNumber) -> Assignment {
        let assignment = self.run.assignment(task).unwrap();
        self.paths.insert(task, assignment.path.clone());
        assignment
    }

    fn start_attempt(&mut self, task: TaskRunNumber) {
        let state = self.run.state_of(task).unwrap();
        let runs = matches!(state, State::Running | State::Retrying | State::Cancelling);
        assert!(runs, "{state}");
        assert!(self.running.insert(task), "started twice");
        let assignment = self.assignment(task);
        let is_code = matches!(assignment.task.kind, Kind::Shell(_) | Kind::Python(_));
        if is_code {
            let running = self.running_code();
            self.most_running = self.most_running.max(running);
            assert!(
                running <= self.start.slots.get() as usize,
                "too many attempts"
            );
        }
        let done = *self.executions.entry(assignment.path.clone()).or_default();
        let (outcome, duration) = (self.script)(&assignment, done);
        let end = self.now.checked_add(duration).unwrap();
        let end = match assignment.task.kind {
            Kind::Flow(_) => *self
                .children
                .entry((task, assignment.attempt))
                .or_insert(end),
            _ => end,
        };
        self.push(end.max(self.now), Happening::Ended(vec![(task, outcome)]));
    }

    fn running_code(&self) -> usize {
        let is_code = |task: &&TaskRunNumber| {
            let kind = self.run.tree.task(**task).map(|task| task.kind.key());
            matches!(kind, Some("shell" | "python"))
        };
        self.running.iter().filter(is_code).count()
    }

    fn look_up(&mut self, task: TaskRunNumber, refresh: bool) {
        let path = self.assignment(task).path;
        let found = self.cache.get(&path).filter(|_| !refresh);
        let result = found.map(|output| CachedResult {
            output: output.clone(),
            origin: "run calm-heron".to_owned(),
        });
        self.at(
            Duration::from_millis(1),
            Happening::CacheAnswered(task, result),
        );
    }

    fn ask(&mut self, task: TaskRunNumber) {
        let assignment = self.assignment(task);
        if let Some((approved, delay)) = (self.person)(&assignment) {
            let answer = Answer {
                task,
                approved,
                fields: Value::from_pairs([("note", "fine")]),
                by: Some("ada".to_owned()),
            };
            self.at(delay, Happening::Answered(answer));
        }
    }

    /// Gives slots of limits to those who wait, in order.
    fn grant(&mut self) {
        let mut left = VecDeque::new();
        while let Some(task) = self.waiting.pop_front() {
            let names: Vec<String> = match self.run.tree.task(task) {
                Some(task) => task.limits.iter().map(ToString::to_string).collect(),
                None => continue,
            };
            let taken = |name: &String| {
                let holders = self.holders.values().flatten();
                holders.filter(|held| *held == name).count()
            };
            let free = |name: &String| taken(name) < *self.limits.get(name).unwrap_or(&1);
            if names.iter().all(free) {
                self.holders.insert(task, names);
                self.at(Duration::from_millis(1), Happening::SlotsTaken(task));
            } else {
                left.push_back(task);
            }
        }
        self.waiting = left;
    }

    /// Lets something happen after a time.
    pub(crate) fn at(&mut self, delay: Duration, happening: Happening) {
        let time = self.now.checked_add(delay).unwrap();
        self.push(time, happening);
    }

    fn push(&mut self, time: Timestamp, happening: Happening) {
        self.sequence += 1;
        self.events.insert((time, self.sequence), happening);
    }

    /// Lets the next thing happen; whether there was one.
    pub(crate) fn tick(&mut self) -> bool {
        let Some(((time, _), happening)) = self.events.pop_first() else {
            return false;
        };
        self.now = self.now.max(time);
        match &happening {
            Happening::Due(timer) if self.timers.get(timer) != Some(&time) => return true,
            Happening::Answered(answer) if !self.is_open(answer.task) => return true,
            Happening::Ended(ends) => {
                for (task, outcome) in ends {
                    if self.running.remove(task) && !matches!(outcome, Outcome::Cancelled) {
                        *self.executions.entry(self.paths[task].clone()).or_default() += 1;
                    }
                }
            }
            _ => {}
        }
        self.happen(happening);
        true
    }

    fn is_open(&self, approval: TaskRunNumber) -> bool {
        let paused = self.run.state_of(approval) == Some(State::Paused);
        paused && !self.run.tree.is_ending(approval)
    }

    /// Starts the run and lets everything happen until it ends.
    pub(crate) fn run_to_end(&mut self) -> State {
        self.happen(Happening::Start);
        self.go_on()
    }

    /// Lets everything happen until the run ends.
    pub(crate) fn go_on(&mut self) -> State {
        for _ in 0..100_000 {
            if self.run.state().is_terminal() || !self.tick() {
                break;
            }
        }
        assert!(self.run.state().is_terminal(), "stuck: {:#?}", self.lines());
        self.run.state()
    }

    /// The process goes away and all it was about to do with it; another one
    /// recovers the run from what was recorded.
    pub(crate) fn crash(&mut self) {
        self.events.clear();
        self.timers.clear();
        self.running.clear();
        self.holders.clear();
        self.waiting.clear();
        let stored = self.history.iter().map(through_json);
        self.run = Run::recover(self.start.clone(), stored).unwrap();
        if !self.run.state().is_terminal() {
            self.happen(Happening::OwnerLost);
        }
    }

    /// Every task run by path, newest last, with its state: `a=Completed b[0]=Failed`.
    pub(crate) fn states(&self) -> String {
        let mut states: BTreeMap<String, State> = BTreeMap::new();
        let mut paths = HashMap::new();
        for transition in &self.history {
            let Subject::Task(task) = transition.subject else {
                continue;
            };
            if let Detail::Created(creation) = transition.detail {
                paths.insert(task, self.path(&paths, creation));
            }
            states.insert(paths[&task].clone(), transition.to);
        }
        let states = states.iter().map(|(path, state)| format!("{path}={state}"));
        states.collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn path(
        &self,
        paths: &HashMap<TaskRunNumber, String>,
        creation: crate::Creation,
    ) -> String {
        let graph = &self.start.flow.tasks;
        let name = &graph[graph.index(creation.task).unwrap()].name;
        match (creation.parent, creation.item) {
            (None, _) => name.to_string(),
            (Some(parent), Some(item)) => format!("{}[{item}]", paths[&parent]),
            (Some(parent), None) => format!("{}/{name}", paths[&parent]),
        }
    }

    /// The history, a line a transition.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |transition: &Transition| {
            let subject = match transition.subject {
                Subject::Run => "run".to_owned(),
                Subject::Task(number) => number.get().to_string(),
            };
            let message = transition.message.as_deref().unwrap_or_default();
            format!("{:.1} {subject} {} {message}", transition.at, transition.to)
        };
        self.history.iter().map(line).collect()
    }

    /// The newest message of a task run's path, or of the run (``).
    pub(crate) fn message(&self, path: &str) -> String {
        let mut paths = HashMap::new();
        let mut message = String::new();
        for transition in &self.history {
            let own = match transition.subject {
                Subject::Run => String::new(),
                Subject::Task(task) => {
                    if let Detail::Created(creation) = transition.detail {
                        paths.insert(task, self.path(&paths, creation));
                    }
                    paths[&task].clone()
                }
            };
            if own == path {
                message = transition.message.as_deref().unwrap_or_default().to_owned();
            }
        }
        message
    }
}

/// An exit with this code.
pub(crate) fn exit(code: i32) -> Failure {
    Failure {
        exit_code: Some(code),
        ..Failure::new(FailureKind::Exit, format!("exit code {code}"))
    }
}

/// A transition as the store gives it back.
fn through_json(transition: &Transition) -> Transition {
    let value = |value: &Value| from_json(&to_json(value));
    let detail = match &transition.detail {
        Detail::Output(output) => Detail::Output(Output(value(&output.0))),
        Detail::Expanded(expansion) => Detail::Expanded(Expansion {
            items: value(&expansion.items),
            ..expansion.clone()
        }),
        other => other.clone(),
    };
    Transition {
        detail,
        ..transition.clone()
    }
}
