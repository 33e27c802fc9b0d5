use tidemill_orchestrate::{State, Subject};
use tidemill_store::DueOutcome;

use super::*;
use crate::testbed::{Testbed, close, runs, stored, until};

const HOURLY: &str = "
name: hourly
parameters: { at: none }
schedules:
  - { every: 1h, catchup: all, parameters: { at: '{{ run.scheduled_for }}' } }
tasks: { a: { value: '{{ params.at }}' } }
output: '{{ tasks.a.output }}'
";

/// An engine with a scheduler over one workspace.
struct Stage {
    bed: Testbed,
    engine: Engine,
    scheduler: Scheduler,
    flows: Vec<ScheduledFlow>,
}

impl Stage {
    async fn new(text: &str) -> Self {
        let bed = Testbed::new();
        let engine = bed.engine().await;
        let loaded = bed.flow(text);
        Self {
            scheduler: Scheduler::new(engine.clone()),
            flows: vec![ScheduledFlow {
                flow: Arc::clone(&loaded.flow),
                loaded: Ok(loaded),
            }],
            bed,
            engine,
        }
    }

    fn workspace(&self) -> String {
        self.bed.workspace().to_string_lossy().into_owned()
    }

    async fn look(&mut self) -> Looked {
        let workspaces = [ScheduledWorkspace {
            path: self.workspace(),
            enabled_at: None,
            flows: Some(self.flows.clone()),
            unknown: Vec::new(),
        }];
        self.scheduler.look(&workspaces).await.unwrap()
    }

    fn of(&self) -> ScheduleOf {
        let flow = &self.flows[0].flow;
        ScheduleOf {
            workspace: self.workspace(),
            flow: flow.name.to_string(),
            identity: flow.schedules[0].schedule.identity(),
        }
    }

    /// Has the schedule last been dealt with so many minutes ago, by a process that is gone.
    async fn away(&mut self, minutes: i64) {
        let now = Timestamp::now();
        let look = ScheduleLook {
            of: self.of(),
            seen: now - SignedDuration::from_mins(minutes),
            waits: Vec::new(),
            missed: Vec::new(),
        };
        let recorded = self.engine.store().writer().record_looks(vec![look], now);
        recorded.committed().await.unwrap();
        self.scheduler = Scheduler::new(self.engine.clone());
    }

    /// What became of the times, oldest first: the outcome's kind, and the reason's word.
    fn outcomes(&self) -> Vec<(bool, String, u64)> {
        let reader = self.engine.store().reader().unwrap();
        let mut times = reader.due_times(&self.of(), 100).unwrap();
        times.reverse();
        times
            .into_iter()
            .map(|row| {
                let word = row.reason.map_or_else(String::new, |reason| reason.word);
                let runs = matches!(row.outcome, DueOutcome::Run(_));
                (runs, word, row.times)
            })
            .collect()
    }
}

fn ran() -> (bool, String, u64) {
    (true, String::new(), 1)
}

fn not(word: &str) -> (bool, String, u64) {
    (false, word.to_owned(), 1)
}

#[tokio::test]
async fn what_passed_is_caught_up_one_at_a_time_and_only_once() {
    let mut stage = Stage::new(HOURLY).await;
    // Seen for the first time, it catches nothing up.
    let first = stage.look().await;
    assert!(first.started.is_empty() && first.next.is_some());
    assert_eq!(stage.outcomes(), []);
    stage.away(150).await;
    let looked = stage.look().await;
    assert_eq!(looked.started.len(), 1);
    let waits = stage.outcomes();
    assert!((2..=3).contains(&waits.len()), "{waits:?}");
    assert_eq!(waits[..2], [ran(), not("waits")]);
    for turn in 1..waits.len() {
        let newest = runs(&stage.engine)[0].id;
        until("its end", || {
            stored(&stage.engine, newest).state.is_terminal()
        })
        .await;
        assert_eq!(stage.look().await.started.len(), 1, "{turn}");
    }
    // Found again by a process that does not know of it, nothing comes twice.
    stage.away(150).await;
    assert!(stage.look().await.started.is_empty());
    assert!(stage.outcomes().iter().all(|one| *one == ran()));
    let oldest = runs(&stage.engine).pop().unwrap();
    let due = oldest.scheduled_for.unwrap();
    assert_eq!(due.as_second() % 3_600, 0);
    let output = tidemill_flow::template::to_json(&oldest.output.unwrap());
    assert_eq!(output, format!("{due:.3}"));
    let reader = stage.engine.store().reader().unwrap();
    let moves = reader.transitions(oldest.id).unwrap().map(Result::unwrap);
    let of_run: Vec<State> = moves
        .filter(|(_, one)| one.subject == Subject::Run)
        .map(|(_, one)| one.to)
        .collect();
    let late = [
        State::Scheduled,
        State::Late,
        State::Running,
        State::Completed,
    ];
    assert_eq!(of_run, late);
    drop(reader);
    close(&stage.engine).await;
}

