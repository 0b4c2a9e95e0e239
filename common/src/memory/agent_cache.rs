//! An in-process cache of values by agent, which saves a request with every call.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::call::AgentId;

/// Maximum number of agents in the cache. An account typically has only a few.
const MAX_AGENTS: usize = 1000;

/// A cache of one value for each agent, safe to share between threads.
#[derive(Debug)]
pub struct AgentCache<T>(Mutex<HashMap<AgentId, T>>);

impl<T> Default for AgentCache<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> AgentCache<T> {
    /// Returns the cached value of an agent.
    #[must_use]
    pub fn get(&self, agent: &AgentId) -> Option<T> {
        self.all().get(agent).cloned()
    }

    /// Caches a value and replaces the agent's earlier one. If the cache is full, it is cleared
    /// first.
    pub fn insert(&self, agent: &AgentId, value: T) {
        let mut all = self.all();
        if all.len() >= MAX_AGENTS && !all.contains_key(agent) {
            all.clear();
        }
        all.insert(agent.clone(), value);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<AgentId, T>> {
        // A panic while the lock was held can at worst have lost a cached value.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_cache_is_cleared() {
        let cache = AgentCache::default();
        let agent = |number: usize| AgentId::parse(format!("agent_{number}")).unwrap();
        for number in 0..=MAX_AGENTS {
            cache.insert(&agent(number), number);
        }
        assert_eq!(cache.all().len(), 1);
        assert_eq!(cache.get(&agent(MAX_AGENTS)), Some(MAX_AGENTS));
    }
}
