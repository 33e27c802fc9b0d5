//! Runs through the store and back.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking"
)]

mod sample;

use std::sync::{Arc, Mutex};

use sample::*;
use serde_json::json;
use tempfile::TempDir;
use tidemill_flow::{Value, template::from_json};
use tidemill_orchestrate::{Creation, Detail, Output, RunId, State, Subject, Transition};
use tidemill_store::{
    Answer, Batch, CacheEntry, CacheKey, Owner, Parent, RunFilter, SlotHolder, Slots, Steering,
    Store, StoreError, TaskRunFilter,
};

fn store() -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

fn begin(store: &Store, n: u32) -> RunId {
    let run = new_run(n);
    let id = run.id;
    let first = vec![run_to(None, State::Pending)];
    store
        .writer()
        .begin_run(run, first)
        .wait_committed()
        .unwrap();
    id
}

fn append(store: &Store, run: RunId, transitions: Vec<Transition>) {
    let receipt = store.writer().append(run, transitions.into());
    receipt.wait_committed().unwrap();
}

/// What Debug says of it: transitions hold values, which have no other equality here.
fn history(store: &Store, run: RunId) -> Vec<String> {
    let reader = store.reader().unwrap();
    let history = reader.transitions(run).unwrap();
    history
        .map(|entry| format!("{:?}", entry.unwrap().1))
        .collect()
}

#[test]
fn a_run_comes_back_after_reopening() {
    let (folder, store) = store();
    let id = begin(&store, 1);
    let mut expected = vec![run_to(None, State::Pending)];
    for batch in [
        vec![run_to(Some(State::Pending), State::Running)],
        whole(1, "x"),
        whole(2, from_json(&json!({"a": [1, 2.5, null, true]}))),
        vec![transition(
            Subject::Run,
            Some(State::Running),
            State::Completed,
            Detail::Output(Output(Value::from(7))),
        )],
    ] {
        append(&store, id, batch.clone());
        expected.extend(batch);
    }
    drop(store);

    let store = Store::open(folder.path()).unwrap();
    let expected: Vec<_> = expected.iter().map(|entry| format!("{entry:?}")).collect();
    assert_eq!(history(&store, id), expected);
    let reader = store.reader().unwrap();
    let run = reader.run(id).unwrap().unwrap();
    assert_eq!(run.state, State::Completed);
    assert_eq!(run.output, Some(Value::from(7)));
    assert_eq!(run.name, "calm-otter-1");
    assert_eq!(run.owner, None, "a run that has ended belongs to nobody");
    assert_eq!(
        run.parameters.get_attr("city").unwrap(),
        Value::from("Oslo")
    );
    assert_eq!((run.created_at, run.started_at), (at(1), Some(at(100))));
    let inputs = reader.run_inputs(id).unwrap();
    let text = inputs.flow_text.unwrap();
    assert!(text.starts_with("name: weather"));
    let version = run.version.unwrap();
    assert_eq!(reader.flow_text(&version).unwrap(), Some(text));
    assert_eq!(inputs.variables.get_attr("x").unwrap(), Value::from(1));
}

#[test]
fn task_runs_are_the_fold_whether_in_one_batch_or_in_three() {
    let (_folder, store) = store();
    let id = begin(&store, 1);
    append(&store, id, whole(1, 5));
    for transition in whole(2, 5) {
        append(&store, id, vec![transition]);
    }
    let filter = TaskRunFilter {
        outputs: true,
        ..TaskRunFilter::default()
    };
    let rows = store
        .reader()
        .unwrap()
        .task_runs(id, &filter, None, 10)
        .unwrap();
    let [one, two] = rows.as_slice() else {
        panic!("{rows:?}")
    };
    for (row, n) in [(one, 1), (two, 2)] {
        assert_eq!(row.number, number(n));
        assert_eq!(row.id, id.task_run(number(n)));
        assert_eq!((row.task, row.turn, row.attempts), (n, 1, 1));
        assert_eq!(row.state, State::Completed);
        assert_eq!(row.started_at, Some(at(100)));
        assert_eq!(row.ended_at, Some(at(100)));
        assert_eq!(row.output, Some(Value::from(5)));
    }
}

