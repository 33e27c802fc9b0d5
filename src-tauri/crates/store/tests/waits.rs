//! Attempts that wait for slots of limits: when each waits for another, and who gives way.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say so"
)]

mod sample;

use sample::{created, creation, new_run, number, run_to};
use tempfile::TempDir;
use tidemill_orchestrate::{RunId, State};
use tidemill_store::{Owner, Parent, SlotHolder, Slots, Store};

fn store() -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

/// A run whose first task holds a slot, and the run of its own that it started, whose
/// first task waits for one.
fn holds_and_waits(store: &Store, n: u32, holds: &str, waits: &str) -> RunId {
    let writer = store.writer();
    let me = Owner::current();
    let parent = new_run(n).id;
    let first = vec![run_to(None, State::Pending)];
    let begun = writer.begin_run(new_run(n), first);
    begun.wait_committed().unwrap();
    writer.append(parent, vec![created(1, creation(0))].into());
    let mut child = new_run(n + 100);
    child.parent = Some(Parent {
        run: parent,
        task: number(1),
        attempt: 1,
    });
    let run = child.id;
    let first = vec![run_to(None, State::Pending), created(1, creation(0))];
    writer.begin_run(child, first).wait_committed().unwrap();
    let holder = |run| SlotHolder {
        run,
        task: number(1),
        owner: me,
    };
    let taken = writer.take_slots(vec![holds.to_owned()], holder(parent));
    assert_eq!(taken.wait_committed().unwrap(), Slots::Taken);
    let noted = writer.note_wait(vec![waits.to_owned()], holder(run));
    noted.wait_committed().unwrap();
    run
}

#[test]
fn of_those_that_wait_for_each_other_the_youngest_gives_way() {
    let (_folder, store) = store();
    let writer = store.writer();
    for limit in ["a", "b", "c"] {
        writer.set_limit(limit.to_owned(), 1);
    }
    let knot = |run| store.reader().unwrap().knot(run, number(1)).unwrap();
    let first = holds_and_waits(&store, 1, "a", "b");
    let second = holds_and_waits(&store, 2, "b", "c");
    assert_eq!((knot(first), knot(second)), (None, None), "c is free");
    let third = holds_and_waits(&store, 3, "c", "a");
    assert_eq!((knot(first), knot(second)), (None, None));
    let found = knot(third).unwrap();
    assert_eq!((found.limit.as_str(), found.slots), ("a", 1));
    assert_eq!(found.holders.len(), 1);
    assert_eq!(found.holders[0].run, new_run(1).id);
    // One more slot, and it goes on by itself.
    writer
        .set_limit("b".to_owned(), 2)
        .wait_committed()
        .unwrap();
    assert_eq!(knot(third), None);
    // No slot: it is closed, and a person may open it.
    writer
        .set_limit("b".to_owned(), 0)
        .wait_committed()
        .unwrap();
    assert_eq!(knot(third), None);
    writer
        .set_limit("b".to_owned(), 1)
        .wait_committed()
        .unwrap();
    assert!(knot(third).is_some());
    // Who waits no longer, such as one that was cancelled, keeps nobody waiting.
    let freed = writer.free_slots(first, number(1));
    freed.wait_committed().unwrap();
    assert_eq!(knot(third), None);
}

#[test]
fn who_waits_beside_a_knot_does_not_give_way_for_it() {
    let (_folder, store) = store();
    for limit in ["a", "b", "c"] {
        store.writer().set_limit(limit.to_owned(), 1);
    }
    let knot = |run| store.reader().unwrap().knot(run, number(1)).unwrap();
    holds_and_waits(&store, 1, "a", "b");
    let second = holds_and_waits(&store, 2, "b", "a");
    // The youngest, and it waits for ever too: but nobody waits for it.
    let beside = holds_and_waits(&store, 3, "c", "a");
    assert_eq!(knot(beside), None);
    assert!(knot(second).is_some());
}
