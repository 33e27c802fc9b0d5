//! `plan`: what a run would do, in what order, cached or not. Nothing runs, and
//! nothing is recorded.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use tidemill_engine::{Close, Engine, LoadedFlow, Outlook, PlannedTask, RunRequest};
use tidemill_flow::{Each, Edge, EdgeOn, Flow, Task, TaskIndex};
use utoipa::ToSchema;

use crate::{
    Error, FlowChoice, GivenParameters, Surroundings, flow_file, parameters, run, run::hindered,
};

/// What a run would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanAnswer {
    /// The flow's name.
    pub flow: String,
    /// SHA-256 of the flow file's bytes.
    pub version: String,
    /// The run's parameters, defaults filled in.
    #[schema(value_type = Object)]
    pub parameters: Map<String, Json>,
    /// Its tasks, in an order in which they may run.
    pub tasks: Vec<PlanTask>,
}

/// A task of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanTask {
    /// The task, with the groups around it: `group/inner`.
    pub task: String,
    /// Its kind: the key of the flow file.
    #[schema(value_type = String)]
    pub kind: Cow<'static, str>,
    /// What it waits for.
    pub needs: Vec<PlanEdge>,
    /// How far it is from the beginning: tasks of one step may run at once.
    pub step: usize,
    /// What will become of it.
    pub outlook: PlanOutlook,
    /// Why, for a person.
    pub reason: Option<String>,
    /// Of a mapped task: how many items there are, where that is known.
    pub items: Option<u32>,
    /// How many of them have a result already.
    pub items_cached: Option<u32>,
    /// Whether it is mapped.
    pub mapped: bool,
}

/// A task that another one waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanEdge {
    /// The task.
    pub task: String,
    /// On what outcome the edge opens: `succeeded`, `failed`, `finished`.
    #[schema(value_type = String)]
    pub on: Cow<'static, str>,
}

/// What will become of a task, as far as it can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PlanOutlook {
    /// It runs.
    Runs,
    /// An earlier result stands for it.
    Cached,
    /// Its value is known without running anything.
    Known,
    /// It is skipped.
    Skipped,
    /// It fails before it runs.
    Fails,
    /// It depends on what runs before it.
    Depends,
}

/// What a run of a flow with these parameters would do.
///
/// # Errors
/// Where the flow, the parameters or the home are wrong.
pub async fn plan(
    surroundings: &Surroundings,
    flow: &FlowChoice,
    given: &GivenParameters,
) -> Result<PlanAnswer, Error> {
    let loaded = flow_file::load(surroundings, flow)?;
    let bound = parameters::bind(surroundings, &loaded.flow, given)?;
    let engine = run::open(surroundings).await?;
    let answer = plan_on(surroundings, &engine, flow, loaded, bound).await?;
    engine.close(Close::Wait).await?;
    Ok(answer)
}

/// What a run of a flow that was found right would do, by an engine that stays open.
///
/// # Errors
/// Where something of the home is in its way.
pub(crate) async fn plan_on(
    surroundings: &Surroundings,
    engine: &Engine,
    flow: &FlowChoice,
    loaded: LoadedFlow,
    bound: Map<String, Json>,
) -> Result<PlanAnswer, Error> {
    hindered(surroundings, engine, &loaded, flow).await?;
    let planned = engine
        .plan(RunRequest::new(loaded.clone(), bound.clone()))
        .await?;
    let steps = steps(&loaded.flow);
    let mut tasks: Vec<PlanTask> = planned
        .into_iter()
        .map(|planned| plan_task(&loaded.flow, planned, &steps))
        .collect();
    tasks.sort_by_key(|task| task.step);
    Ok(PlanAnswer {
        flow: loaded.flow.name.to_string(),
        version: loaded.flow.version.clone(),
        parameters: bound,
        tasks,
    })
}

fn plan_task(flow: &Flow, planned: PlannedTask, steps: &HashMap<TaskIndex, usize>) -> PlanTask {
    let task = &flow.tasks[planned.index];
    let (mut items, mut items_cached) = (None, None);
    let (outlook, reason) = match planned.outlook {
        Outlook::Depends => (PlanOutlook::Depends, None),
        Outlook::Runs => (PlanOutlook::Runs, None),
        Outlook::Known => (PlanOutlook::Known, None),
        Outlook::Items { count, cached } => {
            (items, items_cached) = (Some(count), Some(cached));
            (PlanOutlook::Runs, None)
        }
        Outlook::Cached(origin) => (PlanOutlook::Cached, Some(origin)),
        Outlook::Skipped(why) => (PlanOutlook::Skipped, Some(why)),
        Outlook::Fails(why) => (PlanOutlook::Fails, Some(why)),
    };
    PlanTask {
        task: task.path.to_string(),
        kind: task.kind.key().into(),
        needs: task
            .needs
            .iter()
            .map(|edge| plan_edge(flow, edge))
            .collect(),
        step: steps.get(&planned.index).copied().unwrap_or(0),
        outlook,
        reason,
        items: items.or_else(|| known_count(task)),
        items_cached,
        mapped: task.each.is_some(),
    }
}

fn plan_edge(flow: &Flow, edge: &Edge) -> PlanEdge {
    PlanEdge {
        task: flow.tasks[edge.upstream].name.to_string(),
        on: match edge.on {
            EdgeOn::Succeeded => "succeeded".into(),
            EdgeOn::Failed => "failed".into(),
            EdgeOn::Finished => "finished".into(),
        },
    }
}

/// How many items a list has that the file itself gives.
fn known_count(task: &Task) -> Option<u32> {
    let length = |template: &tidemill_flow::Template| template.as_constant()?.len();
    let count = match task.each.as_ref()? {
        Each::ForEach(each) => length(&each.list)?,
        Each::Matrix(axes) => axes
            .values()
            .map(length)
            .try_fold(1_usize, |product, axis| product.checked_mul(axis?))?,
    };
    u32::try_from(count).ok()
}

/// How far each task is from the beginning: one more than the farthest of what it
/// needs; of a group's inner tasks, from the group's.
fn steps(flow: &Flow) -> HashMap<TaskIndex, usize> {
    let mut steps = HashMap::new();
    for task in flow.tasks.iter() {
        step_of(flow, task.index, &mut steps);
    }
    steps
}

fn step_of(flow: &Flow, index: TaskIndex, steps: &mut HashMap<TaskIndex, usize>) -> usize {
    if let Some(step) = steps.get(&index) {
        return *step;
    }
    let task = &flow.tasks[index];
    // No cycle stands in a checked flow, and its depth is bounded.
    let base = task.parent.map_or(0, |group| step_of(flow, group, steps));
    let needs = task.needs.iter().map(|edge| edge.upstream);
    let farthest = needs
        .map(|upstream| step_of(flow, upstream, steps) + 1)
        .max();
    let step = farthest.unwrap_or(base).max(base);
    steps.insert(index, step);
    step
}