#[test]
fn a_refusal_leaves_the_rest_of_its_group_alone() {
    let (_folder, store) = store();
    let id = begin(&store, 1);
    let writer = store.writer();
    let nobody = new_run(9).id;
    let receipts = [
        writer.append(id, whole(1, 1).into()),
        writer.append(nobody, whole(1, 1).into()),
        writer.begin_run(new_run(1), vec![]),
        writer.append(id, whole(2, 1).into()),
    ];
    let outcomes = receipts.map(|receipt| receipt.wait_flushed());
    assert!(matches!(outcomes[0], Ok(())));
    assert!(matches!(outcomes[1], Err(StoreError::NoRun(_))));
    assert!(matches!(outcomes[2], Err(StoreError::RunExists(run)) if run == id));
    assert!(matches!(outcomes[3], Ok(())));
    assert_eq!(history(&store, id).len(), 7);
}

#[test]
fn a_write_that_breaks_fails_alone() {
    let (_folder, store) = store();
    let id = begin(&store, 1);
    append(&store, id, vec![created(1, creation(1))]);
    let writer = store.writer();
    let other = begin(&store, 2);
    // A task run is created twice: the table refuses it.
    let receipts = [
        writer.append(id, whole(2, 1).into()),
        writer.append(id, vec![created(1, creation(1))].into()),
        writer.append(other, whole(3, 1).into()),
    ];
    let outcomes = receipts.map(|receipt| receipt.wait_committed().is_ok());
    assert_eq!(outcomes, [true, false, true]);
    let reader = store.reader().unwrap();
    assert_eq!(reader.last_sequence().unwrap(), 9);
    let tail = reader.transitions_after(0, 100).unwrap();
    let numbers: Vec<u64> = tail.iter().map(|entry| entry.sequence).collect();
    assert_eq!(numbers, (1..=9).collect::<Vec<_>>(), "dense");
}

#[test]
fn a_history_never_goes_on_past_a_write_that_failed() {
    let (_folder, store) = store();
    let id = begin(&store, 1);
    append(&store, id, vec![created(1, creation(1))]);
    let writer = store.writer();
    let receipts = [
        writer.append(id, vec![created(1, creation(1))].into()),
        writer.append(id, whole(2, 1).into()),
    ];
    let outcomes = receipts.map(|receipt| receipt.wait_committed().is_ok());
    assert_eq!(outcomes, [false, false]);
    let late = writer.append(id, whole(3, 1).into());
    assert!(late.wait_committed().is_err());
    assert_eq!(history(&store, id).len(), 2);
    // Who takes the run over reads what is there.
    let me = Some(Owner::current());
    assert!(writer.claim(id, me, me).wait_committed().unwrap());
    append(&store, id, whole(2, 1));
    assert_eq!(history(&store, id).len(), 5);
}

#[test]
fn large_values_are_files_named_by_content() {
    let (folder, store) = store();
    let id = begin(&store, 1);
    let large = "long ".repeat(20_000);
    append(&store, id, whole(1, large.as_str()));
    append(&store, id, whole(2, large.as_str()));
    let results = folder.path().join("results");
    let files = || std::fs::read_dir(&results).unwrap().count();
    assert_eq!(files(), 1, "the same content once, and nothing unfinished");

    let filter = TaskRunFilter {
        outputs: true,
        ..TaskRunFilter::default()
    };
    let reader = store.reader().unwrap();
    let rows = reader.task_runs(id, &filter, None, 10).unwrap();
    assert_eq!(rows[1].output, Some(Value::from(large.as_str())));
    let tail = reader.transitions_after(0, 10).unwrap();
    assert!(matches!(tail[3].transition.detail, Detail::None));
    assert!(history(&store, id)[3].contains("long long"));

    let file = std::fs::read_dir(&results)
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    std::fs::write(file.path(), "\"other\"").unwrap();
    let lost = reader.task_runs(id, &filter, None, 10).unwrap_err();
    assert!(matches!(lost, StoreError::ResultLost { .. }), "{lost}");
    assert!(lost.to_string().contains("results"));

    store.writer().claim(id, Some(Owner::current()), None);
    store.writer().remove_run(id).unwrap();
    assert_eq!(files(), 0);
}

