//! Slots of home-wide limits, and a flow's own limit on its runs: rows of the
//! store, which any process of the home may hold, and which are free when their
//! process is gone.
//!
//! Who waits looks at ever longer intervals, and at once when a run of this
//! process gives something back.

#[cfg(test)]
mod tests;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tidemill_flow::{FlowName, Name};
use tidemill_orchestrate::{Failure, FailureKind, RunId, State, TaskRunNumber};
use tidemill_store::{Knot, Owner, RunFilter, SlotAround, SlotHolder, Slots, StoreError};

use crate::{
    engine::{Shared, blocking},
    error::EngineError,
    run_facts::RunFacts,
};

/// The longest time between two looks.
const LOOK: Duration = Duration::from_millis(250);

/// The time between two looks at whether a slot can come free at all.
const LOOK_AROUND: Duration = Duration::from_secs(5);

/// How many waiting runs of a flow are looked at, the newest first.
const WAITING: usize = 1_000;

/// The first time between two looks.
const FIRST_LOOK: Duration = Duration::from_millis(20);

/// Waits until the task run holds a slot of each limit.
///
/// Fails where it never will: all slots of a limit are held by what does not end before
/// it, such as what it stands in.
pub(crate) async fn wait_for_slots(
    shared: &Arc<Shared>,
    run: RunId,
    task: TaskRunNumber,
    limits: &[Name],
) -> Result<(), Failure> {
    let names: Vec<String> = limits.iter().map(ToString::to_string).collect();
    let mut pause = FIRST_LOOK;
    let mut looked_around: Option<Instant> = None;
    loop {
        let freed = shared.slots_freed.notified();
        let holder = holder(run, task);
        let taken = shared.store.writer().take_slots(names.clone(), holder);
        match taken.committed().await {
            Ok(Slots::Taken) => return Ok(()),
            Ok(Slots::Full { limit, slots }) => {
                tracing::debug!(limit, "no slot is free");
                if looked_around.is_none_or(|looked| looked.elapsed() >= LOOK_AROUND) {
                    looked_around = Some(Instant::now());
                    expect_one(shared, &holder, &names, (limit, slots)).await?;
                }
            }
            Err(StoreError::NoLimit(limit)) => {
                tracing::warn!(
                    limit,
                    "the limit was removed, so the task goes on without it"
                );
                return Ok(());
            }
            // The run meets the same error at its next commit, and ends there.
            Err(error) => tracing::error!(%error, "a limit's slot cannot be taken"),
        }
        wait(freed, &mut pause).await;
    }
}

/// Fails where no slot of the full limit can come free before the task run has ended.
async fn expect_one(
    shared: &Arc<Shared>,
    waits: &SlotHolder,
    limits: &[String],
    full: (String, u32),
) -> Result<(), Failure> {
    match hopeless(shared, *waits, limits, full).await {
        Ok(None) => Ok(()),
        Ok(Some((knot, how))) => Err(tied(shared, &knot, how).await),
        Err(error) => {
            // It is looked for again.
            tracing::warn!(%error, "who holds a limit cannot be read");
            Ok(())
        }
    }
}

/// Who keeps the task run waiting for ever, and how they wait for it: what it stands in
/// holds all slots, or the others are held by who waits in turn for that.
async fn hopeless(
    shared: &Arc<Shared>,
    waits: SlotHolder,
    limits: &[String],
    (limit, slots): (String, u32),
) -> Result<Option<(Knot, &'static str)>, EngineError> {
    let (run, task) = (waits.run, waits.task);
    let store = Arc::clone(&shared.store);
    let mut around = blocking(move || Ok(store.reader()?.slots_around(run, task)?)).await?;
    if around.is_empty() {
        // Nobody waits for it that holds anything.
        return Ok(None);
    }
    around.retain(|slot| slot.limit == limit);
    // A limit without slots is closed for now: that is up to a person.
    if slots > 0 && around.len() >= usize::try_from(slots).unwrap_or(usize::MAX) {
        let knot = Knot {
            limit,
            slots,
            holders: around,
        };
        return Ok(Some((knot, "")));
    }
    let noted = shared.store.writer().note_wait(limits.to_vec(), waits);
    noted.committed().await?;
    let store = Arc::clone(&shared.store);
    let knot = blocking(move || Ok(store.reader()?.knot(run, task)?)).await?;
    Ok(knot.map(|knot| (knot, ", directly or in turn")))
}

