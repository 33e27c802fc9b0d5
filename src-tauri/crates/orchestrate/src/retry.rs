//! Whether a failed attempt is worth another one, and when.

use std::{sync::Arc, time::Duration};

use tidemill_flow::{Backoff, EvaluationError, Retries, Scope, Value};

use crate::Failure;

/// How long after a failure the next attempt starts; `None`: there is none.
/// `used` counts the retries so far.
pub(crate) fn delay_after(
    retries: &Retries,
    used: u32,
    failure: &Failure,
    scope: &Arc<Scope>,
    random: u64,
) -> Result<Option<Duration>, EvaluationError> {
    if used >= retries.max || !is_worth_it(retries, failure, scope)? {
        return Ok(None);
    }
    Ok(Some(delay(retries, used, random)))
}

fn is_worth_it(
    retries: &Retries,
    failure: &Failure,
    scope: &Arc<Scope>,
) -> Result<bool, EvaluationError> {
    let Some(when) = &retries.when else {
        return Ok(true);
    };
    let scope = scope.inner(vec![("error".into(), error(failure))]);
    let value = when.evaluate(&scope)?;
    bool::try_from(value.clone()).map_err(|_| EvaluationError {
        expression: "retries.when".to_owned(),
        message: format!("it must be true or false, not {}", value.kind()),
    })
}

/// A failure as expressions see it.
fn error(failure: &Failure) -> Value {
    Value::from_pairs([
        ("message", Value::from(failure.message.as_str())),
        ("kind", Value::from(failure.kind.name())),
        ("exit_code", number(failure.exit_code)),
        ("status", number(failure.status)),
    ])
}

fn number(number: Option<impl Into<i64>>) -> Value {
    number.map_or(Value::from(()), |number| Value::from(number.into()))
}

/// The delay before retry `used + 1`.
fn delay(retries: &Retries, used: u32, random: u64) -> Duration {
    let listed = retries.delays.get(used as usize);
    let base = listed
        .or(retries.delays.last())
        .copied()
        .unwrap_or_default();
    let grown = match retries.backoff {
        Backoff::Fixed => base,
        Backoff::Exponential => base.saturating_mul(2_u32.saturating_pow(used)),
    };
    let jittered = jitter(grown, retries.jitter, random);
    retries
        .max_delay
        .map_or(jittered, |longest| jittered.min(longest))
}

/// Multiplies by 1 ± `jitter`.
fn jitter(delay: Duration, jitter: f64, random: u64) -> Duration {
    if jitter <= 0.0 {
        return delay;
    }
    // The upper 53 bits make a number from 0 to 1.
    let unit = (random >> 11) as f64 / (1_u64 << 53) as f64;
    let factor = 1.0 + jitter * (2.0 * unit - 1.0);
    Duration::try_from_secs_f64(delay.as_secs_f64() * factor).unwrap_or(delay)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(list: &[u64]) -> Vec<Duration> {
        list.iter().copied().map(Duration::from_secs).collect()
    }

    fn check(retries: &Retries, expected: &[u64]) {
        let found: Vec<_> = (0..4).map(|used| delay(retries, used, 0)).collect();
        assert_eq!(found, seconds(expected));
    }

    #[test]
    fn delays_are_as_listed_or_grow() {
        let of = |delays: &[u64], backoff, max_delay: Option<u64>| Retries {
            delays: seconds(delays),
            backoff,
            max_delay: max_delay.map(Duration::from_secs),
            ..Retries::default()
        };
        check(&of(&[], Backoff::Fixed, None), &[0, 0, 0, 0]);
        check(&of(&[3], Backoff::Fixed, None), &[3, 3, 3, 3]);
        check(&of(&[1, 5], Backoff::Fixed, None), &[1, 5, 5, 5]);
        check(&of(&[2], Backoff::Exponential, None), &[2, 4, 8, 16]);
        check(&of(&[2], Backoff::Exponential, Some(5)), &[2, 4, 5, 5]);
        let long = of(&[u64::MAX], Backoff::Exponential, None);
        assert!(delay(&long, u32::MAX, 0) >= delay(&long, 0, 0));
    }

    #[test]
    fn jitter_stays_in_its_bounds() {
        let retries = Retries {
            delays: seconds(&[100]),
            jitter: 0.2,
            ..Retries::default()
        };
        let delays = [0, u64::MAX / 2, u64::MAX].map(|random| delay(&retries, 0, random).as_secs());
        assert_eq!(delays, [80, 100, 120]);
    }
}
