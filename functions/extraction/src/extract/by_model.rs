//! Extraction by a model: one call, and nothing it claims is believed without the caller's words.

use common::call::{Transcript, Turn};
use common::elevenlabs::transcription::Transcription;
use common::llm::{Llm, LlmError, Prompt, Usage};
use common::memory::{Change, Importance, Memory, Source, speakable_name};

use super::answer::{self, Answer, Claim};
use super::ground::Ground;
use super::{Candidate, Draft, greeting, prompt, sensitive};
use crate::Known;
use crate::text::{sentences, words};

/// Most known memories that a model is shown.
const MAX_KNOWN: usize = 40;
/// Most memories of a model that are looked at.
const MAX_CLAIMS: usize = 200;
/// Most tokens of one answer.
const MAX_OUTPUT_TOKENS: u32 = 8000;
/// How often a model is asked when what it answers cannot be read.
const READABLE_TRIES: u32 = 2;

/// Why the model gave no draft.
pub(super) enum NoDraft {
    /// It will not, however often it is asked.
    Declined(&'static str),
    /// It may, later.
    Away(LlmError),
}

pub(super) async fn draft(
    llm: &Llm,
    call: &Transcription,
    transcript: &Transcript,
    known: &Known,
) -> Result<Draft, NoDraft> {
    let relevant = most_relevant(&known.memories, transcript);
    let (answer, usage) = ask(llm, transcript.turns(), &relevant, known).await?;
    let mut draft = checked(answer, transcript, &relevant);
    draft.usage = usage;
    draft.language = draft.language.or_else(|| call.language().map(str::to_owned));
    Ok(draft)
}

async fn ask(llm: &Llm, turns: &[Turn], known: &[&Memory], all: &Known) -> Result<(Answer, Usage), NoDraft> {
    let user = prompt::user(turns, 0, known, all.profile.as_ref());
    let prompt = Prompt {
        system: &prompt::SYSTEM,
        user: &user,
        name: prompt::NAME,
        schema: &prompt::SCHEMA,
        max_output_tokens: MAX_OUTPUT_TOKENS,
    };
    let mut usage = Usage::default();
    for _ in 0..READABLE_TRIES {
        let completion = llm.complete(&prompt).await.map_err(no_draft)?;
        usage.input += completion.usage.input;
        usage.output += completion.usage.output;
        usage.cached += completion.usage.cached;
        if let Ok(answer) = answer::read(&completion.text) {
            return Ok((answer, usage));
        }
    }
    Err(NoDraft::Declined("unreadable"))
}

fn no_draft(error: LlmError) -> NoDraft {
    if error.is_final() { NoDraft::Declined(error.kind()) } else { NoDraft::Away(error) }
}

/// The caller's memories that share most words with this conversation, then the most important.
fn most_relevant<'a>(known: &'a [Memory], transcript: &Transcript) -> Vec<&'a Memory> {
    let said: std::collections::HashSet<String> = transcript
        .turns()
        .iter()
        .flat_map(|turn| words(&turn.text).collect::<Vec<_>>())
        .filter(|word| word.len() > 3)
        .collect();
    let shared = |memory: &Memory| words(&memory.content).filter(|word| said.contains(word)).count();
    let mut ranked: Vec<(usize, &Memory)> = known.iter().map(|memory| (shared(memory), memory)).collect();
    ranked.sort_by_key(|(shared, memory)| std::cmp::Reverse((*shared, memory.importance)));
    ranked.into_iter().take(MAX_KNOWN).map(|(_, memory)| memory).collect()
}

fn checked(answer: Answer, transcript: &Transcript, known: &[&Memory]) -> Draft {
    let ground = Ground::new(transcript);
    let mut draft = Draft::default();
    for claim in answer.memories.into_iter().take(MAX_CLAIMS) {
        match grounded(claim, &ground, known) {
            Ok(candidate) => draft.memories.push(candidate),
            Err(reason) => draft.drop(reason, 1),
        }
    }
    let honest = |text: &str| !ground.is_tainted(text);
    draft.greeting = answer
        .greeting
        .map(|greeting| greeting.trim().to_owned())
        .filter(|text| greeting::is_speakable(text) && honest(text))
        .unwrap_or_default();
    let summary = sensitive::mask(&answer.summary.unwrap_or_default());
    draft.summary = sentences(&summary).into_iter().filter(|sentence| honest(sentence)).collect::<Vec<_>>().join(" ");
    let issues = answer.open_issues.unwrap_or_default();
    draft.open_issues = issues
        .iter()
        .map(|issue| sensitive::mask(issue.trim()))
        .filter(|issue| !issue.is_empty() && honest(issue))
        .collect();
    draft.caller_name =
        answer.caller_name.as_deref().and_then(speakable_name).filter(|name| ground.mentions(name)).map(str::to_owned);
    draft.language =
        answer.language.map(|language| language.trim().to_lowercase()).filter(|language| is_language(language));
    draft
}

/// A claim that rests on the caller's words, or why it does not.
fn grounded(claim: Claim, ground: &Ground<'_>, known: &[&Memory]) -> Result<Candidate, &'static str> {
    let named = claim.turn.and_then(|turn| usize::try_from(turn).ok());
    let turn = ground.turn_of(claim.quote.as_deref().unwrap_or_default(), named).ok_or("ungrounded")?;
    if ground.is_tainted(&claim.content) || super::instructions::is_instruction(&claim.content) {
        return Err("instruction");
    }
    if !ground.supports(&claim.content) {
        return Err("unsupported");
    }
    Ok(Candidate {
        // A model that calls its own claim private is believed; the check of words comes on top.
        is_private: claim.sensitive == Some(true),
        content: claim.content,
        category: claim.category,
        importance: Importance::clamped(claim.importance),
        entities: claim.entities.unwrap_or_default(),
        search_hints: claim.search_hints.unwrap_or_default(),
        turn: Some(turn),
        quote: ground.text(turn).map(str::to_owned),
        source: Source::Transcript,
        change: change(claim.repeats, claim.supersedes, known),
    })
}

/// Numbers that the list does not have mean nothing.
fn change(repeats: Option<i64>, supersedes: Option<i64>, known: &[&Memory]) -> Change {
    let numbered = |number: Option<i64>| {
        number
            .and_then(|number| usize::try_from(number - 1).ok())
            .and_then(|index| known.get(index))
            .map(|memory| memory.id.clone())
    };
    match (numbered(supersedes), numbered(repeats)) {
        (Some(earlier), _) => Change::Supersedes(earlier),
        (None, Some(earlier)) => Change::Repeats(earlier),
        (None, None) => Change::New,
    }
}

fn is_language(tag: &str) -> bool {
    (2..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}
