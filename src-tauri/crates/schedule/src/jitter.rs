//! A schedule's jitter: a delay that spreads runs out, the same each time it is asked for.

use std::time::Duration;

use jiff::Timestamp;

/// A delay in `0..jitter`, evenly spread, that only `seed` and `scheduled` decide.
pub(crate) fn delay(jitter: Duration, scheduled: Timestamp, seed: u64) -> Duration {
    let time = scheduled.as_millisecond().cast_unsigned();
    let chance = mixed(seed ^ mixed(time));
    // The product of two 64-bit numbers, shifted back, is a number below the second: no remainder, no bias.
    let nanoseconds = u64::try_from(jitter.as_nanos()).unwrap_or(u64::MAX);
    let share = (u128::from(chance) * u128::from(nanoseconds)) >> 64;
    Duration::from_nanos(u64::try_from(share).unwrap_or(u64::MAX))
}

/// The finaliser of the generator `SplitMix64`: every bit of the input moves every bit of the output.
fn mixed(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_same_for_the_same_and_spread_for_others() {
        let jitter = Duration::from_secs(60);
        let mut buckets = [0_u32; 6];
        for hour in 0..6_000 {
            let scheduled = Timestamp::from_second(hour * 3_600).unwrap();
            let once = delay(jitter, scheduled, 7);
            assert_eq!(once, delay(jitter, scheduled, 7));
            assert!(once < jitter);
            buckets[usize::try_from(once.as_secs() / 10).unwrap()] += 1;
        }
        assert!(
            buckets.iter().all(|count| (850..1_150).contains(count)),
            "{buckets:?}"
        );
        let first = Timestamp::UNIX_EPOCH;
        assert_ne!(delay(jitter, first, 1), delay(jitter, first, 2));
        assert_eq!(delay(Duration::ZERO, first, 1), Duration::ZERO);
        assert!(delay(Duration::MAX, first, 1) > Duration::ZERO);
    }
}
