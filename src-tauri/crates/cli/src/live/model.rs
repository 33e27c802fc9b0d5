//! What a live view knows of a run: its tasks, each one row, folded from the
//! transitions as they come.
//!
//! The items of a mapped task, and whatever stands inside its groups, are only
//! counted: a million of them take no more room than ten. Only what has not
//! ended is kept by number.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use tidemill_api::{
    Creation, EarlierTaskRun, Move, MoveNews, Outline, OutlineTask, State, StateType, Subject,
    TaskRunNumber,
};

/// How many log lines are kept to be shown.
const KEPT_LINES: usize = 50;

/// How many ended task runs are still known, for log lines that come late.
const KEPT_CLOSED: usize = 256;

/// A run as a live view knows it.
#[derive(Debug)]
pub(crate) struct Model {
    tasks: Vec<TaskView>,
    open: HashMap<TaskRunNumber, OpenTask>,
    closed: VecDeque<(TaskRunNumber, OpenTask)>,
    lines: VecDeque<ShownLine>,
    /// The run's own state.
    pub(crate) state: State,
    /// Why it is in it.
    pub(crate) message: Option<String>,
    /// When it began to run.
    pub(crate) started: Option<Timestamp>,
    /// When it ended.
    pub(crate) ended: Option<Timestamp>,
}

/// A task of the flow, as one row.
#[derive(Clone, Debug)]
pub(crate) struct TaskView {
    /// Its name.
    pub(crate) name: String,
    /// How many groups stand around it.
    pub(crate) depth: usize,
    /// Whether one row stands for many task runs.
    pub(crate) counted: bool,
    /// How long it usually takes.
    pub(crate) usual: Option<Duration>,
    /// Its newest task run's state; `None`: there is none yet.
    pub(crate) state: Option<State>,
    /// Why it is in it.
    pub(crate) message: Option<String>,
    /// When its newest task run, or the first of those counted, began to run.
    pub(crate) started: Option<Timestamp>,
    /// When it ended.
    pub(crate) ended: Option<Timestamp>,
    /// When what it waits for is due.
    pub(crate) due: Option<Timestamp>,
    /// How many task runs there will be, as far as is known.
    pub(crate) expected: u32,
    inside_mapped: bool,
    own: Option<TaskRunNumber>,
    counts: [u32; COUNTS],
}

/// One slot for each code of a state.
const COUNTS: usize = 32;

/// A log line, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShownLine {
    /// Whose it is: `fetch[3]`.
    pub(crate) label: String,
    /// What it says, harmless.
    pub(crate) text: String,
}

/// A task run that has not ended.
#[derive(Clone, Copy, Debug)]
struct OpenTask {
    task: usize,
    parent: Option<TaskRunNumber>,
    item: Option<u32>,
    place: Place,
}

/// What a task run is in its task's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The row is its own.
    Row,
    /// The row counts it among others.
    Counted,
    /// The row counts its items instead of it: a mapped task inside a mapped group.
    Container,
}

impl Model {
    /// A run of which nothing has happened yet.
    pub(crate) fn new(outline: &Outline) -> Self {
        let tasks = outline.tasks.iter().map(TaskView::new).collect();
        Self {
            tasks,
            open: HashMap::new(),
            closed: VecDeque::new(),
            lines: VecDeque::new(),
            state: State::Pending,
            message: None,
            started: None,
            ended: None,
        }
    }

    /// The tasks, in the flow's order.
    pub(crate) fn tasks(&self) -> &[TaskView] {
        &self.tasks
    }

    /// The newest log lines, the oldest first.
    pub(crate) fn lines(&self) -> impl ExactSizeIterator<Item = &ShownLine> {
        self.lines.iter()
    }

    /// Follows one transition.
    pub(crate) fn apply(&mut self, step: &Move) {
        match step.subject {
            Subject::Run => self.apply_run(step),
            Subject::Task(number) => self.apply_task(number, step),
        }
    }

    fn apply_run(&mut self, step: &Move) {
        self.state = step.to;
        self.message = step.message.as_deref().map(str::to_owned);
        if step.to == State::Running && self.started.is_none() {
            self.started = Some(step.at);
        }
        self.ended = step.to.is_terminal().then_some(step.at);
    }

