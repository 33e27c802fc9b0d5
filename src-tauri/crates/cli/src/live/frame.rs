//! A live view's model as lines: pure, from what is known and the time to what is seen.

use std::time::Duration;

use jiff::Timestamp;
use tidemill_api::State;

use super::model::{Model, TaskView};
use crate::look::{Line, Look, Role};
use crate::{state, text, time};

/// How much room a frame has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameSize {
    /// The terminal's columns.
    pub(crate) columns: usize,
    /// The lines that a frame may take.
    pub(crate) lines: usize,
}

/// At most so many log lines stand below the tasks.
const LOG_LINES: usize = 6;

/// No task's name takes more columns; on a narrow terminal no more than a quarter of
/// them, but this many always.
const WIDEST_NAME: usize = 40;
const NARROWEST_NAME: usize = 12;

/// The columns of a progress bar, and how wide a terminal must be to have one.
const BAR: usize = 16;
const BAR_FROM: usize = 100;

/// The columns of a duration with the gap before it.
const TOOK_WIDTH: usize = 9;

/// The columns of the longest state's icon and word.
const STATE_WIDTH: usize = 18;

/// A run's heading, its tasks and its last log lines, no more than fit.
/// `note` stands at the end, if there is something to say.
pub(crate) fn frame(
    title: &str,
    model: &Model,
    note: Option<&str>,
    now: Timestamp,
    size: FrameSize,
    look: Look,
) -> Vec<Line> {
    let mut lines = vec![heading(title, model, now, look)];
    let noted = usize::from(note.is_some());
    let room = size.lines.saturating_sub(1 + noted);
    let wanted = model.tasks().len();
    let log_room = room.saturating_sub(wanted).clamp(room.min(3), LOG_LINES);
    let logs = log_lines(model, log_room.saturating_sub(1), look);
    lines.extend(task_lines(
        model,
        now,
        (room.saturating_sub(logs.len()), size.columns),
        look,
    ));
    lines.extend(logs);
    if let Some(note) = note {
        lines.push(Line::of(Role::Warning, note));
    }
    lines.truncate(size.lines);
    // The last column stays free: some terminals wrap when it is filled.
    let columns = size.columns.saturating_sub(1);
    let cut = |line: Line| line.cut(columns, look.ellipsis());
    lines.into_iter().map(cut).collect()
}

fn heading(title: &str, model: &Model, now: Timestamp, look: Look) -> Line {
    let mut line = state::cell(model.state, look);
    line.push(Role::Plain, "  ");
    line.push(Role::Strong, title);
    if let Some(started) = model.started {
        let took = time::duration(time::between(started, now));
        line.push(Role::Dim, &format!("  {took}"));
    }
    if let Some(message) = &model.message {
        line.push(Role::Dim, &format!("  {message}"));
    }
    line
}

/// As many task rows as fit, those that tell most, in the flow's order.
fn task_lines(
    model: &Model,
    now: Timestamp,
    (room, columns): (usize, usize),
    look: Look,
) -> Vec<Line> {
    let tasks = model.tasks();
    let layout = Layout::new(tasks, columns);
    if tasks.len() <= room {
        let line = |task: &TaskView| task_line(task, layout, now, look);
        return tasks.iter().map(line).collect();
    }
    let mut order: Vec<usize> = (0..tasks.len()).collect();
    order.sort_by_key(|&place| (tasks.get(place).map(urgency), place));
    let shown = room.saturating_sub(1);
    let mut chosen: Vec<usize> = order.iter().copied().take(shown).collect();
    chosen.sort_unstable();
    let mut lines: Vec<Line> = chosen
        .into_iter()
        .filter_map(|place| tasks.get(place))
        .map(|task| task_line(task, layout, now, look))
        .collect();
    let hidden = order
        .iter()
        .skip(shown)
        .filter_map(|&place| tasks.get(place));
    lines.push(hidden_line(hidden, look));
    lines
}

/// What is worth a row most, least first.
fn urgency(task: &TaskView) -> u8 {
    match task.shown_state() {
        Some(state) if !state.is_terminal() && state != State::Pending => 0,
        Some(state) if state.is_failure() => 1,
        Some(State::Pending) | None => 2,
        Some(_) => 3,
    }
}

fn hidden_line<'t>(hidden: impl Iterator<Item = &'t TaskView>, look: Look) -> Line {
    let mut states: Vec<(State, usize)> = Vec::new();
    let mut total = 0;
    for task in hidden {
        total += 1;
        let state = task.shown_state().unwrap_or(State::Pending);
        match states.iter_mut().find(|(known, _)| *known == state) {
            Some((_, count)) => *count += 1,
            None => states.push((state, 1)),
        }
    }
    let parts: Vec<String> = states
        .iter()
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    let text = format!("  {} {total} more: {}", look.ellipsis(), parts.join(", "));
    Line::of(Role::Dim, &text)
}

