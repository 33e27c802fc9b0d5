//! Timing whole commands, in alternation.

use std::{
    io,
    process::{Command, Stdio},
    time::Instant,
};

use crate::failure::Failure;

/// What a finished command took.
pub(super) struct Taken {
    /// Wall time in seconds.
    pub(super) seconds: f64,
    /// The most memory that the process itself had resident, in bytes; 0 where it
    /// was too short-lived to be seen.
    pub(super) peak: u64,
}

/// Runs a command to its end; an end that is not success is a failure.
pub(super) fn once(name: &str, command: &mut Command) -> Result<Taken, Failure> {
    let started = Instant::now();
    let output = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| Failure::Io(format!("{name}: cannot start {command:?}"), error))?;
    let seconds = started.elapsed().as_secs_f64();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::Step(format!("{name}: {command:?}: {said}")));
    }
    Ok(Taken { seconds, peak: 0 })
}

/// As [`once`], looking at the process's memory meanwhile.
pub(super) fn with_memory(name: &str, command: &mut Command) -> Result<Taken, Failure> {
    let fault = |error: io::Error| Failure::Io(name.to_owned(), error);
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(fault)?;
    let mut peak = 0;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(fault)? {
            break status;
        }
        peak = peak.max(resident_peak(child.id()));
        std::thread::sleep(std::time::Duration::from_millis(2));
    };
    let seconds = started.elapsed().as_secs_f64();
    match status.success() {
        true => Ok(Taken { seconds, peak }),
        false => Err(Failure::Step(format!("{name}: {command:?}: {status}"))),
    }
}

fn resident_peak(process: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
        .map_or(0, |kibibytes| kibibytes * 1024)
}

/// Seconds of two commands, run in turn.
pub(super) struct Pairs {
    /// Ours, one a pair.
    pub(super) ours: Vec<f64>,
    /// The yardstick's, one a pair.
    pub(super) yardstick: Vec<f64>,
}

/// Runs both in turn: one pair that does not count, then `pairs` that do.
pub(super) fn alternate(
    pairs: usize,
    mut ours: impl FnMut() -> Result<f64, Failure>,
    mut yardstick: impl FnMut() -> Result<f64, Failure>,
) -> Result<Pairs, Failure> {
    ours()?;
    yardstick()?;
    let mut taken = Pairs {
        ours: Vec::new(),
        yardstick: Vec::new(),
    };
    for _ in 0..pairs.max(1) {
        taken.ours.push(ours()?);
        taken.yardstick.push(yardstick()?);
    }
    Ok(taken)
}

impl Pairs {
    /// The median of the ratios, pair by pair.
    pub(super) fn ratio(&self) -> f64 {
        let pairs = self.ours.iter().zip(&self.yardstick);
        median(pairs.map(|(ours, yardstick)| ours / yardstick).collect())
    }
}

/// The middle value; of an even number, the mean of the middle two; of none, 0.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = values.get(middle).copied().unwrap_or(0.0);
    match values.len() % 2 {
        0 => match middle.checked_sub(1).and_then(|lower| values.get(lower)) {
            Some(lower) => f64::midpoint(*lower, upper),
            None => upper,
        },
        _ => upper,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(vec![]), 0.0);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
    }
}
