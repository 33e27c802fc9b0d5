//! Thousands of random runs, with crashes after any step, cancels and retries by hand.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use tidemill_flow::Kind;

use super::{
    chance::Chance,
    flows::{Profile, random_flow},
    oracle::examine,
    world::{World, exit},
};
use crate::{
    Detail, Failure, FailureKind, Happening, Outcome, State, Subject, TaskRunNumber, Transition,
};

/// A world with outcomes that depend on the seed, the path and how often it ran.
fn world(seed: u64, profile: Profile) -> World {
    let mut chance = Chance::new(seed);
    let flow = random_flow(&mut chance, profile);
    let slots = 1 + chance.below(4) as u32;
    let mut world = World::new(&flow, slots);
    world
        .limits
        .insert("db".to_owned(), 1 + chance.below(2) as usize);
    world.script = Box::new(move |assignment, done| {
        let bits = Chance::of(seed, &format!("{} {done}", assignment.path));
        let is_code = matches!(assignment.task.kind, Kind::Shell(_));
        let outcome = match bits % 8 {
            0 => Outcome::Failed(exit(1)),
            1 if is_code => {
                Outcome::TimedOut(Failure::new(FailureKind::Timeout, "it took too long"))
            }
            2 if !is_code => Outcome::Crashed(Failure::new(FailureKind::Crashed, "lost")),
            _ => Outcome::completed((bits >> 8) % 3),
        };
        (outcome, Duration::from_millis((bits >> 16) % 4_000))
    });
    // A result kept from an earlier turn of a group hangs on when the crash was.
    world.keeps = profile == Profile::Wild;
    world.person = Box::new(move |assignment| {
        let bits = Chance::of(seed, &assignment.path);
        Some((!bits.is_multiple_of(4), Duration::from_secs(bits % 30)))
    });
    world
}

/// The newest state by path, the run's, and its output.
fn end(world: &World) -> (BTreeMap<String, State>, State, String) {
    let states = examine(&world.start.flow, &world.history);
    let output = format!("{:?}", world.run.output());
    (states, world.run.state(), output)
}

/// Shows the seed of a run that goes wrong.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}", self.0);
        }
    }
}

/// The seeds of a test; `TIDEMILL_SEED=n` runs one alone, `TIDEMILL_SEEDS=n` so many.
fn seeds(count: u64) -> impl Iterator<Item = u64> {
    let number = |name: &str| {
        let text = std::env::var(name).ok()?;
        text.parse::<u64>().ok()
    };
    let count = number("TIDEMILL_SEEDS").unwrap_or(count);
    number("TIDEMILL_SEED").map_or(0..count, |seed| seed..seed + 1)
}

#[test]
fn every_run_keeps_the_rules_and_ends() {
    for seed in seeds(1_000) {
        let _shown = Seed(seed);
        let mut world = world(seed, Profile::Wild);
        world.verify = Some(Chance::new(seed + 1));
        world.run_to_end();
        end(&world);
    }
}

#[test]
fn where_every_interrupted_task_has_a_retry_a_crash_changes_nothing() {
    for seed in seeds(800) {
        let _shown = Seed(seed);
        let mut calm = world(seed, Profile::Calm);
        calm.run_to_end();
        let mut crashed = world(seed, Profile::Calm);
        crashed.crashes = Some((Chance::new(seed + 2), 6));
        crashed.run_to_end();
        assert_eq!(end(&calm), end(&crashed));
    }
}

#[test]
fn after_a_crash_the_run_is_as_the_spec_says() {
    for seed in seeds(800) {
        let _shown = Seed(seed);
        let mut chance = Chance::new(seed + 3);
        let mut world = world(seed, Profile::Wild);
        world.verify = Some(Chance::new(seed + 4));
        world.happen(Happening::Start);
        for _ in 0..chance.below(40) {
            if world.run.state().is_terminal() || !world.tick() {
                break;
            }
        }
        if !world.run.state().is_terminal() {
            crash_and_check(&mut world);
        }
        if !world.run.state().is_terminal() {
            world.happen(Happening::Start);
            world.go_on();
        }
        end(&world);
    }
}

/// Crashes, and checks each task run against *After a crash*.
fn crash_and_check(world: &mut World) {
    let before = states(world);
    let cancelling = world.run.state() == State::Cancelling;
    let used = retries_used(world);
    world.crash();
    let after = states(world);
    for (number, (task, item, state)) in &before {
        let task = &world.start.flow.tasks[world.start.flow.tasks.index(*task).unwrap()];
        let found = after[number].2;
        let is_row = task.each.is_some() && item.is_none();
        let is_code = matches!(task.kind, Kind::Shell(_));
        if state.is_terminal() {
            assert_eq!(*state, found, "{}", task.path);
        } else if !cancelling && !is_row && is_code && is_running(*state) {
            let left = used.get(number).copied().unwrap_or(0) < task.retries.max;
            let expected = match left {
                true => State::AwaitingRetry,
                false => State::Crashed,
            };
            assert_eq!(found, expected, "{}", task.path);
        }
    }
    let open = after.values().any(|(_, _, state)| !state.is_terminal());
    if !cancelling {
        assert_eq!(open, world.run.state() == State::AwaitingRetry);
    }
}

