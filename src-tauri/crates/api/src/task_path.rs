//! Where task runs stand: their paths (`group[2]/inner[0]`), and the order in
//! which a list shows them.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use tidemill_orchestrate::{RunId, TaskRunNumber};
use tidemill_store::{Reader, StoreError, StoredTaskRun};

/// A task's names, as far as paths need them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaskNames {
    /// The task's own name.
    pub(crate) name: String,
    /// With those of the groups around it: `group/inner`.
    pub(crate) path: Arc<str>,
}

/// The paths of a run's task runs by their numbers.
#[derive(Debug, Default)]
pub(crate) struct TaskPaths {
    paths: HashMap<TaskRunNumber, String>,
}

impl TaskPaths {
    /// The paths of `rows`. What a row stands in may come after it: a retry made it
    /// anew, and what completed before stays.
    pub(crate) fn of(names: &[TaskNames], rows: &[StoredTaskRun]) -> Self {
        let by_number: HashMap<TaskRunNumber, &StoredTaskRun> =
            rows.iter().map(|row| (row.number, row)).collect();
        let mut known = Self::default();
        let mut open: Vec<&StoredTaskRun> = Vec::new();
        for row in rows {
            let mut next = Some(row);
            while let Some(row) = next.filter(|row| known.get(row.number).is_none()) {
                open.push(row);
                let around = row.parent.and_then(|parent| by_number.get(&parent));
                // Nothing stands in itself, however far around: the depth is bounded.
                next = around.copied().filter(|_| open.len() <= rows.len());
            }
            while let Some(row) = open.pop() {
                let path = known.path_of(names, row);
                known.paths.insert(row.number, path);
            }
        }
        known
    }

    /// The paths of some of a run's task runs, with what they stand in.
    pub(crate) fn of_some(
        reader: &Reader,
        run: RunId,
        names: &[TaskNames],
        rows: &[StoredTaskRun],
    ) -> Result<Self, StoreError> {
        let mut rows = rows.to_vec();
        let mut known: HashSet<TaskRunNumber> = rows.iter().map(|row| row.number).collect();
        let mut missing = around(&rows, &known);
        while !missing.is_empty() {
            let found = reader.task_runs_numbered(run, &missing, false)?;
            known.extend(missing);
            missing = around(&found, &known);
            rows.extend(found);
        }
        rows.sort_by_key(|row| row.number);
        Ok(Self::of(names, &rows))
    }

    /// A task run's path.
    pub(crate) fn get(&self, number: TaskRunNumber) -> Option<&str> {
        self.paths.get(&number).map(String::as_str)
    }

    fn path_of(&self, names: &[TaskNames], row: &StoredTaskRun) -> String {
        let parent = row.parent.and_then(|parent| self.get(parent));
        path_of(names, row.task, row.item, parent)
    }
}

/// How many paths are kept.
const KEPT: usize = 20_000;

/// Finds the paths of a run's task runs one by one: only those that are shown, and what
/// is around them, are looked up.
#[derive(Debug)]
pub(crate) struct PathFinder {
    run: RunId,
    known: HashMap<TaskRunNumber, Arc<str>>,
}

impl PathFinder {
    /// Paths of a run's task runs.
    pub(crate) fn new(run: RunId) -> Self {
        Self {
            run,
            known: HashMap::new(),
        }
    }

    /// A task run's path; `None`: there is none with this number.
    pub(crate) fn path(
        &mut self,
        reader: &Reader,
        names: &[TaskNames],
        number: TaskRunNumber,
    ) -> Result<Option<Arc<str>>, StoreError> {
        let mut open = Vec::new();
        let mut next = Some(number);
        while let Some(number) = next.filter(|number| !self.known.contains_key(number)) {
            let Some(place) = reader.place(self.run, number)? else {
                break;
            };
            open.push(place);
            // A parent's number is lower: this ends.
            next = place.parent.filter(|parent| *parent < number);
        }
        if self.known.len() >= KEPT {
            self.known.retain(|known, _| Some(*known) == next);
        }
        while let Some(place) = open.pop() {
            let parent = place.parent.and_then(|parent| self.known.get(&parent));
            let path = path_of(names, place.task, place.item, parent.map(AsRef::as_ref));
            self.known.insert(place.number, path.into());
        }
        Ok(self.known.get(&number).cloned())
    }
}

/// The path of a task run that stands in another.
pub(crate) fn path_of(
    names: &[TaskNames],
    task: u32,
    item: Option<u32>,
    parent: Option<&str>,
) -> String {
    let own = names.get(task as usize);
    let name = own.map_or("", |names| names.name.as_str());
    let alone = own.map_or("", |names| names.path.as_ref());
    match (item, parent) {
        // An item stands in its mapped task's row, which has the name already.
        (Some(item), Some(parent)) => format!("{parent}[{item}]"),
        (Some(item), None) => format!("{alone}[{item}]"),
        (None, Some(parent)) => format!("{parent}/{name}"),
        (None, None) => alone.to_owned(),
    }
}

/// What the rows stand in that is not known yet.
fn around(rows: &[StoredTaskRun], known: &HashSet<TaskRunNumber>) -> Vec<TaskRunNumber> {
    let parents = rows.iter().filter_map(|row| row.parent);
    let missing: HashSet<TaskRunNumber> =
        parents.filter(|parent| !known.contains(parent)).collect();
    missing.into_iter().collect()
}

