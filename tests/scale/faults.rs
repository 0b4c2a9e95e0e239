//! Kills the workers of some calls, each once: before the model answers, after the memories are
//! stored, or after the job is done but before its message is deleted.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;

/// How far the worker of a call gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeathPoint {
    /// The model never answers.
    Model,
    /// The memories are stored, but the worker does not learn it.
    Stored,
    /// Everything is done, but the message is not deleted.
    Done,
}

const POINTS: [DeathPoint; 3] = [DeathPoint::Model, DeathPoint::Stored, DeathPoint::Done];

/// The workers to kill; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Faults {
    every: usize,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// The calls whose workers were killed.
    killed: BTreeSet<usize>,
    /// How to kill the worker of a call that is being extracted.
    workers: HashMap<usize, oneshot::Sender<()>>,
}

impl Faults {
    /// Creates faults for one of `every` calls.
    pub(crate) fn new(every: usize) -> Self {
        Self {
            every,
            state: Arc::default(),
        }
    }

    /// Registers the worker of a call. The result is sent when the worker dies.
    pub(crate) fn register(&self, call: usize) -> oneshot::Receiver<()> {
        let (kill, killed) = oneshot::channel();
        self.state.lock().unwrap().workers.insert(call, kill);
        killed
    }

    /// Kills the worker of a call if it dies at this point. Returns whether it does.
    pub(crate) fn strike(&self, point: DeathPoint, call: usize) -> bool {
        let is_hit = call.is_multiple_of(self.every)
            && POINTS[call / self.every % POINTS.len()] == point
            && self.state.lock().unwrap().killed.insert(call);
        if is_hit && let Some(kill) = self.state.lock().unwrap().workers.remove(&call) {
            // After the job is done, its worker no longer listens.
            let _ = kill.send(());
        }
        is_hit
    }

    /// Returns the calls whose workers were killed.
    pub(crate) fn killed(&self) -> BTreeSet<usize> {
        self.state.lock().unwrap().killed.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_point_kills_some_workers_once() {
        let faults = Faults::new(10);
        let mut killed = faults.register(10);
        assert!(!faults.strike(DeathPoint::Model, 10));
        assert!(faults.strike(DeathPoint::Stored, 10));
        assert_eq!(killed.try_recv(), Ok(()));
        assert!(!faults.strike(DeathPoint::Stored, 10), "only once");
        assert!(faults.strike(DeathPoint::Model, 30) && faults.strike(DeathPoint::Done, 20));
        assert!(!faults.strike(DeathPoint::Model, 31));
        assert_eq!(faults.killed(), BTreeSet::from([10, 20, 30]));
    }
}
