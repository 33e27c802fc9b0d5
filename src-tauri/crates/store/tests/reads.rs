//! What lists are read by: filters, orders, summaries, counts, windows on logs.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking"
)]

mod sample;

use std::time::Duration;

use sample::*;
use tempfile::TempDir;
use tidemill_orchestrate::{Creation, Detail, RunId, State, Subject, Transition};
use tidemill_store::{
    LogView, NewLine, Parent, Reader, RunFilter, RunSort, Store, Stream, TaskRunFilter, TaskRunSet,
};

fn store() -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

/// The `n`th run, ended in a state after so many seconds.
fn ended(store: &Store, n: u32, state: State, seconds: i64) -> RunId {
    let run = new_run(n);
    let id = run.id;
    let made = run.created_at;
    let second = |seconds: i64| made + jiff::SignedDuration::from_secs(seconds);
    let step = |from: Option<State>, to: State, seconds: i64| Transition {
        at: second(seconds),
        message: to.is_failure().then(|| "it failed".into()),
        ..run_to(from, to)
    };
    let transitions = vec![
        step(None, State::Pending, 0),
        step(Some(State::Pending), State::Running, 0),
        step(Some(State::Running), state, seconds),
    ];
    let receipt = store.writer().begin_run(run, transitions);
    receipt.wait_committed().unwrap();
    id
}

fn pages(reader: &Reader, filter: &RunFilter, sort: RunSort) -> Vec<RunId> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = reader
            .sorted_runs(filter, sort, cursor.as_deref(), 2)
            .unwrap();
        found.extend(page.runs.iter().map(|run| run.id));
        cursor = page.next;
        if cursor.is_none() {
            return found;
        }
    }
}

#[test]
fn runs_are_listed_in_every_order_page_by_page() {
    let (_folder, store) = store();
    let states = [
        State::Completed,
        State::Failed,
        State::Completed,
        State::Crashed,
        State::Completed,
    ];
    let ids: Vec<RunId> = (1_u32..)
        .zip(states)
        .map(|(n, state)| ended(&store, n, state, [5, 1, 4, 4, 9][n as usize - 1]))
        .collect();
    let reader = store.reader().unwrap();
    let everything = RunFilter::default();
    let of = |order: &[usize]| -> Vec<RunId> { order.iter().map(|&n| ids[n]).collect() };
    let check = |filter: &RunFilter, sort: RunSort, expected: &[usize]| {
        assert_eq!(pages(&reader, filter, sort), of(expected), "{filter:?}");
    };
    check(&everything, RunSort::Newest, &[4, 3, 2, 1, 0]);
    check(&everything, RunSort::Oldest, &[0, 1, 2, 3, 4]);
    check(&everything, RunSort::Longest, &[4, 0, 3, 2, 1]);
    let states = RunFilter {
        states: vec![State::Failed, State::Crashed, State::Cached],
        ..RunFilter::default()
    };
    check(&states, RunSort::Newest, &[3, 1]);
    check(&states, RunSort::Oldest, &[1, 3]);
    check(&states, RunSort::Longest, &[3, 1]);
    let flow = RunFilter {
        flow: Some("weather".to_owned()),
        states: vec![State::Completed],
        until: Some(new_run(5).created_at),
        top: true,
        ..RunFilter::default()
    };
    check(&flow, RunSort::Newest, &[2, 0]);
    let among = RunFilter {
        among: Some(of(&[1, 2])),
        ..RunFilter::default()
    };
    check(&among, RunSort::Newest, &[2, 1]);
    let parameters = RunFilter {
        parameters: vec![("n".to_owned(), "2".to_owned())],
        ..RunFilter::default()
    };
    check(&parameters, RunSort::Longest, &[1]);
    let mut counted = 0;
    reader.for_each_run(&states, |_, _| counted += 1).unwrap();
    assert_eq!(counted, 2);
    let mut counted = 0;
    reader
        .for_each_run(&parameters, |_, _| counted += 1)
        .unwrap();
    assert_eq!(counted, 1);
}

#[test]
fn failures_stay_open_until_a_run_completes() {
    let (_folder, store) = store();
    let reader = store.reader().unwrap();
    let open = || reader.open_failures("weather", at(0)).unwrap();
    assert_eq!(open(), None);
    ended(&store, 1, State::Failed, 1);
    ended(&store, 2, State::Cancelled, 1);
    let newest = ended(&store, 3, State::TimedOut, 1);
    let failures = open().unwrap();
    assert_eq!((failures.newest.id, failures.count), (newest, 2));
    assert_eq!(failures.since, new_run(1).created_at);
    assert_eq!(failures.newest.message.as_deref(), Some("it failed"));
    assert_eq!(reader.open_failures("weather", at(4)).unwrap(), None);
    ended(&store, 4, State::Completed, 7);
    assert_eq!(open(), None);
    let durations = reader.durations_of_flow("weather", 5).unwrap();
    assert_eq!(durations, [Duration::from_secs(7)]);
    assert_eq!(reader.flow_names(5).unwrap(), ["weather"]);
    let counts = reader.states_since(at(3)).unwrap();
    assert_eq!(counts, [(State::Completed, 1), (State::TimedOut, 1)]);
    let versions = reader.flow_versions("weather").unwrap();
    assert_eq!((versions.len(), versions[0].runs), (1, 4));
    assert_eq!(versions[0].first_run_at, new_run(1).created_at);
}

