//! The desktop app and `serve`, as they are installed: how soon the window shows
//! something, what idling costs, what memory the engine's process holds.

use std::process::Command;

use super::{report::Outcome, rows::Row, stage::Stage};
use crate::{failure::Failure, page, prepare, project, step};

/// The row of the table: the worst of what is measured, as a share of its bound.
pub(super) const ROW: Row = Row::at_most("app", 1.0, app);

/// The release builds of the app, and of what looks at it.
const BUILD: &[&str] = &["build", "--release", "--quiet", "--package"];

/// Builds the page, which both programs then hold. Comes before their build.
pub(super) fn prepare() -> Result<(), Failure> {
    prepare::to_build_page()?;
    prepare::to_build_app()?;
    prepare::to_show_windows()?;
    page::build()
}

/// One thing that was measured.
struct Measure<'t> {
    name: &'t str,
    value: f64,
    bound: f64,
}

impl Measure<'_> {
    fn share(&self) -> f64 {
        self.value / self.bound
    }
}

fn app(_stage: &Stage, _pairs: usize) -> Result<Outcome, Failure> {
    let mut build = Command::new(env!("CARGO"));
    build.current_dir(project::root()).args(BUILD);
    step::open("the app's release build", build.arg("tidemill-studio"))?;
    let program = project::target().join("release/app-measure");
    let output = Command::new(&program)
        .output()
        .map_err(|error| Failure::Io(program.display().to_string(), error))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let measures = parse(&text);
    let worst = measures
        .iter()
        .max_by(|one, other| one.share().total_cmp(&other.share()));
    let Some(worst) = worst.filter(|_| output.status.success()) else {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::Step(format!("{}: {said}", program.display())));
    };
    let said: Vec<String> = measures
        .iter()
        .map(|one| format!("{} {:.2} (at most {})", one.name, one.value, one.bound))
        .collect();
    Ok(Outcome {
        value: worst.share(),
        ours: measures.first().map_or(0.0, |start| start.value),
        yardstick: None,
        beside: said.join(", "),
    })
}

/// What the program says: a line `name<TAB>value<TAB>bound` for each.
fn parse(text: &str) -> Vec<Measure<'_>> {
    text.lines()
        .filter_map(|line| {
            let mut parts = line.split('\t');
            Some(Measure {
                name: parts.next()?,
                value: parts.next()?.parse().ok()?,
                bound: parts.next()?.parse().ok()?,
            })
        })
        .collect()
}
