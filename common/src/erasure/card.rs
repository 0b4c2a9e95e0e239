//! The caller card after an erasure.

use std::collections::BTreeSet;

use crate::call::ConversationId;
use crate::memory::{
    CallerCard, Category, MAX_OPEN_ISSUES, Memory, MemoryId, ShareableMemory, memory_context,
    welcome_back,
};

/// What is erased of the memories that one agent has of a caller.
#[derive(Debug, Clone, Copy)]
pub enum Erased<'a> {
    /// These calls with all their memories.
    Calls(&'a BTreeSet<ConversationId>),
    /// Single memories. Their calls stay.
    Memories(&'a [MemoryId]),
}

impl Erased<'_> {
    /// Returns whether this memory is erased.
    #[must_use]
    pub fn includes(&self, memory: &Memory) -> bool {
        match self {
            Self::Calls(calls) => memory
                .conversation_id
                .as_ref()
                .is_some_and(|call| calls.contains(call)),
            Self::Memories(ids) => ids.contains(&memory.id),
        }
    }

    /// Returns the agent's card after the erasure. `memories` are all active memories that the
    /// agent has of the caller; erased ones may be among them.
    ///
    /// Greeting, summary and open issues may contain words of an erased memory, so they are rebuilt
    /// from the remaining memories. A name stays if a remaining memory mentions it, or if nothing
    /// that is erased can have given it. If several people share the number, the names of those who
    /// made a remaining statement stay too. If an erased call wrote the card, the fields about the
    /// last call are cleared, so that any other call may write the card.
    #[must_use]
    pub fn card_after(self, card: CallerCard, memories: &[Memory]) -> CallerCard {
        let (erased, remaining): (Vec<&Memory>, Vec<&Memory>) =
            memories.iter().partition(|memory| self.includes(memory));
        let is_shared = card.is_shared();
        let card = card.retain_names(|name| {
            is_mentioned(name, &remaining)
                || is_shared && has_said(name, &remaining)
                || !self.may_have_given(name, &erased)
        });
        let shareable: Vec<ShareableMemory<'_>> = remaining
            .iter()
            .map(|memory| ShareableMemory::from(*memory))
            .collect();
        let is_of_erased_call = card
            .last_conversation_id
            .as_ref()
            .is_some_and(|last| matches!(self, Self::Calls(calls) if calls.contains(last)));
        CallerCard {
            greeting: template_greeting(&card),
            memory_context: memory_context(&shareable),
            last_summary: String::new(),
            open_issues: open_issues(&remaining),
            caller_name: card.caller_name,
            names: card.names,
            last_call_at: card.last_call_at.filter(|_| !is_of_erased_call),
            last_conversation_id: card.last_conversation_id.filter(|_| !is_of_erased_call),
            language: card.language,
            channels: card.channels,
        }
    }

    /// Returns whether the caller may have given the name in what is erased. A caller can give it
    /// in a call of which no memory mentions it.
    fn may_have_given(self, name: &str, erased: &[&Memory]) -> bool {
        match self {
            Self::Calls(_) => true,
            Self::Memories(_) => is_mentioned(name, erased),
        }
    }
}

fn template_greeting(card: &CallerCard) -> String {
    let language = card.language.as_deref();
    let greeting = if card.is_shared() {
        card.question(language)
    } else {
        welcome_back(card.caller_name.as_deref(), language)
    };
    greeting.unwrap_or_default()
}

fn is_mentioned(name: &str, memories: &[&Memory]) -> bool {
    memories.iter().any(|memory| memory.content.contains(name))
}

/// Returns whether the person with this name made one of the statements.
fn has_said(name: &str, memories: &[&Memory]) -> bool {
    memories
        .iter()
        .any(|memory| memory.speaker.as_deref() == Some(name))
}

