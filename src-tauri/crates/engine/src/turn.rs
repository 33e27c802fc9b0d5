//! When a run may start: as its flow's `concurrency` says, whoever asked for it.
//!
//! Not here: how turns are taken and waited for, which is that of every limit.

use std::sync::Arc;

use tidemill_flow::OnConflict;
use tidemill_orchestrate::Happening;

use crate::{drive::Drive, engine::Shared, error::EngineError, limits, run_facts::RunFacts};

/// When a run may start, as its flow's limit on its runs says.
pub(crate) enum Turn {
    /// Now; the turn is taken.
    Now,
    /// Once others have ended.
    Later {
        /// How many run at once.
        limit: u32,
        /// For people: what it waits for.
        reason: String,
    },
    /// It is not to run.
    Never {
        /// For people: why.
        reason: String,
    },
}

impl Shared {
    /// Whether a run may start now, as its flow's limit on its runs says.
    pub(crate) async fn turn(self: &Arc<Self>, facts: &RunFacts) -> Result<Turn, EngineError> {
        let Some(concurrency) = facts.flow.flow.concurrency else {
            return Ok(Turn::Now);
        };
        let limit = concurrency.limit;
        if limits::take_turn_in_order(self, facts, limit).await? {
            return Ok(Turn::Now);
        }
        let reason = format!("{limit} of its flow's runs at once are allowed, and as many run");
        Ok(match concurrency.on_conflict {
            OnConflict::Skip => Turn::Never { reason },
            _ => Turn::Later { limit, reason },
        })
    }

    /// Lets a run that is recorded wait for its flow's turn.
    pub(crate) async fn await_turn(
        self: &Arc<Self>,
        drive: &mut Drive,
        facts: &RunFacts,
        limit: u32,
    ) {
        let concurrency = facts.flow.flow.concurrency;
        let takes_a_place =
            concurrency.is_some_and(|all| all.on_conflict == OnConflict::CancelRunning);
        if takes_a_place && let Err(error) = self.cancel_oldest(facts).await {
            // The run is recorded: it has to be carried, and waits for its turn.
            tracing::warn!(%error, "the run whose place it takes cannot be cancelled");
        }
        drive.start_at_turn(limit, Happening::Start);
    }
}
