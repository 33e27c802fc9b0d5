use super::*;
use crate::{Every, Overlap, Rule, Zone};

const START: Step = Step::Start { cancels: false };
const CANCEL: Step = Step::Start { cancels: true };
const LINE: Step = Step::Wait {
    until: None,
    held: None,
};

fn schedule(overlap: Overlap) -> Schedule {
    let every = Every::new(Duration::from_secs(60), None).unwrap();
    Schedule {
        overlap,
        ..Schedule::new(Rule::Every(every), Zone::Local)
    }
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_764_000_000 + minute * 60).unwrap()
}

fn times(minutes: std::ops::Range<i64>, caught_up: bool) -> Vec<WaitingTime> {
    let time = |minute| WaitingTime {
        time: at(minute),
        caught_up,
    };
    minutes.map(time).collect()
}

fn steps(schedule: &Schedule, waiting: &[WaitingTime], running: usize) -> Vec<Step> {
    schedule.steps(waiting, running, at(100), 0, false, None)
}

#[test]
fn overlap_decides_on_times_that_come_while_others_run() {
    use NotStarted::{Overlap as Over, Replaced};
    let (over, replaced) = (Step::Miss(Over), Step::Miss(Replaced));
    for (overlap, idle, busy) in [
        (Overlap::Skip, [START, over], [over, over]),
        (Overlap::Queue, [START, LINE], [LINE, LINE]),
        (Overlap::Allow, [START, START], [START, START]),
        (
            Overlap::CancelRunning,
            [replaced, CANCEL],
            [replaced, CANCEL],
        ),
    ] {
        let two = times(99..101, false);
        assert_eq!(steps(&schedule(overlap), &two, 0), idle, "{overlap:?}");
        assert_eq!(steps(&schedule(overlap), &two, 1), busy, "{overlap:?}");
    }
}

#[test]
fn what_is_caught_up_runs_one_at_a_time() {
    for (_, overlap) in Overlap::WORDS {
        let backlog = times(90..93, true);
        assert_eq!(
            steps(&schedule(overlap), &backlog, 0),
            [START, LINE, LINE],
            "{overlap:?}"
        );
        assert_eq!(steps(&schedule(overlap), &backlog, 1), [LINE; 3]);
    }
    let mut all = schedule(Overlap::Skip);
    let mut waiting = times(90..92, true);
    waiting.extend(times(100..101, false));
    let over = Step::Miss(NotStarted::Overlap);
    assert_eq!(steps(&all, &waiting, 0), [START, LINE, over]);
    all.catchup = Catchup::All;
    assert_eq!(steps(&all, &waiting, 0), [START, LINE, LINE]);
}

#[test]
fn a_queue_has_an_end_and_so_has_patience() {
    let mut queue = schedule(Overlap::Queue);
    let long = times(-1_000..3, false);
    let steps_of = queue.steps(&long, 1, at(3), 0, false, None);
    assert!(steps_of[..QUEUE].iter().all(|step| *step == LINE));
    assert_eq!(steps_of[QUEUE..], [Step::Miss(NotStarted::Limit); 3]);
    queue.catchup_within = Duration::from_secs(600);
    let steps_of = queue.steps(&times(0..3, false), 1, at(11), 0, false, None);
    assert_eq!(steps_of, [Step::Miss(NotStarted::TooOld), LINE, LINE]);
    let paused = queue.steps(&times(0..1, false), 0, at(0), 0, true, None);
    assert_eq!(paused, [Step::Miss(NotStarted::Paused)]);
}

#[test]
fn a_delay_is_waited_for() {
    let mut spread = schedule(Overlap::Skip);
    spread.jitter = Duration::from_secs(50);
    let starts_at = spread.starts_at(at(100), 7);
    let one = times(100..101, false);
    let step = |now| spread.steps(&one, 0, now, 7, false, None)[0];
    let waits = Step::Wait {
        until: Some(starts_at),
        held: None,
    };
    assert_eq!(step(at(100)), waits);
    assert_eq!(step(starts_at), START);
}

#[test]
fn what_is_held_back_is_waited_for_as_long_as_it_says() {
    let mut schedule = schedule(Overlap::Skip);
    let two = times(99..101, false);
    let held = |schedule: &Schedule, now, held| schedule.steps(&two, 0, now, 0, false, Some(held));
    let (over, gone) = (NotStarted::Overlap, NotStarted::Condition);
    assert_eq!(
        held(&schedule, at(100), Held::Condition),
        [Step::Miss(gone); 2]
    );
    assert_eq!(
        held(&schedule, at(100), Held::Unknown),
        [Step::Miss(NotStarted::Unknown); 2]
    );
    let waits = |until, held| Step::Wait {
        until,
        held: Some(held),
    };
    assert_eq!(
        held(&schedule, at(100), Held::Broken),
        [waits(None, Held::Broken), Step::Miss(over)]
    );
    schedule.wait_up_to = Some(Duration::from_secs(300));
    assert_eq!(
        held(&schedule, at(100), Held::Condition),
        [waits(Some(at(104)), Held::Condition), Step::Miss(over)]
    );
    assert_eq!(
        held(&schedule, at(105), Held::Condition)[0],
        Step::Miss(gone)
    );
    schedule.overlap = Overlap::CancelRunning;
    assert_eq!(
        held(&schedule, at(100), Held::Condition),
        [
            Step::Miss(NotStarted::Replaced),
            waits(Some(at(105)), Held::Condition)
        ]
    );
}
