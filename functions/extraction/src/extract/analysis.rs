//! Extraction without a model: from what ElevenLabs worked out after the call, and where it worked out nothing, from what
//! the caller said. Free, the same every time, and the way out when a provider refuses for good.

use std::collections::HashSet;

use common::call::Transcript;
use common::elevenlabs::transcription::{Analysis, Transcription};
use common::memory::{Category, Change, Importance, Memory, Source, speakable_name};

use super::instructions::is_instruction;
use super::{Candidate, Draft, repeated, sensitive};
use crate::text::{sentences, shortened, words};

/// Longest of a caller's turns that is quoted, in characters: the rest is cut.
const MAX_QUOTE: usize = 270;
/// Most turns that are remembered of a call without analysis.
const MAX_TURNS: usize = 60;
/// Fewest words of a turn that says something, small talk not counted.
const MEANINGFUL_WORDS: usize = 3;

pub(super) fn draft(call: &Transcription, transcript: &Transcript, known: &[Memory]) -> Draft {
    let analysis = &call.analysis;
    let summary = sensitive::mask(&analysis.summary());
    let mut memories: Vec<Candidate> = collected(analysis, known).collect();
    memories.extend(summarised(&summary, known));
    memories.extend(failed(analysis, known));
    let from_turns = memories.is_empty();
    if from_turns {
        memories.extend(said(transcript, known));
    }
    Draft {
        open_issues: analysis
            .failed_criteria()
            .map(|(_, reason)| sensitive::mask(&reason))
            .filter(|reason| !reason.is_empty())
            .collect(),
        summary: if from_turns { retold(&memories) } else { summary },
        caller_name: name(analysis),
        language: call.language().map(str::to_owned),
        memories,
        ..Draft::default()
    }
}

/// One memory for each value that the operator had collected. A new value under the same name takes the old one's place.
fn collected<'a>(analysis: &'a Analysis, known: &'a [Memory]) -> impl Iterator<Item = Candidate> + 'a {
    analysis.collected().map(|(id, value)| {
        let label = format!("The caller’s {}: ", id.replace(['_', '-'], " ").trim().to_lowercase());
        let content = format!("{label}{}", sensitive::mask(&value));
        let change = match (repeated(&content, known), known.iter().find(|memory| memory.content.starts_with(&label))) {
            (Some(same), _) => Change::Repeats(same.id.clone()),
            (None, Some(earlier)) => Change::Supersedes(earlier.id.clone()),
            (None, None) => Change::New,
        };
        Candidate { entities: vec![value], change, ..from_analysis(content, Category::Factual, 7) }
    })
}

/// One memory for each sentence of the summary.
fn summarised<'a>(summary: &str, known: &'a [Memory]) -> impl Iterator<Item = Candidate> + 'a {
    sentences(summary).into_iter().filter(|sentence| !is_instruction(sentence)).map(|sentence| {
        let change = change(&sentence, known);
        Candidate { change, ..from_analysis(sentence, Category::Factual, 5) }
    })
}

/// One memory for each criterion that the call failed.
fn failed<'a>(analysis: &'a Analysis, known: &'a [Memory]) -> impl Iterator<Item = Candidate> + 'a {
    analysis.failed_criteria().map(|(id, reason)| {
        let what = if reason.is_empty() { id.replace(['_', '-'], " ") } else { sensitive::mask(&reason) };
        let content = format!("Not achieved in a call: {what}");
        let change = change(&content, known);
        Candidate { change, ..from_analysis(content, Category::Issue, 6) }
    })
}

/// One memory for each turn in which the caller said something.
fn said<'a>(transcript: &'a Transcript, known: &'a [Memory]) -> impl Iterator<Item = Candidate> + 'a {
    let telling = transcript.by_caller().filter(|(_, turn)| says_something(&turn.text) && !is_instruction(&turn.text));
    telling.take(MAX_TURNS).map(|(turn, said)| {
        let quote = shortened(&said.text, MAX_QUOTE);
        let content = format!("The caller said: “{quote}”");
        Candidate {
            content: content.clone(),
            is_private: false,
            category: Category::Factual,
            importance: Importance::MIDDLE,
            entities: Vec::new(),
            search_hints: Vec::new(),
            turn: Some(turn),
            quote: Some(quote),
            source: Source::Transcript,
            change: change(&content, known),
        }
    })
}

fn from_analysis(content: String, category: Category, importance: i64) -> Candidate {
    Candidate {
        content,
        is_private: false,
        category,
        importance: Importance::clamped(importance),
        entities: Vec::new(),
        search_hints: Vec::new(),
        turn: None,
        quote: None,
        source: Source::Analysis,
        change: Change::New,
    }
}

fn change(content: &str, known: &[Memory]) -> Change {
    repeated(content, known).map_or(Change::New, |same| Change::Repeats(same.id.clone()))
}

/// A summary of a call that nobody summarised: the first thing that the caller said.
fn retold(memories: &[Candidate]) -> String {
    memories.first().map(|memory| memory.content.clone()).unwrap_or_default()
}

/// The caller's name, where the operator had it collected; the first name where there is one.
fn name(analysis: &Analysis) -> Option<String> {
    const NAMES: [&str; 14] = [
        "first_name",
        "firstname",
        "given_name",
        "vorname",
        "caller_name",
        "customer_name",
        "user_name",
        "full_name",
        "name",
        "nombre",
        "nombre_cliente",
        "kundenname",
        "prenom",
        "nome",
    ];
    let collected: Vec<(String, String)> =
        analysis.collected().map(|(id, value)| (id.to_lowercase().replace(['-', ' '], "_"), value)).collect();
    let value = NAMES.iter().find_map(|name| collected.iter().find(|(id, _)| id == name))?.1.as_str();
    speakable_name(value).and_then(|name| name.split_whitespace().next()).map(str::to_owned)
}

fn says_something(text: &str) -> bool {
    let meaningful: HashSet<String> = words(text).filter(|word| !SMALL_TALK.contains(&word.as_str())).collect();
    meaningful.len() >= MEANINGFUL_WORDS || meaningful.iter().any(|word| word.chars().any(char::is_numeric))
}

/// Words of which small talk is made, in English, Spanish and German.
const SMALL_TALK: [&str; 75] = [
    "hi",
    "hello",
    "hey",
    "good",
    "morning",
    "afternoon",
    "evening",
    "day",
    "thanks",
    "thank",
    "you",
    "very",
    "much",
    "bye",
    "goodbye",
    "yes",
    "yeah",
    "no",
    "ok",
    "okay",
    "sure",
    "fine",
    "great",
    "perfect",
    "right",
    "please",
    "well",
    "oh",
    "um",
    "uh",
    "it",
    "s",
    "is",
    "that",
    "all",
    "i",
    "m",
    "am",
    "how",
    "are",
    "see",
    "have",
    "a",
    "nice",
    "to",
    "hola",
    "buenos",
    "buenas",
    "días",
    "tardes",
    "gracias",
    "muchas",
    "adiós",
    "sí",
    "vale",
    "bien",
    "por",
    "favor",
    "hallo",
    "guten",
    "tag",
    "morgen",
    "abend",
    "danke",
    "schön",
    "tschüss",
    "ja",
    "nein",
    "gut",
    "bitte",
    "auf",
    "wiedersehen",
    "this",
    "the",
    "and",
];
