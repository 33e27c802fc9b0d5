//! How a state looks: always an icon and its word, never colour alone.

use tidemill_api::{State, StateType};

use crate::look::{Line, Look, Role};

/// What a state means to the eye.
pub(crate) fn role(state: State) -> Role {
    match state.state_type() {
        StateType::Completed => Role::Good,
        StateType::Failed | StateType::Crashed => Role::Bad,
        StateType::Running => Role::Active,
        StateType::Paused | StateType::Cancelling | StateType::Cancelled => Role::Warning,
        StateType::Scheduled | StateType::Pending | StateType::Skipped => Role::Dim,
    }
}

/// The state's icon: one column wide.
pub(crate) fn icon(state: State, look: Look) -> &'static str {
    match state {
        State::Completed => look.glyph("✓", "+"),
        State::Cached => look.glyph("≡", "="),
        State::Failed | State::UpstreamFailed => look.glyph("✗", "x"),
        State::TimedOut => look.glyph("✗", "x"),
        State::Crashed => look.glyph("‼", "!"),
        State::Running | State::Retrying => look.glyph("●", ">"),
        State::Paused => look.glyph("‖", "?"),
        State::Cancelling | State::Cancelled => look.glyph("⊘", "/"),
        State::Skipped => look.glyph("–", "-"),
        State::AwaitingRetry => look.glyph("↻", "~"),
        State::Scheduled | State::Late | State::AwaitingSlot | State::Pending => {
            look.glyph("○", ".")
        }
    }
}

/// Icon and word.
pub(crate) fn cell(state: State, look: Look) -> Line {
    Line::of(role(state), &format!("{} {state}", icon(state, look)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::width;

    #[test]
    fn icons_take_one_column_and_are_ascii_where_they_must() {
        let ascii = Look {
            unicode: false,
            ..Look::PIPED
        };
        for &state in State::ALL {
            assert_eq!(width(icon(state, Look::PIPED)), 1, "{state}");
            assert!(icon(state, ascii).is_ascii() && width(icon(state, ascii)) == 1, "{state}");
        }
    }

    #[test]
    fn a_state_is_icon_and_word() {
        let cell = cell(State::TimedOut, Look::PIPED);
        assert_eq!(cell.render(Look::PIPED), "✗ TimedOut");
    }
}