#[test]
fn lists_are_newest_first_and_filtered_and_paged() {
    let (_folder, store) = store();
    for n in 1..=9 {
        let id = begin(&store, n);
        let state = if n % 3 == 0 {
            State::Failed
        } else {
            State::Completed
        };
        append(&store, id, vec![run_to(Some(State::Pending), state)]);
    }
    let reader = store.reader().unwrap();
    let names = |filter: &RunFilter| -> Vec<String> {
        let page = reader.runs(filter, None, 100).unwrap();
        page.runs.into_iter().map(|run| run.name).collect()
    };
    let check = |filter: RunFilter, expected: &[u32]| {
        let expected: Vec<String> = expected.iter().map(|n| format!("calm-otter-{n}")).collect();
        assert_eq!(names(&filter), expected, "{filter:?}");
    };
    let all = RunFilter::default;
    check(all(), &[9, 8, 7, 6, 5, 4, 3, 2, 1]);
    let failed = vec![State::Failed, State::TimedOut];
    check(
        RunFilter {
            states: failed.clone(),
            ..all()
        },
        &[9, 6, 3],
    );
    check(
        RunFilter {
            since: Some(at(8)),
            ..all()
        },
        &[9, 8],
    );
    check(
        RunFilter {
            flow: Some("other".to_owned()),
            ..all()
        },
        &[],
    );
    let both = RunFilter {
        flow: Some("weather".to_owned()),
        workspace: Some("/flows".to_owned()),
        states: failed,
        since: Some(at(4)),
        ..all()
    };
    check(both, &[9, 6]);
    let parameter = |name: &str, value: &str| RunFilter {
        parameters: vec![(name.to_owned(), value.to_owned())],
        ..all()
    };
    check(parameter("n", "4"), &[4]);
    check(parameter("n", "x"), &[]);
    check(parameter("city", "Oslo"), &[9, 8, 7, 6, 5, 4, 3, 2, 1]);
    check(parameter("list", "[1,2]"), &[9, 8, 7, 6, 5, 4, 3, 2, 1]);
    check(parameter("absent", "null"), &[]);
    check(
        RunFilter {
            text: Some("OTTER-7".to_owned()),
            ..all()
        },
        &[7],
    );

    let mut cursor = None;
    let mut seen = Vec::new();
    loop {
        let page = reader.runs(&all(), cursor.as_deref(), 4).unwrap();
        seen.extend(page.runs.into_iter().map(|run| run.name));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, names(&all()));
    let wrong = reader.runs(&all(), Some("nonsense"), 4).unwrap_err();
    assert!(matches!(wrong, StoreError::Cursor(_)));
}

#[test]
fn a_run_is_found_by_what_a_person_types() {
    let (_folder, store) = store();
    let (one, two) = (begin(&store, 1), begin(&store, 2));
    let reader = store.reader().unwrap();
    assert_eq!(reader.find_run("last").unwrap(), two);
    assert_eq!(reader.find_run("calm-otter-1").unwrap(), one);
    let text = one.to_string();
    assert_eq!(reader.find_run(&text).unwrap(), one);
    assert_eq!(reader.find_run(&text.to_uppercase()).unwrap(), one);
    assert_eq!(reader.find_run(&text[..30]).unwrap(), one);
    let ambiguous = reader.find_run(&text[..4]).unwrap_err();
    assert!(ambiguous.to_string().contains(&text), "{ambiguous}");
    for absent in [
        "",
        "zebra",
        "ffff",
        "-",
        "0000000000000000000000000000000000000000",
    ] {
        assert!(matches!(reader.find_run(absent), Err(StoreError::NoRun(_))));
    }
}

#[test]
fn owners_are_compared_and_swapped() {
    let (_folder, store) = store();
    let id = begin(&store, 1);
    let me = Owner::current();
    let writer = store.writer();
    let unfinished = || store.reader().unwrap().unfinished().unwrap();
    assert_eq!(unfinished()[0].owner, Some(me));
    assert!(!writer.claim(id, None, Some(me)).wait_committed().unwrap());
    let refused = writer.remove_run(id).unwrap_err();
    assert!(matches!(refused, StoreError::RunOwned { pid, .. } if pid == me.pid()));
    let release = Batch {
        transitions: vec![run_to(Some(State::Pending), State::AwaitingRetry)],
        release: true,
        ..Batch::default()
    };
    writer.append(id, release).wait_committed().unwrap();
    assert_eq!(unfinished()[0].owner, None);
    assert_eq!(unfinished()[0].state, State::AwaitingRetry);
    assert!(writer.claim(id, None, Some(me)).wait_committed().unwrap());
    append(
        &store,
        id,
        vec![run_to(Some(State::AwaitingRetry), State::Crashed)],
    );
    assert!(unfinished().is_empty());
}

