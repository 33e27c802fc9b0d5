//! Ids: UUIDv7 newtypes, from one macro, and a task run's number in its run.

use std::{fmt, num::NonZeroU32, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $type(Uuid);

        impl $type {
            /// The id with these 16 bytes.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// Its 16 bytes.
            pub fn to_bytes(self) -> [u8; 16] {
                self.0.into_bytes()
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}", self.0.hyphenated())
            }
        }

        impl FromStr for $type {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// A run's id: a UUIDv7 whose last 32 bits are zero, so that its task runs'
    /// ids are the run's with their number there (see [`RunId::task_run`]).
    RunId
);

id!(
    /// A task run's id: its run's id with the task run's number in the last 32 bits.
    TaskRunId
);

id!(
    /// A device's id: one a home.
    DeviceId
);

/// The bits of an id that hold a task run's number.
const NUMBER_BITS: u128 = 0xffff_ffff;

impl RunId {
    /// A new run's id from the time in milliseconds since 1970 and random bits,
    /// of which the upper 42 are used.
    pub fn new(milliseconds: u64, random: u64) -> Self {
        let random = u128::from(random);
        let (high, low) = (random >> 52, (random >> 22) & 0x3fff_ffff);
        let time = u128::from(milliseconds) << 80;
        let (version, variant) = (7 << 76, 0b10 << 62);
        Self(Uuid::from_u128(
            time | version | (high << 64) | variant | (low << 32),
        ))
    }

    /// A new run's id as [`RunId::new`] makes it, but behind that of the home's newest
    /// run: where the clock stands still or was set back, its time goes on from there.
    pub fn after(newest: Option<Self>, milliseconds: u64, random: u64) -> Self {
        let fresh = Self::new(milliseconds, random);
        match newest {
            Some(newest) if newest >= fresh => newest.next(random),
            _ => fresh,
        }
    }

    /// An id that comes soon after, by chance, so that two that are made at once differ.
    fn next(self, random: u64) -> Self {
        const BITS: u32 = 42;
        let id = self.0.as_u128();
        let milliseconds = u64::try_from(id >> 80).unwrap_or_default();
        let count = u64::try_from(((id >> 64) & 0xfff) << 30 | (id >> 32) & 0x3fff_ffff);
        let count = count.unwrap_or_default() + 1 + (random >> 32);
        match count >> BITS {
            0 => Self::new(milliseconds, count << (u64::BITS - BITS)),
            _ => Self::new(milliseconds + 1, random),
        }
    }

    /// The id of this run's task run with this number.
    pub fn task_run(self, number: TaskRunNumber) -> TaskRunId {
        TaskRunId(Uuid::from_u128(self.0.as_u128() | u128::from(number.get())))
    }
}

impl TaskRunId {
    /// The run that this task run belongs to.
    pub fn run(self) -> RunId {
        RunId(Uuid::from_u128(self.0.as_u128() & !NUMBER_BITS))
    }

    /// Its number there; `None` where the id is no task run's.
    pub fn number(self) -> Option<TaskRunNumber> {
        let low = u32::try_from(self.0.as_u128() & NUMBER_BITS).ok()?;
        TaskRunNumber::new(low)
    }
}

/// A task run's number in its run: from 1, in order of creation, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TaskRunNumber(NonZeroU32);

impl TaskRunNumber {
    /// The first task run of a run.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// The number, unless it is zero.
    pub fn new(number: u32) -> Option<Self> {
        NonZeroU32::new(number).map(Self)
    }

    /// The number as an integer.
    pub fn get(self) -> u32 {
        self.0.get()
    }

    /// The number `steps` further; `None` past the last (a run has at most 2^32 - 1 task runs).
    pub fn after(self, steps: u32) -> Option<Self> {
        self.0.checked_add(steps).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_run_s_id_tells_its_run_and_number() {
        let run = RunId::new(1_764_000_000_123, 0xdead_beef_1234_5678);
        let number = TaskRunNumber::new(77).unwrap();
        let id = run.task_run(number);
        assert_eq!(id.run(), run);
        assert_eq!(id.number(), Some(number));
        assert_eq!(Uuid::from_bytes(id.to_bytes()).get_version_num(), 7);
        assert!(run.to_string().ends_with("00000000"));
    }

    #[test]
    fn an_id_comes_after_the_newest_whatever_the_clock_says() {
        assert_eq!(RunId::after(None, 5, 7 << 40), RunId::new(5, 7 << 40));
        let mut newest = RunId::new(5_000, 0);
        let random = |count: u64| (count + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for count in 0..10_000 {
            let id = RunId::after(Some(newest), 4_000, random(count));
            assert!(id > newest, "{count}");
            let version = Uuid::from_bytes(id.to_bytes()).get_version_num();
            assert_eq!((version, id.0.get_variant()), (7, uuid::Variant::RFC4122));
            assert!(id.to_string().ends_with("00000000"));
            newest = id;
        }
        assert!(newest < RunId::new(5_020, 0), "{newest}");
        assert_ne!(
            RunId::after(Some(newest), 1, 1 << 40),
            RunId::after(Some(newest), 1, 1 << 41)
        );
        let last = RunId::new(7, u64::MAX);
        assert!(RunId::after(Some(last), 7, 0) > last);
    }

    #[test]
    fn ids_made_later_sort_later_and_random_bits_count() {
        assert!(RunId::new(1, u64::MAX) < RunId::new(2, 0));
        assert_ne!(RunId::new(1, 1 << 63), RunId::new(1, 1 << 62));
        assert_ne!(RunId::new(1, 1 << 22), RunId::new(1, 1 << 23));
    }
}
