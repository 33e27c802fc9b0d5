use std::fs;

use tidemill_flow::Value;
use tidemill_orchestrate::{Detail, RunId, State, Subject, Transition};
use tidemill_store::{NewRun, Owner};

use super::*;

const FLOW: &str = "name: ask\ntasks: { sure: { approve: { message: Really? } } }\n";

struct Stage {
    _folder: tempfile::TempDir,
    surroundings: Surroundings,
    home: OpenHome,
    catalog: FlowCatalog,
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).unwrap()
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ask.flow.yaml"), FLOW).unwrap();
        let surroundings = Surroundings::rooted(folder.path());
        Self {
            home: OpenHome::open(&surroundings).unwrap(),
            surroundings,
            catalog: FlowCatalog::default(),
            _folder: folder,
        }
    }

    /// A run that goes through these states, each so many seconds after the epoch.
    fn run(&self, flow: &str, steps: &[(State, i64)]) -> RunId {
        self.begin(flow, steps, None)
    }

    /// The same, and it is due then; nobody carries it.
    fn due(&self, flow: &str, steps: &[(State, i64)], due: i64) -> RunId {
        self.begin(flow, steps, Some(at(due)))
    }

    fn begin(&self, flow: &str, steps: &[(State, i64)], due: Option<Timestamp>) -> RunId {
        let made = at(steps[0].1);
        let random = flow.bytes().map(u64::from).sum::<u64>() << 30;
        let id = RunId::new(u64::try_from(made.as_millisecond()).unwrap(), random);
        let run = NewRun {
            id,
            name: format!("run-{}", steps[0].1),
            flow: flow.to_owned(),
            flow_text: Some(FLOW.into()),
            file: None,
            workspace: None,
            parameters: Value::from_pairs([("size", 3)]),
            trigger: Value::from(()),
            variables: Value::from(()),
            environment: None,
            trial: None,
            parent: None,
            scheduled_for: due,
            owner: due.is_none().then(Owner::current),
            created_at: made,
            request: None,
            due: None,
        };
        let mut from = None;
        let mut moves = Vec::new();
        for (to, seconds) in steps {
            moves.push(step(Subject::Run, from, *to, *seconds, Detail::None));
            from = Some(*to);
        }
        let receipt = self.home.store().writer().begin_run(run, moves);
        receipt.wait_flushed().unwrap();
        id
    }

    fn overview(&self, seconds: i64) -> Overview {
        overview(&self.surroundings, &self.home, &self.catalog, at(seconds)).unwrap()
    }
}

fn step(
    subject: Subject,
    from: Option<State>,
    to: State,
    seconds: i64,
    detail: Detail,
) -> Transition {
    Transition {
        subject,
        run_attempt: 1,
        from,
        to,
        at: at(seconds),
        message: to.is_failure().then(|| "task `x` failed\nmore".into()),
        detail,
    }
}

fn told(overview: &Overview) -> Vec<(BrokenKind, &str, u64, NextStep)> {
    let broken = overview.broken.iter();
    broken
        .map(|one| (one.kind, one.flow.as_str(), one.count, one.next_step))
        .collect()
}

#[test]
fn failures_are_told_of_until_a_run_completes() {
    let stage = Stage::new();
    assert!(stage.overview(0).as_expected);
    let fail = |second: i64, state: State| {
        let steps = [
            (State::Pending, second),
            (State::Running, second),
            (state, second + 1),
        ];
        stage.run("nightly", &steps);
    };
    fail(10, State::Failed);
    fail(20, State::TimedOut);
    let overview = stage.overview(30);
    assert!(!overview.as_expected);
    let expected = [(BrokenKind::Failed, "nightly", 2, NextStep::Retry)];
    assert_eq!(told(&overview), expected);
    assert_eq!(overview.broken[0].reason, "task `x` failed");
    assert_eq!(overview.broken[0].since, Moment(at(10)));
    assert_eq!(overview.totals.failed, 2);
    let names: Vec<&str> = overview
        .flows
        .iter()
        .map(|flow| flow.name.as_str())
        .collect();
    assert_eq!(names, ["ask", "nightly"]);
    // A month and some days later nobody is told any more.
    assert!(stage.overview(40 * 24 * 3600).as_expected);
    fail(40, State::Completed);
    assert!(stage.overview(50).as_expected);
}

