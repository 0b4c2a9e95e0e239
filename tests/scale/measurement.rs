//! What a simulation measures.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use crate::plan::{MINUTES_A_DAY, minute};
use crate::simulation::World;

/// What the tasks of a simulation record.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// Accepted webhooks.
    pub(crate) webhooks: usize,
    /// Messages that a worker holds.
    pub(crate) extracting: usize,
    /// When the message of each call was first deleted.
    pub(crate) done_at: HashMap<usize, Duration>,
    /// Jobs in the queue at the end of each minute, hidden ones included, without those that a
    /// worker holds.
    pub(crate) waiting: Vec<usize>,
}

/// The result of a simulation. All counts are those of the divided system.
#[derive(Debug)]
pub(crate) struct Measurement {
    /// Calls that ended in each minute of the day.
    pub(crate) ended: Vec<usize>,
    /// Jobs that waited at the end of each minute.
    pub(crate) waiting: Vec<usize>,
    /// Minutes from the end of the outage until the workers were level with the calls.
    pub(crate) minutes_until_gone: Option<usize>,
    /// Longest time from the end of a call to its extraction.
    pub(crate) longest_delay: Duration,
    /// The same for callers of whom a worker died.
    pub(crate) longest_delay_after_death: Duration,
    pub(crate) attempts_per_call: f64,
    pub(crate) most_attempts: u32,
    pub(crate) webhooks_again: usize,
    pub(crate) killed_workers: usize,
    pub(crate) dead_letters: usize,
    /// Jobs that the queue dropped after its retention. Their calls stay in the archive.
    pub(crate) expired: usize,
    /// Calls of which no memory is stored.
    pub(crate) lost: usize,
    /// Calls of which a memory is stored more than once.
    pub(crate) stored_twice: usize,
}

impl Measurement {
    /// Evaluates a simulation that ended. `memories` counts the stored memories of each call.
    pub(crate) fn of(world: &World, memories: &HashMap<usize, usize>) -> Self {
        let log = world.log.borrow();
        let calls = world.calls.len();
        let killed = world.faults.killed();
        let is_once = |call: &usize| memories.get(call) == Some(&1);
        let not_once = (0..calls).filter(|call| !is_once(call)).count();
        let stored_twice = memories.values().filter(|count| **count > 1).count();
        world.sqs.with_jobs(|jobs| Self {
            ended: ended(world),
            waiting: log.waiting.clone(),
            minutes_until_gone: minutes_until_gone(world, &log.waiting),
            longest_delay: longest_delay(world, &log, &killed, false),
            longest_delay_after_death: longest_delay(world, &log, &killed, true),
            attempts_per_call: jobs.receives as f64 / calls as f64,
            most_attempts: jobs.most_receives,
            webhooks_again: log.webhooks - calls,
            killed_workers: killed.len(),
            dead_letters: jobs.dead,
            expired: jobs.expired,
            lost: not_once - stored_twice,
            stored_twice,
        })
    }

    /// Returns the most jobs that waited at the end of a minute.
    pub(crate) fn largest_backlog(&self) -> usize {
        self.waiting.iter().copied().max().unwrap_or_default()
    }
}

fn ended(world: &World) -> Vec<usize> {
    let mut counts = vec![0; MINUTES_A_DAY];
    for call in &world.calls {
        counts[minute(call.ended_at)] += 1;
    }
    counts
}

/// Returns the minutes until no more jobs wait than the workers finish in a minute.
fn minutes_until_gone(world: &World, waiting: &[usize]) -> Option<usize> {
    let level = world.plan.capacity_a_minute().ceil();
    let mut after = waiting.iter().skip(world.plan.outage_minutes().end);
    after
        .position(|jobs| *jobs as f64 <= level)
        .map(|minutes| minutes + 1)
}

/// Returns the longest delay among the callers of whom a worker died, or among all others.
fn longest_delay(world: &World, log: &Log, killed: &BTreeSet<usize>, died: bool) -> Duration {
    let callers: BTreeSet<usize> = killed
        .iter()
        .map(|call| world.calls[*call].caller)
        .collect();
    let done = log
        .done_at
        .iter()
        .map(|(call, at)| (world.calls[*call], *at));
    done.filter(|(call, _)| callers.contains(&call.caller) == died)
        .map(|(call, at)| at - call.ended_at)
        .max()
        .unwrap_or_default()
}