#[tokio::test]
async fn a_time_that_comes_while_a_run_goes_on_is_missed() {
    let text = "
name: slow
schedules: [{ every: 1s }]
tasks: { a: { wait: 1h } }
";
    let mut stage = Stage::new(text).await;
    stage.look().await;
    let mut started = 0;
    let mut missed = Vec::new();
    while missed
        .first()
        .is_none_or(|(_, row): &(ScheduleOf, StoredDueTimes)| row.times < 2)
    {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        started += stage.look().await.started.len();
        let reader = stage.engine.store().reader().unwrap();
        let since = Timestamp::UNIX_EPOCH;
        missed = reader.missed_times(&stage.workspace(), since, 10).unwrap();
    }
    assert_eq!(started, 1);
    let reason = missed[0].1.reason.as_ref().unwrap();
    assert_eq!(reason.word, "overlap");
    assert_eq!(runs(&stage.engine).len(), 1);
    close(&stage.engine).await;
}

#[tokio::test]
async fn what_cannot_start_waits_or_says_why_it_never_will() {
    let mut stage = Stage::new(HOURLY).await;
    stage.away(61).await;
    let right = stage.flows[0].loaded.clone();
    stage.flows[0].loaded = Err("its file has mistakes".to_owned());
    assert!(stage.look().await.started.is_empty());
    assert_eq!(stage.outcomes()[0], not("broken"));
    stage.flows[0].loaded = right;
    assert_eq!(stage.look().await.started.len(), 1);
    close(&stage.engine).await;

    let text = "
name: hungry
parameters: { needed: { type: integer } }
schedules: [{ every: 1h, parameters: { needed: '{{ run.name }}' } }]
tasks: { a: { value: 1 } }
";
    let mut stage = Stage::new(text).await;
    stage.away(61).await;
    assert!(stage.look().await.started.is_empty());
    assert_eq!(stage.outcomes().last(), Some(&not("refused")));
    assert!(runs(&stage.engine).is_empty());
    close(&stage.engine).await;
}

#[tokio::test]
async fn secrets_that_do_not_open_hold_back_no_other_schedule() {
    let text = "
name: sealed
schedules: [{ every: 1h }]
tasks: { a: { http: { url: 'http://127.0.0.1:9/', headers: { x: '{{ secrets.KEY }}' } } } }
";
    let mut stage = Stage::new(text).await;
    let store = Arc::clone(stage.engine.store());
    store.secrets().set("KEY", "a long value").unwrap();
    std::fs::write(stage.bed.home().join("secrets"), "damaged").unwrap();
    stage.away(61).await;
    let other = stage.bed.flow(HOURLY);
    stage.flows.push(ScheduledFlow {
        flow: Arc::clone(&other.flow),
        loaded: Ok(other.clone()),
    });
    let now = Timestamp::now();
    let look = ScheduleLook {
        of: ScheduleOf {
            flow: other.flow.name.to_string(),
            identity: other.flow.schedules[0].schedule.identity(),
            ..stage.of()
        },
        seen: now - SignedDuration::from_mins(61),
        waits: Vec::new(),
        missed: Vec::new(),
    };
    let recorded = store.writer().record_looks(vec![look], now);
    recorded.committed().await.unwrap();
    assert_eq!(stage.look().await.started.len(), 1);
    assert_eq!(stage.outcomes().last(), Some(&not("refused")));
    close(&stage.engine).await;
}

#[tokio::test]
async fn pauses_and_removals_take_effect_and_forget_nothing() {
    let mut stage = Stage::new(HOURLY).await;
    stage.away(61).await;
    stage.flows[0].loaded = Err("its file has mistakes".to_owned());
    stage.look().await;
    let (workspace, flow) = (stage.workspace(), "hourly".to_owned());
    let writer = stage.engine.store().writer();
    let paused = writer.pause_flow(workspace, flow, true, Timestamp::now());
    paused.committed().await.unwrap();
    stage.look().await;
    assert_eq!(stage.outcomes()[0].1, "paused");
    let of = stage.of();
    let flows = std::mem::take(&mut stage.flows);
    stage.look().await;
    let reader = stage.engine.store().reader().unwrap();
    assert!(
        reader.schedules(Timestamp::now()).unwrap()[0]
            .gone_at
            .is_some()
    );
    assert!(!reader.due_times(&of, 10).unwrap().is_empty());
    drop(reader);
    // Back at once, it is the same schedule.
    stage.flows = flows;
    stage.look().await;
    let reader = stage.engine.store().reader().unwrap();
    let known = reader.schedules(Timestamp::now()).unwrap();
    assert_eq!((known.len(), known[0].gone_at), (1, None));
    drop(reader);
    close(&stage.engine).await;
}
