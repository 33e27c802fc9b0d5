//! What the store keeps for the scheduler: each time of a schedule has one run or one
//! reason, and the run is there if and only if its time says so.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on should say so"
)]

mod sample;

use jiff::Timestamp;
use sample::{at, new_run, transition};
use tidemill_orchestrate::{Detail, State, Subject};
use tidemill_store::{
    DueOutcome, DueReason, DueTime, MissedTimes, NewRun, ScheduleLook, ScheduleOf, Store,
    StoreError, StoredDueTimes,
};

fn of() -> ScheduleOf {
    ScheduleOf {
        workspace: "/flows".to_owned(),
        flow: "weather".to_owned(),
        identity: "cron @daily in local".to_owned(),
    }
}

fn look(seen: i64, waits: &[i64], missed: Vec<MissedTimes>) -> ScheduleLook {
    ScheduleLook {
        of: of(),
        seen: at(seen),
        waits: waits.iter().map(|time| (at(*time), false)).collect(),
        missed,
    }
}

fn missed(first: i64, last: i64, times: u64, word: &str) -> MissedTimes {
    MissedTimes {
        first: at(first),
        last: at(last),
        times,
        counted: true,
        reason: reason(word),
    }
}

fn reason(word: &str) -> DueReason {
    DueReason {
        word: word.to_owned(),
        message: format!("because: {word}"),
    }
}

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

fn record(store: &Store, look: ScheduleLook) {
    let now = look.seen;
    let recorded = store.writer().record_looks(vec![look], now);
    recorded.wait_committed().unwrap();
}

fn times(store: &Store) -> Vec<StoredDueTimes> {
    let mut times = store.reader().unwrap().due_times(&of(), 100).unwrap();
    times.reverse();
    times
}

/// First and last time, how many, and the reason's word.
fn shape(times: &[StoredDueTimes]) -> Vec<(Timestamp, Timestamp, u64, &str)> {
    let shape = |row: &StoredDueTimes| {
        let word = row
            .reason
            .as_ref()
            .map_or("", |reason| match &*reason.word {
                "overlap" => "overlap",
                "off" => "off",
                _ => "other",
            });
        (row.time, row.last, row.times, word)
    };
    times.iter().map(shape).collect()
}

fn scheduled(n: u32, schedule: i64, time: i64) -> NewRun {
    NewRun {
        due: Some(DueTime {
            schedule,
            time: at(time),
        }),
        scheduled_for: Some(at(time)),
        ..new_run(n)
    }
}

fn begin(store: &Store, run: NewRun) -> Result<(), StoreError> {
    let first = transition(Subject::Run, None, State::Running, Detail::None);
    let begun = store.writer().begin_run(run, vec![first]);
    begun.wait_committed()
}

#[test]
fn a_time_has_one_run_and_they_are_recorded_together() {
    let (folder, store) = store();
    record(&store, look(10, &[5, 10], Vec::new()));
    let reader = store.reader().unwrap();
    let seen = reader.schedules(at(1_000)).unwrap();
    let [schedule] = seen.as_slice() else {
        panic!("{seen:?}");
    };
    assert_eq!((&schedule.of, schedule.seen), (&of(), at(10)));
    assert_eq!(reader.waiting_times().unwrap().len(), 2);
    let run = scheduled(1, schedule.key, 5);
    begin(&store, run.clone()).unwrap();
    let twice = begin(&store, scheduled(2, schedule.key, 5)).unwrap_err();
    assert!(matches!(twice, StoreError::TimeTaken(time) if time == at(5)));
    let never = begin(&store, scheduled(3, schedule.key, 7)).unwrap_err();
    assert!(matches!(never, StoreError::TimeTaken(_)));
    // The refused runs are not there, and a run that is there takes no time.
    let another = NewRun {
        id: run.id,
        ..scheduled(4, schedule.key, 10)
    };
    assert!(matches!(
        begin(&store, another).unwrap_err(),
        StoreError::RunExists(_)
    ));
    let reader = store.reader().unwrap();
    assert_eq!(reader.newest_run().unwrap(), Some(run.id));
    assert_eq!(
        reader.unfinished_scheduled().unwrap(),
        [(schedule.key, run.id)]
    );
    // Found again, what is recorded stays.
    record(&store, look(10, &[5, 10], Vec::new()));
    let outcomes: Vec<_> = times(&store).iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, [DueOutcome::Run(run.id), DueOutcome::Waits]);
    drop(reader);
    store.close();
    let again = Store::open(folder.path()).unwrap();
    assert_eq!(times(&again).len(), 2);
}