#[test]
fn what_happened_to_runs_is_told_newest_first() {
    let (_folder, store) = store();
    let id = ended(&store, 1, State::Failed, 1);
    store
        .writer()
        .append(id, whole(1, 1).into())
        .wait_committed()
        .unwrap();
    let child = tidemill_store::NewRun {
        parent: Some(Parent {
            run: id,
            task: number(1),
            attempt: 1,
        }),
        ..new_run(2)
    };
    let child_id = child.id;
    store
        .writer()
        .begin_run(child, vec![run_to(None, State::Pending)])
        .wait_committed()
        .unwrap();
    let reader = store.reader().unwrap();
    let moves = reader.moves_before(u64::MAX, 10).unwrap();
    let told: Vec<_> = moves.iter().map(|told| (told.to, told.is_child)).collect();
    assert_eq!(
        told,
        [
            (State::Pending, true),
            (State::Failed, false),
            (State::Running, false),
            (State::Pending, false),
        ]
    );
    assert_eq!(
        reader.moves_before(moves[1].sequence, 1).unwrap(),
        moves[2..3]
    );
    assert_eq!(reader.child_of(id, number(1)).unwrap(), Some(child_id));
    assert_eq!(reader.newest_on_top().unwrap(), Some(id));
    let unfinished = reader.unfinished_runs(5).unwrap();
    assert_eq!(unfinished.len(), 1);
    assert_eq!(unfinished[0].parent, Some(id));
}

/// A mapped task of three items, of which the second fails and is run again.
fn mapped(store: &Store) -> RunId {
    let id = ended(store, 1, State::Failed, 1);
    let item = |n: u32| Creation {
        task: 0,
        parent: Some(number(1)),
        item: Some(n),
        turn: 1,
    };
    let mut transitions = vec![created(1, creation(0)), started(1, 1)];
    for n in 0..3 {
        transitions.push(created(n + 2, item(n)));
        transitions.push(started(n + 2, 1));
        transitions.push(match n {
            1 => transition(
                Subject::Task(number(3)),
                Some(State::Running),
                State::Failed,
                Detail::None,
            ),
            _ => completed(n + 2, i64::from(n)),
        });
    }
    store
        .writer()
        .append(id, transitions.into())
        .wait_committed()
        .unwrap();
    id
}

#[test]
fn task_runs_are_counted_where_they_stand_now() {
    let (_folder, store) = store();
    let id = mapped(&store);
    let reader = store.reader().unwrap();
    let counts = || -> Vec<(bool, State, u64)> {
        let tally = reader.tally(id).unwrap();
        let mut counts: Vec<_> = tally
            .counts
            .iter()
            .map(|count| (count.items, count.state, count.count))
            .collect();
        counts.sort_unstable();
        counts
    };
    let expected = [
        (false, State::Running, 1),
        (true, State::Completed, 2),
        (true, State::Failed, 1),
    ];
    assert_eq!(counts(), expected);
    // A retry of the failed item: a new row stands for the old one.
    let again = |from: Option<State>, to: State, detail: Detail| Transition {
        run_attempt: 2,
        ..transition(Subject::Task(number(5)), from, to, detail)
    };
    let creation = Creation {
        task: 0,
        parent: Some(number(1)),
        item: Some(1),
        turn: 1,
    };
    let retried = vec![
        again(None, State::Pending, Detail::Created(creation)),
        again(Some(State::Pending), State::Running, Detail::Attempt(1)),
    ];
    store
        .writer()
        .append(id, retried.into())
        .wait_committed()
        .unwrap();
    let expected = [
        (false, State::Running, 1),
        (true, State::Running, 1),
        (true, State::Completed, 2),
    ];
    assert_eq!(counts(), expected);
    let shown = reader
        .task_runs(id, &TaskRunFilter::default(), None, 10)
        .unwrap();
    let numbers: Vec<u32> = shown.iter().map(|row| row.number.get()).collect();
    assert_eq!(numbers, [1, 2, 4, 5]);
    let mut places = Vec::new();
    reader
        .for_each_place(id, false, |place| places.push(place.number.get()))
        .unwrap();
    assert_eq!(places, numbers);
    let found = reader.places_of(id, 0, Some(1), None, 5).unwrap();
    assert_eq!(found.len(), 2);
    let moves = reader.transitions_of(id, &[number(3), number(5)]).unwrap();
    assert_eq!(moves.len(), 5);
}

fn log(store: &Store, run: RunId, count: u32) {
    for n in 1..=count {
        let line = NewLine {
            at: at(i64::from(n)),
            stream: if n % 10 == 0 {
                Stream::Stderr
            } else {
                Stream::Stdout
            },
            task: Some(number(1 + n % 2)),
            attempt: 1,
            bytes: format!("line {n}").into_bytes(),
            open: false,
        };
        store.logs().append(run, line).unwrap();
    }
    store.logs().appended().wait_committed().unwrap();
}

