//! Tables: columns under headings, aligned, as wide as the terminal allows.

use crate::look::{Line, Look, Role};

/// A column's heading and how its cells stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    heading: &'static str,
    right: bool,
    shrinks: bool,
}

impl Column {
    /// Cells stand at the left, and are cut only where all else is.
    pub(crate) fn left(heading: &'static str) -> Self {
        Self {
            heading,
            right: false,
            shrinks: false,
        }
    }

    /// Cells stand at the right: numbers, durations.
    pub(crate) fn right(heading: &'static str) -> Self {
        Self {
            right: true,
            ..Self::left(heading)
        }
    }

    /// Cells stand at the left and are cut where the terminal is too narrow.
    pub(crate) fn shrinking(heading: &'static str) -> Self {
        Self {
            shrinks: true,
            ..Self::left(heading)
        }
    }
}

/// Between two columns.
const GAP: usize = 2;

/// No column is cut to less.
const NARROWEST: usize = 8;

/// The table's lines, its headings first. A row that has fewer cells than
/// there are columns is short; more are left out.
pub(crate) fn lines(columns: &[Column], rows: Vec<Vec<Line>>, look: Look) -> Vec<Line> {
    let headings = columns
        .iter()
        .map(|column| Line::of(Role::Dim, column.heading))
        .collect();
    let all: Vec<Vec<Line>> = std::iter::once(headings).chain(rows).collect();
    let widths = widths(columns, &all, look);
    all.into_iter()
        .map(|row| row_line(columns, &widths, row, look))
        .collect()
}

fn widths(columns: &[Column], rows: &[Vec<Line>], look: Look) -> Vec<usize> {
    let mut widths: Vec<usize> = (0..columns.len())
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(Line::width).max().unwrap_or(0)
        })
        .collect();
    let Some(available) = look.columns else {
        return widths;
    };
    let gaps = GAP * columns.len().saturating_sub(1);
    let total: usize = widths.iter().sum::<usize>() + gaps;
    let mut excess = total.saturating_sub(available);
    // The last column gives way first: what stands first identifies a row.
    for (width, column) in widths.iter_mut().zip(columns).rev() {
        if column.shrinks && excess > 0 {
            let gives = excess.min(width.saturating_sub(NARROWEST));
            *width -= gives;
            excess -= gives;
        }
    }
    // Names give way too before columns behind them are lost, the widest first.
    while excess > 0 {
        let names = widths.iter_mut().zip(columns);
        let names = names.filter(|(width, column)| !column.right && **width > NARROWEST);
        let Some((width, _)) = names.max_by_key(|(width, _)| **width) else {
            break;
        };
        *width -= 1;
        excess -= 1;
    }
    widths
}

fn row_line(columns: &[Column], widths: &[usize], cells: Vec<Line>, look: Look) -> Line {
    let mut line = Line::new();
    let last = cells
        .iter()
        .rposition(|cell| cell.width() > 0)
        .unwrap_or_default();
    let mut start = 0;
    for (number, ((cell, column), &width)) in cells.into_iter().zip(columns).zip(widths).enumerate()
    {
        if number > last {
            break;
        }
        let cell = match look.columns {
            Some(_) => cell.cut(width, look.ellipsis()),
            None => cell,
        };
        if column.right {
            line.pad_to(start + width.saturating_sub(cell.width()));
        } else {
            line.pad_to(start);
        }
        line.append(cell);
        start += width + GAP;
    }
    match look.columns {
        Some(columns) => line.cut(columns, look.ellipsis()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(columns: Option<usize>, expected: &[&str]) {
        let look = Look {
            columns,
            ..Look::PIPED
        };
        let rows = vec![
            vec![
                Line::plain("漢字"),
                Line::plain("1.5s"),
                Line::plain("a message that is long"),
            ],
            vec![Line::plain("x"), Line::plain("12.0s"), Line::new()],
        ];
        let heads = [
            Column::left("NAME"),
            Column::right("TOOK"),
            Column::shrinking("MESSAGE"),
        ];
        let drawn: Vec<String> = lines(&heads, rows, look)
            .iter()
            .map(|line| line.render(look))
            .collect();
        assert_eq!(drawn, expected);
    }

    #[test]
    fn columns_align_with_wide_characters() {
        check(
            None,
            &[
                "NAME   TOOK  MESSAGE",
                "漢字   1.5s  a message that is long",
                "x     12.0s",
            ],
        );
    }

    #[test]
    fn a_narrow_terminal_cuts_what_may_shrink() {
        check(
            Some(24),
            &[
                "NAME   TOOK  MESSAGE",
                "漢字   1.5s  a message …",
                "x     12.0s",
            ],
        );
    }

    #[test]
    fn a_long_name_pushes_no_column_off_a_narrow_terminal() {
        let look = Look {
            columns: Some(40),
            ..Look::PIPED
        };
        let name = Line::plain("a_long_name_that_is_hard_to_fit_in");
        let cells = vec![
            name,
            Line::plain("✓ Completed"),
            Line::plain("1.5s"),
            Line::new(),
        ];
        let heads = [
            Column::left("TASK"),
            Column::left("STATE"),
            Column::right("TOOK"),
            Column::shrinking("MESSAGE"),
        ];
        let lines = lines(&heads, vec![cells], look);
        assert_eq!(lines[1].render(look), "a_long_name…  ✓ Completed  1.5s");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for columns in 1..40 {
            let look = Look {
                columns: Some(columns),
                ..Look::PIPED
            };
            let rows = vec![vec![
                Line::plain("identifier"),
                Line::plain("text of some length"),
            ]];
            let heads = [Column::left("ID"), Column::shrinking("TEXT")];
            for line in lines(&heads, rows, look) {
                assert!(line.width() <= columns);
            }
        }
    }
}
