//! Is everything as expected? What Home shows, as one document: what broke an
//! expectation and was not put right since, what runs, how each flow went lately, what
//! comes next.

use std::{collections::HashSet, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Serialize;
use tidemill_orchestrate::State;
use tidemill_store::{Reader, RunSummary};
use utoipa::ToSchema;

use crate::{
    Error, FlowCatalog, OpenHome, Surroundings,
    catalog::FlowFile,
    document::Moment,
    flows::{self, FlowSummary, RunBar},
    schedules, steer,
};

/// What failed is looked for so far back: a flow that is due once a month and failed
/// is told of until it is due again.
const DAYS: i64 = 35;

/// At most so many flows are shown.
const FLOWS: usize = 100;

/// At most so many flows' runs are looked through for what failed.
const LOOKED_THROUGH: usize = 2_000;

/// At most so many runs that have not ended are shown.
const RUNNING: usize = 200;

/// At most so many times to come are told.
const UPCOMING: usize = 100;

/// So many completed runs tell what is usual.
const COMPLETED: usize = 5;

/// A run is slow that takes longer than twice the usual time, and so much longer too.
const GRACE: Duration = Duration::from_secs(30);

/// What is and what should be.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Overview {
    /// When this was so.
    pub now: Moment,
    /// Whether nothing broke an expectation.
    pub as_expected: bool,
    /// How many expectations there are: flows that ran lately or are due, and runs that
    /// go on.
    pub expectations: usize,
    /// What broke an expectation, the newest first.
    pub broken: Vec<Broken>,
    /// Runs that have not ended, newest first.
    pub running: Vec<RunningRun>,
    /// The flows: those of the workspace, then others that ran lately.
    pub flows: Vec<FlowSummary>,
    /// What is due within a day, in order.
    pub upcoming: Vec<Upcoming>,
    /// What was due and did not run. Empty while nothing is scheduled here.
    pub not_run: Vec<NotRun>,
    /// The day's runs that no other run's task started.
    pub totals: Totals,
}

/// How an expectation was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BrokenKind {
    /// A run failed, or its time was over.
    Failed,
    /// The process that carried a run went away.
    Crashed,
    /// A run takes much longer than usual.
    Slow,
    /// A run waits for a person.
    Approval,
}

/// What a person does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NextStep {
    /// Run it again.
    Retry,
    /// Answer the question.
    Answer,
    /// Look at what it does.
    Look,
    /// Have a process carry it on.
    CarryOn,
}

/// What broke an expectation.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Broken {
    /// How.
    pub kind: BrokenKind,
    /// The flow.
    pub flow: String,
    /// The newest run that did.
    pub run: RunBar,
    /// Why, for a person.
    pub reason: String,
    /// How many runs of the flow did so since its last completed run.
    pub count: u64,
    /// When the first of them was made, or began to be so.
    pub since: Moment,
    /// What a person does about it.
    pub next_step: NextStep,
}

/// A run that has not ended.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunningRun {
    /// The run.
    #[serde(flatten)]
    pub run: RunBar,
    /// Its flow.
    pub flow: String,
    /// How long the flow usually takes, in milliseconds.
    pub usual_ms: Option<u64>,
    /// How many of its task runs have ended.
    pub done: u64,
    /// How many task runs it has so far.
    pub total: u64,
}

/// A time to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Upcoming {
    /// When, RFC 3339 with the offset of the schedule's zone.
    pub at: String,
    /// The flow.
    pub flow: String,
    /// The schedule: its name, or its rule and zone.
    pub text: String,
}

/// A time that passed without a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NotRun {
    /// When it was due.
    pub at: Moment,
    /// The flow.
    pub flow: String,
    /// Why it did not run.
    pub reason: String,
}

/// A day's runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Totals {
    /// How many were made today.
    pub today: u64,
    /// How many of them completed.
    pub completed: u64,
    /// How many of them failed or crashed.
    pub failed: u64,
}

