//! What a process remembers of agents, so that it need not ask again with every call.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::call::AgentId;

/// More agents than this are not remembered at once; an account has a handful.
const MOST_AGENTS: usize = 1000;

/// Something of each agent, shared by all who hold it.
#[derive(Debug)]
pub struct ByAgent<T>(Mutex<HashMap<AgentId, T>>);

impl<T> Default for ByAgent<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> ByAgent<T> {
    /// What is remembered of an agent.
    #[must_use]
    pub fn get(&self, agent: &AgentId) -> Option<T> {
        self.all().get(agent).cloned()
    }

    /// Remembers it in place of what was remembered before. When there are too many agents, the
    /// others are forgotten.
    pub fn insert(&self, agent: &AgentId, value: T) {
        let mut all = self.all();
        if all.len() >= MOST_AGENTS && !all.contains_key(agent) {
            all.clear();
        }
        all.insert(agent.clone(), value);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<AgentId, T>> {
        // Whoever panicked while holding it left at worst something to ask again.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_agents_do_not_fill_the_memory() {
        let (remembered, agent) = (ByAgent::default(), |number: usize| {
            AgentId::parse(format!("agent_{number}")).unwrap()
        });
        for number in 0..=MOST_AGENTS {
            remembered.insert(&agent(number), number);
        }
        assert_eq!(remembered.all().len(), 1);
        assert_eq!(remembered.get(&agent(MOST_AGENTS)), Some(MOST_AGENTS));
    }
}
