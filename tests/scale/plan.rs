//! What is simulated. The assumptions are those of `docs/scale.py`.

use std::f64::consts::TAU;
use std::ops::Range;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Calls on the simulated day of the undivided system.
const CALLS_A_DAY: usize = 1_000_000;
/// SQS FIFO looks for deliverable messages among this many of the oldest ones.
const WINDOW: usize = 120_000;
pub(crate) const MINUTES_A_DAY: usize = 24 * 60;
const BUSIEST_MINUTE: usize = 15 * 60;
const OUTAGE_MINUTES: usize = 60;
/// The mean of the cube of a raised cosine. The busiest minute has 3.2 times the average.
const MEAN: f64 = 0.3125;
const SECONDS_A_DAY: i64 = 24 * 60 * 60;

/// How long the model takes for one answer.
pub(crate) const MODEL_TIME: Duration = Duration::from_secs(5);
/// The rest of an invocation of the extraction function.
pub(crate) const OVERHEAD: Duration = Duration::from_millis(300);

/// The parameters of a simulation.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// By how much calls, callers and workers are divided.
    pub(crate) share: usize,
    /// `ExtractionConcurrency` of the undivided system.
    pub(crate) concurrency: usize,
    /// Calls on the simulated day.
    pub(crate) calls: usize,
    /// Callers. A few of them call often.
    pub(crate) callers: usize,
    /// Messages among which the queue looks for deliverable ones.
    pub(crate) window: usize,
    /// One of this many webhooks is delivered a second time.
    pub(crate) redelivery_every: usize,
    /// One of this many calls kills its first worker.
    pub(crate) death_every: usize,
    /// Seed of the random numbers.
    pub(crate) seed: u64,
    /// The beginning of the simulated day, in Unix seconds.
    pub(crate) midnight: i64,
}

impl Plan {
    /// A million calls a day, divided by `share`.
    pub(crate) fn million(share: usize, concurrency: usize) -> Self {
        let calls = CALLS_A_DAY / share;
        let today = elaaoms_tests::now() / SECONDS_A_DAY;
        Self {
            share,
            concurrency,
            calls,
            callers: calls / 4,
            window: WINDOW / share,
            redelivery_every: 50,
            death_every: 1000,
            seed: 1,
            midnight: (today - 1) * SECONDS_A_DAY,
        }
    }

    /// Returns the minutes without provider and memory store.
    pub(crate) fn outage_minutes(&self) -> Range<usize> {
        BUSIEST_MINUTE..BUSIEST_MINUTE + OUTAGE_MINUTES
    }

    /// Returns whether provider and memory store are down at this time of the simulation.
    pub(crate) fn is_outage(&self, at: Duration) -> bool {
        self.outage_minutes().contains(&minute(at))
    }

    /// Returns the calls that end in a minute of the day.
    pub(crate) fn calls_in(&self, minute: usize) -> f64 {
        let phase = TAU * (minute as f64 - BUSIEST_MINUTE as f64) / MINUTES_A_DAY as f64;
        let wave = f64::midpoint(1.0, phase.cos()).powi(3);
        self.calls as f64 / MINUTES_A_DAY as f64 * wave / MEAN
    }

    /// Returns the number of workers, at least one.
    pub(crate) fn workers(&self) -> usize {
        self.concurrency.div_ceil(self.share)
    }

    /// Returns how long a worker rests after a job of this duration. A share of the concurrency is
    /// not a whole number; the rest gives the workers exactly this share of the throughput.
    pub(crate) fn rest_after(&self, job: Duration) -> Duration {
        let exact = self.concurrency as f64 / self.share as f64;
        job.mul_f64(self.workers() as f64 / exact - 1.0)
    }

    /// Returns how many calls all workers together can extract in a minute.
    pub(crate) fn capacity_a_minute(&self) -> f64 {
        let exact = self.concurrency as f64 / self.share as f64;
        exact * 60.0 / (MODEL_TIME + OVERHEAD).as_secs_f64()
    }

    /// Returns the time of the calendar.
    pub(crate) fn timestamp(&self, at: Duration) -> Timestamp {
        Timestamp::from_second(self.midnight).unwrap() + SignedDuration::try_from(at).unwrap()
    }
}

/// Returns the minute of a time of the simulation.
pub(crate) fn minute(at: Duration) -> usize {
    usize::try_from(at.as_secs() / 60).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wave_has_all_calls_and_a_peak_of_three_times_the_average() {
        let plan = Plan::million(100, 296);
        let all: f64 = (0..MINUTES_A_DAY).map(|minute| plan.calls_in(minute)).sum();
        assert!((all - 10_000.0).abs() < 1.0, "{all}");
        assert!((plan.calls_in(BUSIEST_MINUTE) - 10_000.0 / 1440.0 * 3.2).abs() < 0.01);
    }

    #[test]
    fn a_share_of_the_workers_has_this_share_of_the_throughput() {
        let job = MODEL_TIME + OVERHEAD;
        for (concurrency, workers) in [(2, 1), (296, 3), (300, 3)] {
            let plan = Plan::million(100, concurrency);
            assert_eq!(plan.workers(), workers);
            let busy = (job + plan.rest_after(job)).as_secs_f64();
            let a_minute = workers as f64 * 60.0 / busy;
            assert!((a_minute - plan.capacity_a_minute()).abs() < 0.001);
        }
    }
}