/// What is and what should be.
///
/// A flow's failures count until a later run of it completes. A run is slow where it
/// takes longer than twice the usual time and 30 seconds more than it; what is usual is
/// the middle of the last completed runs, of which there must be five. Runs that other
/// runs' tasks started are told of by those.
///
/// # Errors
/// Where the workspace or the store cannot be read.
pub fn overview(
    surroundings: &Surroundings,
    home: &OpenHome,
    catalog: &FlowCatalog,
    now: Timestamp,
) -> Result<Overview, Error> {
    let reader = home.reader()?;
    let files = catalog.files(surroundings, home)?;
    let since = before(now, SignedDuration::from_hours(DAYS * 24));
    let names = flow_names(&reader)?;
    let mut broken = failures(&reader, &names, since)?;
    let unfinished = reader.unfinished_runs(RUNNING)?;
    let mut running = Vec::with_capacity(unfinished.len());
    for run in &unfinished {
        let (known, wrong) = going(&reader, run, now)?;
        running.push(known);
        broken.extend(wrong);
    }
    broken.sort_by_key(|broken| std::cmp::Reverse(broken.run.created_at));
    let broken = folded(broken);
    let flows = summaries(&reader, &files, &names, since, now)?;
    let upcoming = upcoming(&files, now);
    let due = flows
        .iter()
        .filter(|flow| !flow.last.is_empty() || !flow.schedules.is_empty());
    Ok(Overview {
        now: Moment(now),
        as_expected: broken.is_empty(),
        expectations: due.count() + running.len(),
        broken,
        running,
        upcoming,
        not_run: Vec::new(),
        totals: totals(&reader, now)?,
        flows,
    })
}

fn before(now: Timestamp, span: SignedDuration) -> Timestamp {
    now.checked_sub(span).unwrap_or(Timestamp::MIN)
}

fn flow_names(reader: &Reader) -> Result<Vec<String>, Error> {
    Ok(reader.flow_names(LOOKED_THROUGH)?)
}

/// What failed and was not put right by a later run.
fn failures(reader: &Reader, flows: &[String], since: Timestamp) -> Result<Vec<Broken>, Error> {
    let mut broken = Vec::new();
    for flow in flows {
        let Some(open) = reader.open_failures(flow, since)? else {
            continue;
        };
        let newest = &open.newest;
        broken.push(Broken {
            kind: match newest.state {
                State::Crashed => BrokenKind::Crashed,
                _ => BrokenKind::Failed,
            },
            flow: flow.clone(),
            run: RunBar::of(newest),
            reason: reason(newest),
            count: open.count,
            since: Moment(open.since),
            next_step: NextStep::Retry,
        });
    }
    Ok(broken)
}

fn reason(run: &RunSummary) -> String {
    match run.message.as_deref().and_then(|said| said.lines().next()) {
        Some(said) => said.to_owned(),
        None => match run.state {
            State::Crashed => "the process that carried it went away".to_owned(),
            State::TimedOut => "its time was over".to_owned(),
            _ => "it failed".to_owned(),
        },
    }
}

/// A run that has not ended, and what of it is not as expected.
fn going(
    reader: &Reader,
    run: &RunSummary,
    now: Timestamp,
) -> Result<(RunningRun, Option<Broken>), Error> {
    let tally = reader.tally(run.id)?;
    let ended = tally
        .counts
        .iter()
        .filter(|count| count.state.is_terminal());
    let asks = tally
        .counts
        .iter()
        .any(|count| count.state == State::Paused);
    let durations = reader.durations_of_flow(&run.flow, flows::USUAL)?;
    let enough = durations.len() >= COMPLETED;
    let usual = flows::middle(durations);
    let known = RunningRun {
        run: RunBar::of(run),
        flow: run.flow.clone(),
        usual_ms: usual.map(flows::whole_milliseconds),
        done: ended.map(|count| count.count).sum(),
        total: tally.total(),
    };
    let broken = |kind, reason, next_step, since| Broken {
        kind,
        flow: run.flow.clone(),
        run: RunBar::of(run),
        reason,
        count: 1,
        since: Moment(since),
        next_step,
    };
    let begun = run.started_at.unwrap_or(run.created_at);
    if asks {
        let reason = question(reader, run)?;
        let wrong = broken(BrokenKind::Approval, reason, NextStep::Answer, begun);
        return Ok((known, Some(wrong)));
    }
    let wrong = if run.parent.is_some() {
        None
    } else if is_abandoned(reader, run) {
        let reason = "the process that carried it went away; it waits to be carried on";
        Some(broken(
            BrokenKind::Crashed,
            reason.to_owned(),
            NextStep::CarryOn,
            begun,
        ))
    } else {
        let usual = usual.filter(|_| enough && run.state != State::Paused);
        slow(run, usual, now).map(|reason| {
            let since = run.started_at.unwrap_or(now);
            broken(BrokenKind::Slow, reason, NextStep::Look, since)
        })
    };
    Ok((known, wrong))
}

/// Whether nobody carries a run that should go on.
fn is_abandoned(reader: &Reader, run: &RunSummary) -> bool {
    match run.owner {
        Some(owner) => !reader.is_alive(owner),
        None => run.state == State::AwaitingRetry,
    }
}

