//! Extraction without a model: from ElevenLabs' analysis of the call or, if there is none, from the
//! caller's words. It is free and deterministic, and the fallback when a provider refuses
//! permanently.

use common::call::Transcript;
use common::elevenlabs::transcription::Analysis;
use common::memory::{Category, Change, Importance, Source, names_no_person, says_nothing};
use text::sentences;

use super::draft::{Candidate, Draft};
use super::task::Task;
use super::{agent_conduct, collected, collected_labels};
use crate::excerpt::shorten;
use crate::extract::grounding::call_evidence::CallEvidence;
use crate::extract::language::instructions::is_instruction;
use crate::extract::language::introductions;
use crate::extract::language::orders::{REPORTED, is_order};
use crate::small_talk::{has_content, says_more_than_courtesies};

/// Longest quote of a turn, in characters. The rest is cut off.
const MAX_QUOTE_CHARS: usize = 270;
/// Most turns stored of a call without analysis.
const MAX_TURNS: usize = 60;

pub(crate) fn draft(task: &Task<'_>, transcript: &Transcript) -> Draft {
    let analysis = &task.call.analysis;
    let mut draft = Draft::default();
    let summary = drop_instructions(
        &mut draft,
        sentences(&task.mask(&analysis.summary())),
        String::as_str,
    );
    let collected = drop_instructions(&mut draft, collected_values(analysis), |(_, value)| value);
    let failed = drop_instructions(&mut draft, failed_criteria(analysis), |(_, reason)| reason);
    let evidence = CallEvidence::new(transcript);
    let is_itemized = collected::add(&mut draft, &evidence, task);
    draft.caller_name = draft
        .caller_name
        .take()
        .or_else(|| collected_name(&collected))
        .or_else(|| introductions::introduced_name(transcript));
    draft.memories.extend(
        collected
            .into_iter()
            .map(|(label, value)| value_memory(&label, value, task)),
    );
    // The collected items already state, in the language of the call, what the summary says.
    let informative = summary
        .iter()
        .filter(|sentence| !is_itemized && says_more_than_courtesies(sentence));
    draft.memories.extend(
        informative.map(|sentence| from_analysis(sentence.clone(), Category::Factual, 5, task)),
    );
    draft.memories.extend(
        failed
            .iter()
            .map(|(id, reason)| failure_memory(id, reason, task)),
    );
    let reasons = failed
        .iter()
        .map(|(_, reason)| task.mask(reason))
        .filter(|reason| !reason.is_empty());
    draft.open_issues.extend(reasons);
    draft.summary = summary.join(" ");
    add_sources(&mut draft.memories, &evidence);
    if draft.memories.is_empty() {
        draft.memories.extend(turn_memories(transcript, task));
        draft.summary = draft
            .memories
            .first()
            .map(|memory| memory.content.clone())
            .unwrap_or_default();
    }
    draft.language = task.call.language().map(str::to_owned);
    draft
}

/// Adds the words of the caller that say most of what a memory states. An operator then sees in
/// the transcript where a memory comes from.
fn add_sources(memories: &mut [Candidate], evidence: &CallEvidence<'_>) {
    for memory in memories {
        // A collected value is compared without its label, which nobody said.
        let statement = memory.entities.first().unwrap_or(&memory.content);
        if let Some((turn, quote)) = evidence.source_of(statement) {
            memory.turn = Some(turn);
            memory.quote = Some(shorten(quote, MAX_QUOTE_CHARS));
        }
    }
}

/// Removes and counts texts that are instructions to the machine.
fn drop_instructions<T>(draft: &mut Draft, mut texts: Vec<T>, text: impl Fn(&T) -> &str) -> Vec<T> {
    let all = texts.len();
    texts.retain(|one| !is_order(text(one)));
    draft.drop("instruction", all - texts.len());
    texts
}

