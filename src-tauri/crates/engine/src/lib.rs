//! Carries the orchestrator's effects out: processes, timers, requests.
//!
//! An [`Engine`] is opened on a home and carries runs in the process that opened
//! it; other processes may do the same on the same home. It decides nothing of
//! what a run does next: that is the orchestrator's. Whatever happens is
//! committed to the store before its consequence starts and before anyone sees it.
//!
//! What its callers hold on to (everything is async on the caller's tokio runtime):
//!
//! ```text
//! Engine::open(EngineOptions { home, program, load_flow, parallelism }) -> Result<Engine>   cheap: no process, no thread beside the store's
//! engine.store() -> &Store                                       reads for listings
//! engine.check(&RunRequest) -> Vec<Hindrance>                    what of the home or of this version keeps it from running (plan, run: errors)
//! engine.plan(&RunRequest) -> Vec<PlannedTask>                   in order, with where a cached result would come from
//! engine.start(RunRequest) -> Result<RunHandle>                  recorded when it returns
//! engine.exec(ExecRequest) -> Result<ExecEnd>                    a command, recorded, transparent
//! engine.events() -> Events                                      events.next().await -> Option<Event>
//! engine.settle() -> Result<Vec<Settled>>                        runs whose owner is dead are recorded as such; cheap when there are none
//! engine.carry_on() -> Result<Vec<RunHandle>>                    those that are AwaitingRetry, or wait for a person, without an owner
//! engine.retry(RunId, from_failed) -> Result<RunHandle>
//! engine.steer(RunId, Steering) -> Result<Steered>               Cancel { reason } | Approve { task, fields, by } | Reject { task, by }; any process's run
//! engine.cancel_all(reason), engine.kill_all(reason)             first and second Ctrl-C
//! engine.close(Close::{Wait, Cancel, LetGo}) -> Result<()>
//! RunHandle { id, name }: ended().await -> Result<RunEnd { state, message, output }>, cancel(reason), kill(reason)
//! ```

#[cfg(unix)]
pub mod guard;
#[cfg(unix)]
pub mod process;
#[cfg(unix)]
pub mod python;

#[cfg(all(test, unix))]
mod rehearsal;