    fn apply_task(&mut self, number: TaskRunNumber, step: &Move) {
        if let MoveNews::Created(creation) = &step.news {
            self.create(number, creation);
        }
        let Some(open) = self.open.get_mut(&number) else {
            // It was created before this view began to look: nothing to show it by.
            return;
        };
        let Some(task) = self.tasks.get_mut(open.task) else {
            return;
        };
        match open.place {
            Place::Row => task.move_row(step),
            Place::Counted => task.move_counted(step),
            Place::Container => {}
        }
        if let MoveNews::Expanded { count, .. } = step.news {
            open.place = task.expand(count, *open, step.to);
        }
        if step.to.is_terminal() {
            self.close(number);
        }
    }

    fn close(&mut self, number: TaskRunNumber) {
        if let Some(open) = self.open.remove(&number) {
            self.closed.push_back((number, open));
        }
        if self.closed.len() > KEPT_CLOSED {
            self.closed.pop_front();
        }
    }

    /// A task run that has not ended, or has just done so.
    fn find(&self, number: TaskRunNumber) -> Option<OpenTask> {
        if let Some(open) = self.open.get(&number) {
            return Some(*open);
        }
        let mut closed = self.closed.iter().rev();
        closed
            .find(|(closed, _)| *closed == number)
            .map(|(_, open)| *open)
    }

    fn create(&mut self, number: TaskRunNumber, creation: &Creation) {
        let task = creation.task as usize;
        let Some(view) = self.tasks.get_mut(task) else {
            return;
        };
        let own = creation.item.is_none() && !view.inside_mapped;
        if own {
            view.begin_anew(number);
        } else if creation.item.is_none() {
            view.expected += 1;
        }
        let place = if own { Place::Row } else { Place::Counted };
        self.open.insert(
            number,
            OpenTask {
                task,
                parent: creation.parent,
                item: creation.item,
                place,
            },
        );
    }

    /// Takes in a task run as it stood before this view began to look. Those in
    /// which others stand come first.
    pub(crate) fn begin_with(&mut self, earlier: &EarlierTaskRun) {
        self.create(earlier.number, &earlier.creation);
        let Some(open) = self.open.get(&earlier.number).copied() else {
            return;
        };
        if let Some(row) = self.find_row_of_item(open)
            && let Some(task) = self.tasks.get_mut(row)
        {
            // How many there will be is not known: as many as there are.
            task.expected += 1;
        }
        if let Some(task) = self.tasks.get_mut(open.task) {
            task.begin_with(open.place, earlier);
        }
        if earlier.state.is_terminal() {
            self.close(earlier.number);
        }
    }

    /// The row that counts an item, if its task run is one of a mapped task.
    fn find_row_of_item(&self, open: OpenTask) -> Option<usize> {
        let row = self.find(open.parent.filter(|_| open.item.is_some())?)?;
        (row.place == Place::Row).then_some(row.task)
    }

    /// A task run's way through groups and items: `group[2]/inner[0]`.
    pub(crate) fn label(&self, number: TaskRunNumber) -> String {
        let Some(open) = self.find(number) else {
            return format!("#{}", number.get());
        };
        let name = self
            .tasks
            .get(open.task)
            .map_or("", |task| task.name.as_str());
        match (open.item, open.parent) {
            // An item stands under its mapped task's row, which has its name.
            (Some(item), Some(row)) => format!("{}[{item}]", self.label(row)),
            (Some(item), None) => format!("{name}[{item}]"),
            (None, Some(group)) => format!("{}/{name}", self.label(group)),
            (None, None) => name.to_owned(),
        }
    }

    /// Whether the task run is one of those that are only counted.
    pub(crate) fn is_counted(&self, number: TaskRunNumber) -> bool {
        self.find(number)
            .is_some_and(|open| open.place != Place::Row)
    }

    /// The row that a task run is shown in.
    pub(crate) fn task_of(&self, number: TaskRunNumber) -> Option<&TaskView> {
        self.tasks.get(self.find(number)?.task)
    }

    /// Keeps a log line to be shown, already harmless.
    pub(crate) fn log(&mut self, label: String, text: String) {
        self.lines.push_back(ShownLine { label, text });
        if self.lines.len() > KEPT_LINES {
            self.lines.pop_front();
        }
    }

    /// Takes in how long the tasks usually take, by their numbers.
    pub(crate) fn set_usual(&mut self, usual: &[Option<Duration>]) {
        for (task, usual) in self.tasks.iter_mut().zip(usual) {
            task.usual = *usual;
        }
    }
}

