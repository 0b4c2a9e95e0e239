//! Deciding what a request to remember changes.
//!
//! Storage loads what is known, asks for a plan, and applies its changes, all in one transaction.
//! The plan itself touches nothing, so every engine decides alike.

use std::collections::HashMap;

use jiff::Timestamp;

use super::working_set::WorkingSet;
use super::{
    Action, AgentId, CallerId, Change, Draft, IdempotencyKey, Memory, MemoryId, Outcome, Quota,
    Receipt, Relation, SavedReceipt, SimilarMemory,
};

/// What the owner of the service decides about remembering.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rules {
    /// Above this likeness a memory repeats another, 0..=1.
    pub(crate) similarity_threshold: f64,
    /// Most active memories of one caller and agent, and most superseded ones beside them.
    pub(crate) max_memories_per_agent: usize,
}

/// What storage knows that matters for a request.
#[derive(Default)]
pub(crate) struct LoadedState {
    /// The active memories of the callers in the request that it may repeat (see [`Draft::lookup`])
    /// or that it names. None of them has expired.
    pub(crate) memories: Vec<Memory>,
    /// What the limit needs to know of the agents and callers in the request.
    pub(crate) quotas: HashMap<(AgentId, CallerId), Quota>,
    /// The receipts of the keys in the request.
    pub(crate) receipts: Vec<SavedReceipt>,
    /// Whose the memories are that the request names.
    pub(crate) owners: HashMap<MemoryId, CallerId>,
}

/// What to write and what to answer.
#[derive(Default)]
pub(crate) struct Plan {
    /// In the order in which they are to be applied.
    pub(crate) changes: Vec<Change>,
    /// One for each draft, in order.
    pub(crate) outcomes: Vec<Outcome>,
    /// What the repeated memories say; one that is gone by now is missing.
    pub(crate) contents: HashMap<MemoryId, String>,
}

/// Works a request through, memory by memory.
pub(crate) fn plan(drafts: Vec<Draft>, known: LoadedState, rules: Rules, now: Timestamp) -> Plan {
    let receipts = known
        .receipts
        .into_iter()
        .map(|kept| ((kept.caller_id.clone(), kept.key.clone()), kept))
        .collect();
    let mut planner = Planner {
        working_set: WorkingSet::new(known.memories, known.quotas, rules),
        receipts,
        owners: known.owners,
        rules,
        now,
        changes: Vec::new(),
    };
    if drafts.iter().any(|draft| planner.is_another_batch(draft)) {
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

struct Planner {
    working_set: WorkingSet,
    receipts: HashMap<(CallerId, IdempotencyKey), SavedReceipt>,
    owners: HashMap<MemoryId, CallerId>,
    rules: Rules,
    now: Timestamp,
    changes: Vec<Change>,
}

impl Planner {
    fn plan_draft(&mut self, draft: Draft) -> Outcome {
        if let Some(kept) = self.kept(&draft) {
            return if is_repeated(kept, &draft) {
                Outcome::Accepted(kept.receipt.clone())
            } else {
                Outcome::KeyReused
            };
        }
        if let Some(foreign) = self.foreign_target(&draft) {
            return Outcome::NoSuchMemory(foreign);
        }
        let name = draft.key.clone().map(|key| (draft.caller_id.clone(), key));
        let receipt = self.remember(draft);
        if let Some((caller_id, (key, fingerprint))) = name {
            let kept = SavedReceipt {
                caller_id,
                key,
                fingerprint: Some(fingerprint),
                receipt: receipt.clone(),
            };
            self.receipts
                .insert((kept.caller_id.clone(), kept.key.clone()), kept.clone());
            self.changes.push(Change::SaveReceipt(kept));
        }
        Outcome::Accepted(receipt)
    }

    /// Whether the key of a batch comes again with another one: then nothing of it is stored.
    fn is_another_batch(&self, draft: &Draft) -> bool {
        draft.key.as_ref().is_some_and(|(key, _)| key.is_of_batch())
            && self
                .kept(draft)
                .is_some_and(|kept| !is_repeated(kept, draft))
    }

    fn kept(&self, draft: &Draft) -> Option<&SavedReceipt> {
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
            Some(Relation::Reinforces(id)) if self.working_set.is_told_to(&draft.agent_id, &id) => {
                let similarity = self.working_set.similarity(&id, &draft);
                self.reinforce_or_store(draft, &id, similarity)
            }
            // What another agent was told is not known to this one: it gets a memory of its own.
            Some(Relation::Reinforces(_)) | None => self.store_unless_repeated(draft),
        }
    }

    fn store_unless_repeated(&mut self, draft: Draft) -> Receipt {
        match self.working_set.duplicate(&draft) {
            Some((id, similarity)) => self.reinforce_or_store(draft, &id, similarity),
            None => self.store(draft, Action::Stored),
        }
    }

    fn reinforce_or_store(&mut self, draft: Draft, id: &MemoryId, similarity: f64) -> Receipt {
        let Some((similar, memory)) = self.working_set.reinforce(id, similarity, draft.expires_at)
        else {
            return self.store(draft, Action::Stored);
        };
        let (created_at, expires_at) = (memory.created_at, memory.expires_at);
        self.changes.push(Change::Reinforce {
            id: id.clone(),
            at: self.now,
            expires_at,
        });
        receipt(id.clone(), Action::Reinforced, created_at, vec![similar])
    }

    fn supersede(&mut self, draft: Draft, old: &MemoryId) -> Receipt {
        let taken = self.working_set.take(old);
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
        }) = taken
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
        self.working_set.put(memory.clone());
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

/// Whether the same body came under the key before.
fn is_repeated(kept: &SavedReceipt, draft: &Draft) -> bool {
    let now = draft.key.iter().map(|(_, fingerprint)| fingerprint);
    kept.fingerprint.as_ref().is_none_or(|before| {
        now.chain(&draft.older_fingerprints)
            .any(|now| now == before)
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
