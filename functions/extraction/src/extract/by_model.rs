//! Extraction by a model: one prompt (or one for each part of a very long call), and nothing it claims is believed without
//! the caller's words.

use std::collections::HashSet;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;

use common::call::{Transcript, Turn};
use common::llm::{Llm, LlmError, Prompt, Usage};
use common::memory::{AgentProfile, Change, Importance, Memory, Source, speakable_name};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::answer::{self, Answer, Claim};
use super::ground::Ground;
use super::{Candidate, Draft, greeting, parts, prompt, sensitive};
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
/// How many parts of one call are asked about at once.
const AT_ONCE: usize = 4;

/// Why the model gave no draft.
pub(super) enum NoDraft {
    /// It will not, however often it is asked.
    Declined(&'static str),
    /// It may, later.
    Away(LlmError),
}

/// Asks part by part, at most [`AT_ONCE`] at a time, and puts the answers together in the order of the call.
pub(super) async fn draft(llm: &Llm, transcript: &Transcript, known: &Known) -> Result<Draft, NoDraft> {
    let relevant = most_relevant(&known.memories, transcript);
    let asking = Asking { llm, turns: transcript.turns(), known: &relevant, profile: known.profile.as_ref() };
    let parts = parts::split(asking.turns, llm.part_tokens());
    let answers: Vec<Answered> =
        stream::iter(parts.into_iter().map(|part| asking.part(part))).buffered(AT_ONCE).try_collect().await?;
    let usage = answers.iter().fold(Usage::default(), |mut sum, answered| {
        sum += answered.usage;
        sum
    });
    let answer = merged(answers.into_iter().flat_map(|answered| answered.answers).collect());
    let mut draft = checked(answer, transcript, &relevant);
    draft.usage = usage;
    Ok(draft)
}

struct Asking<'a> {
    llm: &'a Llm,
    turns: &'a [Turn],
    known: &'a [&'a Memory],
    profile: Option<&'a AgentProfile>,
}

struct Answered {
    answers: Vec<Answer>,
    usage: Usage,
}

impl Asking<'_> {
    /// One part; where its answer is cut off at the token limit, its halves.
    fn part(&self, part: Range<usize>) -> Pin<Box<dyn Future<Output = Result<Answered, NoDraft>> + Send + '_>> {
        Box::pin(async move {
            match self.readable(&part).await {
                Err(NoDraft::Declined(reason)) if reason == LlmError::CutOff.kind() => {
                    let Some([first, second]) = parts::halves(&part) else { return Err(NoDraft::Declined(reason)) };
                    let (mut first, second) = (self.part(first).await?, self.part(second).await?);
                    first.answers.extend(second.answers);
                    first.usage += second.usage;
                    Ok(first)
                }
                answered => answered,
            }
        })
    }

    /// An answer that can be read; a model that answers nonsense is asked once more.
    async fn readable(&self, part: &Range<usize>) -> Result<Answered, NoDraft> {
        let user = prompt::user(&self.turns[part.clone()], part.start, self.known, self.profile);
        let prompt = Prompt {
            system: &prompt::SYSTEM,
            user: &user,
            name: prompt::NAME,
            schema: &prompt::SCHEMA,
            max_output_tokens: MAX_OUTPUT_TOKENS,
        };
        let mut usage = Usage::default();
        for _ in 0..READABLE_TRIES {
            let completion = self.llm.complete(&prompt).await.map_err(no_draft)?;
            usage += completion.usage;
            if let Ok(answer) = answer::read(&completion.text) {
                return Ok(Answered { answers: vec![answer], usage });
            }
        }
        Err(NoDraft::Declined("unreadable"))
    }
}

/// One answer of all parts: the greeting of the last part that has one, because the call ended there.
fn merged(answers: Vec<Answer>) -> Answer {
    let mut whole = Answer::default();
    let mut summaries = Vec::new();
    for answer in answers {
        whole.memories.extend(answer.memories);
        summaries.extend(answer.summary);
        whole.open_issues.get_or_insert_default().extend(answer.open_issues.unwrap_or_default());
        whole.greeting = answer.greeting.filter(|greeting| !greeting.trim().is_empty()).or(whole.greeting);
        whole.caller_name = whole.caller_name.or(answer.caller_name);
        whole.language = answer.language.or(whole.language);
    }
    whole.summary = Some(summaries.join(" "));
    whole
}

fn no_draft(error: LlmError) -> NoDraft {
    if error.is_final() { NoDraft::Declined(error.kind()) } else { NoDraft::Away(error) }
}

/// The caller's memories that share most words with this conversation, then the most important.
fn most_relevant<'a>(known: &'a [Memory], transcript: &Transcript) -> Vec<&'a Memory> {
    let said: HashSet<String> = transcript.turns().iter().flat_map(|turn| meaningful(&turn.text)).collect();
    let shared = |memory: &Memory| meaningful(&memory.content).filter(|word| said.contains(word)).count();
    let mut ranked: Vec<(usize, &Memory)> = known.iter().map(|memory| (shared(memory), memory)).collect();
    ranked.sort_by_key(|(shared, memory)| std::cmp::Reverse((*shared, memory.importance)));
    ranked.into_iter().take(MAX_KNOWN).map(|(_, memory)| memory).collect()
}

fn meaningful(text: &str) -> impl Iterator<Item = String> + '_ {
    words(text).filter(|word| word.len() > 3)
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
