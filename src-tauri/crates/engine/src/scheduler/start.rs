//! A run at its schedule's time: recorded in one transaction with that the time has it.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use tidemill_flow::{
    EvaluationError, FlowSchedule, Scope, Value, template::from_json, template::to_json,
};
use tidemill_orchestrate::{Happening, Run};
use tidemill_store::DueTime;
use tokio::sync::mpsc;

use crate::{
    drive::Drive,
    due,
    engine::{Inputs, Shared, new_run},
    error::EngineError,
    handle::RunHandle,
    limits,
    request::LoadedFlow,
    run_facts::RunFacts,
    turn::Turn,
};

/// A run that a schedule asks for.
pub(super) struct Order<'s> {
    /// What it is of.
    pub(super) flow: LoadedFlow,
    /// The schedule.
    pub(super) schedule: &'s FlowSchedule,
    /// Its time.
    pub(super) due: DueTime,
    /// Whether that was found long after it had passed.
    pub(super) caught_up: bool,
    /// When it was to start.
    pub(super) starts_at: Timestamp,
}

impl Order<'_> {
    /// Why it is late, for people, if it is.
    fn lateness(&self, now: Timestamp) -> Option<String> {
        let late_after = self.schedule.schedule.late_after;
        let is_late = self
            .starts_at
            .checked_add(late_after)
            .is_ok_and(|limit| now > limit);
        let due = due::text(self.due.time);
        match (is_late, self.caught_up) {
            (false, _) => None,
            (true, true) => Some(format!("it was due at {due}, and is caught up")),
            (true, false) => Some(format!("it was due at {due}, and could not start then")),
        }
    }
}

impl Shared {
    /// Starts a run at its schedule's time, if that still waits.
    pub(super) async fn start_scheduled(
        self: &Arc<Self>,
        order: Order<'_>,
    ) -> Result<RunHandle, EngineError> {
        self.refuse_unless_free(&order.flow).await?;
        let now = Timestamp::now();
        let late = order.lateness(now);
        let (id, name) = self.new_id(now).await?;
        let facts = self.facts(id, name, order.flow.clone(), 0).await?;
        let facts = Arc::new(facts);
        let time = Some(order.due.time);
        let mut inputs = self.asked_with(Map::new(), &Json::Null, time).await?;
        inputs.parameters = self.parameters(&facts, &inputs, order.schedule)?;
        let mut new = new_run(&facts, &inputs, None, now);
        new.due = Some(order.due);
        let run = Run::new(self.run_start(&facts, inputs));
        let (words, heard) = mpsc::unbounded_channel();
        let mut drive = Drive::new(Arc::clone(self), Arc::clone(&facts), run, false, heard);
        let begun = match late {
            None => self.begin(&mut drive, &facts, new).await,
            Some(reason) => {
                let queued = Happening::Queued {
                    reason: format!("it was due at {}", due::text(order.due.time)),
                    due: time,
                };
                match drive.begin(new, queued).await {
                    Ok(()) => self.go_on_late(&mut drive, &facts, reason).await,
                    Err(error) => Err(error),
                }
            }
        };
        if begun.is_err() && facts.flow.flow.concurrency.is_some() {
            limits::free_turn(self, id);
        }
        begun?;
        self.tell_of(&facts, None);
        Ok(self.carry(drive, &facts, words))
    }

    /// Has a run that is recorded start late: as soon as its flow's limit lets it.
    async fn go_on_late(
        self: &Arc<Self>,
        drive: &mut Drive,
        facts: &RunFacts,
        reason: String,
    ) -> Result<(), EngineError> {
        drive.happened(Happening::Late { reason })?;
        match self.turn(facts).await? {
            Turn::Now => drive.happened(Happening::Start)?,
            Turn::Never { reason } => drive.happened(Happening::Skipped { reason })?,
            Turn::Later { limit, .. } => self.await_turn(drive, facts, limit).await,
        }
        Ok(())
    }

    /// A schedule's parameters, evaluated for this run, with the flow's defaults.
    fn parameters(
        &self,
        facts: &RunFacts,
        inputs: &Inputs,
        schedule: &FlowSchedule,
    ) -> Result<Value, EngineError> {
        let refused = |message: String| EngineError::Parameters {
            schedule: schedule.schedule.identity(),
            message,
        };
        let scope = self.due_scope(facts, inputs);
        let mut given = Map::new();
        for (name, template) in &schedule.parameters {
            let value = template
                .evaluate(&scope)
                .map_err(|error: EvaluationError| refused(format!("`{name}`: {error}")))?;
            given.insert(name.to_string(), to_json(&value));
        }
        let bound = facts.flow.flow.bind_parameters(given);
        let bound = bound.map_err(|errors| {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            refused(errors.join("; "))
        })?;
        Ok(from_json(&Json::Object(bound)))
    }

    /// What a schedule's parameters see.
    fn due_scope(&self, facts: &RunFacts, inputs: &Inputs) -> Arc<Scope> {
        let due = inputs.scheduled_for.map(|due| format!("{due:.3}"));
        let run = Value::from_pairs([
            ("id", Value::from(facts.id.to_string())),
            ("name", Value::from(&*facts.name)),
            ("flow", Value::from(facts.flow.flow.name.as_str())),
            ("scheduled_for", due.map_or(Value::from(()), Value::from)),
            ("started_at", Value::from(())),
            ("attempt", Value::from(1)),
            (
                "dir",
                Value::from(facts.directory.to_string_lossy().as_ref()),
            ),
        ]);
        Scope::root(vec![
            ("vars".into(), inputs.variables.clone()),
            ("env".into(), self.environment.clone()),
            ("run".into(), run),
        ])
    }
}