#[test]
fn a_removed_run_is_gone_and_its_numbers_are_not_used_again() {
    let (_folder, store) = store();
    let id = begin(&store, 1);
    for n in 1..=50 {
        append(&store, id, whole(n, n));
    }
    append(
        &store,
        id,
        vec![run_to(Some(State::Pending), State::Completed)],
    );
    let before = store.reader().unwrap().last_sequence().unwrap();
    store.writer().remove_run(id).unwrap();
    let reader = store.reader().unwrap();
    assert!(reader.run(id).unwrap().is_none());
    assert!(reader.transitions_after(0, 10).unwrap().is_empty());
    assert!(matches!(
        store.writer().remove_run(id),
        Err(StoreError::NoRun(_))
    ));
    begin(&store, 2);
    let tail = reader.transitions_after(0, 10).unwrap();
    assert_eq!(tail[0].sequence, before + 1);
}

/// A row that is created in a run attempt, and completes there or not.
fn row(n: u32, attempt: u32, creation: Creation, completes: bool) -> Vec<Transition> {
    let mut row = vec![created(n, creation), started(n, 1)];
    if completes {
        row.push(completed(n, n));
    }
    for transition in &mut row {
        transition.run_attempt = attempt;
    }
    row
}

fn restart(attempt: u32, from_failed: bool) -> Transition {
    let detail = Detail::Restarted { from_failed };
    let mut restart = transition(Subject::Run, None, State::Pending, detail);
    restart.run_attempt = attempt;
    restart
}

/// Numbers and parents of the rows that a filter lets through.
fn shown(store: &Store, run: RunId, filter: &TaskRunFilter) -> Vec<(u32, Option<u32>)> {
    let reader = store.reader().unwrap();
    let rows = reader.task_runs(run, filter, None, 100).unwrap();
    rows.iter()
        .map(|row| (row.number.get(), row.parent.map(|parent| parent.get())))
        .collect()
}

#[test]
fn newer_turns_hide_older_ones_and_what_is_in_them() {
    let (_folder, store) = store();
    let id = begin(&store, 1);
    let place = |task, parent, item, turn| Creation {
        task,
        parent: Some(number(parent)),
        item,
        turn,
    };
    // A group (1) with a task (2) and a mapped task (3), of which two items (4, 5) ran.
    let first = [
        row(1, 1, creation(0), false),
        row(2, 1, place(1, 1, None, 1), true),
        row(3, 1, place(2, 1, None, 1), false),
        row(4, 1, place(2, 3, Some(0), 1), true),
        row(5, 1, place(2, 3, Some(1), 1), true),
    ];
    append(&store, id, first.concat());
    let all = TaskRunFilter::default();
    assert_eq!(shown(&store, id, &all).len(), 5);
    // The next turn: new rows at once, items later.
    let second = [
        row(6, 1, place(1, 1, None, 2), true),
        row(7, 1, place(2, 1, None, 2), false),
        row(8, 1, place(2, 7, Some(0), 2), false),
    ];
    append(&store, id, second.concat());
    let expected = [(1, None), (6, Some(1)), (7, Some(1)), (8, Some(7))];
    assert_eq!(shown(&store, id, &all), expected);
    let with_older = TaskRunFilter {
        superseded: true,
        ..all.clone()
    };
    assert_eq!(shown(&store, id, &with_older).len(), 8);

    append(&store, id, vec![restart(2, false)]);
    assert_eq!(shown(&store, id, &all), [], "everything runs anew");
}

#[test]
fn a_retry_of_what_failed_keeps_what_completed() {
    let (_folder, store) = store();
    let id = begin(&store, 1);
    let item = |parent, item| Creation {
        task: 1,
        parent: Some(number(parent)),
        item: Some(item),
        turn: 1,
    };
    let first = [
        row(1, 1, creation(0), true),
        row(2, 1, creation(1), false),
        row(3, 1, item(2, 0), true),
        row(4, 1, item(2, 1), false),
    ];
    append(&store, id, first.concat());
    let second = [
        vec![restart(2, true)],
        row(5, 2, creation(1), false),
        row(6, 2, item(5, 1), true),
    ];
    append(&store, id, second.concat());
    let all = TaskRunFilter::default();
    let expected = [(1, None), (3, Some(5)), (5, None), (6, Some(5))];
    assert_eq!(shown(&store, id, &all), expected);
    let items = TaskRunFilter {
        parent: Some(number(5)),
        ..all
    };
    assert_eq!(shown(&store, id, &items), [(3, Some(5)), (6, Some(5))]);
    let counts = store.reader().unwrap().item_counts(id).unwrap();
    assert_eq!(counts.len(), 1);
    assert_eq!((counts[0].parent, counts[0].count), (number(5), 2));
}

