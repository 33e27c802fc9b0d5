//! From what was read and looked up to the checked flow.

use std::{sync::Arc, time::Duration};

use crate::{
    Cache, Each, Edge, Env, Join, Kind, Name, Retries, Task, TaskGraph, TaskIndex, Template,
    uses::{Use, Uses},
};

use super::{
    graph::{Graph, Standing},
    options::{DefaultKeys, OptionKeys},
    walk::Walk,
};

/// The pool where none is named.
const LOCAL: &str = "local";

/// Options that tasks get from above.
struct Above {
    env: Env,
    cwd: Option<Template>,
}

/// Builds the tasks of a graph without mistakes; notes the limits and pools that they name.
pub(crate) fn tasks(
    graph: &Graph<'_>,
    flow_env: &Env,
    defaults: &DefaultKeys,
    uses: &mut Uses,
    walk: &mut Walk<'_>,
) -> Option<TaskGraph> {
    let mut copied = 0_usize;
    let mut built: Vec<Arc<Task>> = Vec::with_capacity(graph.tasks.len());
    let mut inner: Vec<Vec<TaskIndex>> = vec![Vec::new(); graph.tasks.len()];
    let mut top = Vec::new();
    for (number, task) in graph.tasks.iter().enumerate() {
        let index = index_of(number)?;
        match task.parent {
            Some(parent) => inner.get_mut(parent)?.push(index),
            None => top.push(index),
        }
    }
    let mut inner = inner.into_iter();
    for (number, standing) in graph.tasks.iter().enumerate() {
        let group = standing.parent.and_then(|parent| built.get(parent));
        let around = group.map_or(flow_env.len(), |group| group.env.len());
        copied = copied.saturating_add(around + shared(defaults));
        if copied > MOST_COPIED {
            let message = "all tasks together get too much from `env` and `defaults`";
            walk.error(standing.raw.place, message);
            return None;
        }
        let above = above(flow_env, defaults, group.map(Arc::as_ref));
        let path = match group {
            Some(group) => format!("{}/{}", group.path, standing.raw.name),
            None => standing.raw.name.to_string(),
        };
        note(&standing.raw.options, uses);
        let inner = inner.next().unwrap_or_default();
        let task = task(index_of(number)?, path, standing, inner, above, defaults)?;
        built.push(Arc::new(task));
    }
    Some(TaskGraph::new(built, top))
}

/// What every task gets a copy of: entries of environments, tags, delays.
const MOST_COPIED: usize = 1_000_000;

fn shared(defaults: &DefaultKeys) -> usize {
    let env = defaults.env.as_ref().map_or(0, Env::len);
    let tags = defaults.tags.as_ref().map_or(0, Vec::len);
    env + tags
        + defaults
            .retries
            .as_ref()
            .map_or(0, |retries| retries.delays.len())
}

fn index_of(number: usize) -> Option<TaskIndex> {
    u32::try_from(number).ok().map(TaskGraph::numbered)
}

/// A group's environment and directory are its inner tasks', like the flow's and the defaults'.
fn above(flow_env: &Env, defaults: &DefaultKeys, group: Option<&Task>) -> Above {
    match group {
        Some(group) => Above {
            env: group.env.clone(),
            cwd: group.cwd.clone(),
        },
        None => Above {
            env: merged(flow_env.clone(), defaults.env.as_ref()),
            cwd: defaults.cwd.clone(),
        },
    }
}

fn merged(mut below: Env, over: Option<&Env>) -> Env {
    let entries = over.into_iter().flatten();
    below.extend(entries.map(|(name, value)| (name.clone(), value.clone())));
    below
}

fn note(options: &OptionKeys, uses: &mut Uses) {
    for (name, place) in options.limits.iter().flatten() {
        uses.limits.push(Use {
            name: name.to_string(),
            place: *place,
        });
    }
    if let Some((name, place)) = &options.runs_on
        && name.as_str() != LOCAL
    {
        uses.pools.push(Use {
            name: name.to_string(),
            place: *place,
        });
    }
}

fn task(
    index: TaskIndex,
    path: String,
    standing: &Standing<'_>,
    inner: Vec<TaskIndex>,
    above: Above,
    defaults: &DefaultKeys,
) -> Option<Task> {
    let raw = standing.raw;
    let options = &raw.options;
    let (retries, timeout, cache) = attempts(options, raw.key?.takes_defaults, defaults);
    let kind = match &raw.body.as_ref()?.kind {
        Kind::Group(_) => Kind::Group(inner),
        kind => kind.clone(),
    };
    Some(Task {
        index,
        name: raw.name.clone(),
        path: path.into(),
        parent: standing.parent.and_then(index_of),
        place: raw.place,
        kind,
        needs: edges(standing)?,
        join: options.join.unwrap_or(Join::All),
        when: options.when.clone(),
        each: each(options),
        concurrency: options.concurrency,
        fail_fast: options.fail_fast.unwrap_or_default(),
        repeat: options.repeat.clone(),
        retries,
        timeout,
        cache,
        allow_failure: options.allow_failure.unwrap_or_default(),
        limits: options
            .limits
            .iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect(),
        env: merged(above.env, options.env.as_ref()),
        cwd: options.cwd.clone().or(above.cwd),
        tags: options
            .tags
            .clone()
            .or_else(|| defaults.tags.clone())
            .unwrap_or_default(),
        description: options.description.clone(),
        runs_on: pool(options, defaults)?,
    })
}

fn edges(standing: &Standing<'_>) -> Option<Vec<Edge>> {
    let edge = |raw: &super::graph::RawEdge| {
        Some(Edge {
            upstream: index_of(raw.upstream)?,
            on: raw.on,
            implied: raw.implied,
        })
    };
    standing.edges.iter().map(edge).collect()
}

fn each(options: &OptionKeys) -> Option<Each> {
    let for_each = options.for_each.clone().map(Each::ForEach);
    for_each.or_else(|| options.matrix.clone().map(Each::Matrix))
}

fn pool(options: &OptionKeys, defaults: &DefaultKeys) -> Option<Name> {
    let named = options.runs_on.as_ref().or(defaults.runs_on.as_ref());
    named.map_or_else(|| Name::new(LOCAL).ok(), |(name, _)| Some(name.clone()))
}

/// What concerns attempts; of kinds that are no code the defaults are not meant.
fn attempts(
    options: &OptionKeys,
    takes_defaults: bool,
    defaults: &DefaultKeys,
) -> (Retries, Option<Duration>, Option<Cache>) {
    let mut retries = options.retries.clone();
    let mut timeout = options.timeout;
    let mut cache = options.cache.clone();
    if takes_defaults {
        retries = retries.or_else(|| defaults.retries.clone());
        timeout = timeout.or(defaults.timeout);
        if options.repeat.is_none() {
            cache = cache.or_else(|| defaults.cache.clone());
        }
    }
    (retries.unwrap_or_default(), timeout, cache.flatten())
}
