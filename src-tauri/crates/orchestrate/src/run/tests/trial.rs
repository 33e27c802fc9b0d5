//! Trials: a part of a flow runs, and earlier outputs stand for the rest.

use std::{collections::HashMap, sync::Arc};

use tidemill_flow::{Flow, Value, template::to_json};

use crate::{
    Happening, Part, Run, StandIn, State, Trial, TrialError,
    simulator::{World, flow},
};

const FLOW: &str = "
tasks:
  stations: { value: [a, b] }
  fetch: { shell: x, for_each: '{{ tasks.stations.output }}' }
  tidy: { shell: x, needs: { fetch: failed } }
  table: { value: '{{ tasks.fetch.output }}' }
  publish:
    needs: [table]
    tasks:
      daily: { value: '{{ tasks.table.output }}' }
      chart: { value: '{{ tasks.daily.output }}!' }
      sign: { shell: x, needs: [chart] }
  archive: { shell: x, needs: { publish: finished } }
output: '{{ tasks.publish.output.chart }}'
";

/// Outputs by path; those with `!` before them are pinned.
fn outputs(known: &[(&str, &str)]) -> impl Fn(&tidemill_flow::Task) -> Option<StandIn> {
    let known: HashMap<String, (bool, Value)> = known
        .iter()
        .map(|(path, output)| {
            let plain = path.trim_start_matches('!');
            let value = Value::from(*output);
            (plain.to_owned(), (plain != *path, value))
        })
        .collect();
    move |task| {
        let (pinned, output) = known.get(task.path.as_ref())?.clone();
        let origin = "from run calm-newt".to_owned();
        Some(StandIn {
            output,
            origin,
            pinned,
        })
    }
}

const ALL: &[(&str, &str)] = &[
    ("stations", "S"),
    ("fetch", "F"),
    ("table", "T"),
    ("publish", "P"),
    ("publish/daily", "D"),
    ("publish/chart", "C"),
    ("publish/sign", "G"),
    ("archive", "A"),
];

fn world(flow: &Arc<Flow>, trial: Trial) -> World {
    let mut world = World::new(flow, 4);
    world.start.trial = Some(Arc::new(trial));
    world.run = Run::new(world.start.clone());
    world
}

fn tried(part: Part, path: &str, known: &[(&str, &str)]) -> World {
    let flow = flow(FLOW);
    let trial = Trial::of_part(&flow, part, path, outputs(known)).unwrap();
    let mut world = world(&flow, trial);
    assert_eq!(world.run_to_end(), State::Completed, "{:#?}", world.lines());
    world
}

fn output(world: &World) -> serde_json::Value {
    to_json(world.run.output().unwrap())
}

#[test]
fn one_task_alone_sees_earlier_outputs_and_its_output_is_the_run_s() {
    let world = tried(Part::Only, "table", ALL);
    assert_eq!(
        world.states(),
        "archive=Skipped fetch=Cached publish=Skipped stations=Skipped table=Completed tidy=Skipped"
    );
    assert_eq!(output(&world), "F");
    assert_eq!(world.message("fetch"), "from run calm-newt");
    assert_eq!(world.message("archive"), "left out: only `table` is tried");
}

#[test]
fn one_task_alone_runs_whatever_its_edges_say() {
    let world = tried(Part::Only, "tidy", ALL);
    assert!(
        world.states().contains("fetch=Cached"),
        "{}",
        world.states()
    );
    assert!(
        world.states().contains("tidy=Completed"),
        "{}",
        world.states()
    );
}

#[test]
fn one_mapped_task_alone_opens_into_its_items() {
    let flow = flow(FLOW);
    let known = |task: &tidemill_flow::Task| {
        (task.path.as_ref() == "stations").then(|| StandIn {
            output: Value::from(vec!["x", "y", "z"]),
            origin: "pinned".to_owned(),
            pinned: true,
        })
    };
    let trial = Trial::of_part(&flow, Part::Only, "fetch", known).unwrap();
    let mut world = world(&flow, trial);
    assert_eq!(world.run_to_end(), State::Completed);
    assert!(
        world.states().contains("fetch[2]=Completed"),
        "{}",
        world.states()
    );
    assert_eq!(output(&world), serde_json::json!(["done", "done", "done"]));
}

#[test]
fn up_to_a_task_runs_what_it_waits_for_and_nothing_else() {
    let world = tried(Part::Until, "table", &[]);
    assert_eq!(
        world.states(),
        "archive=Skipped fetch=Completed fetch[0]=Completed fetch[1]=Completed publish=Skipped \
         stations=Completed table=Completed tidy=Skipped"
    );
    assert_eq!(output(&world), serde_json::json!(["done", "done"]));
}