/// How the rows of tasks share the terminal's columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// The columns of names.
    names: usize,
    /// The columns of a progress bar; 0: only the count is shown.
    bar: usize,
}

impl Layout {
    /// For rows of these tasks on a terminal of so many columns.
    pub(super) fn new(tasks: &[TaskView], columns: usize) -> Self {
        let width = |task: &TaskView| 2 * task.depth + text::width(&task.name);
        let widest = (columns / 4).clamp(NARROWEST_NAME, WIDEST_NAME);
        Self {
            names: tasks.iter().map(width).max().unwrap_or(0).min(widest),
            bar: if columns < BAR_FROM { 0 } else { BAR },
        }
    }
}

/// One task: its state, its name, how far it is, how long it takes.
pub(super) fn task_line(task: &TaskView, layout: Layout, now: Timestamp, look: Look) -> Line {
    let Layout { names, bar } = layout;
    let shown = task.shown_state().unwrap_or(State::Pending);
    let mut line = Line::plain("  ");
    line.append(state::cell(shown, look));
    line.pad_to(2 + STATE_WIDTH);
    let indent = " ".repeat(2 * task.depth);
    let name = text::cut(
        &task.name,
        names.saturating_sub(indent.len()),
        look.ellipsis(),
    );
    line.push(Role::Strong, &format!("{indent}{name}"));
    line.pad_to(2 + STATE_WIDTH + names);
    if let Some(took) = elapsed(task, now) {
        line.push(Role::Plain, &format!("  {:>7}", time::duration(took)));
        if let Some(usual) = task.usual.filter(|_| !shown.is_terminal()) {
            let usual = time::duration(usual);
            line.push(Role::Dim, &format!(" (usually {usual})"));
        }
    }
    if task.counted && task.expected > 0 {
        line.append(progress(task, bar, look));
    }
    if let Some(message) = note(task, shown, now) {
        line.pad_to(2 + STATE_WIDTH + names + TOOK_WIDTH);
        let role = if shown.is_failure() {
            Role::Bad
        } else {
            Role::Dim
        };
        line.push(role, &format!("  {message}"));
    }
    line
}

/// How long the task has run, or ran.
fn elapsed(task: &TaskView, now: Timestamp) -> Option<Duration> {
    let started = task.started?;
    Some(time::between(started, task.ended.unwrap_or(now)))
}

fn progress(task: &TaskView, bar: usize, look: Look) -> Line {
    let ended = task.ended_count();
    let expected = task.expected.max(ended);
    // Of an ended task all items have ended, those too that an earlier attempt did.
    let ended = match task.state {
        Some(state) if state.is_terminal() => expected,
        _ => ended,
    };
    let failed = task.sum(State::is_failure);
    let filled = if expected == 0 {
        0
    } else {
        usize::try_from(u64::from(ended) * bar as u64 / u64::from(expected)).unwrap_or(bar)
    };
    let (full, empty) = (look.glyph("━", "#"), look.glyph("─", "-"));
    let mut line = Line::plain(if bar > 0 { "  " } else { " " });
    let role = if failed > 0 { Role::Bad } else { Role::Good };
    line.push(role, &full.repeat(filled));
    line.push(Role::Dim, &empty.repeat(bar.saturating_sub(filled)));
    line.push(Role::Plain, &format!(" {ended}/{expected}"));
    if failed > 0 {
        line.push(Role::Bad, &format!(" {failed} failed"));
    }
    let running = task.sum(|state| state.state_type() == tidemill_api::StateType::Running);
    if running > 0 {
        line.push(Role::Active, &format!(" {running} running"));
    }
    line
}

/// What the row says of its state: why, or until when.
fn note(task: &TaskView, shown: State, now: Timestamp) -> Option<String> {
    if let (false, Some(due)) = (shown.is_terminal(), task.due) {
        let left = time::duration(time::between(now, due));
        let message = task.message.as_deref().unwrap_or("waits");
        return Some(format!("{message}; goes on in {left}"));
    }
    task.message.clone()
}