#[test]
fn a_run_is_slow_by_a_fair_rule() {
    let stage = Stage::new();
    for second in 0..5 {
        let begun = second * 100;
        stage.run(
            "job",
            &[
                (State::Running, begun),
                (State::Completed, begun + 10 + second),
            ],
        );
    }
    stage.run("job", &[(State::Running, 1_000)]);
    // The usual is 12 seconds: twice that is less than 30 seconds more.
    assert_eq!(told(&stage.overview(1_042)), []);
    let overview = stage.overview(1_043);
    assert_eq!(
        told(&overview),
        [(BrokenKind::Slow, "job", 1, NextStep::Look)]
    );
    assert_eq!(
        overview.broken[0].reason,
        "it has run for 43s; usually it takes 12s"
    );
    assert_eq!(overview.running[0].usual_ms, Some(12_000));
    stage.run("young", &[(State::Running, 0), (State::Completed, 1)]);
    stage.run("young", &[(State::Running, 1_001)]);
    assert_eq!(told(&stage.overview(2_000)).len(), 1);
}

#[test]
fn questions_and_abandoned_runs_have_their_next_step() {
    let stage = Stage::new();
    let id = stage.run("ask", &[(State::Pending, 0), (State::Running, 0)]);
    let number = tidemill_orchestrate::TaskRunNumber::FIRST;
    let task = Subject::Task(number);
    let creation = tidemill_orchestrate::Creation {
        task: 0,
        parent: None,
        item: None,
        turn: 1,
    };
    let mut asked = step(
        task,
        Some(State::Pending),
        State::Paused,
        1,
        Detail::Attempt(1),
    );
    asked.message = Some("Really?".into());
    let created = step(task, None, State::Pending, 1, Detail::Created(creation));
    let writer = stage.home.store().writer();
    writer
        .append(id, vec![created, asked].into())
        .wait_flushed()
        .unwrap();
    let waiting = stage.run("later", &[(State::Running, 5), (State::AwaitingRetry, 6)]);
    let owner = Some(Owner::current());
    assert!(writer.claim(waiting, owner, None).wait_flushed().unwrap());
    let overview = stage.overview(10);
    assert_eq!(
        told(&overview),
        [
            (BrokenKind::Crashed, "later", 1, NextStep::CarryOn),
            (BrokenKind::Approval, "ask", 1, NextStep::Answer),
        ]
    );
    assert_eq!(overview.broken[1].reason, "Really?");
    let ask = &overview.running[1];
    assert_eq!((ask.done, ask.total), (0, 1));
}

#[test]
fn a_run_that_waits_for_its_time_is_next_and_does_not_run() {
    let stage = Stage::new();
    assert!(!stage.home.has_orphans().unwrap());
    let waits = stage.due("later", &[(State::Scheduled, 0)], 3_600);
    stage.due("far", &[(State::Scheduled, 0)], 100 * 3_600);
    let overview = stage.overview(10);
    assert!(overview.as_expected && overview.running.is_empty());
    // By the clock of this machine that was long ago, and nothing says so yet.
    assert!(stage.home.has_orphans().unwrap());
    let [next] = overview.upcoming.as_slice() else {
        panic!("{:?}", overview.upcoming);
    };
    assert_eq!(next.flow, "later");
    assert_eq!(next.run, Some(waits.to_string()));
    let due: Timestamp = next.at.parse().unwrap();
    assert_eq!(due, at(3_600));
    stage.due("missed", &[(State::Scheduled, 20), (State::Late, 200)], 100);
    let overview = stage.overview(300);
    let expected = [(BrokenKind::Late, "missed", 1, NextStep::Look)];
    assert_eq!(told(&overview), expected);
    assert_eq!(overview.broken[0].since, Moment(at(100)));
}

#[test]
fn what_is_due_within_a_day_is_told() {
    let stage = Stage::new();
    let text = "name: due\nschedules: [{ cron: 0 */6 * * *, timezone: UTC }, { every: 1m, paused: true }]\ntasks: { t: { value: 1 } }\n";
    fs::write(stage.surroundings.directory.join("due.flow.yaml"), text).unwrap();
    let overview = stage.overview(0);
    assert_eq!(overview.upcoming.len(), 4);
    assert_eq!(overview.upcoming[0].flow, "due");
    assert_eq!(overview.expectations, 1);
}
