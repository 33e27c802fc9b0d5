//! Waiting for a thing, never for a time.

use std::time::{Duration, Instant};

/// Looks until `condition` gives something, and gives that; panics after `bound`.
pub fn until<T>(what: &str, bound: Duration, mut condition: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(
            started.elapsed() < bound,
            "waited {bound:?} in vain for {what}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}
