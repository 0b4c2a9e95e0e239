//! What the agent gets to know, in a form that it can speak.

use common::call::{AgentId, ConversationId};
use common::memory::Memory;
use common::template::serialize_neutral;
use jiff::Timestamp;
use serde::Serialize;

use crate::scope::Scope;

/// How many hits the spoken summary takes up.
const SPOKEN: usize = 2;

const NOTHING_FOUND: &str = "Nothing about that is known from earlier calls.";
const NOBODY: &str = "It is not known who is calling, so there is nothing to look up.";
const UNREACHABLE: &str =
    "The memory of earlier calls cannot be reached right now, so it is not known whether this came up before.";

/// The answer to a search.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// What was found, best first.
    pub results: Vec<Hit>,
    /// The same in a sentence or two.
    #[serde(serialize_with = "serialize_neutral")]
    pub summary: String,
    /// The agent whose memories were searched, or `"all"`.
    pub searched_agents: String,
    /// False when the memory store could not be asked: then empty results mean nothing.
    pub memory_available: bool,
}

/// One memory that answers the question.
#[derive(Debug, Serialize)]
pub struct Hit {
    #[serde(serialize_with = "serialize_neutral")]
    memory: String,
    relevance: f64,
    timestamp: Option<Timestamp>,
    conversation_id: Option<ConversationId>,
    agent_id: Option<AgentId>,
}

/// What the store gave.
pub(crate) struct Found {
    /// `None` when it gave nothing because it failed.
    memories: Option<Vec<Memory>>,
    searched: String,
}

impl Found {
    pub(crate) fn nothing() -> Self {
        Self { memories: Some(Vec::new()), searched: String::new() }
    }

    pub(crate) fn with_agent(agent: &AgentId, memories: Option<Vec<Memory>>) -> Self {
        Self { memories, searched: agent.to_string() }
    }

    pub(crate) fn with_all(memories: Option<Vec<Memory>>) -> Self {
        Self { memories, searched: "all".to_owned() }
    }

    /// This agent's memories where they answer the question, or where the others could not be asked.
    pub(crate) fn choose(agent: &AgentId, own: Option<Vec<Memory>>, all: Option<Vec<Memory>>, threshold: f64) -> Self {
        let answers = |memories: &Vec<Memory>| memories.iter().any(|memory| memory.relevance >= threshold);
        if own.as_ref().is_some_and(answers) || all.is_none() {
            Self::with_agent(agent, own)
        } else {
            Self::with_all(all)
        }
    }
}

impl Answer {
    pub(crate) fn of(found: Found, threshold: f64) -> Self {
        let memory_available = found.memories.is_some();
        // The threshold chooses the scope; weaker hits are still worth hearing, down to half of it.
        let worth_hearing = |memory: &Memory| memory.relevance > 0.0 && memory.relevance >= threshold / 2.0;
        let mut memories: Vec<Memory> = found.memories.unwrap_or_default().into_iter().filter(worth_hearing).collect();
        memories.sort_by(|one, other| other.relevance.total_cmp(&one.relevance));
        memories.truncate(crate::BEST);
        let summary = if memory_available { spoken(&memories) } else { UNREACHABLE.to_owned() };
        Self {
            results: memories.into_iter().map(Hit::from).collect(),
            summary,
            searched_agents: found.searched,
            memory_available,
        }
    }

    pub(crate) fn about_nobody(scope: &Scope) -> Self {
        let searched_agents = match scope {
            Scope::ThisAgent(agent) | Scope::ThisAgentFirst(agent) => agent.to_string(),
            Scope::AllAgents => "all".to_owned(),
            Scope::Nowhere => String::new(),
        };
        Self { results: Vec::new(), summary: NOBODY.to_owned(), searched_agents, memory_available: true }
    }
}

impl From<Memory> for Hit {
    fn from(memory: Memory) -> Self {
        Self {
            memory: memory.content,
            relevance: (memory.relevance * 100.0).round() / 100.0,
            timestamp: memory.timestamp,
            conversation_id: memory.conversation_id,
            agent_id: memory.agent_id,
        }
    }
}

fn spoken(memories: &[Memory]) -> String {
    if memories.is_empty() {
        return NOTHING_FOUND.to_owned();
    }
    let sentences: Vec<String> = memories.iter().take(SPOKEN).map(|memory| sentence(&memory.content)).collect();
    format!("From earlier calls: {}", sentences.join(" "))
}

fn sentence(content: &str) -> String {
    let content = content.trim();
    let ends = content.trim_end_matches(['"', '”', '\'', ')']).ends_with(['.', '!', '?']);
    if ends { content.to_owned() } else { format!("{content}.") }
}

#[cfg(test)]
mod tests {
    use common::memory::{Importance, MemoryId};

    use super::*;

    fn memory(content: &str, relevance: f64) -> Memory {
        Memory {
            id: MemoryId(content.to_owned()),
            content: content.to_owned(),
            relevance,
            importance: Importance::MIDDLE,
            category: None,
            timestamp: None,
            conversation_id: None,
            agent_id: None,
            channel: None,
            reinforcement_count: 1,
        }
    }

    fn agent() -> AgentId {
        AgentId::parse("agent_1").unwrap()
    }

    #[test]
    fn the_best_five_are_given_best_first_and_the_two_best_are_spoken() {
        let memories = (0..7).map(|rank| memory(&format!("Fact {rank}"), 0.4 + f64::from(rank) / 20.0)).collect();
        let answer = Answer::of(Found::with_all(Some(memories)), 0.7);
        let given: Vec<_> = answer.results.iter().map(|hit| hit.memory.as_str()).collect();
        assert_eq!(given, ["Fact 6", "Fact 5", "Fact 4", "Fact 3", "Fact 2"]);
        assert_eq!(answer.summary, "From earlier calls: Fact 6. Fact 5.");
    }

    #[test]
    fn nothing_below_half_the_threshold_and_nothing_without_relevance_is_given() {
        let memories = vec![memory("weak", 0.35), memory("weaker", 0.34), memory("none", 0.0)];
        let answer = Answer::of(Found::with_all(Some(memories.clone())), 0.7);
        assert_eq!(answer.results.len(), 1);
        assert_eq!(Answer::of(Found::with_all(Some(memories)), 0.0).results.len(), 2);
    }

    #[test]
    fn all_agents_are_heard_when_this_one_has_no_answer() {
        let choose = |own, all| Found::choose(&agent(), own, all, 0.7).searched;
        let (good, weak) = (|| Some(vec![memory("good", 0.9)]), || Some(vec![memory("weak", 0.5)]));
        assert_eq!(choose(good(), good()), "agent_1");
        assert_eq!(choose(weak(), good()), "all");
        assert_eq!(choose(Some(vec![]), weak()), "all");
        assert_eq!(choose(weak(), None), "agent_1", "what is there is given when the rest cannot be asked");
        assert_eq!(choose(None, good()), "all");
    }

    #[test]
    fn a_store_that_is_away_is_not_called_empty() {
        let answer = Answer::of(Found::choose(&agent(), None, None, 0.7), 0.7);
        assert!(!answer.memory_available);
        assert_eq!(answer.summary, UNREACHABLE);
        let empty = Answer::of(Found::with_all(Some(vec![])), 0.7);
        assert!(empty.memory_available);
        assert_eq!(empty.summary, NOTHING_FOUND);
    }
}
