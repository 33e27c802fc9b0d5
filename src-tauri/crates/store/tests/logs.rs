//! Logs: bytes exactly, followed, searched, bounded.
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
use tidemill_orchestrate::RunId;
use tidemill_store::{LogFilter, LogLine, NewLine, Store, Stream};

/// Longer than any search here takes.
const LONG: Duration = Duration::from_secs(60);

fn store() -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

fn line(task: u32, bytes: impl Into<Vec<u8>>) -> NewLine {
    NewLine {
        at: at(i64::from(task)),
        stream: Stream::Stdout,
        task: tidemill_orchestrate::TaskRunNumber::new(task),
        attempt: 1,
        bytes: bytes.into(),
        open: false,
    }
}

fn write(store: &Store, run: RunId, lines: Vec<NewLine>) {
    for line in lines {
        store.logs().append(run, line).unwrap();
    }
    store.logs().appended().wait_committed().unwrap();
}

fn read(store: &Store, run: RunId, filter: LogFilter) -> Vec<LogLine> {
    let mut lines = store.logs().lines(run, filter);
    let mut all = Vec::new();
    loop {
        let page = lines.next_page().unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

fn texts(lines: &[LogLine]) -> Vec<String> {
    let texts = lines.iter();
    texts
        .map(|line| String::from_utf8_lossy(&line.bytes).into_owned())
        .collect()
}

#[test]
fn nothing_is_opened_before_the_first_line() {
    let (folder, store) = store();
    let run = new_run(1).id;
    assert!(read(&store, run, LogFilter::default()).is_empty());
    assert!(store.logs().search("x", 9, LONG).unwrap().hits.is_empty());
    store.logs().remove(run).unwrap();
    drop(store);
    assert!(!folder.path().join("logs.db").exists());
}

#[test]
fn any_bytes_come_back_exactly() {
    let (folder, store) = store();
    let (run, other) = (new_run(1).id, new_run(2).id);
    let every_byte: Vec<u8> = (0..=255).collect();
    let mut lines = vec![
        line(1, every_byte),
        line(2, ""),
        line(0, "engine says\r"),
        line(1, "🌊\0\x1b[31mred"),
    ];
    lines[2].stream = Stream::Engine;
    lines[3].stream = Stream::Stderr;
    lines[3].attempt = 7;
    write(&store, run, lines.clone());
    write(&store, other, vec![line(1, "other")]);
    write(&store, run, vec![line(1, "later")]);
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    let back = read(&store, run, LogFilter::default());
    lines.push(line(1, "later"));
    assert_eq!(back.len(), lines.len());
    for ((line, back), number) in lines.iter().zip(&back).zip(1..) {
        assert_eq!(back.number, number);
        assert_eq!((back.at, back.stream), (line.at, line.stream));
        assert_eq!((back.task, back.attempt), (line.task, line.attempt));
        assert_eq!(back.bytes, line.bytes);
    }
}

#[test]
fn lines_are_filtered() {
    let (_folder, store) = store();
    let run = new_run(1).id;
    let lines = (0..10_000).map(|n| line(n % 5, format!("line {n} of task {}", n % 5)));
    write(&store, run, lines.collect());
    let count = |filter| read(&store, run, filter).len();
    assert_eq!(count(LogFilter::default()), 10_000);
    let task = LogFilter {
        task: Some(number(3)),
        ..LogFilter::default()
    };
    assert_eq!(count(task.clone()), 2_000);
    assert_eq!(
        count(LogFilter {
            from: 9_991,
            ..task.clone()
        }),
        2
    );
    assert_eq!(
        count(LogFilter {
            from: 20_000,
            ..task
        }),
        0
    );
    let times = LogFilter {
        since: Some(at(1)),
        until: Some(at(3)),
        ..LogFilter::default()
    };
    assert_eq!(count(times), 4_000);
    let grep = |text: &str| LogFilter {
        contains: Some(text.as_bytes().to_vec()),
        ..LogFilter::default()
    };
    assert_eq!(
        texts(&read(&store, run, grep("ne 777 of"))),
        ["line 777 of task 2"]
    );
    assert_eq!(count(grep("LINE 777")), 0);
    assert_eq!(count(grep("task 4")), 2_000);
}

#[test]
fn a_very_long_line_is_kept_in_pieces() {
    let (_folder, store) = store();
    let run = new_run(1).id;
    let mut long: Vec<u8> = (0..20_000_000_u32)
        .map(|n| b'a' + u8::try_from(n % 23).unwrap())
        .collect();
    let middle = 64 * 1024 * 3;
    long[middle - 3..middle + 4].copy_from_slice(b"NEEDLE!");
    write(&store, run, vec![line(1, long.clone()), line(1, "next")]);
    let back = read(&store, run, LogFilter::default());
    assert!(back.iter().all(|piece| piece.bytes.len() <= 64 * 1024));
    let (next, pieces) = back.split_last().unwrap();
    assert_eq!(next.bytes, b"next");
    let (last, open) = pieces.split_last().unwrap();
    assert!(open.iter().all(|piece| piece.open) && !last.open);
    let whole: Vec<u8> = pieces
        .iter()
        .flat_map(|piece| piece.bytes.clone())
        .collect();
    assert_eq!(whole, long);
    let grep = LogFilter {
        contains: Some(b"NEEDLE!".to_vec()),
        ..LogFilter::default()
    };
    assert_eq!(read(&store, run, grep).len(), 1, "a match across pieces");
}

#[test]
fn another_process_follows() {
    let (folder, store) = store();
    let run = new_run(1).id;
    let other = Store::open(folder.path()).unwrap();
    let mut lines = other.logs().lines(run, LogFilter::default());
    assert!(lines.next_page().unwrap().is_empty());
    for n in 1..=3 {
        write(&store, run, vec![line(1, format!("{n}"))]);
        assert_eq!(texts(&lines.next_page().unwrap()), [format!("{n}")]);
        assert!(lines.next_page().unwrap().is_empty());
    }
    assert_eq!(lines.position(), 4);
    // The run is carried on by that process: its lines are numbered on.
    write(&other, run, vec![line(1, "4")]);
    assert_eq!(lines.next_page().unwrap()[0].number, 4);
}

#[test]
fn words_are_found_newest_first_whether_they_are_indexed_or_not() {
    let (_folder, store) = store();
    let logs = store.logs();
    let (run, other) = (new_run(1).id, new_run(2).id);
    let found = |words: &str| {
        let found = logs.search(words, 10, LONG).unwrap();
        assert!(found.complete, "{words}");
        let hits = found.hits.into_iter();
        hits.map(|hit| (hit.run, hit.line.number))
            .collect::<Vec<_>>()
    };
    let lines = ["the quick fox", "a slow fox"].map(|text| line(1, text));
    write(&store, run, lines.to_vec());
    let text = "a quick \"red\" fox AND (others*)";
    write(&store, other, vec![line(2, text)]);
    let check = || {
        assert_eq!(found("fox"), [(other, 1), (run, 2), (run, 1)]);
        assert_eq!(found("QUICK fox"), [(other, 1), (run, 1)]);
        assert_eq!(found("\"red\" AND (others*)"), [(other, 1)]);
        assert!(found("").is_empty() && found("absent").is_empty());
        assert_eq!(logs.runs_saying("fox", 9, LONG).unwrap().runs, [other, run]);
        assert_eq!(logs.runs_saying("fox", 1, LONG).unwrap().runs, [other]);
        assert_eq!(logs.runs_saying("slow fox", 9, LONG).unwrap().runs, [run]);
        assert_eq!(logs.search("fox", 1, LONG).unwrap().hits.len(), 1);
    };
    assert_eq!(logs.unindexed().unwrap(), 2);
    check();
    assert!(logs.index_for(LONG).unwrap());
    assert_eq!(logs.unindexed().unwrap(), 0);
    check();
    write(&store, run, vec![line(1, "quick again")]);
    assert_eq!(found("quick"), [(run, 3), (other, 1), (run, 1)]);
    assert!(logs.index_for(LONG).unwrap());
    assert_eq!(found("quick"), [(run, 3), (other, 1), (run, 1)]);
    logs.remove(other).unwrap();
    assert_eq!(found("quick"), [(run, 3), (run, 1)]);
}

#[test]
fn what_is_removed_leaves_the_index_too() {
    let (folder, store) = store();
    let (run, other) = (new_run(1).id, new_run(2).id);
    for run in [run, other] {
        let lines = (0..5_000).map(|number| line(1, format!("word{number} of {run}")));
        write(&store, run, lines.collect());
    }
    assert!(store.logs().index_for(LONG).unwrap());
    let rows = || -> i64 {
        let index = rusqlite::Connection::open(folder.path().join("search.db")).unwrap();
        let count = "SELECT count(*) FROM words_docsize";
        index.query_row(count, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(rows(), 10_000);
    store.logs().remove(run).unwrap();
    assert_eq!(rows(), 5_000);
    store.logs().prune(at(0), 1).unwrap();
    assert_eq!(rows(), 0);
}

#[test]
fn a_search_is_bounded_and_says_so() {
    let (_folder, store) = store();
    let run = new_run(1).id;
    // Two words that are in every line together are found at once; two that never are,
    // only by looking everywhere.
    let lines = (0..60_000).map(|number| match number % 2 {
        0 => line(1, "even steps of every run"),
        _ => line(1, "odd steps of every run"),
    });
    write(&store, run, lines.collect());
    let none = store.logs().search("even odd", 10, LONG).unwrap();
    assert!(!none.complete, "most of it is not indexed");
    assert!(store.logs().index_for(LONG).unwrap());
    let found = store.logs().search("every run", 50, LONG).unwrap();
    let numbers: Vec<u64> = found.hits.iter().map(|hit| hit.line.number).collect();
    let expected: Vec<u64> = (0..50).map(|back| 60_000 - back).collect();
    assert_eq!((numbers, found.complete), (expected, true));
    let all = store.logs().search("even odd", 10, LONG).unwrap();
    assert!(all.hits.is_empty() && all.complete);
    let cut = store.logs().search("even odd", 10, Duration::ZERO).unwrap();
    assert!(cut.hits.is_empty() && !cut.complete);
}

#[test]
fn logs_are_pruned_by_age_and_size() {
    let (_folder, store) = store();
    let runs = [1, 2, 3].map(|n| new_run(n).id);
    for (run, day) in runs.into_iter().zip([1_u32, 2, 3]) {
        let lines = (0..200).map(|_| line(day, "x".repeat(10_000)));
        write(&store, run, lines.collect());
    }
    let left = || runs.map(|run| read(&store, run, LogFilter::default()).len());
    store.logs().prune(at(2), u64::MAX).unwrap();
    assert_eq!(left(), [0, 200, 200]);
    store.logs().prune(at(0), 3_000_000).unwrap();
    let [_, second, third] = left();
    assert!(second < 200 && third <= 200, "{second} {third}");
}

#[test]
fn many_lines_wait_for_room_and_none_is_lost() {
    let (_folder, store) = store();
    let run = new_run(1).id;
    std::thread::scope(|scope| {
        for task in 1..=4 {
            let logs = store.logs();
            scope.spawn(move || {
                for _ in 0..300 {
                    logs.append(run, line(task, vec![b'x'; 20_000])).unwrap();
                }
            });
        }
    });
    store.logs().appended().wait_committed().unwrap();
    assert_eq!(read(&store, run, LogFilter::default()).len(), 1200);
}
