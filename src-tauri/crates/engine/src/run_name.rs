//! Readable names of runs, such as `amber-heron-417`. They need not be unique: the id is.

use tidemill_orchestrate::RunId;

const ADJECTIVES: [&str; 64] = [
    "amber", "ample", "bold", "brave", "bright", "brisk", "calm", "clear", "clever", "coral",
    "cosy", "crisp", "deft", "eager", "early", "fair", "fleet", "fresh", "gentle", "glad",
    "golden", "grand", "green", "happy", "hardy", "honest", "humble", "ivory", "jolly", "keen",
    "kind", "late", "light", "lively", "lucid", "lucky", "mellow", "merry", "mild", "misty",
    "neat", "nimble", "noble", "olive", "patient", "plain", "proud", "quick", "quiet", "rapid",
    "ready", "rosy", "round", "sandy", "silver", "smooth", "steady", "sunny", "swift", "tidy",
    "trusty", "vivid", "warm", "wise",
];

const NOUNS: [&str; 64] = [
    "alder", "anchor", "badger", "basin", "beacon", "birch", "brook", "canal", "cedar", "cliff",
    "cloud", "comet", "cove", "crane", "creek", "delta", "dune", "eddy", "falcon", "fern",
    "finch", "fjord", "gale", "glade", "harbour", "hazel", "heron", "inlet", "island", "kelp",
    "lagoon", "lark", "ledge", "linden", "maple", "marsh", "meadow", "mill", "moor", "oak",
    "osprey", "otter", "pebble", "pier", "plover", "quay", "rapids", "reef", "ripple", "river",
    "rowan", "sail", "seal", "shoal", "shore", "sluice", "spring", "strand", "swan", "tern",
    "tide", "wave", "weir", "willow",
];

/// The name of a run, which its id alone decides.
pub(crate) fn run_name(id: RunId) -> String {
    let number = u128::from_be_bytes(id.to_bytes()) >> 32;
    let pick = |words: &'static [&'static str], bits: u128| {
        let place = usize::try_from(bits & 0x3f).unwrap_or(0);
        words.get(place).copied().unwrap_or("plain")
    };
    let (adjective, noun) = (pick(&ADJECTIVES, number), pick(&NOUNS, number >> 6));
    format!("{adjective}-{noun}-{}", (number >> 12) % 1_000)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_follow_from_ids_and_seldom_meet() {
        let id = |random| RunId::new(1_764_000_000_000, random);
        assert_eq!(run_name(id(7 << 22)), run_name(id(7 << 22)));
        let names: HashSet<_> = (0..1_000_u64)
            .map(|count| run_name(id(count.wrapping_mul(0x9e37_79b9_7f4a_7c15))))
            .collect();
        assert!(names.len() > 990, "{}", names.len());
    }

    #[test]
    fn words_stand_once_in_their_lists() {
        for words in [ADJECTIVES, NOUNS] {
            assert_eq!(words.iter().collect::<HashSet<_>>().len(), words.len());
        }
    }
}