/// Goes through a run's task runs as [`tree_order`] does, however many there are: in
/// memory stands where each is, in sixteen bytes.
#[derive(Debug)]
pub(crate) struct TreeWalk {
    /// By what they stand in, then in their order in it.
    places: Vec<Place>,
    /// What is gone through: the next place, the last one, and the path around them.
    open: Vec<(usize, usize, Option<String>)>,
}

/// Where a task run stands. The order of its fields is that of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// The number of what it stands in; 0: the run.
    parent: u32,
    /// The item's number, from 1; 0: it is none.
    item: u32,
    task: u32,
    number: u32,
}

impl TreeWalk {
    /// Begins with a run's first task run.
    pub(crate) fn of(reader: &Reader, run: RunId) -> Result<Self, StoreError> {
        let mut places: Vec<Place> = Vec::new();
        reader.for_each_place(run, false, |place| {
            places.push(Place {
                parent: place.parent.map_or(0, TaskRunNumber::get),
                item: place.item.map_or(0, |item| item.saturating_add(1)),
                task: place.task,
                number: place.number.get(),
            });
        })?;
        // What stands in a row that is not shown stands at the top.
        let numbers: Vec<u32> = places.iter().map(|place| place.number).collect();
        for place in &mut places {
            if numbers.binary_search(&place.parent).is_err() {
                place.parent = 0;
            }
        }
        drop(numbers);
        places.sort_unstable();
        let top = places.partition_point(|place| place.parent == 0);
        Ok(Self {
            places,
            open: vec![(0, top, None)],
        })
    }

    /// The next task runs, each with its path; none where all were gone through.
    pub(crate) fn next_page(
        &mut self,
        names: &[TaskNames],
        limit: usize,
    ) -> Vec<(TaskRunNumber, String)> {
        let mut page = Vec::new();
        while page.len() < limit {
            let Some((next, end, around)) = self.open.last_mut() else {
                break;
            };
            let Some(place) = self.places.get(*next).filter(|_| next < end) else {
                self.open.pop();
                continue;
            };
            *next += 1;
            let item = place.item.checked_sub(1);
            let path = path_of(names, place.task, item, around.as_deref());
            let own = |other: &Place| other.parent.cmp(&place.number);
            let first = self.places.partition_point(|other| own(other).is_lt());
            let last = self.places.partition_point(|other| own(other).is_le());
            if first < last {
                self.open.push((first, last, Some(path.clone())));
            }
            page.extend(TaskRunNumber::new(place.number).map(|number| (number, path)));
        }
        page
    }
}

/// The rows' places in a list that goes through the tree: a row, then what stands
/// in it; beside each other in the flow's order, items by their number.
pub(crate) fn tree_order(rows: &[StoredTaskRun]) -> Vec<usize> {
    let places: HashMap<TaskRunNumber, usize> = rows
        .iter()
        .enumerate()
        .map(|(place, row)| (row.number, place))
        .collect();
    let mut inside: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
    for (place, row) in rows.iter().enumerate() {
        let parent = row.parent.and_then(|parent| places.get(&parent).copied());
        inside.entry(parent).or_default().push(place);
    }
    for children in inside.values_mut() {
        children.sort_by_key(|&place| rows.get(place).map(|row| (row.item, row.task, row.number)));
    }
    let mut order = Vec::with_capacity(rows.len());
    let mut open: Vec<usize> = inside.remove(&None).unwrap_or_default();
    open.reverse();
    while let Some(place) = open.pop() {
        order.push(place);
        if let Some(children) = inside.remove(&Some(place)) {
            open.extend(children.into_iter().rev());
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use tidemill_orchestrate::State;

    use super::*;

    fn row(number: u32, task: u32, parent: Option<u32>, item: Option<u32>) -> StoredTaskRun {
        let number = TaskRunNumber::new(number).unwrap();
        StoredTaskRun {
            id: RunId::new(1, 1).task_run(number),
            number,
            task,
            parent: parent.and_then(TaskRunNumber::new),
            item,
            turn: 1,
            run_attempt: 1,
            state: State::Completed,
            message: None,
            attempts: 1,
            started_at: None,
            ended_at: None,
            output: None,
            failure: None,
        }
    }

    #[test]
    fn paths_and_order_follow_the_tree() {
        let names: Vec<TaskNames> = [
            ("first", "first"),
            ("group", "group"),
            ("inner", "group/inner"),
            ("last", "last"),
        ]
        .iter()
        .map(|(name, path)| TaskNames {
            name: (*name).to_owned(),
            path: (*path).into(),
        })
        .collect();
        let rows = [
            row(1, 0, None, None),
            row(2, 1, None, None),
            row(3, 3, None, None),
            row(4, 1, Some(2), Some(0)),
            row(5, 1, Some(2), Some(1)),
            row(6, 2, Some(5), None),
            row(7, 2, Some(4), None),
            row(8, 2, Some(6), Some(0)),
        ];
        let paths = TaskPaths::of(&names, &rows);
        let shown: Vec<&str> = tree_order(&rows)
            .into_iter()
            .map(|place| paths.get(rows[place].number).unwrap())
            .collect();
        assert_eq!(
            shown,
            [
                "first",
                "group",
                "group[0]",
                "group[0]/inner",
                "group[1]",
                "group[1]/inner",
                "group[1]/inner[0]",
                "last",
            ]
        );
    }
}