impl TaskView {
    fn new(task: &OutlineTask) -> Self {
        Self {
            name: task.name.clone(),
            depth: task.depth,
            counted: task.mapped || task.inside_mapped,
            usual: task.usual,
            state: None,
            message: None,
            started: None,
            ended: None,
            due: None,
            expected: 0,
            inside_mapped: task.inside_mapped,
            own: None,
            counts: [0; COUNTS],
        }
    }

    /// How many task runs are in a state.
    pub(crate) fn count(&self, state: State) -> u32 {
        self.counts
            .get(usize::from(state.code()))
            .copied()
            .unwrap_or(0)
    }

    /// How many of those counted have ended.
    pub(crate) fn ended_count(&self) -> u32 {
        self.sum(State::is_terminal)
    }

    /// How many of those counted are in states that `chosen` picks.
    pub(crate) fn sum(&self, chosen: impl Fn(State) -> bool) -> u32 {
        State::ALL
            .iter()
            .filter(|state| chosen(**state))
            .map(|state| self.count(*state))
            .sum()
    }

    /// The state that stands for the row: its own, else the most telling of
    /// those counted.
    pub(crate) fn shown_state(&self) -> Option<State> {
        if let Some(state) = self.state {
            return Some(state);
        }
        let any = |chosen: fn(State) -> bool| {
            let mut states = State::ALL.iter().copied();
            states.find(|state| chosen(*state) && self.count(*state) > 0)
        };
        let busy = any(|state| !state.is_terminal() && state != State::Pending);
        let waiting = any(|state| !state.is_terminal());
        busy.or(waiting)
            .or_else(|| any(State::is_failure))
            .or_else(|| any(State::is_terminal))
    }

    fn begin_with(&mut self, place: Place, earlier: &EarlierTaskRun) {
        if place == Place::Row {
            self.state = Some(earlier.state);
            self.message = earlier.message.as_deref().map(str::to_owned);
            self.started = earlier.started_at;
            self.ended = earlier.ended_at;
        } else if let Some(count) = self.counts.get_mut(usize::from(earlier.state.code())) {
            *count += 1;
        }
    }

    fn begin_anew(&mut self, number: TaskRunNumber) {
        self.own = Some(number);
        self.state = None;
        self.message = None;
        self.started = None;
        self.ended = None;
        self.due = None;
        self.expected = 0;
        self.counts = [0; COUNTS];
    }

    /// Takes in that a task run opened into items; gives what it is from now on.
    fn expand(&mut self, count: u32, open: OpenTask, state: State) -> Place {
        match open.place {
            Place::Row => self.expected = count,
            Place::Counted if open.item.is_none() => {
                self.expected = self.expected.saturating_sub(1).saturating_add(count);
                if let Some(own) = self.counts.get_mut(usize::from(state.code())) {
                    *own = own.saturating_sub(1);
                }
                return Place::Container;
            }
            Place::Counted | Place::Container => {}
        }
        open.place
    }

    fn move_row(&mut self, step: &Move) {
        self.state = Some(step.to);
        self.message = step.message.as_deref().map(str::to_owned);
        self.due = match step.news {
            MoveNews::Due(at) => Some(at),
            _ => None,
        };
        self.note_times(step);
    }

