//! Decides what a request to store memories changes.
//!
//! In one transaction, storage loads the relevant state, asks for a plan, and applies its changes.
//! Planning is pure, so all storage engines decide alike.

use std::collections::HashMap;

use jiff::Timestamp;

use super::working_set::WorkingSet;
use super::{
    Action, AgentId, CallerId, Change, Draft, IdempotencyKey, Memory, MemoryId, Outcome, Quota,
    Receipt, Relation, Rules, SavedReceipt, SimilarMemory,
};

/// The stored state that is relevant to a request.
#[derive(Default)]
pub(crate) struct LoadedState {
    /// The active memories of the callers in the request that it may repeat (see [`Draft::lookup`])
    /// or refers to. None of them has expired.
    pub(crate) memories: Vec<Memory>,
    /// The quota of each agent and caller in the request.
    pub(crate) quotas: HashMap<(AgentId, CallerId), Quota>,
    /// The receipts saved under the idempotency keys of the request.
    pub(crate) receipts: Vec<SavedReceipt>,
    /// The callers of the memories that the request refers to.
    pub(crate) owners: HashMap<MemoryId, CallerId>,
}

/// The changes and results of a request.
#[derive(Default)]
pub(crate) struct Plan {
    /// The changes, in the order to apply them.
    pub(crate) changes: Vec<Change>,
    /// One for each draft, in order.
    pub(crate) outcomes: Vec<Outcome>,
    /// The content of the memories that were repeated. Deleted memories are missing.
    pub(crate) contents: HashMap<MemoryId, String>,
}

/// Plans all drafts of a request, one after another.
pub(crate) fn plan(drafts: Vec<Draft>, loaded: LoadedState, rules: Rules, now: Timestamp) -> Plan {
    let mut planner = Planner::new(loaded, rules, now);
    if planner.is_key_reused(&drafts) {
        return Plan {
            outcomes: vec![Outcome::KeyReused; drafts.len()],
            ..Plan::default()
        };
    }
    let outcomes: Vec<Outcome> = drafts
        .into_iter()
        .map(|draft| planner.plan_draft(draft))
        .collect();
    let contents = planner.contents(&outcomes);
    Plan {
        changes: planner.changes,
        outcomes,
        contents,
    }
}

/// Whether a batch reuses the key of a different batch, so that nothing of it may be stored.
/// `loaded` contains the receipts. Storage that plans a batch in parts asks this first.
#[cfg(feature = "dynamodb")]
pub(crate) fn is_key_reused(
    drafts: &[Draft],
    loaded: LoadedState,
    rules: Rules,
    now: Timestamp,
) -> bool {
    Planner::new(loaded, rules, now).is_key_reused(drafts)
}

struct Planner {
    working_set: WorkingSet,
    receipts: HashMap<(CallerId, IdempotencyKey), SavedReceipt>,
    owners: HashMap<MemoryId, CallerId>,
    rules: Rules,
    now: Timestamp,
    changes: Vec<Change>,
}

impl Planner {
    fn new(loaded: LoadedState, rules: Rules, now: Timestamp) -> Self {
        let receipts = loaded
            .receipts
            .into_iter()
            .map(|saved| ((saved.caller_id.clone(), saved.key.clone()), saved))
            .collect();
        Self {
            working_set: WorkingSet::new(loaded.memories, loaded.quotas, rules),
            receipts,
            owners: loaded.owners,
            rules,
            now,
            changes: Vec::new(),
        }
    }

    fn is_key_reused(&self, drafts: &[Draft]) -> bool {
        drafts.iter().any(|draft| self.reuses_batch_key(draft))
    }

    fn plan_draft(&mut self, draft: Draft) -> Outcome {
        if let Some(saved) = self.saved_receipt(&draft) {
            return if is_same_request(saved, &draft) {
                Outcome::Accepted(saved.receipt.clone())
            } else {
                Outcome::KeyReused
            };
        }
        if let Some(foreign) = self.foreign_target(&draft) {
            return Outcome::NoSuchMemory(foreign);
        }
        let keyed = draft.key.clone().map(|key| (draft.caller_id.clone(), key));
        let receipt = self.remember(draft);
        if let Some((caller_id, (key, fingerprint))) = keyed {
            let saved = SavedReceipt {
                caller_id,
                key,
                fingerprint: Some(fingerprint),
                receipt: receipt.clone(),
            };
            self.receipts
                .insert((saved.caller_id.clone(), saved.key.clone()), saved.clone());
            self.changes.push(Change::SaveReceipt(saved));
        }
        Outcome::Accepted(receipt)
    }

    /// Whether a batch reuses the key of a different batch. Then nothing of it is stored.
    fn reuses_batch_key(&self, draft: &Draft) -> bool {
        draft.key.as_ref().is_some_and(|(key, _)| key.is_of_batch())
            && self
                .saved_receipt(draft)
                .is_some_and(|saved| !is_same_request(saved, draft))
    }