#[test]
fn a_run_shows_its_newest_attempt() {
    let (_folder, store) = store();
    let id = begin(&store, 1);
    let ended = vec![
        run_to(Some(State::Pending), State::Running),
        run_to(Some(State::Running), State::Failed),
    ];
    append(&store, id, ended);
    let run = || store.reader().unwrap().run(id).unwrap().unwrap();
    assert_eq!(
        (run().state, run().ended_at),
        (State::Failed, Some(at(100)))
    );
    let writer = store.writer();
    let claimed = writer.claim(id, None, Some(Owner::current()));
    assert!(claimed.wait_committed().unwrap());
    append(&store, id, vec![restart(2, true)]);
    let again = run();
    assert_eq!((again.state, again.run_attempt), (State::Pending, 2));
    assert_eq!((again.started_at, again.ended_at), (None, None));
    assert_eq!(again.owner, Some(Owner::current()));
}

#[test]
fn items_are_paged_counted_and_left_out() {
    let (_folder, store) = store();
    let id = begin(&store, 1);
    append(&store, id, vec![created(1, creation(0))]);
    for item in 0..10 {
        let creation = Creation {
            task: 0,
            parent: Some(number(1)),
            item: Some(item),
            turn: 1,
        };
        append(&store, id, vec![created(item + 2, creation)]);
    }
    append(&store, id, vec![started(5, 1), completed(5, 1)]);
    let reader = store.reader().unwrap();
    let page = |filter: &TaskRunFilter, after: Option<u32>, limit| -> Vec<u32> {
        let rows = reader
            .task_runs(id, filter, after.map(number), limit)
            .unwrap();
        rows.iter().map(|row| row.number.get()).collect()
    };
    let all = TaskRunFilter::default();
    assert_eq!(page(&all, None, 3), [1, 2, 3]);
    assert_eq!(page(&all, Some(3), 3), [4, 5, 6]);
    let outer = TaskRunFilter {
        without_items: true,
        ..all.clone()
    };
    assert_eq!(page(&outer, None, 100), [1]);
    let done = TaskRunFilter {
        states: vec![State::Completed],
        parent: Some(number(1)),
        ..all
    };
    assert_eq!(page(&done, None, 100), [5]);
    let mut counts: Vec<_> = reader
        .item_counts(id)
        .unwrap()
        .into_iter()
        .map(|count| (count.parent.get(), count.state, count.count))
        .collect();
    counts.sort_unstable_by_key(|count| count.2);
    assert_eq!(counts, [(1, State::Completed, 1), (1, State::Pending, 9)]);
}

/// A process that is gone.
fn dead() -> Owner {
    let mut json = serde_json::to_value(Owner::current()).unwrap();
    json["started"] = json!(1);
    serde_json::from_value(json).unwrap()
}

#[test]
fn limits_hold_and_slots_of_the_dead_are_free() {
    let (_folder, store) = store();
    let (writer, run) = (store.writer(), new_run(1).id);
    let holder = |task, owner| SlotHolder {
        run,
        task: number(task),
        owner,
    };
    let me = Owner::current();
    let take = |names: &[&str], holder| {
        let names = names.iter().map(ToString::to_string).collect();
        writer.take_slots(names, holder).wait_committed()
    };
    let unknown = take(&["db"], holder(1, me)).unwrap_err();
    assert!(unknown.to_string().contains("limits set db"), "{unknown}");
    writer.set_limit("db".to_owned(), 1);
    writer.set_limit("cpu".to_owned(), 2);
    assert_eq!(take(&["db", "cpu"], holder(1, me)).unwrap(), Slots::Taken);
    assert_eq!(take(&["db", "cpu"], holder(1, me)).unwrap(), Slots::Taken);
    let full = Slots::Full {
        limit: "db".to_owned(),
        slots: 1,
    };
    assert_eq!(take(&["cpu", "db"], holder(2, me)).unwrap(), full);
    let taken = |store: &Store| -> Vec<u32> {
        let limits = store.reader().unwrap().limits().unwrap();
        limits.iter().map(|limit| limit.taken).collect()
    };
    assert_eq!(taken(&store), [1, 1], "none is taken where one is full");
    writer.free_slots(run, number(1)).wait_committed().unwrap();
    let dead = dead();
    assert_eq!(take(&["db"], holder(3, dead)).unwrap(), Slots::Taken);
    writer.free_slots(run, number(3)).wait_committed().unwrap();
    assert_eq!(
        taken(&store),
        [0, 1],
        "what another process took is its own"
    );
    assert_eq!(take(&["db"], holder(4, me)).unwrap(), Slots::Taken);
    assert!(
        writer
            .remove_limit("db".to_owned())
            .wait_committed()
            .unwrap()
    );
}

