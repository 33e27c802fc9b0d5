//! A retry by hand: what of the run attempt before stays.
//!
//! Whole: nothing. From failed: task runs that completed stay as they are; all
//! others run anew as new task runs. Inside a group or a mapped task that did not
//! complete, what completed stays too, unless something that it waited for failed
//! (which may now have another result).

use crate::{
    TaskRunNumber,
    map::Map,
    node::{Body, Kept, Node, Siblings, Work},
    tree::Tree,
};

impl Tree {
    /// Makes the run ready for a new run attempt.
    pub(crate) fn restart(&mut self, from_failed: bool) {
        let top = self.top.take();
        match top {
            Some(top) if from_failed => self.top = Some(self.prune(top)),
            _ => {
                self.nodes.clear();
                self.ranges.clear();
            }
        }
    }

    /// Forgets the rows of a level that did not complete, but not what completed in them.
    fn prune(&mut self, mut siblings: Box<Siblings>) -> Box<Siblings> {
        let stale: Vec<bool> = siblings
            .nodes
            .iter()
            .map(|number| number.is_some_and(|number| self.is_stale(&siblings, number)))
            .collect();
        for (position, stale) in stale.into_iter().enumerate() {
            let waiting = siblings.kept.remove(&position);
            let row = siblings.nodes.get_mut(position);
            let Some(number) = row.and_then(|row| self.take_unless_completed(row)) else {
                continue;
            };
            let progress = self.progress(number, waiting);
            match progress {
                Some(progress) if stale => self.drop_kept(progress),
                Some(progress) => {
                    siblings.kept.insert(position, progress);
                }
                None => {}
            }
        }
        siblings.cursor = 0;
        siblings.unfinished = 0;
        siblings
    }

    fn take_unless_completed(&self, row: &mut Option<TaskRunNumber>) -> Option<TaskRunNumber> {
        let completed = |number: &mut TaskRunNumber| {
            let node = self.nodes.get(number);
            !node.is_some_and(|node| node.state.is_completed())
        };
        row.take_if(completed)
    }

    /// Whether something that a row waited for will have another result.
    fn is_stale(&self, siblings: &Siblings, number: TaskRunNumber) -> bool {
        let Some(task) = self.task(number) else {
            return false;
        };
        task.needs.iter().any(|edge| {
            let position = self.plan.position(edge.upstream);
            let upstream = siblings.nodes.get(position).copied().flatten();
            let node = upstream.and_then(|upstream| self.nodes.get(&upstream));
            node.is_some_and(|node| !node.state.is_completed())
        })
    }

    /// What a row that is forgotten leaves to its successor.
    fn progress(&mut self, number: TaskRunNumber, waiting: Option<Kept>) -> Option<Kept> {
        let Node { body, .. } = self.nodes.remove(&number)?;
        match body {
            Body::Mapped(map) => Some(Kept::Mapped(self.prune_map(map))),
            Body::Single(work) => {
                let Work { inner, kept, .. } = *work;
                match inner.or(kept) {
                    Some(inner) => Some(Kept::Group(self.prune(inner))),
                    None => waiting,
                }
            }
        }
    }

    fn prune_map(&mut self, mut map: Box<Map>) -> Box<Map> {
        self.ranges.remove(&map.first);
        let kept = std::mem::take(&mut map.kept);
        for (item, siblings) in kept {
            let siblings = self.prune(siblings);
            map.kept.insert(item, siblings);
        }
        map
    }

    fn drop_kept(&mut self, kept: Kept) {
        match kept {
            Kept::Group(siblings) => self.drop_rows(&siblings),
            Kept::Mapped(map) => self.drop_map(*map),
        }
    }
}