    fn saved_receipt(&self, draft: &Draft) -> Option<&SavedReceipt> {
        let (key, _) = draft.key.as_ref()?;
        self.receipts.get(&(draft.caller_id.clone(), key.clone()))
    }

    fn contents(&self, outcomes: &[Outcome]) -> HashMap<MemoryId, String> {
        let mut contents = HashMap::new();
        for outcome in outcomes {
            let Outcome::Accepted(receipt) = outcome else {
                continue;
            };
            for similar in &receipt.similar {
                if let Some(content) = self.working_set.content(&similar.memory_id) {
                    contents.insert(similar.memory_id.clone(), content.to_owned());
                }
            }
        }
        contents
    }

    fn foreign_target(&self, draft: &Draft) -> Option<MemoryId> {
        let target = draft.relation.as_ref()?.target();
        let owner = self.owners.get(target)?;
        (*owner != draft.caller_id).then(|| target.clone())
    }

    fn remember(&mut self, draft: Draft) -> Receipt {
        let active = draft
            .relation
            .clone()
            .filter(|relation| self.working_set.has(&draft.caller_id, relation.target()));
        match active {
            Some(Relation::Supersedes(id)) => self.supersede(draft, &id),
            Some(Relation::Reinforces(id))
                if self.working_set.is_of_agent(&draft.agent_id, &id) =>
            {
                let similarity = self.working_set.similarity(&id, &draft);
                self.reinforce_or_store(draft, &id, similarity)
            }
            // A memory of another agent is not reinforced: this agent gets a memory of its own.
            Some(Relation::Reinforces(_)) | None => self.store_unless_duplicate(draft),
        }
    }

    fn store_unless_duplicate(&mut self, draft: Draft) -> Receipt {
        match self.working_set.find_duplicate(&draft) {
            Some((id, similarity)) => self.reinforce_or_store(draft, &id, similarity),
            None => self.store(draft, Action::Stored),
        }
    }

    fn reinforce_or_store(&mut self, draft: Draft, id: &MemoryId, similarity: f64) -> Receipt {
        let Some((similar, memory)) = self.working_set.reinforce(id, similarity, draft.expires_at)
        else {
            return self.store(draft, Action::Stored);
        };
        let created_at = memory.created_at;
        let expires_at = memory.expires_at;
        self.changes.push(Change::Reinforce {
            id: id.clone(),
            at: self.now,
            expires_at,
        });
        receipt(id.clone(), Action::Reinforced, created_at, vec![similar])
    }

    fn supersede(&mut self, draft: Draft, old: &MemoryId) -> Receipt {
        let superseded = self.working_set.remove(old);
        self.changes.push(Change::Supersede {
            id: old.clone(),
            by: draft.id.clone(),
            at: self.now,
            expires_at: draft.expires_at,
        });
        if let Some(Memory {
            agent_id,
            caller_id,
            ..
        }) = superseded
        {
            self.changes.push(Change::TrimHistory {
                agent_id,
                caller_id,
                most: self.rules.max_memories_per_agent,
            });
        }
        self.store(draft, Action::Superseded)
    }

    fn store(&mut self, draft: Draft, action: Action) -> Receipt {
        let vector = draft.vector.clone();
        let memory = draft.into_memory(self.now);
        if memory.is_expired(self.now) {
            return receipt(memory.id, action, self.now, Vec::new());
        }
        self.changes.push(Change::Insert(Box::new(memory.clone())));
        if let Some(vector) = vector {
            self.changes.push(Change::Embed {
                id: memory.id.clone(),
                vector,
            });
        }
        self.working_set.insert(memory.clone());
        let limit = self.rules.max_memories_per_agent;
        let evicted = self.working_set.evict_over_limit(
            &memory.agent_id,
            &memory.caller_id,
            limit,
            &memory.id,
        );
        self.changes
            .extend(evicted.iter().cloned().map(Change::Evict));
        Receipt {
            evicted,
            ..receipt(memory.id, action, self.now, Vec::new())
        }
    }
}

/// Whether the key came with the same body before.
fn is_same_request(saved: &SavedReceipt, draft: &Draft) -> bool {
    let current = draft.key.iter().map(|(_, fingerprint)| fingerprint);
    saved.fingerprint.as_ref().is_none_or(|before| {
        current
            .chain(&draft.older_fingerprints)
            .any(|fingerprint| fingerprint == before)
    })
}

fn receipt(
    memory_id: MemoryId,
    action: Action,
    created_at: Timestamp,
    similar: Vec<SimilarMemory>,
) -> Receipt {
    Receipt {
        memory_id,
        action,
        created_at,
        similar,
        evicted: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
