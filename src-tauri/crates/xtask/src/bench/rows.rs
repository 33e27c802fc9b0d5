//! The rows of the table: what is measured, against what, and its bound.

use std::{path::Path, process::Command};

use super::{
    api, app,
    measure::{Pairs, alternate, median, once, with_memory},
    report::Outcome,
    stage::Stage,
    studio,
};
use crate::failure::Failure;

/// A row of the table.
pub(super) struct Row {
    /// Its name on the command line.
    pub(super) name: &'static str,
    /// The bound on its value.
    pub(super) bound: f64,
    /// Whether the bound is the least, not the most.
    is_least: bool,
    /// Measures it over so many pairs.
    pub(super) measure: fn(&Stage, usize) -> Result<Outcome, Failure>,
}

impl Row {
    pub(super) const fn at_most(
        name: &'static str,
        bound: f64,
        measure: fn(&Stage, usize) -> Result<Outcome, Failure>,
    ) -> Self {
        Self {
            name,
            bound,
            is_least: false,
            measure,
        }
    }

    /// Whether `value` keeps the bound.
    pub(super) fn holds(&self, value: f64) -> bool {
        match self.is_least {
            true => value >= self.bound,
            false => value <= self.bound,
        }
    }

    /// The bound, for the table.
    pub(super) fn bound_text(&self) -> String {
        format!("{} {}", if self.is_least { "≥" } else { "≤" }, self.bound)
    }
}

/// Every row, in the table's order.
pub(super) const ALL: &[Row] = &[
    Row::at_most("hello", 2.5, hello),
    Row::at_most("python-chain", 5.0, python_chain),
    Row::at_most("python-map", 2.5, python_map),
    Row {
        name: "python-rate",
        bound: 8000.0,
        is_least: true,
        measure: python_rate,
    },
    Row::at_most("shell-map", 1.4, shell_map),
    Row::at_most("value-map", 1.5, value_map),
    Row::at_most("value-million", 1.15, value_million),
    Row::at_most("lists", 2.5, lists),
    api::ROW,
    studio::ROW,
    app::ROW,
];

/// One `shell: echo hello`, the whole command, on a home that is there.
fn hello(stage: &Stage, pairs: usize) -> Result<Outcome, Failure> {
    let flow = flow(stage, "hello", "tasks:\n  hello: { shell: echo hello }\n")?;
    let mut ours = stage.tidemill("home", &["run", &flow]);
    let mut yardstick = stage.python(&["-c", "pass"]);
    compare(pairs, &mut ours, &mut yardstick)
}

/// 40 Python tasks in a row, each fibonacci(10).
fn python_chain(stage: &Stage, pairs: usize) -> Result<Outcome, Failure> {
    let fibonacci = "def fibonacci(n): return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)";
    let mut body = "tasks:\n".to_owned();
    for number in 1..=40 {
        let needs = match number {
            1 => String::new(),
            _ => format!("    needs: [t{}]\n", number - 1),
        };
        body.push_str(&format!(
            "  t{number}:\n{needs}    python: |\n      {fibonacci}\n      return fibonacci(10)\n"
        ));
    }
    let flow = flow(stage, "python-chain", &body)?;
    let script = format!("{fibonacci}\nprint([fibonacci(10) for _ in range(40)])");
    let mut ours = stage.tidemill("home", &["run", &flow]);
    let mut yardstick = stage.python(&["-c", &script]);
    compare(pairs, &mut ours, &mut yardstick)
}

fn python_items(stage: &Stage, count: usize) -> Result<String, Failure> {
    let body = format!(
        "tasks:\n  list: {{ value: '{{{{ range({count}) | list }}}}' }}\n  t: {{ for_each: '{{{{ tasks.list.output }}}}', python: return None }}\n"
    );
    flow(stage, &format!("python-map-{count}"), &body)
}

/// 1,000 mapped Python tasks that do nothing, against a process pool.
fn python_map(stage: &Stage, pairs: usize) -> Result<Outcome, Failure> {
    let flow = python_items(stage, 1000)?;
    let script = stage.write(
        "pool.py",
        "from multiprocessing import Pool\n\ndef f(n):\n    return None\n\nif __name__ == '__main__':\n    with Pool(2) as pool:\n        pool.map(f, range(1000), chunksize=1)\n",
    )?;
    let mut ours = stage.tidemill("home", &["run", &flow]);
    let mut yardstick = stage.python(&[&text(&script)]);
    compare(pairs, &mut ours, &mut yardstick)
}

/// 10,000 of them: task runs a second.
fn python_rate(stage: &Stage, pairs: usize) -> Result<Outcome, Failure> {
    let flow = python_items(stage, 10_000)?;
    let mut command = stage.tidemill("home", &["run", &flow]);
    once("python-rate", &mut command)?;
    let mut times = Vec::new();
    for _ in 0..pairs.max(1) {
        times.push(once("python-rate", &mut command)?.seconds);
    }
    let ours = median(times);
    Ok(Outcome {
        value: 10_000.0 / ours,
        ours,
        yardstick: None,
        beside: "task runs a second".to_owned(),
    })
}