fn open_issues(memories: &[&Memory]) -> Vec<String> {
    memories
        .iter()
        .filter(|memory| memory.category == Some(Category::Issue))
        .take(MAX_OPEN_ISSUES)
        .map(|memory| memory.content.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{CallerName, Importance};

    fn memory(id: &str, call: &str, content: &str) -> Memory {
        Memory {
            id: MemoryId(id.to_owned()),
            content: content.to_owned(),
            relevance: 1.0,
            importance: Importance::MIN,
            category: None,
            search_hints: Vec::new(),
            timestamp: None,
            conversation_id: ConversationId::parse(call).ok(),
            agent_id: None,
            channel: None,
            reinforcement_count: 0,
            is_pinned: false,
            speaker: None,
            superseded_at: None,
        }
    }

    fn card() -> CallerCard {
        CallerCard {
            caller_name: Some("Dana".to_owned()),
            greeting: "Welcome back, Dana. How is the leather sofa?".to_owned(),
            last_summary: "Dana bought a sofa.".to_owned(),
            last_conversation_id: ConversationId::parse("conv_2").ok(),
            open_issues: vec!["The sofa is late.".to_owned()],
            ..CallerCard::default()
        }
    }

    fn calls(ids: &[&str]) -> BTreeSet<ConversationId> {
        ids.iter()
            .map(|id| ConversationId::parse(*id).unwrap())
            .collect()
    }

    #[test]
    fn an_erased_call_takes_the_name_along_unless_a_remaining_memory_mentions_it() {
        let sofa = memory("m1", "conv_1", "The caller bought a sofa.");
        let dog = memory("m2", "conv_2", "The caller has a dog.");
        let named = memory("m3", "conv_2", "Dana has a dog.");
        let erased = calls(&["conv_1"]);
        for (memories, name) in [
            (vec![sofa.clone(), dog], None),
            (vec![sofa, named], Some("Dana")),
            (Vec::new(), None),
        ] {
            let card = Erased::Calls(&erased).card_after(card(), &memories);
            assert_eq!(card.caller_name.as_deref(), name);
            assert_eq!(card.greeting.contains("Dana"), name.is_some());
            assert!(!card.memory_context.contains("sofa"));
            assert!(card.last_summary.is_empty() && card.open_issues.is_empty());
            assert!(card.last_conversation_id.is_some(), "a later call wrote it");
        }
    }

    #[test]
    fn a_shared_number_has_one_name_once_the_other_is_erased() {
        let name = |name: &str| CallerName {
            name: name.to_owned(),
            last_call_at: None,
        };
        let shared = CallerCard {
            names: vec![name("Dana"), name("Tom")],
            ..card()
        };
        let dog = memory("m1", "conv_1", "Dana has a dog.");
        let cat = memory("m2", "conv_2", "Tom has a cat.");
        let erased = [dog.id.clone()];
        let card = Erased::Memories(&erased).card_after(shared, &[dog, cat]);
        assert_eq!(card.caller_name.as_deref(), Some("Tom"));
        assert!(!card.is_shared());
        assert!(card.greeting.contains("Tom") && !card.greeting.contains("Dana"));
    }

    #[test]
    fn an_erased_memory_takes_the_name_along_only_if_it_alone_mentions_the_name() {
        let named = memory("m1", "conv_1", "Dana has a dog.");
        let also_named = memory("m2", "conv_1", "Dana has a cat.");
        let sofa = memory("m3", "conv_1", "The caller bought a sofa.");
        let [first, third] = [[named.id.clone()], [sofa.id.clone()]];
        for (erased, memories, name) in [
            (&first, vec![named.clone(), sofa.clone()], None),
            (&first, vec![named.clone(), also_named], Some("Dana")),
            (&third, vec![named, sofa.clone()], Some("Dana")),
            (&third, vec![sofa], Some("Dana")),
        ] {
            let card = Erased::Memories(erased).card_after(card(), &memories);
            assert_eq!(card.caller_name.as_deref(), name);
            assert!(card.last_conversation_id.is_some(), "its call stays");
        }
    }

    #[test]
    fn the_card_of_an_erased_call_may_be_replaced_by_any_call() {
        let erased = calls(&["conv_2"]);
        let card = Erased::Calls(&erased).card_after(card(), &[]);
        assert_eq!((card.last_call_at, card.last_conversation_id), (None, None));
    }
}
