//! What a flow says of flows: itself, others of the workspace, and the
//! parameters that they get.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use crate::{
    FlowName, Kind, Name, Parameter, Subflow, SubflowTarget, Template,
    diagnostic::{Diagnostic, Place},
    template::to_json,
    validation,
};

use super::{
    context::{CheckContext, KnownFlow},
    graph::Graph,
    top::TopKeys,
    walk::Walk,
};

/// Where the parameters stand that something gives to a flow.
#[derive(Default)]
pub(crate) struct Given {
    whole: Place,
    each: HashMap<Name, Place>,
}

/// Parameters as they are read, with their places.
type ReadParameters = (IndexMap<Name, (Template, Place)>, Place);

impl Given {
    /// Parameters whose places are not known one by one.
    fn at(whole: Place) -> Self {
        Self {
            whole,
            each: HashMap::new(),
        }
    }

    /// Takes the places out of parameters; where none are given, `around` is their place.
    pub(crate) fn split(
        read: Option<ReadParameters>,
        around: Place,
    ) -> (IndexMap<Name, Template>, Self) {
        let (read, whole) = read.unwrap_or((IndexMap::new(), around));
        let each = read.iter().map(|(name, (_, place))| (name.clone(), *place));
        let places = Self {
            whole,
            each: each.collect(),
        };
        let values = read.into_iter().map(|(name, (value, _))| (name, value));
        (values.collect(), places)
    }

    fn of(&self, name: &Name) -> Place {
        self.each.get(name).copied().unwrap_or(self.whole)
    }
}

/// Checks everything that names a flow or gives parameters to one.
/// `declared` is how many parameters stand in the file, wrong ones too.
pub(crate) fn check(
    top: &TopKeys,
    declared: usize,
    graph: &Graph<'_>,
    context: &CheckContext,
    walk: &mut Walk<'_>,
) {
    let own = top.name.as_ref().map(|(name, _)| name);
    if let Some((name, place)) = &top.name {
        check_unique(name, *place, context, walk);
    }
    for task in &graph.tasks {
        let kind = task.raw.body.as_ref().map(|body| &body.kind);
        if let Some(Kind::Flow(subflow)) = kind {
            let place = task.raw.options.written.key("flow");
            check_call(subflow, place, own, context, walk);
        }
    }
    check_starts(top, declared, walk);
    for trigger in top.triggers.iter().flatten() {
        if let (Some((flow, place)), Some(flows)) = (&trigger.after, &context.flows)
            && Some(flow) != own
            && !flows.iter().any(|known| known.name == *flow)
        {
            let message = format!("the workspace has no flow `{flow}`");
            let mut warning = Diagnostic::warning(*place, message);
            warning.hint = crate::suggest::did_you_mean(flow.as_str(), names(flows));
            walk.report(warning);
        }
    }
}

fn names(flows: &[KnownFlow]) -> impl Iterator<Item = &str> {
    flows.iter().map(|flow| flow.name.as_str())
}

/// Two files with one name are a mistake in both.
fn check_unique(name: &FlowName, place: Place, context: &CheckContext, walk: &mut Walk<'_>) {
    let others = context.flows.iter().flatten();
    let same =
        others.filter(|known| known.name == *name && Some(&known.file) != context.file.as_ref());
    if let (Some(_), Some(other)) = (&context.file, same.into_iter().next()) {
        let message = format!("the flow in `{}` is called `{name}` too", other.file);
        walk.error_with_hint(place, message, "give one of them another name");
    }
}

fn check_call(
    subflow: &Subflow,
    place: Place,
    own: Option<&FlowName>,
    context: &CheckContext,
    walk: &mut Walk<'_>,
) {
    let SubflowTarget::Name(target) = &subflow.target else {
        return;
    };
    if Some(target) == own {
        return walk.error(place, format!("the flow `{target}` calls itself"));
    }
    let Some(flows) = &context.flows else {
        return;
    };
    let Some(known) = flows.iter().find(|known| known.name == *target) else {
        let message = format!("the workspace has no flow `{target}`");
        return walk.unknown(place, message, target.as_str(), names(flows));
    };
    if let Some(way) = own.and_then(|own| way_back(known, own, flows)) {
        let message = format!("the flow calls itself: {}", way.join(" → "));
        walk.error(place, message);
    }
    let receiver = format!("the flow `{target}`");
    check_given(
        &receiver,
        &known.parameters,
        &subflow.parameters,
        &Given::at(place),
        walk,
    );
}

/// How calls lead from `first` back to `own`, if they do.
fn way_back(first: &KnownFlow, own: &FlowName, flows: &[KnownFlow]) -> Option<Vec<String>> {
    let by_name: HashMap<&FlowName, &KnownFlow> =
        flows.iter().map(|flow| (&flow.name, flow)).collect();
    let mut came_from: HashMap<&FlowName, &FlowName> = HashMap::new();
    let mut seen = HashSet::from([&first.name]);
    let mut open = vec![first];
    while let Some(flow) = open.pop() {
        for call in &flow.calls {
            if call == own {
                let mut way = vec![own.to_string()];
                let mut current = Some(&flow.name);
                while let Some(name) = current {
                    way.push(name.to_string());
                    current = came_from.get(name).copied();
                }
                way.push(own.to_string());
                way.reverse();
                return Some(way);
            }
            if let Some(next) = by_name.get(call).filter(|next| seen.insert(&next.name)) {
                came_from.insert(&next.name, &flow.name);
                open.push(next);
            }
        }
    }
    None
}

/// What schedules and triggers give to this flow's own runs.
fn check_starts(top: &TopKeys, declared: usize, walk: &mut Walk<'_>) {
    // Where parameters are wrong or none are there, what is given is held against what is known.
    let none = IndexMap::new();
    let parameters = match &top.parameters {
        Some(parameters) => parameters,
        None if top.written.has("parameters") => return,
        None => &none,
    };
    if parameters.len() < declared {
        // One with a mistake is none that can be given anything.
        return;
    }
    for placed in top.schedules.iter().flatten() {
        let given = &placed.schedule.parameters;
        check_given("this flow", parameters, given, &placed.given, walk);
    }
    for placed in top.triggers.iter().flatten() {
        let given = &placed.trigger.parameters;
        check_given("this flow", parameters, given, &placed.given, walk);
    }
}

/// Holds given parameters against those that a flow has; templates only by name.
fn check_given(
    receiver: &str,
    parameters: &IndexMap<Name, Parameter>,
    given: &IndexMap<Name, Template>,
    places: &Given,
    walk: &mut Walk<'_>,
) {
    for (name, value) in given {
        let place = places.of(name);
        let Some(parameter) = parameters.get(name) else {
            let message = format!("{receiver} has no parameter `{name}`");
            walk.unknown(
                place,
                message,
                name.as_str(),
                parameters.keys().map(Name::as_str),
            );
            continue;
        };
        let Some(constant) = value.as_constant() else {
            continue;
        };
        let checked = validation::validate(&parameter.schema, &to_json(&constant));
        for mistake in checked.err().into_iter().flatten() {
            walk.error(
                place,
                format!("the parameter `{name}` of {receiver}: {}", mistake.message),
            );
        }
    }
    for (name, _) in parameters
        .iter()
        .filter(|(_, parameter)| parameter.default.is_none())
    {
        if !given.contains_key(name) {
            let message =
                format!("{receiver} needs the parameter `{name}`, which is not given here");
            walk.error_with_hint(
                places.whole,
                message,
                format!("give it, as `parameters: {{ {name}: … }}`"),
            );
        }
    }
}