#[test]
fn up_to_a_task_that_is_pinned_before_it_runs_nothing_further_up() {
    let world = tried(
        Part::Until,
        "table",
        &[("!fetch", "pinned"), ("stations", "S")],
    );
    assert!(
        world.states().contains("fetch=Cached"),
        "{}",
        world.states()
    );
    assert!(
        world.states().contains("stations=Skipped"),
        "{}",
        world.states()
    );
    assert_eq!(output(&world), "pinned");
}

#[test]
fn from_a_task_on_runs_what_waits_for_it() {
    let world = tried(Part::From, "table", ALL);
    assert_eq!(
        world.states(),
        "archive=Completed fetch=Cached publish=Completed publish/chart=Completed \
         publish/daily=Completed publish/sign=Completed stations=Cached table=Completed tidy=Skipped"
    );
    assert_eq!(output(&world), "F!");
}

#[test]
fn inside_a_group_the_groups_around_run_and_the_rest_stands() {
    let world = tried(Part::Only, "publish/chart", ALL);
    assert_eq!(
        world.states(),
        "archive=Skipped fetch=Skipped publish=Completed publish/chart=Completed \
         publish/daily=Cached publish/sign=Skipped stations=Skipped table=Cached tidy=Skipped"
    );
    assert_eq!(output(&world), "D!");
}

#[test]
fn what_is_pinned_stands_in_a_run_of_all() {
    let flow = flow(FLOW);
    assert!(Trial::of_all(&flow, outputs(ALL)).is_none());
    let trial = Trial::of_all(&flow, outputs(&[("!table", "pinned"), ("fetch", "F")])).unwrap();
    let mut world = world(&flow, trial);
    assert_eq!(world.run_to_end(), State::Completed);
    assert!(
        world.states().contains("table=Cached"),
        "{}",
        world.states()
    );
    assert!(
        world.states().contains("fetch=Completed"),
        "{}",
        world.states()
    );
    assert_eq!(output(&world), "pinned!");
}

#[test]
fn what_cannot_be_tried_is_refused() {
    let text = "
tasks:
  a: { value: 1 }
  each: { for_each: [1], tasks: { inner: { value: 1 } } }
  b: { value: '{{ tasks.a.output }}' }
  c: { python: 'return inputs[\"a\"]', needs: [a] }
  d: { python: 'return 1', needs: [a] }
";
    let flow = flow(text);
    let error = |path: &str| Trial::of_part(&flow, Part::Only, path, |_| None).unwrap_err();
    assert_eq!(error("nothing"), TrialError::NoTask("nothing".to_owned()));
    let said = error("each/inner").to_string();
    assert!(said.contains("each item of `each`"), "{said}");
    for path in ["b", "c"] {
        let said = error(path).to_string();
        assert!(said.contains("the output of `a`"), "{said}");
    }
    Trial::of_part(&flow, Part::Only, "d", |_| None).unwrap();
}

#[test]
fn a_recorded_trial_is_the_same_after_a_crash() {
    let flow = flow(FLOW);
    let trial = Trial::of_part(&flow, Part::From, "publish/daily", outputs(ALL)).unwrap();
    let recorded = trial.to_value(&flow);
    let read = Trial::from_value(&flow, &recorded).unwrap();
    assert_eq!(to_json(&read.to_value(&flow)), to_json(&recorded));
    let other = crate::simulator::flow("  a: { value: 1 }\n");
    assert!(Trial::from_value(&other, &recorded).is_err());
    let mut whole = world(&flow, trial);
    whole.run_to_end();
    for steps in 0..whole.history.len() {
        let mut start = whole.start.clone();
        start.trial = Some(Arc::new(read.clone()));
        let history = whole.history.iter().take(steps).cloned();
        let mut world = World::new(&flow, 4);
        world.run = Run::recover(start.clone(), history.clone()).unwrap();
        world.start = start;
        world.history = history.collect();
        let state = match world.run.state() {
            state if state.is_terminal() => state,
            _ => {
                world.happen(Happening::Start);
                world.go_on()
            }
        };
        // An attempt that was under way is lost with its process.
        assert!(
            matches!(state, State::Completed | State::Crashed),
            "{state} after {steps}"
        );
        assert!(
            !world.states().contains("fetch=Completed"),
            "{}",
            world.states()
        );
    }
}