/// Why a run is slow, if it is.
fn slow(run: &RunSummary, usual: Option<Duration>, now: Timestamp) -> Option<String> {
    let usual = usual?;
    let taken = Duration::try_from(now.duration_since(run.started_at?)).ok()?;
    let bound = (usual * 2).max(usual + GRACE);
    let text = |duration: Duration| {
        tidemill_schedule::duration::format(Duration::from_secs(duration.as_secs().max(1)))
    };
    (taken > bound).then(|| {
        format!(
            "it has run for {}; usually it takes {}",
            text(taken),
            text(usual)
        )
    })
}

/// What a run asks.
fn question(reader: &Reader, run: &RunSummary) -> Result<String, Error> {
    let open = steer::questions(reader, run.id)?;
    let first = open.first();
    Ok(match first.and_then(|first| first.message.as_deref()) {
        Some(message) => message.lines().next().unwrap_or_default().to_owned(),
        None => first.map_or_else(
            || "it waits for an answer".to_owned(),
            |first| format!("`{}` waits for an answer", first.path),
        ),
    })
}

/// One of each kind and flow, with how many there are: the list is newest first.
fn folded(all: Vec<Broken>) -> Vec<Broken> {
    let mut folded: Vec<Broken> = Vec::new();
    for one in all {
        // Each question has an answer of its own.
        let same = folded.iter_mut().find(|other| {
            one.kind != BrokenKind::Approval
                && (other.kind, &other.flow, other.next_step)
                    == (one.kind, &one.flow, one.next_step)
        });
        match same {
            Some(other) => {
                other.count += one.count;
                other.since = other.since.min(one.since);
            }
            None => folded.push(one),
        }
    }
    folded
}

fn summaries(
    reader: &Reader,
    files: &[Arc<FlowFile>],
    names: &[String],
    since: Timestamp,
    now: Timestamp,
) -> Result<Vec<FlowSummary>, Error> {
    let mut shown = HashSet::new();
    let mut flows = Vec::new();
    for file in files.iter().take(FLOWS) {
        shown.insert(file.name.as_str());
        flows.push(flows::summary(reader, file, now)?);
    }
    for name in names {
        if flows.len() >= FLOWS {
            break;
        }
        if shown.contains(name.as_str()) {
            continue;
        }
        let newest = reader.newest_of_flow(name, 1)?;
        if newest.first().is_some_and(|run| run.created_at >= since) {
            flows.push(flows::of_runs(reader, name)?);
        }
    }
    Ok(flows)
}

/// What is due within a day.
fn upcoming(files: &[Arc<FlowFile>], now: Timestamp) -> Vec<Upcoming> {
    let local = TimeZone::system();
    let end = now.checked_add(SignedDuration::from_hours(24));
    let end = end.unwrap_or(Timestamp::MAX);
    let mut times = Vec::new();
    for file in files {
        let Some(flow) = &file.flow else { continue };
        let schedules: Vec<_> = flow
            .schedules
            .iter()
            .filter(|known| !known.schedule.paused)
            .map(|known| known.schedule.clone())
            .collect();
        let due = schedules::merged(&schedules, now, UPCOMING, &local);
        let due = due.into_iter().take_while(|time| time.at <= end);
        times.extend(due.map(|time| (time, file.name.as_str())));
    }
    times.sort_by_key(|(time, _)| time.at);
    let told = times.into_iter().take(UPCOMING);
    told.map(|(time, flow)| Upcoming {
        at: time.text(),
        flow: flow.to_owned(),
        text: time.schedule,
    })
    .collect()
}

/// The runs of the day that is on the machine's own clock.
fn totals(reader: &Reader, now: Timestamp) -> Result<Totals, Error> {
    let today = now.to_zoned_datetime(TimeZone::system()).start_of_day();
    let since = today.map_or(now, |day| day.timestamp());
    let mut totals = Totals::default();
    for (state, count) in reader.states_since(since)? {
        totals.today += count;
        if state.is_completed() {
            totals.completed += count;
        }
        if state.is_failure() {
            totals.failed += count;
        }
    }
    Ok(totals)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tidemill_flow::Value;
    use tidemill_orchestrate::{Detail, RunId, Subject, Transition};
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
                parent: None,
                scheduled_for: None,
                owner: Some(Owner::current()),
                created_at: made,
                request: None,
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
    fn what_is_due_within_a_day_is_told() {
        let stage = Stage::new();
        let text = "name: due\nschedules: [{ cron: 0 */6 * * *, timezone: UTC }, { every: 1m, paused: true }]\ntasks: { t: { value: 1 } }\n";
        fs::write(stage.surroundings.directory.join("due.flow.yaml"), text).unwrap();
        let overview = stage.overview(0);
        assert_eq!(overview.upcoming.len(), 4);
        assert_eq!(overview.upcoming[0].flow, "due");
        assert_eq!(overview.expectations, 1);
    }
}