#[test]
fn slots_that_are_held_around_a_task_run_are_found() {
    let (_folder, store) = store();
    let writer = store.writer();
    let parent = begin(&store, 1);
    let inside = |n, parent| {
        let creation = Creation {
            parent: Some(number(parent)),
            ..creation(n)
        };
        created(n, creation)
    };
    // A group, a task inside it, and one beside them.
    let tasks = vec![
        created(1, creation(7)),
        inside(2, 1),
        created(3, creation(3)),
    ];
    writer.append(parent, tasks.into());
    let mut child = new_run(2);
    child.parent = Some(Parent {
        run: parent,
        task: number(2),
        attempt: 1,
    });
    let run = child.id;
    let first = vec![run_to(None, State::Pending), created(1, creation(0))];
    writer.begin_run(child, first).wait_committed().unwrap();
    writer.set_limit("db".to_owned(), 9);
    for (run, task) in [(parent, 1), (parent, 2), (parent, 3), (run, 1)] {
        let holder = SlotHolder {
            run,
            task: number(task),
            owner: Owner::current(),
        };
        let taken = writer.take_slots(vec!["db".to_owned()], holder);
        assert_eq!(taken.wait_committed().unwrap(), Slots::Taken);
    }
    let around = |run, task| -> Vec<(u32, u32)> {
        let slots = store.reader().unwrap().slots_around(run, number(task));
        let slots = slots.unwrap().into_iter();
        slots
            .inspect(|slot| assert_eq!((slot.limit.as_str(), slot.run), ("db", parent)))
            .map(|slot| (slot.number.get(), slot.task))
            .collect()
    };
    assert_eq!(around(run, 1), [(2, 2), (1, 7)]);
    assert_eq!(around(parent, 2), [(1, 7)]);
    assert_eq!(around(parent, 3), []);
    assert_eq!(around(new_run(3).id, 1), []);
}

#[test]
fn a_request_reaches_the_owner_and_its_answer_comes_back() {
    let (_folder, store) = store();
    let id = begin(&store, 1);
    let writer = store.writer();
    let steering = Steering::Approve {
        task: Some(number(3)),
        fields: json!({"ok": true}),
    };
    let request = writer.request(id, &steering, "anna".to_owned(), at(5));
    let request = request.wait_committed().unwrap();
    let reader = store.reader().unwrap();
    let open = reader.requests(Owner::current()).unwrap();
    assert_eq!((open[0].id, &open[0].steering), (request, &steering));
    assert_eq!(reader.answer(request).unwrap(), None);
    let answer = Answer {
        accepted: true,
        message: "approved".to_owned(),
    };
    let answered = writer.answer_request(request, &answer, at(6));
    assert!(answered.wait_flushed().unwrap());
    assert_eq!(reader.answer(request).unwrap(), Some(answer));
    assert!(reader.requests(Owner::current()).unwrap().is_empty());
    let nobody = writer.request(new_run(9).id, &steering, String::new(), at(5));
    assert!(matches!(nobody.wait_committed(), Err(StoreError::NoRun(_))));
}

#[test]
fn what_was_asked_of_a_dead_owner_is_not_done_by_the_next() {
    let (_folder, store) = store();
    let id = begin(&store, 1);
    let (writer, reader) = (store.writer(), store.reader().unwrap());
    let me = Some(Owner::current());
    let given = writer.claim(id, me, Some(dead())).wait_committed();
    assert!(given.unwrap());
    let reason = "enough".to_owned();
    let cancel = Steering::Cancel { reason };
    let request = writer.request(id, &cancel, "anna".to_owned(), at(5));
    let request = request.wait_committed().unwrap();
    let claimed = writer.claim(id, Some(dead()), me).wait_committed();
    assert!(claimed.unwrap());
    assert!(reader.requests(Owner::current()).unwrap().is_empty());
    let answer = reader.answer(request).unwrap().unwrap();
    assert!(!answer.accepted, "{}", answer.message);
}

