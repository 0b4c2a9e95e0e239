//! Who may search now: few searches at once, and of one caller one after the other.
//!
//! A search over very many memories takes processor time and memory. Without turns, one caller
//! whose agent asks without end would take both from all others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Searches of one caller at once. The second covers an agent that repeats a question before it has
/// the answer.
const PER_CALLER: usize = 2;

/// The turns of all callers.
#[derive(Debug)]
pub(crate) struct SearchSlots {
    large_searches: Arc<Semaphore>,
    callers: Mutex<HashMap<String, Weak<Semaphore>>>,
}

impl SearchSlots {
    /// As many places for searches over very many memories as there are processors, and more than
    /// one caller may take.
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

    /// Waits until the caller may search.
    pub(crate) async fn for_caller(&self, caller: &str) -> Option<OwnedSemaphorePermit> {
        self.semaphore(caller).acquire_owned().await.ok()
    }

    /// Waits for a place for a search over very many memories.
    pub(crate) async fn for_large_search(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.large_searches).acquire_owned().await.ok()
    }

    fn semaphore(&self, caller: &str) -> Arc<Semaphore> {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = callers.get(caller).and_then(Weak::upgrade) {
            return semaphore;
        }
        // A caller without a search has nothing here.
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

    async fn at_once<T>(turn: impl Future<Output = Option<T>>) -> Option<T> {
        tokio::time::timeout(Duration::from_millis(20), turn)
            .await
            .ok()
            .flatten()
    }

    #[tokio::test]
    async fn one_caller_leaves_room_for_another() {
        let search_slots = SearchSlots::with_large_searches(3);
        let own = [
            at_once(search_slots.for_caller("a")).await.unwrap(),
            at_once(search_slots.for_caller("a")).await.unwrap(),
        ];
        assert!(at_once(search_slots.for_caller("a")).await.is_none());
        assert!(at_once(search_slots.for_caller("b")).await.is_some());
        drop(own);
        let _again = at_once(search_slots.for_caller("a")).await.unwrap();
        assert_eq!(
            search_slots.callers.lock().unwrap().len(),
            1,
            "callers without a search are forgotten"
        );
    }

    #[tokio::test]
    async fn few_searches_over_very_many_memories_run_at_once() {
        let search_slots = SearchSlots::with_large_searches(1);
        let for_large_search = at_once(search_slots.for_large_search()).await.unwrap();
        assert!(at_once(search_slots.for_large_search()).await.is_none());
        drop(for_large_search);
        assert!(at_once(search_slots.for_large_search()).await.is_some());
    }
}