/// The last lines that were written, under a rule.
fn log_lines(model: &Model, room: usize, look: Look) -> Vec<Line> {
    let count = model.lines().len();
    if room == 0 || count == 0 {
        return Vec::new();
    }
    let rule = look.glyph("┄", "-").repeat(24);
    let mut lines = vec![Line::of(Role::Dim, &rule)];
    for shown in model.lines().skip(count.saturating_sub(room)) {
        let line = Line::of(
            Role::Dim,
            &format!("{} {} ", shown.label, look.glyph("│", "|")),
        );
        lines.push(line.with(Role::Plain, &shown.text));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::{created, number, outline, step};
    use super::*;
    use tidemill_api::{Move, MoveNews, Outline};

    fn sample() -> Model {
        sample_of(&outline())
    }

    fn sample_of(outline: &Outline) -> Model {
        let mut model = Model::new(outline);
        for (run, task) in [(1, 0), (2, 1), (3, 2)] {
            model.apply(&created(run, task, None, None));
        }
        model.apply(&step(1, Some(State::Pending), State::Running, 100));
        model.apply(&step(1, Some(State::Running), State::Completed, 102));
        model.apply(&Move {
            news: MoveNews::Expanded {
                first: number(10),
                count: 4,
            },
            ..step(2, Some(State::Pending), State::Running, 102)
        });
        for item in 0..3 {
            model.apply(&created(10 + item, 1, Some(2), Some(item)));
            model.apply(&step(10 + item, Some(State::Pending), State::Running, 102));
        }
        model.apply(&step(10, Some(State::Running), State::Completed, 103));
        model.apply(&step(11, Some(State::Running), State::Failed, 103));
        model.log(model.label(number(12)), "hello".to_owned());
        model
    }

    fn drawn(size: FrameSize, look: Look, note: Option<&str>) -> Vec<String> {
        let now = Timestamp::from_second(110).unwrap();
        let lines = frame("sample brave-otter-1", &sample(), note, now, size, look);
        lines.iter().map(|line| line.render(look)).collect()
    }

    const WIDE: FrameSize = FrameSize {
        columns: 100,
        lines: 20,
    };

    #[test]
    fn a_frame_shows_tasks_and_lines() {
        assert_eq!(
            drawn(WIDE, Look::PIPED, None),
            [
                "○ Pending  sample brave-otter-1",
                "  ✓ Completed       one         2.0s",
                "  ● Running         many        8.0s  ━━━━━━━━──────── 2/4 1 failed 1 running",
                "  ○ Pending         group  ",
                "  ○ Pending           inner",
                "┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄",
                "many[2] │ hello",
            ]
        );
    }

    #[test]
    fn a_narrow_frame_keeps_the_counts() {
        let narrow = FrameSize {
            columns: 80,
            ..WIDE
        };
        assert_eq!(
            drawn(narrow, Look::PIPED, None)[2],
            "  ● Running         many        8.0s  2/4 1 failed 1 running"
        );
        let mut outline = outline();
        outline.tasks[1].name = "a_task_whose_name_is_much_longer_than_it_need_be".to_owned();
        let model = sample_of(&outline);
        let now = Timestamp::from_second(110).unwrap();
        let lines = frame("x", &model, None, now, narrow, Look::PIPED);
        let row = lines[2].render(Look::PIPED);
        assert!(
            row.contains("a_task_whose_name_i…") && row.contains("2/4 1 failed"),
            "{row}"
        );
    }

    #[test]
    fn what_is_said_of_a_task_that_never_ran_stands_where_it_does_of_others() {
        let mut model = sample();
        model.apply(&Move {
            message: Some("why".into()),
            ..step(3, Some(State::Pending), State::Skipped, 104)
        });
        let now = Timestamp::from_second(110).unwrap();
        let layout = Layout::new(model.tasks(), 200);
        let line = task_line(&model.tasks()[2], layout, now, Look::PIPED);
        assert_eq!(
            line.render(Look::PIPED),
            format!("  – Skipped         group{}why", " ".repeat(13))
        );
    }

    #[test]
    fn a_frame_is_ascii_where_it_must_be() {
        let ascii = Look {
            unicode: false,
            ..Look::PIPED
        };
        for line in drawn(WIDE, ascii, Some("cancelling")) {
            assert!(line.is_ascii(), "{line}");
        }
    }

    #[test]
    fn a_frame_never_leaves_its_room() {
        for lines in 0..12 {
            for columns in [1, 2, 10, 40, 200] {
                let size = FrameSize { columns, lines };
                let drawn = drawn(size, Look::PIPED, Some("note"));
                assert!(drawn.len() <= lines);
                for line in drawn {
                    assert!(text::width(&line) < columns, "{columns} {line}");
                }
            }
        }
    }

    #[test]
    fn what_tells_most_is_shown_first() {
        let size = FrameSize {
            columns: 100,
            lines: 5,
        };
        let drawn = drawn(size, Look::PIPED, None);
        assert!(drawn[1].contains("many"), "{drawn:?}");
        assert!(
            drawn[2].contains("3 more: 2 Pending, 1 Completed"),
            "{drawn:?}"
        );
    }
}