#[test]
fn results_are_kept_until_they_expire() {
    let (_folder, store) = store();
    let id = begin(&store, 1);
    let (key, forever) = (CacheKey([1; 32]), CacheKey([2; 32]));
    let large = "x".repeat(100_000);
    let entry = |key, expires_at| CacheEntry {
        key,
        task: number(1),
        value: Value::from(large.as_str()),
        created_at: at(0),
        expires_at,
    };
    let batch = Batch {
        cache: vec![entry(key, Some(at(10))), entry(forever, None)],
        ..Batch::default()
    };
    store.writer().append(id, batch).wait_committed().unwrap();
    let reader = store.reader().unwrap();
    let found = reader.cached(key, at(9)).unwrap().unwrap();
    assert_eq!(
        (found.run, found.value.as_str()),
        (id, Some(large.as_str()))
    );
    assert!(reader.cached(key, at(10)).unwrap().is_none());
    let removed = store.writer().remove_expired(at(10)).wait_committed();
    assert_eq!(removed.unwrap(), 1);
    assert!(reader.cached(forever, at(99)).unwrap().is_some());
}

#[test]
fn variables_settings_and_workspaces_are_kept() {
    let (folder, store) = store();
    let writer = store.writer();
    writer.set_variable("b".to_owned(), &json!([1, "x"]));
    writer.set_variable("a".to_owned(), &json!(null));
    writer.set_variable("a".to_owned(), &json!("new"));
    writer.set_setting("key".to_owned(), &json!(true));
    writer.remember_workspace("/w".to_owned(), at(1));
    writer.enable_workspace("/w".to_owned(), true, at(2));
    writer.remember_workspace("/w".to_owned(), at(3));
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    let reader = store.reader().unwrap();
    let expected = [("a", json!("new")), ("b", json!([1, "x"]))];
    let expected = expected.map(|(name, value)| (name.to_owned(), value));
    assert_eq!(reader.variables().unwrap(), expected);
    assert_eq!(reader.variable("b").unwrap(), Some(json!([1, "x"])));
    assert_eq!(reader.setting("key").unwrap(), Some(json!(true)));
    let workspace = &reader.workspaces().unwrap()[0];
    assert_eq!((workspace.enabled, workspace.used_at), (true, at(3)));
    let removed = |name: &str| store.writer().remove_variable(name.to_owned());
    assert!(removed("a").wait_committed().unwrap());
    assert!(!removed("a").wait_committed().unwrap());
    assert_eq!(reader.variables().unwrap().len(), 1);
}

#[test]
fn observers_see_commits_in_order_before_receipts() {
    let (_folder, store) = store();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let observed = Arc::clone(&seen);
    store.observe(move |commit| {
        for batch in &commit.batches {
            let entry = (batch.run, batch.first_sequence, batch.transitions.len());
            observed.lock().unwrap().push(entry);
        }
    });
    let id = begin(&store, 1);
    assert_eq!(*seen.lock().unwrap(), [(id, 1, 1)]);
    append(&store, id, whole(1, 1));
    append(&store, id, whole(2, 1));
    assert_eq!(*seen.lock().unwrap(), [(id, 1, 1), (id, 2, 3), (id, 5, 3)]);
}

#[test]
fn a_version_changes_with_every_write() {
    let (folder, store) = store();
    let reader = store.reader().unwrap();
    let other = Store::open(folder.path()).unwrap();
    let before = reader.version().unwrap();
    assert_eq!(reader.version().unwrap(), before);
    begin(&other, 1);
    let after = reader.version().unwrap();
    assert_ne!(after, before);
}

#[test]
fn a_closed_store_refuses_and_keeps_nobody_waiting() {
    let (_folder, store) = store();
    let id = begin(&store, 1);
    let receipt = store.writer().append(id, whole(1, 1).into());
    let writer = store.writer().clone();
    store.close();
    assert!(receipt.wait_flushed().is_ok());
    let late = writer.append(id, whole(2, 1).into());
    assert!(matches!(late.wait_committed(), Err(StoreError::Closed)));
}