    fn move_counted(&mut self, step: &Move) {
        if let Some(from) = step.from
            && let Some(count) = self.counts.get_mut(usize::from(from.code()))
        {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = self.counts.get_mut(usize::from(step.to.code())) {
            *count += 1;
        }
        if self.own.is_none() {
            self.note_times(step);
        }
    }

    fn note_times(&mut self, step: &Move) {
        if step.to.state_type() == StateType::Running && self.started.is_none() {
            self.started = Some(step.at);
        }
        self.ended = step.to.is_terminal().then_some(step.at);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A flow of `one`, a mapped `many`, and a mapped group `group` with `inner`.
    pub(crate) fn outline() -> Outline {
        let task = |name: &str, depth, mapped, inside_mapped| OutlineTask {
            name: name.to_owned(),
            depth,
            mapped,
            inside_mapped,
            usual: None,
        };
        Outline {
            flow: "sample".to_owned(),
            tasks: vec![
                task("one", 0, false, false),
                task("many", 0, true, false),
                task("group", 0, true, false),
                task("inner", 1, false, true),
            ],
        }
    }

    pub(crate) fn number(number: u32) -> TaskRunNumber {
        TaskRunNumber::new(number).unwrap()
    }

    pub(crate) fn step(task: u32, from: Option<State>, to: State, second: i64) -> Move {
        Move {
            subject: Subject::Task(number(task)),
            run_attempt: 1,
            from,
            to,
            at: Timestamp::from_second(second).unwrap(),
            message: None,
            news: MoveNews::None,
        }
    }

    pub(crate) fn created(number: u32, task: u32, parent: Option<u32>, item: Option<u32>) -> Move {
        Move {
            news: MoveNews::Created(Creation {
                task,
                parent: parent.and_then(TaskRunNumber::new),
                item,
                turn: 1,
            }),
            ..step(number, None, State::Pending, 0)
        }
    }

    #[test]
    fn items_are_counted_in_their_task_s_row() {
        let mut model = Model::new(&outline());
        model.apply(&created(1, 1, None, None));
        let expanded = MoveNews::Expanded {
            first: number(2),
            count: 3,
        };
        model.apply(&Move {
            news: expanded,
            ..step(1, Some(State::Pending), State::Running, 10)
        });
        for item in 0..2 {
            model.apply(&created(2 + item, 1, Some(1), Some(item)));
            model.apply(&step(2 + item, Some(State::Pending), State::Running, 11));
        }
        assert_eq!(model.label(number(3)), "many[1]");
        model.apply(&step(2, Some(State::Running), State::Completed, 12));
        let many = &model.tasks()[1];
        assert_eq!(many.state, Some(State::Running));
        assert_eq!((many.ended_count(), many.expected), (1, 3));
        assert_eq!(many.count(State::Running), 1);
        assert_eq!(many.ended, None);
        assert_eq!(
            model.label(number(2)),
            "many[0]",
            "late log lines keep their label"
        );
    }

    #[test]
    fn what_stands_in_a_mapped_group_is_counted_over_its_items() {
        let mut model = Model::new(&outline());
        model.apply(&created(1, 2, None, None));
        for (group, inner, item) in [(2, 4, 0), (3, 5, 1)] {
            model.apply(&created(group, 2, Some(1), Some(item)));
            model.apply(&created(inner, 3, Some(group), None));
            model.apply(&step(inner, Some(State::Pending), State::Running, 5));
        }
        assert_eq!(model.label(number(5)), "group[1]/inner");
        model.apply(&step(4, Some(State::Running), State::Failed, 6));
        let inner = &model.tasks()[3];
        assert_eq!(inner.shown_state(), Some(State::Running));
        assert_eq!((inner.ended_count(), inner.expected), (1, 2));
        model.apply(&step(5, Some(State::Running), State::Completed, 7));
        assert_eq!(model.tasks()[3].shown_state(), Some(State::Failed));
    }

    #[test]
    fn a_new_turn_begins_a_row_anew() {
        let mut model = Model::new(&outline());
        model.apply(&created(1, 0, None, None));
        model.apply(&step(1, Some(State::Pending), State::Running, 5));
        model.apply(&step(1, Some(State::Running), State::Failed, 6));
        model.apply(&created(2, 0, None, None));
        let one = &model.tasks()[0];
        assert_eq!(
            (one.state, one.started, one.ended),
            (Some(State::Pending), None, None)
        );
    }

    #[test]
    fn a_run_that_is_carried_on_is_shown_as_it_stood() {
        let mut model = Model::new(&outline());
        let earlier = |run: u32, task, parent: Option<u32>, item, state| EarlierTaskRun {
            number: number(run),
            creation: Creation {
                task,
                parent: parent.map(number),
                item,
                turn: 1,
            },
            state,
            message: None,
            started_at: None,
            ended_at: None,
        };
        for task in [
            earlier(1, 0, None, None, State::Paused),
            earlier(2, 1, None, None, State::Running),
            earlier(3, 1, Some(2), Some(0), State::Completed),
            earlier(4, 1, Some(2), Some(1), State::AwaitingRetry),
        ] {
            model.begin_with(&task);
        }
        assert_eq!(model.label(number(4)), "many[1]");
        model.apply(&step(4, Some(State::AwaitingRetry), State::Retrying, 9));
        let many = &model.tasks()[1];
        assert_eq!((many.ended_count(), many.expected), (1, 2));
        assert_eq!(many.count(State::Retrying), 1);
        assert_eq!(model.tasks()[0].state, Some(State::Paused));
    }

    #[test]
    fn only_so_many_lines_are_kept() {
        let mut model = Model::new(&outline());
        for line in 0..200 {
            model.log(String::new(), line.to_string());
        }
        assert_eq!(model.lines().len(), KEPT_LINES);
        assert_eq!(
            model.lines().last().map(|line| line.text.as_str()),
            Some("199")
        );
    }
}