/// What is said of a task run that would wait for ever.
async fn tied(shared: &Arc<Shared>, knot: &Knot, how: &str) -> Failure {
    let mut holders = Vec::with_capacity(knot.holders.len());
    for slot in &knot.holders {
        holders.push(described(shared, slot).await);
    }
    let (limit, slots) = (&knot.limit, knot.slots);
    let (slots, it) = match slots {
        1 => ("the only slot".to_owned(), "it never"),
        _ => (format!("each of the {slots} slots"), "none"),
    };
    let waits = match holders.len() {
        1 => "waits",
        _ => "wait",
    };
    let message = format!(
        "{slots} of limit `{limit}` is held by {}, which {waits} for this task{how}, so {it} \
         comes free; give the limit more slots, or let only one of these tasks name it",
        holders.join(" and ")
    );
    Failure::new(FailureKind::Start, message)
}

/// Who holds a slot, for people.
async fn described(shared: &Arc<Shared>, slot: &SlotAround) -> String {
    match shared.task_path(slot.run, slot.task).await {
        Ok((run, path)) => format!("task `{path}` of run {run}"),
        Err(error) => {
            tracing::warn!(%error, "the task that holds a slot cannot be read");
            format!("a task of run {}", slot.run)
        }
    }
}

/// Waits until the run is one of at most `limit` of its flow.
pub(crate) async fn wait_for_turn(shared: &Arc<Shared>, facts: &RunFacts, limit: u32) {
    let mut pause = FIRST_LOOK;
    loop {
        let freed = shared.slots_freed.notified();
        match take_turn_in_order(shared, facts, limit).await {
            Ok(true) => return,
            Ok(false) => {}
            // The run meets the same error at its next commit, and ends there.
            Err(error) => tracing::error!(%error, "a turn of the flow cannot be taken"),
        }
        wait(freed, &mut pause).await;
    }
}

/// Takes a turn of the run's flow, if one is free and no older run waits for one.
pub(crate) async fn take_turn_in_order(
    shared: &Arc<Shared>,
    facts: &RunFacts,
    limit: u32,
) -> Result<bool, EngineError> {
    let filter = RunFilter {
        flow: Some(facts.flow.flow.name.to_string()),
        workspace: Some(facts.flow.workspace.to_string_lossy().into_owned()),
        states: vec![State::Pending, State::Scheduled, State::Late],
        ..RunFilter::default()
    };
    let (store, own) = (Arc::clone(&shared.store), facts.id);
    let waits = blocking(move || {
        let reader = store.reader()?;
        let page = reader.runs(&filter, None, WAITING)?;
        let mut older = page.runs.iter().filter(|run| run.id < own);
        Ok(older.any(|run| run.owner.is_some_and(|owner| reader.is_alive(owner))))
    });
    if waits.await? {
        return Ok(false);
    }
    Ok(take_turn(shared, facts, limit).await?)
}

/// Takes a turn of the run's flow, if one is free.
async fn take_turn(shared: &Arc<Shared>, facts: &RunFacts, limit: u32) -> Result<bool, StoreError> {
    let name = turn_name(&facts.flow.workspace, &facts.flow.flow.name);
    let holder = holder(facts.id, whole_run());
    let taken = shared.store.writer().take_turn(name, limit, holder);
    Ok(taken.committed().await? == Slots::Taken)
}

/// Gives back what a task run holds.
pub(crate) fn free(shared: &Shared, run: RunId, task: TaskRunNumber) {
    // Not waited for: the next who looks comes after it.
    drop(shared.store.writer().free_slots(run, task));
    shared.slots_freed.notify_waiters();
}

/// Gives back a run's turn.
pub(crate) fn free_turn(shared: &Shared, run: RunId) {
    free(shared, run, whole_run());
}

/// What holds a run's turn: a number that no task run has.
fn whole_run() -> TaskRunNumber {
    TaskRunNumber::new(u32::MAX).unwrap_or(TaskRunNumber::FIRST)
}

fn holder(run: RunId, task: TaskRunNumber) -> SlotHolder {
    SlotHolder {
        run,
        task,
        owner: Owner::current(),
    }
}

fn turn_name(workspace: &std::path::Path, flow: &FlowName) -> String {
    format!("flow {flow} of {}", workspace.display())
}

async fn wait(freed: impl Future<Output = ()>, pause: &mut Duration) {
    // Late is as good as told: both look again.
    let _ = tokio::time::timeout(*pause, freed).await;
    *pause = (*pause * 2).min(LOOK);
}
