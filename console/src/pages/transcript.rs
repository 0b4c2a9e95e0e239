//! The transcript of a call, with the memories beside the turns that support them.

use std::collections::BTreeMap;

use common::call::{AgentId, ConversationId, Role, Transcript};
use common::memory::{Change, NewMemory, Source};
use extraction::Record;

use super::shortened;

/// Turns of one page.
pub(super) const TURNS: usize = 100;
/// Most characters of a turn.
const MAX_TURN: usize = 2000;

/// A turn with its memories.
pub(crate) struct TurnView {
    /// The number in the transcript, from 1.
    pub(crate) number: usize,
    pub(crate) speaker: &'static str,
    /// The class in the style sheet.
    pub(crate) class: &'static str,
    pub(crate) text: String,
    pub(crate) memories: Vec<NotedMemory>,
}

/// A memory that was extracted from the call.
pub(crate) struct NotedMemory {
    pub(crate) content: String,
    pub(crate) category: &'static str,
    pub(crate) importance: u8,
    pub(crate) quote: Option<String>,
    /// How it relates to earlier memories.
    pub(crate) change: &'static str,
    /// The agents that got it.
    pub(crate) agents: String,
}

/// The memories of a call by the turn that supports them. Those without a turn are under `None`.
pub(super) type ByTurn = BTreeMap<Option<usize>, Vec<NotedMemory>>;

/// Returns the path of a turn, or of the call if the turn is not known.
pub(super) fn link_to_turn(conversation: &ConversationId, turn: Option<usize>) -> String {
    match turn {
        None => format!("/calls/{conversation}"),
        Some(turn) if turn < TURNS => format!("/calls/{conversation}#turn-{}", turn + 1),
        Some(turn) => {
            let page = turn / TURNS + 1;
            format!("/calls/{conversation}?page={page}#turn-{}", turn + 1)
        }
    }
}

/// Returns a page of the turns and takes their memories out of `memories`.
pub(super) fn turns(transcript: &Transcript, page: usize, memories: &mut ByTurn) -> Vec<TurnView> {
    let turns = transcript.turns().iter().enumerate();
    turns
        .skip(page.saturating_mul(TURNS))
        .take(TURNS)
        .map(|(index, turn)| TurnView {
            number: index + 1,
            speaker: match turn.role {
                Role::Agent => "Agent",
                Role::Caller => "Caller",
            },
            class: match turn.role {
                Role::Agent => "agent",
                Role::Caller => "caller",
            },
            text: shortened(&turn.text, MAX_TURN),
            memories: memories.remove(&Some(index)).unwrap_or_default(),
        })
        .collect()
}

/// Returns the memories of a record. One that several agents got appears once.
pub(super) fn noted(record: &Record) -> ByTurn {
    let mut contents: Vec<(&NewMemory, Vec<&AgentId>)> = Vec::new();
    let others = record
        .other_agents
        .iter()
        .flat_map(|other| other.memories.iter().map(move |new| (new, &other.agent_id)));
    let own = record.memories.iter().map(|new| (new, &record.agent_id));
    for (new, agent) in own.chain(others) {
        match contents
            .iter_mut()
            .find(|(known, _)| known.content == new.content)
        {
            Some((_, agents)) => agents.push(agent),
            None => contents.push((new, vec![agent])),
        }
    }
    let mut by_turn = ByTurn::new();
    for (new, agents) in contents {
        by_turn
            .entry(new.turn)
            .or_default()
            .push(note(new, &agents));
    }
    by_turn
}

fn note(new: &NewMemory, agents: &[&AgentId]) -> NotedMemory {
    let names: Vec<&str> = agents.iter().map(|agent| agent.as_str()).collect();
    NotedMemory {
        content: new.content.clone(),
        category: new.category.as_str(),
        importance: new.importance.get(),
        quote: new.quote.clone(),
        change: match (&new.change, new.source) {
            (Change::Repeats(_), _) => "repeats an earlier memory",
            (Change::Supersedes(_), _) => "supersedes an earlier memory",
            (Change::New, Source::Analysis) => "new, from ElevenLabs' analysis",
            (Change::New, Source::Operator) => "new, from an operator",
            (Change::New, Source::Transcript) => "new",
        },
        agents: names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_the_page_with_the_turn() {
        let call = ConversationId::parse("conv_1").unwrap();
        assert_eq!(link_to_turn(&call, None), "/calls/conv_1");
        assert_eq!(link_to_turn(&call, Some(0)), "/calls/conv_1#turn-1");
        assert_eq!(
            link_to_turn(&call, Some(TURNS)),
            "/calls/conv_1?page=2#turn-101"
        );
    }
}
