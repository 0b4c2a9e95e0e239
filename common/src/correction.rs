//! What an operator changes in a caller's memories: edits, corrections and additions.
//!
//! client-data reads only the caller card of its agent while the phone rings, so each change also
//! rewrites that card.

use jiff::Timestamp;
use uuid::Uuid;

use crate::call::{AgentId, CallerId};
use crate::erasure::{Erased, rebuild_card};
use crate::http_client::CallError;
use crate::memory::{
    CallerCard, Category, Change, Importance, Memory, MemoryId, NewMemory, ShareableMemory, Source,
    memory_context,
};
use crate::openmemory::{MemoryEdit, OpenMemory, OpenMemoryError, Provenance, StoreOutcome};

/// In place of the version of an extractor.
const OPERATOR: &str = "operator";

/// What an operator states about a caller.
///
/// Contains personal data, so it has no `Debug`.
pub struct Statement<'a> {
    /// The content, at most [`MAX_CONTENT_CHARS`](crate::memory::MAX_CONTENT_CHARS) characters.
    pub content: &'a str,
    /// The importance.
    pub importance: Importance,
    /// The category.
    pub category: Category,
    /// Whether agents receive it at the start of every call.
    pub is_pinned: bool,
}

/// Changes the memories of one caller.
pub struct Corrections<'a> {
    /// The memory store.
    pub openmemory: &'a OpenMemory,
    /// The caller.
    pub caller: &'a CallerId,
    /// The current time. Memories that are added expire as if a call had confirmed them now.
    pub now: Timestamp,
    /// How long a caller card is kept.
    pub card_ttl_hours: u32,
}

impl Corrections<'_> {
    /// Changes importance, category or pin of a memory. Returns the memory, or `None` if it does
    /// not exist.
    ///
    /// # Errors
    /// [`OpenMemoryError`]
    pub async fn edit(
        &self,
        memory: &MemoryId,
        edit: &MemoryEdit,
    ) -> Result<Option<Memory>, OpenMemoryError> {
        let edited = self.openmemory.edit(self.caller, memory, edit).await?;
        let agent = edited.as_ref().and_then(|memory| memory.agent_id.as_ref());
        if let Some(agent) = agent {
            self.refresh_card(agent).await?;
        }
        Ok(edited)
    }

    /// Supersedes a memory of an agent by what is correct. The superseded memory stays in the
    /// history.
    ///
    /// The card is rewritten first: if this is interrupted, the operator still finds the wrong
    /// memory and repeats the correction.
    ///
    /// # Errors
    /// [`OpenMemoryError`]
    pub async fn correct(
        &self,
        wrong: &Memory,
        agent: &AgentId,
        correct: &Statement<'_>,
    ) -> Result<StoreOutcome, OpenMemoryError> {
        let mut memories = self
            .openmemory
            .all_memories(Some(agent), self.caller)
            .await?;
        memories.push(Memory {
            id: MemoryId(String::new()),
            content: correct.content.to_owned(),
            importance: correct.importance,
            category: Some(correct.category),
            is_pinned: correct.is_pinned,
            ..wrong.clone()
        });
        rebuild_card(
            self.openmemory,
            agent,
            self.caller,
            Erased::Memories(std::slice::from_ref(&wrong.id)),
            &memories,
            self.card_ttl_hours,
        )
        .await?;
        self.store(agent, correct, Some(wrong)).await
    }

    /// Adds a memory for an agent. If the agent has the same one already, that is reinforced.
    ///
    /// # Errors
    /// [`OpenMemoryError`]
    pub async fn add(
        &self,
        agent: &AgentId,
        statement: &Statement<'_>,
    ) -> Result<StoreOutcome, OpenMemoryError> {
        let outcome = self.store(agent, statement, None).await?;
        self.refresh_card(agent).await?;
        Ok(outcome)
    }

    /// Rewrites the cards of all agents that remember something of the caller. Returns how many.
    ///
    /// # Errors
    /// [`OpenMemoryError`]
    pub async fn refresh_cards(&self) -> Result<usize, OpenMemoryError> {
        let memories = self.openmemory.all_memories(None, self.caller).await?;
        let mut agents: Vec<&AgentId> = Vec::new();
        for agent in memories
            .iter()
            .filter_map(|memory| memory.agent_id.as_ref())
        {
            if !agents.contains(&agent) {
                agents.push(agent);
            }
        }
        for agent in &agents {
            self.refresh_card(agent).await?;
        }
        Ok(agents.len())
    }

    async fn store(
        &self,
        agent: &AgentId,
        statement: &Statement<'_>,
        wrong: Option<&Memory>,
    ) -> Result<StoreOutcome, OpenMemoryError> {
        let provenance = Provenance {
            agent,
            caller: self.caller,
            conversation: wrong.and_then(|wrong| wrong.conversation_id.as_ref()),
            at: self.now,
            channel: wrong.and_then(|wrong| wrong.channel),
            extractor: OPERATOR,
        };
        let memory = new_memory(statement, wrong);
        let stored = self
            .openmemory
            .remember(&provenance, std::slice::from_ref(&memory))
            .await?;
        let outcome = stored.into_iter().next().ok_or(CallError::Unreadable)?;
        if statement.is_pinned {
            let pin = MemoryEdit {
                is_pinned: Some(true),
                ..MemoryEdit::default()
            };
            self.openmemory
                .edit(self.caller, outcome.id(), &pin)
                .await?;
        }
        Ok(outcome)
    }

    /// Rewrites what the agent's card says of the caller's memories, if there is a card.
    async fn refresh_card(&self, agent: &AgentId) -> Result<(), OpenMemoryError> {
        let Some(card) = self.openmemory.card(agent, self.caller).await? else {
            return Ok(());
        };
        let memories = self
            .openmemory
            .all_memories(Some(agent), self.caller)
            .await?;
        let shareable: Vec<ShareableMemory<'_>> =
            memories.iter().map(ShareableMemory::from).collect();
        let card = CallerCard {
            memory_context: memory_context(&shareable),
            ..card
        };
        self.openmemory
            .put_card(agent, self.caller, &card, self.card_ttl_hours)
            .await
    }
}

/// A correction was said when the wrong memory was. Hints and quote of that are left out, because
/// they support what is wrong.
fn new_memory(statement: &Statement<'_>, wrong: Option<&Memory>) -> NewMemory {
    NewMemory {
        content: statement.content.to_owned(),
        category: statement.category,
        importance: statement.importance,
        entities: Vec::new(),
        search_hints: Vec::new(),
        turn: None,
        quote: None,
        said_at: wrong.and_then(|wrong| wrong.timestamp),
        speaker: wrong.and_then(|wrong| wrong.speaker.clone()),
        source: Source::Operator,
        change: wrong.map_or(Change::New, |wrong| Change::Supersedes(wrong.id.clone())),
        idempotency_key: Uuid::new_v4().simple().to_string(),
    }
}