#[test]
fn times_missed_in_a_row_for_one_reason_are_one_row() {
    let (_folder, store) = store();
    record(&store, look(10, &[1, 2, 3, 4], Vec::new()));
    let key = store.reader().unwrap().schedules(at(1_000)).unwrap()[0].key;
    let due = |time: i64| DueTime {
        schedule: key,
        time: at(time),
    };
    begin(&store, scheduled(1, key, 1)).unwrap();
    for time in [2, 3] {
        let missed = vec![(due(time), reason("overlap"))];
        store.writer().miss_times(missed, at(10));
    }
    // What has its run is missed by nobody.
    store
        .writer()
        .miss_times(vec![(due(1), reason("overlap"))], at(10));
    let why = vec![(due(4), reason("condition"))];
    store.writer().explain_times(why).wait_committed().unwrap();
    let rows = times(&store);
    assert_eq!(
        shape(&rows),
        [
            (at(1), at(1), 1, ""),
            (at(2), at(3), 2, "overlap"),
            (at(4), at(4), 1, "other")
        ]
    );
    assert_eq!(rows[2].outcome, DueOutcome::Waits);
    begin(&store, scheduled(2, key, 4)).unwrap();
    assert_eq!(times(&store)[2].reason, None);
    record(&store, look(50, &[], vec![missed(20, 40, 3, "off")]));
    record(&store, look(60, &[], vec![missed(60, 60, 1, "off")]));
    // One of those that were missed, found again by a clock that was set back.
    record(&store, look(30, &[30], vec![missed(25, 25, 1, "overlap")]));
    let rows = times(&store);
    assert_eq!(shape(&rows)[3..], [(at(20), at(60), 4, "off")]);
    let reader = store.reader().unwrap();
    let missed = reader.missed_times("/flows", at(50), 10).unwrap();
    assert_eq!(missed, [(of(), rows[3].clone())]);
    assert_eq!(reader.missed_times("/other", at(50), 10).unwrap(), []);
    let recorded = |now| reader.schedules(at(now)).unwrap()[0].recorded;
    assert_eq!(
        [recorded(0), recorded(4), recorded(30)],
        [None, Some(at(4)), Some(at(60))]
    );
}

#[test]
fn schedules_go_and_come_back_and_flows_are_paused_and_renamed() {
    let (_folder, store) = store();
    record(&store, look(10, &[5], Vec::new()));
    let seen = || store.reader().unwrap().schedules(at(1_000)).unwrap()[0].clone();
    let key = seen().key;
    let writer = store.writer();
    writer.lose_schedules(vec![key], at(20));
    writer
        .lose_schedules(vec![key], at(30))
        .wait_committed()
        .unwrap();
    assert_eq!(seen().gone_at, Some(at(20)));
    record(&store, look(40, &[], Vec::new()));
    let back = seen();
    assert_eq!((back.key, back.gone_at, back.seen), (key, None, at(40)));
    assert_eq!(back.first_seen, at(10));
    let pause = |paused| {
        let (workspace, flow) = ("/flows".to_owned(), "weather".to_owned());
        let changed = writer.pause_flow(workspace, flow, paused, at(50));
        changed.wait_committed().unwrap()
    };
    assert!(pause(true) && !pause(true));
    let (workspace, from, to) = ("/flows", "weather", "climate");
    let renamed = writer.rename_flow(workspace.to_owned(), from.to_owned(), to.to_owned());
    renamed.wait_committed().unwrap();
    let paused = store.reader().unwrap().paused_flows().unwrap();
    assert_eq!(paused, [(workspace.to_owned(), to.to_owned())]);
    assert_eq!(seen().of.flow, to);
    assert!(!pause(false));
}

#[test]
fn a_workspace_is_enabled_since_a_time() {
    let (_folder, store) = store();
    let enable = |enabled, second| {
        let changed = store
            .writer()
            .enable_workspace("/w".to_owned(), enabled, at(second));
        let changed = changed.wait_committed().unwrap();
        let workspace = store.reader().unwrap().workspaces().unwrap().remove(0);
        assert_eq!(workspace.enabled, workspace.enabled_at.is_some());
        (changed, workspace.enabled_at)
    };
    assert_eq!(enable(true, 1), (true, Some(at(1))));
    assert_eq!(enable(true, 2), (false, Some(at(1))));
    assert_eq!(enable(false, 3), (true, None));
    assert_eq!(enable(false, 4), (false, None));
    assert_eq!(enable(true, 5), (true, Some(at(5))));
}