fn is_running(state: State) -> bool {
    matches!(state, State::Running | State::Retrying)
}

/// By task run: its task, its item, its state.
type States = BTreeMap<TaskRunNumber, (u32, Option<u32>, State)>;

fn states(world: &World) -> States {
    let mut states = States::new();
    for transition in &world.history {
        if let Subject::Task(number) = transition.subject {
            match transition.detail {
                Detail::Created(creation) => {
                    states.insert(number, (creation.task, creation.item, transition.to));
                }
                _ => states.get_mut(&number).unwrap().2 = transition.to,
            }
        }
    }
    states
}

/// Retries of each task run since its turn began.
fn retries_used(world: &World) -> BTreeMap<TaskRunNumber, u32> {
    let mut used = BTreeMap::new();
    for transition in &world.history {
        if let Subject::Task(number) = transition.subject {
            match transition.to {
                State::AwaitingRetry => *used.entry(number).or_default() += 1,
                State::Scheduled => drop(used.remove(&number)),
                _ => {}
            }
        }
    }
    used
}

#[test]
fn a_cancelled_run_ends_cancelled_whatever_crashes() {
    for seed in seeds(600) {
        let _shown = Seed(seed);
        let mut chance = Chance::new(seed + 5);
        let mut world = world(seed, Profile::Wild);
        world.happen(Happening::Start);
        for _ in 0..chance.below(30) {
            if world.run.state().is_terminal() || !world.tick() {
                break;
            }
        }
        let ended = world.run.state().is_terminal();
        let reason = "by ada".to_owned();
        world.happen(Happening::CancelRequested { reason });
        if !ended && chance.once_in(3) && !world.run.state().is_terminal() {
            world.crash();
        }
        let state = world.go_on();
        let timed_out = world.start.flow.timeout.is_some() && state == State::TimedOut;
        assert!(ended || state == State::Cancelled || timed_out, "{state}");
        end(&world);
    }
}

#[test]
fn a_retry_by_hand_runs_nothing_completed_again() {
    for seed in seeds(600) {
        let _shown = Seed(seed);
        let mut chance = Chance::new(seed + 6);
        let mut world = world(seed, Profile::Wild);
        world.verify = Some(Chance::new(seed + 7));
        world.run_to_end();
        for _ in 0..2 {
            let from_failed = !chance.once_in(4);
            let before = since_whole(&world);
            let executions = world.executions.clone();
            world.happen(Happening::RetryRequested { from_failed });
            if chance.once_in(3) && !world.run.state().is_terminal() {
                world.crash();
                if !world.run.state().is_terminal() {
                    world.happen(Happening::Start);
                }
            }
            world.go_on();
            end(&world);
            for path in before
                .keys()
                .filter(|path| from_failed && stays(&world, &before, path))
            {
                assert_eq!(executions.get(path), world.executions.get(path), "{path}");
            }
        }
    }
}

/// The newest state by path since all ran anew.
fn since_whole(world: &World) -> BTreeMap<String, State> {
    let whole = |transition: &Transition| match transition.detail {
        Detail::Restarted { from_failed } => !from_failed,
        _ => false,
    };
    let from = world.history.iter().rposition(whole).unwrap_or(0);
    let (mut paths, mut states) = (HashMap::new(), BTreeMap::new());
    for (position, transition) in world.history.iter().enumerate() {
        let Subject::Task(number) = transition.subject else {
            continue;
        };
        if let Detail::Created(creation) = transition.detail {
            paths.insert(number, world.path(&paths, creation));
        }
        if position >= from {
            states.insert(paths[&number].clone(), transition.to);
        }
    }
    states
}

/// Whether a task run is to stay on a retry from failed: it completed, and from the
/// outside in, what is around it completed as well or waited for nothing that will change.
fn stays(world: &World, before: &BTreeMap<String, State>, path: &str) -> bool {
    let completed = |path: &str| before.get(path).is_some_and(|state| state.is_completed());
    let ends = path
        .char_indices()
        .filter(|(_, letter)| matches!(letter, '/' | '['));
    for row in ends.map(|(end, _)| &path[..end]) {
        if completed(row) {
            return true;
        }
        if may_run_anew(world, completed, row) {
            return false;
        }
    }
    completed(path)
}

fn may_run_anew(world: &World, completed: impl Fn(&str) -> bool, row: &str) -> bool {
    let level = row.rsplit_once('/').map_or("", |(level, _)| level);
    let plain: Vec<&str> = row
        .split('/')
        .filter_map(|part| part.split('[').next())
        .collect();
    let task = world.start.flow.tasks.by_path(&plain.join("/")).unwrap();
    // A group's own retry or turn runs all its tasks anew.
    let runs_anew = task.retries.max > 0 || task.repeat.is_some();
    runs_anew
        || task.needs.iter().any(|edge| {
            let upstream = &world.start.flow.tasks[edge.upstream].name;
            let separator = if level.is_empty() { "" } else { "/" };
            !completed(&format!("{level}{separator}{upstream}"))
        })
}
