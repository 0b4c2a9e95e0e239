//! Deciding what a request to remember changes.
//!
//! Storage loads what is known, asks for a plan, and applies its changes, all in one transaction.
//! The plan itself touches nothing, so every engine decides alike.

use std::collections::HashMap;

use jiff::Timestamp;

use super::shelf::Shelf;
use super::{
    Action, AgentId, CallerId, Change, Draft, IdempotencyKey, KeptReceipt, Memory, MemoryId,
    Outcome, Receipt, Relation, Room, Similar,
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
pub(crate) struct Known {
    /// The active memories of the callers in the request that it may repeat (see [`Draft::trail`])
    /// or that it names. None of them has expired.
    pub(crate) memories: Vec<Memory>,
    /// What the limit needs to know of the agents and callers in the request.
    pub(crate) rooms: HashMap<(AgentId, CallerId), Room>,
    /// The receipts of the keys in the request.
    pub(crate) receipts: Vec<KeptReceipt>,
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
pub(crate) fn plan(drafts: Vec<Draft>, known: Known, rules: Rules, now: Timestamp) -> Plan {
    let receipts = known
        .receipts
        .into_iter()
        .map(|kept| ((kept.caller_id.clone(), kept.key.clone()), kept))
        .collect();
    let mut planning = Planning {
        shelf: Shelf::new(known.memories, known.rooms, rules),
        receipts,
        owners: known.owners,
        rules,
        now,
        changes: Vec::new(),
    };
    if drafts.iter().any(|draft| planning.is_another_batch(draft)) {
        return Plan {
            outcomes: vec![Outcome::KeyReused; drafts.len()],
            ..Plan::default()
        };
    }
    let outcomes: Vec<Outcome> = drafts
        .into_iter()
        .map(|draft| planning.work(draft))
        .collect();
    let contents = planning.contents(&outcomes);
    Plan {
        changes: planning.changes,
        outcomes,
        contents,
    }
}

struct Planning {
    shelf: Shelf,
    receipts: HashMap<(CallerId, IdempotencyKey), KeptReceipt>,
    owners: HashMap<MemoryId, CallerId>,
    rules: Rules,
    now: Timestamp,
    changes: Vec<Change>,
}

impl Planning {
    fn work(&mut self, draft: Draft) -> Outcome {
        if let Some(kept) = self.kept(&draft) {
            return if is_repeated(kept, &draft) {
                Outcome::Kept(kept.receipt.clone())
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
            let kept = KeptReceipt {
                caller_id,
                key,
                fingerprint: Some(fingerprint),
                receipt: receipt.clone(),
            };
            self.receipts
                .insert((kept.caller_id.clone(), kept.key.clone()), kept.clone());
            self.changes.push(Change::Keep(kept));
        }
        Outcome::Kept(receipt)
    }

    /// Whether the key of a batch comes again with another one: then nothing of it is stored.
    fn is_another_batch(&self, draft: &Draft) -> bool {
        draft.key.as_ref().is_some_and(|(key, _)| key.is_of_batch())
            && self
                .kept(draft)
                .is_some_and(|kept| !is_repeated(kept, draft))
    }

    fn kept(&self, draft: &Draft) -> Option<&KeptReceipt> {
        let (key, _) = draft.key.as_ref()?;
        self.receipts.get(&(draft.caller_id.clone(), key.clone()))
    }

    fn contents(&self, outcomes: &[Outcome]) -> HashMap<MemoryId, String> {
        let mut contents = HashMap::new();
        for outcome in outcomes {
            let Outcome::Kept(receipt) = outcome else {
                continue;
            };
            for similar in &receipt.similar {
                if let Some(content) = self.shelf.content(&similar.memory_id) {
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
            .filter(|relation| self.shelf.has(&draft.caller_id, relation.target()));
        match active {
            Some(Relation::Supersedes(id)) => self.supersede(draft, &id),
            Some(Relation::Reinforces(id)) if self.shelf.is_told_to(&draft.agent_id, &id) => {
                let similarity = self.shelf.similarity(&id, &draft);
                self.reinforce_or_store(draft, &id, similarity)
            }
            // What another agent was told is not known to this one: it gets a memory of its own.
            Some(Relation::Reinforces(_)) | None => self.store_unless_repeated(draft),
        }
    }

    fn store_unless_repeated(&mut self, draft: Draft) -> Receipt {
        match self.shelf.duplicate(&draft) {
            Some((id, similarity)) => self.reinforce_or_store(draft, &id, similarity),
            None => self.store(draft, Action::Stored),
        }
    }

    fn reinforce_or_store(&mut self, draft: Draft, id: &MemoryId, similarity: f64) -> Receipt {
        let Some((similar, memory)) = self.shelf.reinforce(id, similarity, draft.expires_at) else {
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
        let taken = self.shelf.take(old);
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
        self.shelf.put(memory.clone());
        let limit = self.rules.max_memories_per_agent;
        let evicted = self
            .shelf
            .make_room(&memory.agent_id, &memory.caller_id, limit, &memory.id);
        self.changes
            .extend(evicted.iter().cloned().map(Change::Evict));
        Receipt {
            evicted,
            ..receipt(memory.id, action, self.now, Vec::new())
        }
    }
}

/// Whether the same body came under the key before.
fn is_repeated(kept: &KeptReceipt, draft: &Draft) -> bool {
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
    similar: Vec<Similar>,
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
