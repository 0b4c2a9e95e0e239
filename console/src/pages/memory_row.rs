//! A memory in a list, with the words that support it.

use std::collections::{BTreeMap, BTreeSet};

use common::call::ConversationId;
use common::memory::{Category, Memory, NewMemory};
use extraction::Record;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::transcript::link_to_turn;
use super::{shortened, time};
use crate::Console;
use crate::data::{CONCURRENT_READS, latest_record};
use crate::error::PageError;

/// Most characters of a memory in a list; its own page shows all.
const MAX_CONTENT: usize = 300;
/// Most characters of a quote.
const MAX_QUOTE: usize = 200;

/// A memory in a list.
pub(crate) struct MemoryRow {
    pub(crate) id: String,
    pub(crate) content: String,
    pub(crate) category: &'static str,
    pub(crate) importance: u8,
    pub(crate) agent: String,
    pub(crate) said: String,
    /// The name of the person who said it, if the call revealed it.
    pub(crate) speaker: Option<String>,
    /// How often the caller said it.
    pub(crate) times: u32,
    pub(crate) is_pinned: bool,
    /// When it was superseded.
    pub(crate) until: Option<String>,
    /// The caller's words.
    pub(crate) quote: Option<String>,
    /// The turn in the transcript, or the call.
    pub(crate) source: Option<String>,
}

/// Returns the rows of these memories. Reads the extraction records of their calls.
pub(crate) async fn memory_rows(
    console: &Console,
    memories: &[Memory],
) -> Result<Vec<MemoryRow>, PageError> {
    let conversations: BTreeSet<ConversationId> = memories
        .iter()
        .filter_map(|memory| memory.conversation_id.clone())
        .collect();
    let archive = &console.backend().archive;
    let found: Vec<Option<(ConversationId, Record)>> = stream::iter(conversations)
        .map(|conversation| async move {
            let record = latest_record(archive, &conversation).await?;
            Ok::<_, PageError>(record.map(|record| (conversation, record)))
        })
        .buffered(CONCURRENT_READS)
        .try_collect()
        .await?;
    let records: BTreeMap<ConversationId, Record> = found.into_iter().flatten().collect();
    Ok(memories
        .iter()
        .map(|memory| row(memory, evidence(memory, &records)))
        .collect())
}

/// Finds the memory in the record of its call.
fn evidence<'a>(
    memory: &Memory,
    records: &'a BTreeMap<ConversationId, Record>,
) -> Option<&'a NewMemory> {
    let record = records.get(memory.conversation_id.as_ref()?)?;
    let of_other_agents = record.other_agents.iter().flat_map(|other| &other.memories);
    record
        .memories
        .iter()
        .chain(of_other_agents)
        .find(|new| new.content == memory.content)
}

fn row(memory: &Memory, evidence: Option<&NewMemory>) -> MemoryRow {
    let turn = evidence.and_then(|new| new.turn);
    MemoryRow {
        id: memory.id.0.clone(),
        content: shortened(&memory.content, MAX_CONTENT),
        category: memory.category.map_or("", Category::as_str),
        importance: memory.importance.get(),
        agent: memory
            .agent_id
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        said: memory.timestamp.map(time).unwrap_or_default(),
        speaker: memory.speaker.clone(),
        times: memory.reinforcement_count,
        is_pinned: memory.is_pinned,
        until: memory.superseded_at.map(time),
        quote: evidence
            .and_then(|new| new.quote.as_deref())
            .map(|quote| shortened(quote, MAX_QUOTE)),
        source: memory
            .conversation_id
            .as_ref()
            .map(|conversation| link_to_turn(conversation, turn)),
    }
}
