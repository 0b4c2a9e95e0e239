//! Lets this process change one caller at a time. Versions protect against other processes; the
//! locks only avoid conflicts that cost capacity.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use tokio::sync::{Mutex, MutexGuard};

use super::keys::Partition;

/// Number of locks. Two callers may share one.
const STRIPES: usize = 64;

/// Cheap to clone.
#[derive(Clone)]
pub(super) struct Locks(Arc<[Mutex<()>; STRIPES]>);

impl Locks {
    pub(super) fn new() -> Self {
        Self(Arc::new(std::array::from_fn(|_| Mutex::default())))
    }

    /// Waits until no other task changes one of these callers. Locks are taken in ascending order,
    /// so that two batches cannot deadlock.
    pub(super) async fn lock(&self, partitions: &[Partition]) -> Vec<MutexGuard<'_, ()>> {
        let stripes: BTreeSet<usize> = partitions.iter().map(stripe).collect();
        let mut guards = Vec::new();
        for stripe in stripes {
            guards.push(self.0[stripe].lock().await);
        }
        guards
    }
}

fn stripe(partition: &Partition) -> usize {
    let mut hasher = DefaultHasher::new();
    partition.hash(&mut hasher);
    (hasher.finish() % STRIPES as u64) as usize
}
