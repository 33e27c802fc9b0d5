//! The studio in a browser, measured by the browser's own clock: scrolling, a thousand
//! tasks live, a log of a million lines.

use std::fs;

use super::{report::Outcome, rows::Row, stage::Stage};
use crate::{failure::Failure, page, prepare, step};

/// The row of the table: the worst of what is measured, as a share of its bound.
pub(super) const ROW: Row = Row::at_most("studio", 1.0, studio);

/// Builds the page, which the release build then holds. Comes before that build.
pub(super) fn prepare() -> Result<(), Failure> {
    prepare::to_build_page()?;
    prepare::to_browse()?;
    page::build()
}

/// One thing that was measured.
struct Measure {
    name: String,
    value: f64,
    bound: f64,
}

impl Measure {
    fn share(&self) -> f64 {
        self.value / self.bound
    }
}

fn studio(stage: &Stage, _pairs: usize) -> Result<Outcome, Failure> {
    let path = stage.folder().join("studio.tsv");
    page::measure(&path)?;
    let text = fs::read_to_string(&path)
        .map_err(|error| Failure::Io(path.display().to_string(), error))?;
    let measures = parse(&text);
    let Some(worst) = measures
        .iter()
        .max_by(|one, other| one.share().total_cmp(&other.share()))
    else {
        return Err(Failure::Step("the studio's measures".to_owned()));
    };
    for measure in &measures {
        step::say(&format!(
            "  {:<58} {:>8.1} ≤ {}",
            measure.name, measure.value, measure.bound
        ));
    }
    Ok(Outcome {
        value: worst.share(),
        ours: worst.value / 1e3,
        yardstick: None,
        beside: format!(
            "of its bound, the worst of {}: {}",
            measures.len(),
            worst.name
        ),
    })
}

/// What the file says: a line `name<TAB>value<TAB>bound` for each.
fn parse(text: &str) -> Vec<Measure> {
    text.lines()
        .filter_map(|line| {
            let mut parts = line.split('\t');
            Some(Measure {
                name: parts.next()?.to_owned(),
                value: parts.next()?.parse().ok()?,
                bound: parts.next()?.parse().ok()?,
            })
        })
        .collect()
}
