//! A tree as text, so that two can be compared: all that transitions tell, and
//! nothing of how it is kept.

use std::fmt::Write as _;

use crate::{
    map::Map,
    node::{Body, Kept, Siblings, Work},
    tree::Tree,
};

/// A tree as text.
pub(crate) fn snapshot(tree: &Tree) -> String {
    let mut text = String::new();
    writeln!(
        text,
        "{:?} attempt {} started {:?} ending {:?} message {:?} output {:?} next {:?} ranges {:?}",
        tree.state,
        tree.run_attempt,
        tree.started,
        tree.ending,
        tree.message,
        tree.output,
        tree.next,
        tree.ranges,
    )
    .unwrap();
    if let Some(top) = &tree.top {
        siblings(&mut text, top);
    }
    let mut numbers: Vec<_> = tree.nodes.keys().collect();
    numbers.sort();
    for number in numbers {
        let node = &tree.nodes[number];
        writeln!(
            text,
            "{} task {:?} in {:?} {} {:?} {:?} {:?}",
            number.get(),
            node.task,
            node.parent,
            node.state,
            node.edges,
            node.output,
            node.message
        )
        .unwrap();
        match &node.body {
            Body::Single(single) => work(&mut text, single),
            Body::Mapped(items) => map(&mut text, items),
        }
    }
    text
}

fn siblings(text: &mut String, siblings: &Siblings) {
    writeln!(
        text,
        "level {:?} turn {} rows {:?} missing {} unfinished {}",
        siblings.group, siblings.turn, siblings.nodes, siblings.missing, siblings.unfinished
    )
    .unwrap();
    let mut positions: Vec<_> = siblings.kept.keys().copied().collect();
    positions.sort_unstable();
    for position in positions {
        writeln!(text, "kept {position}").unwrap();
        match &siblings.kept[&position] {
            Kept::Group(inner) => self::siblings(text, inner),
            Kept::Mapped(items) => map(text, items),
        }
    }
}

fn work(text: &mut String, work: &Work) {
    writeln!(
        text,
        "  attempt {} retries {} turn {} due {:?} started {:?} {:?} ending {:?}",
        work.attempt,
        work.retries,
        work.turn,
        work.due,
        work.started,
        work.attempt_started,
        work.ending
    )
    .unwrap();
    for inner in [&work.inner, &work.kept].into_iter().flatten() {
        siblings(text, inner);
    }
}

fn map(text: &mut String, map: &Map) {
    let (states, outputs) = map.results();
    writeln!(
        text,
        "  first {:?} count {} items {:?} states {states:?} outputs {outputs:?} finished {} failed {} crashed {} example {:?}",
        map.first, map.count, map.items, map.finished, map.failed, map.crashed, map.example
    )
    .unwrap();
    for item in map.under_way() {
        writeln!(text, "  item {item}").unwrap();
        work(text, &map.works[&item]);
    }
    let mut kept: Vec<_> = map.kept.keys().copied().collect();
    kept.sort_unstable();
    for item in kept {
        writeln!(text, "  kept item {item}").unwrap();
        siblings(text, &map.kept[&item]);
    }
}
