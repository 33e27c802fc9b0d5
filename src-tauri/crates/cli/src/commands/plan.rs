//! `plan`: what a run would do, as a table.

use tidemill_api::{
    FlowChoice,
    plan::{PlanAnswer, PlanOutlook, PlanTask},
};

use crate::{
    arguments::PlanArguments,
    commands::run::given,
    exit::Exit,
    look::{Line, Look, Role},
    message::Failure,
    output::Output,
    source::Source,
    table::{self, Column},
    text,
};

pub(crate) fn plan(source: &Source<'_>, arguments: PlanArguments) -> Result<Exit, Failure> {
    let flow = FlowChoice::parse(&arguments.flow.flow)?;
    let parameters = given(arguments.flow);
    let answer = source.plan(&flow, &parameters)?;
    let mut output = Output::new();
    if arguments.form.json {
        output.document(&answer)?;
    } else {
        let lines = plan_lines(&answer, output.look());
        output.lines(&lines)?;
    }
    output.flush()?;
    Ok(Exit::Done)
}

fn plan_lines(answer: &PlanAnswer, look: Look) -> Vec<Line> {
    let mut heading = Line::of(Role::Strong, &answer.flow);
    let version = answer.version.get(..12).unwrap_or(&answer.version);
    heading.push(Role::Dim, &format!("  version {version}"));
    let mut lines = vec![heading];
    for (name, value) in &answer.parameters {
        let line = Line::of(Role::Dim, &format!("  {name} = "));
        lines.push(line.with(Role::Plain, &value.to_string()));
    }
    let columns = [
        Column::right("STEP"),
        Column::left("TASK"),
        Column::left("KIND"),
        Column::left("WHAT"),
        Column::shrinking("WHY"),
    ];
    let rows = answer.tasks.iter().map(row).collect();
    lines.extend(table::lines(&columns, rows, look));
    lines.push(Line::of(
        Role::Dim,
        "nothing was run; steps run one after another, tasks of a step at once",
    ));
    match look.columns {
        Some(columns) => lines
            .into_iter()
            .map(|line| line.cut(columns, look.ellipsis()))
            .collect(),
        None => lines,
    }
}

fn row(task: &PlanTask) -> Vec<Line> {
    vec![
        Line::plain(&(task.step + 1).to_string()),
        Line::of(Role::Strong, &task.task),
        Line::plain(&task.kind),
        what(task),
        Line::of(Role::Dim, &why(task)),
    ]
}

fn what(task: &PlanTask) -> Line {
    let (word, role) = match task.outlook {
        PlanOutlook::Runs => ("runs", Role::Active),
        PlanOutlook::Cached => ("cached", Role::Good),
        PlanOutlook::Known => ("known", Role::Good),
        PlanOutlook::Skipped => ("skipped", Role::Dim),
        PlanOutlook::Fails => ("fails", Role::Bad),
        PlanOutlook::Depends => ("depends", Role::Plain),
    };
    let mut line = Line::of(role, word);
    if task.mapped {
        let items = match task.items {
            Some(items) => text::count(items as usize, "item", "items"),
            None => "items found while running".to_owned(),
        };
        line.push(Role::Plain, &format!(", {items}"));
    }
    if let Some(cached) = task.items_cached.filter(|cached| *cached > 0) {
        line.push(Role::Good, &format!(", {cached} cached"));
    }
    line
}

/// Why it waits and what for; or why it will be as it will be.
fn why(task: &PlanTask) -> String {
    let needs: Vec<String> = task
        .needs
        .iter()
        .map(|edge| match edge.on.as_ref() {
            "succeeded" => edge.task.clone(),
            on => format!("{} {on}", edge.task),
        })
        .collect();
    let mut parts = Vec::new();
    parts.extend(task.reason.clone());
    if !needs.is_empty() {
        parts.push(format!("after {}", needs.join(", ")));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use tidemill_api::plan::PlanEdge;

    use super::*;

    #[test]
    fn a_plan_is_a_table() {
        let task = |task: &str, step, outlook, needs: &[(&str, &'static str)]| PlanTask {
            task: task.to_owned(),
            kind: "shell".into(),
            needs: needs
                .iter()
                .map(|(task, on)| PlanEdge {
                    task: (*task).to_owned(),
                    on: (*on).into(),
                })
                .collect(),
            step,
            outlook,
            reason: None,
            items: None,
            items_cached: None,
            mapped: false,
        };
        let mut mapped = task("many", 0, PlanOutlook::Runs, &[]);
        (mapped.mapped, mapped.items, mapped.items_cached) = (true, Some(3), Some(1));
        let answer = PlanAnswer {
            flow: "sample".to_owned(),
            version: "0123456789abcdef".to_owned(),
            parameters: serde_json::Map::new(),
            tasks: vec![
                mapped,
                task("end", 1, PlanOutlook::Depends, &[("many", "succeeded")]),
                task("tidy", 1, PlanOutlook::Depends, &[("many", "failed")]),
            ],
        };
        let drawn: Vec<String> = plan_lines(&answer, Look::PIPED)
            .iter()
            .map(|line| line.render(Look::PIPED))
            .collect();
        assert_eq!(
            drawn,
            [
                "sample  version 0123456789ab",
                "STEP  TASK  KIND   WHAT                     WHY",
                "   1  many  shell  runs, 3 items, 1 cached",
                "   2  end   shell  depends                  after many",
                "   2  tidy  shell  depends                  after many failed",
                "nothing was run; steps run one after another, tasks of a step at once",
            ]
        );
    }
}