#[test]
fn a_window_shows_lines_by_their_numbers() {
    let (_folder, store) = store();
    let id = ended(&store, 1, State::Completed, 1);
    assert_eq!(
        store.logs().window(id, &LogView::default(), 1, 5).unwrap(),
        tidemill_store::LogWindow::default()
    );
    log(&store, id, 10_000);
    let numbers = |window: &tidemill_store::LogWindow| -> Vec<u64> {
        window.lines.iter().map(|line| line.number).collect()
    };
    let whole = LogView::default();
    let window = store.logs().window(id, &whole, 6_001, 3).unwrap();
    assert_eq!(numbers(&window), [6_001, 6_002, 6_003]);
    assert_eq!((window.first, window.last), (Some(1), Some(10_000)));
    assert_eq!((window.total, window.more), (10_000, true));
    let window = store.logs().tail(id, &whole, 2).unwrap();
    assert_eq!(numbers(&window), [9_999, 10_000]);
    assert!(!window.more);
    let mut tasks = TaskRunSet::default();
    tasks.push(number(1));
    let of_task = LogView {
        tasks: Some(tasks),
        contains: Some(b"line 99".to_vec()),
    };
    let window = store.logs().window(id, &of_task, 100, 2).unwrap();
    // 99 itself is odd, so task 2's; 990, 992, … 998 and 9900, 9902, … are task 1's.
    assert_eq!(numbers(&window), [990, 992]);
    assert_eq!((window.total, window.more), (55, true));
    assert_eq!(window.matches.as_ref().map(Vec::len), Some(55));
    let window = store.logs().tail(id, &of_task, 1).unwrap();
    assert_eq!(numbers(&window), [9_998]);
    let errors = [Stream::Stderr, Stream::Engine];
    let (lines, more) = store.logs().last_of(id, number(1), &errors, 2).unwrap();
    let found: Vec<u64> = lines.iter().map(|line| line.number).collect();
    assert_eq!((found, more), (vec![9_990, 10_000], true));
}

#[test]
fn a_text_across_pieces_is_found_where_it_ends() {
    let (_folder, store) = store();
    let id = ended(&store, 1, State::Completed, 1);
    let line = |text: &str, open: bool| NewLine {
        at: at(1),
        stream: Stream::Stdout,
        task: Some(number(1)),
        attempt: 1,
        bytes: text.as_bytes().to_vec(),
        open,
    };
    for piece in [line("begins nee", true), line("dle ends", false)] {
        store.logs().append(id, piece).unwrap();
    }
    store.logs().appended().wait_committed().unwrap();
    let view = LogView {
        tasks: None,
        contains: Some(b"needle".to_vec()),
    };
    let window = store.logs().window(id, &view, 1, 5).unwrap();
    assert_eq!(window.matches, Some(vec![2]));
}

#[test]
fn runs_are_found_by_what_they_said() {
    let (_folder, store) = store();
    let (first, second) = (
        ended(&store, 1, State::Completed, 1),
        ended(&store, 2, State::Completed, 1),
    );
    log(&store, first, 30);
    log(&store, second, 20);
    let time = Duration::from_secs(60);
    let logs = store.logs();
    assert_eq!(
        logs.runs_saying("line", 5, time).unwrap().runs,
        [second, first]
    );
    assert_eq!(logs.runs_saying("line 25", 5, time).unwrap().runs, [first]);
    assert!(logs.runs_saying("line", 5, time).unwrap().complete);
    assert!(!logs.runs_saying("line", 2, time).unwrap().complete);
    let found = logs.search("line 7", 5, time).unwrap();
    assert!(found.complete);
    assert_eq!(found.hits.len(), 2);
}

#[test]
fn runs_with_a_parameter_are_found_however_far_back_they_are() {
    let (_folder, store) = store();
    for n in 1..=2_100 {
        let first = vec![run_to(None, State::Pending)];
        // Only the last is waited for: they are written in order.
        drop(store.writer().begin_run(new_run(n), first));
    }
    store.writer().flush().wait_flushed().unwrap();
    let reader = store.reader().unwrap();
    let with = |name: &str, value: &str| RunFilter {
        parameters: vec![(name.to_owned(), value.to_owned())],
        states: vec![State::Pending, State::Running],
        ..RunFilter::default()
    };
    for sort in [RunSort::Newest, RunSort::Oldest] {
        assert_eq!(
            pages(&reader, &with("n", "1050"), sort),
            [new_run(1_050).id]
        );
        assert_eq!(pages(&reader, &with("n", "2101"), sort), []);
    }
    let all = reader.runs(&with("city", "Oslo"), None, 1_500).unwrap();
    assert_eq!(all.runs.len(), 1_500);
    let rest = reader.runs(&with("city", "Oslo"), all.next.as_deref(), 1_500);
    assert_eq!(rest.unwrap().runs.len(), 600);
}
