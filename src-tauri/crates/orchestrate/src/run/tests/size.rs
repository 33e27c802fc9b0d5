//! Large maps: small decisions, little memory.

use tidemill_flow::Value;

use crate::{
    Happening, Outcome, State,
    simulator::{flow, start},
};

/// Steps until nothing more is to be decided; how many transitions there were, and
/// the most in one decision.
fn drain(run: &mut crate::Run, happening: Happening) -> (usize, usize) {
    let now = jiff::Timestamp::UNIX_EPOCH;
    let (mut all, mut most) = (0, 0);
    let mut next = Some(happening);
    while let Some(happening) = next.take() {
        let decision = run.step(happening, now, 1).unwrap();
        all += decision.transitions.len();
        most = most.max(decision.transitions.len());
        next = decision.more.then_some(Happening::Continue);
    }
    (all, most)
}

#[test]
fn a_large_map_is_decided_in_small_pieces() {
    let count = 20_000;
    let text = "parameters: { list: [] }\ntasks:\n  a: { value: '{{ item + 1 }}', for_each: '{{ params.list }}' }\n";
    let mut start = start(&flow(text), 4);
    let list: Vec<Value> = (0..count).map(Value::from).collect();
    start.parameters = Value::from_pairs([("list", Value::from(list))]);
    let mut run = crate::Run::new(start);
    let (all, most) = drain(&mut run, Happening::Start);
    assert_eq!(run.state(), State::Completed);
    assert_eq!(all, 3 * count + 6);
    assert!(most <= crate::TRANSITIONS_A_DECISION + 3, "{most}");
}

#[test]
fn an_item_at_rest_is_small() {
    let each = size_of::<Option<State>>() + size_of::<Value>();
    assert!(each <= 25, "{each} bytes");
}

#[test]
fn ending_a_large_map_is_decided_in_small_pieces() {
    let text =
        "parameters: { list: [] }\ntasks:\n  a: { shell: x, for_each: '{{ params.list }}' }\n";
    let mut start = start(&flow(text), 4);
    let list: Vec<Value> = (0..5_000).map(Value::from).collect();
    start.parameters = Value::from_pairs([("list", Value::from(list))]);
    let mut run = crate::Run::new(start);
    drain(&mut run, Happening::Start);
    let reason = "by ada".to_owned();
    let (all, most) = drain(&mut run, Happening::CancelRequested { reason });
    assert!(
        all > 4_996 && most <= crate::TRANSITIONS_A_DECISION + 3,
        "{all} {most}"
    );
    assert_eq!(run.state(), State::Cancelling);
    let ends = (2..6).map(|number| {
        (
            crate::TaskRunNumber::new(number).unwrap(),
            Outcome::Cancelled,
        )
    });
    drain(&mut run, Happening::Ended(ends.collect()));
    assert_eq!(run.state(), State::Cancelled);
}