/// 1,000 mapped `/bin/true`, against xargs.
fn shell_map(stage: &Stage, pairs: usize) -> Result<Outcome, Failure> {
    let body = "tasks:\n  t: { for_each: '{{ range(1000) | list }}', shell: /bin/true }\n";
    let flow = flow(stage, "shell-map", body)?;
    let mut ours = stage.tidemill("home", &["run", &flow]);
    let mut yardstick = Command::new("sh");
    yardstick.args(["-c", "seq 1000 | xargs -P2 -n1 sh -c /bin/true"]);
    compare(pairs, &mut ours, &mut yardstick)
}

fn value_items(stage: &Stage, count: usize) -> Result<String, Failure> {
    let body = format!(
        "tasks:\n  list: {{ python: 'return list(range({count}))' }}\n  t: {{ for_each: '{{{{ tasks.list.output }}}}', value: '{{{{ item }}}}' }}\n"
    );
    flow(stage, &format!("value-map-{count}"), &body)
}

/// 10,000 mapped values, against the same rows through bare SQLite.
fn value_map(stage: &Stage, pairs: usize) -> Result<Outcome, Failure> {
    let body = "tasks:\n  t: { for_each: '{{ range(10000) | list }}', value: '{{ item }}' }\n";
    let flow = flow(stage, "value-map", body)?;
    let mut ours = stage.tidemill("home", &["run", &flow]);
    let mut yardstick = stage.bare_store(&["bare.db", "10000"]);
    compare(pairs, &mut ours, &mut yardstick)
}

/// A million values from a task's list, against the time a task of ten thousand.
fn value_million(stage: &Stage, _pairs: usize) -> Result<Outcome, Failure> {
    let small = value_items(stage, 10_000)?;
    let large = value_items(stage, 1_000_000)?;
    let mut small = stage.tidemill("home-small", &["run", &small]);
    once("value-million", &mut small)?;
    let mut seconds = Vec::new();
    for _ in 0..7 {
        seconds.push(once("value-million", &mut small)?.seconds);
    }
    let empty = stage.size("home-million");
    let mut large = stage.tidemill("home-million", &["run", &large]);
    let taken = with_memory("value-million", &mut large)?;
    let small = median(seconds);
    let bytes = stage.size("home-million").saturating_sub(empty) / 1_000_000;
    Ok(Outcome {
        value: (taken.seconds / 1e6) / (small / 1e4),
        ours: taken.seconds,
        yardstick: Some(small),
        beside: format!(
            "peak {} MB (at most 300), {bytes} bytes a task run (at most 1,000)",
            taken.peak / 1_000_000
        ),
    })
}

/// A home with 10,000 runs of 100 task runs; gives the flow that they are of.
pub(super) fn filled_lists(stage: &Stage) -> Result<String, Failure> {
    let child = "parameters: { n: { type: integer } }\ntasks:\n\
        \x20 t: { for_each: '{{ range(99) | list }}', value: '{{ item }}' }\n\
        \x20 last: { needs: [t], value: '{{ [1, 2, 3, 4, 5, 6, 7, 8, 9][params.n % 10] }}' }\n";
    let child = flow(stage, "child", child)?;
    let body = "tasks:\n  t:\n    for_each: '{{ range(10000) | list }}'\n    concurrency: 8\n    allow_failure: true\n\
        \x20   flow: { name: child, parameters: { n: '{{ item }}' } }\n";
    let parent = flow(stage, "parent", body)?;
    if !stage.folder().join("home-lists").exists() {
        once(
            "lists",
            &mut stage.tidemill("home-lists", &["run", &parent]),
        )?;
    }
    Ok(child)
}

/// The newest failed runs and a run's tasks, among 10,000 runs of 100 task runs.
fn lists(stage: &Stage, pairs: usize) -> Result<Outcome, Failure> {
    let child = filled_lists(stage)?;
    let newest = ["run", &child, "-p", "n=1"];
    once("lists", &mut stage.tidemill("home-lists", &newest))?;
    let mut yardstick = stage.python(&["-c", "pass"]);
    let list = ["runs", "ls", "--state", "failed", "--limit", "50"];
    let mut failed = stage.tidemill("home-lists", &list);
    let failed = compare(pairs, &mut failed, &mut yardstick)?;
    let mut tasks = stage.tidemill("home-lists", &["runs", "show", "last"]);
    let tasks = compare(pairs, &mut tasks, &mut yardstick)?;
    Ok(Outcome {
        value: failed.value.max(tasks.value),
        ours: failed.ours.max(tasks.ours),
        yardstick: failed.yardstick,
        beside: format!("list {:.2}, a run's tasks {:.2}", failed.value, tasks.value),
    })
}

fn compare(pairs: usize, ours: &mut Command, yardstick: &mut Command) -> Result<Outcome, Failure> {
    let taken = alternate(
        pairs,
        || Ok(once("ours", ours)?.seconds),
        || Ok(once("the yardstick", yardstick)?.seconds),
    )?;
    Ok(outcome(&taken))
}

fn outcome(taken: &Pairs) -> Outcome {
    Outcome {
        value: taken.ratio(),
        ours: median(taken.ours.clone()),
        yardstick: Some(median(taken.yardstick.clone())),
        beside: String::new(),
    }
}

pub(super) fn flow(stage: &Stage, name: &str, body: &str) -> Result<String, Failure> {
    let path = stage.write(
        &format!("{name}.flow.yaml"),
        &format!("name: {name}\n{body}"),
    )?;
    Ok(text(&path))
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