/// Returns the collected values with their labels, without placeholders.
fn collected_values(analysis: &Analysis) -> Vec<(String, String)> {
    let values = analysis
        .collected()
        .map(|(id, value)| (collected_labels::from_id(&id), value));
    values
        .filter(|(label, value)| states_something(label, value) && !is_order(label))
        .collect()
}

/// Returns whether a value is one. Many names are also words, so names have a rule of their own.
fn states_something(label: &str, value: &str) -> bool {
    if NAMES.contains(&label) {
        !names_no_person(value) || introductions::given_name(value).is_some()
    } else {
        !says_nothing(value, label)
    }
}

/// Returns the failed criteria about the caller. Criteria about the agent's conduct are between the
/// operator and the agent.
fn failed_criteria(analysis: &Analysis) -> Vec<(String, String)> {
    analysis
        .failed_criteria()
        .filter(|(_, reason)| !agent_conduct::is_about_the_agent(reason))
        .collect()
}

/// Makes a memory of a collected value. It supersedes this agent's earlier value with the same
/// label.
fn value_memory(label: &str, value: String, task: &Task<'_>) -> Candidate {
    let content = collected_labels::memory_text(label, &task.mask(&value));
    let hints = vec![label.to_owned()];
    let change =
        collected_labels::change(&content, &hints, &task.known.memories, &task.call.agent_id);
    Candidate {
        entities: vec![value],
        search_hints: hints,
        change,
        is_value: true,
        ..from_analysis(content, Category::Factual, 7, task)
    }
}

fn failure_memory(id: &str, reason: &str, task: &Task<'_>) -> Candidate {
    let what = if reason.is_empty() {
        collected_labels::from_id(id)
    } else {
        task.mask(reason)
    };
    from_analysis(
        format!("Not achieved in a call: {what}"),
        Category::Issue,
        6,
        task,
    )
}

/// Returns one memory for each turn in which the caller said something of substance.
fn turn_memories<'a>(
    transcript: &'a Transcript,
    task: &'a Task<'_>,
) -> impl Iterator<Item = Candidate> + 'a {
    let informative = transcript
        .by_caller()
        .filter(|(_, turn)| has_content(&turn.text) && !is_instruction(&turn.text));
    informative.take(MAX_TURNS).map(|(turn, turn_text)| {
        let quote = shorten(&turn_text.text, MAX_QUOTE_CHARS);
        let content = format!("{REPORTED}{quote}”");
        Candidate {
            importance: Importance::MIDDLE,
            turn: Some(turn),
            quote: Some(quote),
            source: Source::Transcript,
            ..from_analysis(content, Category::Factual, 5, task)
        }
    })
}

fn from_analysis(
    content: String,
    category: Category,
    importance: i64,
    task: &Task<'_>,
) -> Candidate {
    Candidate {
        change: change(&content, task),
        content,
        is_private: false,
        category,
        importance: Importance::clamped(importance),
        entities: Vec::new(),
        search_hints: Vec::new(),
        turn: None,
        quote: None,
        source: Source::Analysis,
        is_value: false,
    }
}

fn change(content: &str, task: &Task<'_>) -> Change {
    collected_labels::change(content, &[], &task.known.memories, &task.call.agent_id)
}

/// Returns the caller's name if the operator has it collected; the first name if it is collected
/// separately.
fn collected_name(collected: &[(String, String)]) -> Option<String> {
    let named = |name: &&str| collected.iter().find(|(label, _)| label == name);
    NAMES
        .iter()
        .filter_map(named)
        .find_map(|(_, value)| introductions::given_name(value))
}

/// Labels under which operators collect the name of a caller, the first name first.
const NAMES: [&str; 22] = [
    "first name",
    "firstname",
    "given name",
    "vorname",
    "caller name",
    "customer name",
    "user name",
    "client name",
    "contact name",
    "full name",
    "name",
    "nombre",
    "nombre completo",
    "nombre cliente",
    "kundenname",
    "prénom",
    "prenom",
    "nom",
    "nome",
    "voornaam",
    "naam",
    "imię",
];
