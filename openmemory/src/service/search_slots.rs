//! Limits concurrent searches, for each caller and for large searches overall.
//!
//! A search over very many memories takes processor time and memory. Without these limits, one
//! caller whose agent searches without pause would take both from all others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Concurrent searches of one caller. The second slot serves an agent that repeats a question
/// before it has the answer.
const PER_CALLER: usize = 2;

/// The slots of all callers.
#[derive(Debug)]
pub(crate) struct SearchSlots {
    large_searches: Arc<Semaphore>,
    callers: Mutex<HashMap<String, Weak<Semaphore>>>,
}

impl SearchSlots {
    /// Creates one slot for large searches per processor, and at least one more than a single
    /// caller can take.
    pub(crate) fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with_large_searches(processors.max(PER_CALLER + 1))
    }

    fn with_large_searches(large_searches: usize) -> Self {
        Self {
            large_searches: Arc::new(Semaphore::new(large_searches)),
            callers: Mutex::default(),
        }
    }

    /// Waits for a slot of the caller.
    pub(crate) async fn for_caller(&self, caller: &str) -> Option<OwnedSemaphorePermit> {
        self.semaphore(caller).acquire_owned().await.ok()
    }

    /// Waits for a slot for a search over very many memories.
    pub(crate) async fn for_large_search(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.large_searches).acquire_owned().await.ok()
    }

    fn semaphore(&self, caller: &str) -> Arc<Semaphore> {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = callers.get(caller).and_then(Weak::upgrade) {
            return semaphore;
        }
        // Remove callers without a running search.
        callers.retain(|_, semaphore| semaphore.strong_count() > 0);
        let semaphore = Arc::new(Semaphore::new(PER_CALLER));
        callers.insert(caller.to_owned(), Arc::downgrade(&semaphore));
        semaphore
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn acquire_now<T>(slot: impl Future<Output = Option<T>>) -> Option<T> {
        tokio::time::timeout(Duration::from_millis(20), slot)
            .await
            .ok()
            .flatten()
    }

    #[tokio::test]
    async fn one_caller_cannot_block_another() {
        let search_slots = SearchSlots::with_large_searches(3);
        let own = [
            acquire_now(search_slots.for_caller("a")).await.unwrap(),
            acquire_now(search_slots.for_caller("a")).await.unwrap(),
        ];
        assert!(acquire_now(search_slots.for_caller("a")).await.is_none());
        assert!(acquire_now(search_slots.for_caller("b")).await.is_some());
        drop(own);
        let _again = acquire_now(search_slots.for_caller("a")).await.unwrap();
        assert_eq!(
            search_slots.callers.lock().unwrap().len(),
            1,
            "callers without a search are forgotten"
        );
    }

    #[tokio::test]
    async fn large_searches_wait_for_a_free_slot() {
        let search_slots = SearchSlots::with_large_searches(1);
        let for_large_search = acquire_now(search_slots.for_large_search()).await.unwrap();
        assert!(acquire_now(search_slots.for_large_search()).await.is_none());
        drop(for_large_search);
        assert!(acquire_now(search_slots.for_large_search()).await.is_some());
    }
}
