//! Extraction by a model: one prompt (or one for each part of a very long call), and nothing it claims is believed without
//! the caller's words.

use std::collections::HashSet;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use common::archive::{Archive, ArchiveError};
use common::call::{Transcript, Turn};
use common::llm::{Llm, LlmError, Prompt, Usage};
use common::memory::{AgentProfile, Change, Importance, Memory, MemoryId, Source, speakable_name};
use futures_util::{StreamExt, stream};
use sha2::{Digest, Sha256};

use super::answer::{self, Answer, Claim};
use super::ground::Ground;
use super::{Candidate, Draft, EXTRACTOR, greeting, parts, prompt, sensitive, speaker};
use crate::Known;
use crate::kept_answers::{KeptAnswer, KeptAnswers};
use crate::text::{sentences, words};

/// Most known memories that a model is shown.
const MAX_KNOWN: usize = 40;
/// Most memories of a model that are looked at.
const MAX_CLAIMS: usize = 200;
/// Most tokens of one answer.
const MAX_OUTPUT_TOKENS: u32 = 8000;
/// How often a model is asked when what it answers cannot be read.
const READABLE_TRIES: u32 = 2;
/// Why the answers of a model that answers nonsense are passed by.
const UNREADABLE: &str = "unreadable";
/// How many parts of one call are asked about at once.
const AT_ONCE: usize = 4;

/// Why the model gave no draft.
#[derive(Clone)]
pub(super) enum NoDraft {
    /// It will not, however often it is asked.
    Declined(&'static str),
    /// It may, later.
    Away(LlmError),
    /// The answers of an earlier delivery cannot be looked up.
    NoArchive(ArchiveError),
}

/// Asks part by part, at most [`AT_ONCE`] at a time, and puts the answers together in the order of the call.
pub(super) async fn draft<A: Archive>(
    llm: &Llm,
    transcript: &Transcript,
    known: &Known,
    answers: &KeptAnswers<'_, A>,
) -> Result<Draft, NoDraft> {
    let relevant = most_relevant(&known.memories, transcript);
    let (turns, profile) = (transcript.turns(), known.profile.as_ref());
    let asking = Asking { llm, turns, known: &relevant, profile, answers, stopped: Mutex::default() };
    let parts = parts::split(turns, llm.part_tokens());
    // To the end, even when one fails: an answer under way is paid for and should be kept.
    let parts: Vec<_> = stream::iter(parts.into_iter().map(|part| asking.part(part))).buffered(AT_ONCE).collect().await;
    let parts: Vec<Answered> = parts.into_iter().collect::<Result<_, _>>()?;
    let usage = parts.iter().fold(Usage::default(), |mut sum, answered| {
        sum += answered.usage;
        sum
    });
    let (claims, rest) = merged(parts.into_iter().flat_map(|answered| answered.heard).collect());
    let mut draft = checked(claims, rest, transcript);
    draft.usage = usage;
    Ok(draft)
}

struct Asking<'a, A> {
    llm: &'a Llm,
    turns: &'a [Turn],
    known: &'a [&'a Memory],
    profile: Option<&'a AgentProfile>,
    answers: &'a KeptAnswers<'a, A>,
    /// Why no further part is asked about.
    stopped: Mutex<Option<NoDraft>>,
}

struct Answered {
    heard: Vec<Heard>,
    usage: Usage,
}

/// An answer with the known memories that it names by number.
struct Heard {
    answer: Answer,
    known: Vec<MemoryId>,
}

impl<A: Archive> Asking<'_, A> {
    /// One part; where its answer is cut off at the token limit, its halves. After a failure nothing new is asked.
    fn part(&self, part: Range<usize>) -> Pin<Box<dyn Future<Output = Result<Answered, NoDraft>> + Send + '_>> {
        Box::pin(async move {
            if let Some(reason) = self.stopped().clone() {
                return Err(reason);
            }
            match self.kept_or_asked(&part).await {
                Err(NoDraft::Declined(reason)) if reason == LlmError::CutOff.kind() => {
                    let Some([first, second]) = parts::halves(&part) else { return Err(NoDraft::Declined(reason)) };
                    let (mut first, second) = (self.part(first).await?, self.part(second).await?);
                    first.heard.extend(second.heard);
                    first.usage += second.usage;
                    Ok(first)
                }
                Err(reason) => {
                    *self.stopped() = Some(reason.clone());
                    Err(reason)
                }
                answered => answered,
            }
        })
    }

    /// The answer of an earlier delivery, or a new one, which is kept. That of a whole call is not: its record is next.
    async fn kept_or_asked(&self, part: &Range<usize>) -> Result<Answered, NoDraft> {
        if part.len() == self.turns.len() {
            return self.readable(part).await?.read();
        }
        let kept = self.answers.of(part, &self.question(part)).await.map_err(NoDraft::NoArchive)?;
        if let Some(answered) = kept.and_then(|kept| kept.read().ok()) {
            return Ok(answered);
        }
        let answer = self.readable(part).await?;
        self.answers.keep(part, &answer).await;
        answer.read()
    }

    /// An answer that can be read; a model that answers nonsense is asked once more.
    async fn readable(&self, part: &Range<usize>) -> Result<KeptAnswer, NoDraft> {
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
            if answer::read(&completion.text).is_ok() {
                let known = self.known.iter().map(|memory| memory.id.clone()).collect();
                return Ok(KeptAnswer { question: self.question(part), known, text: completion.text, usage });
            }
        }
        Err(NoDraft::Declined(UNREADABLE))
    }

    /// Known memories are none of it: an answer brings its own, so that one more of them makes no part be paid again.
    fn question(&self, part: &Range<usize>) -> String {
        let mut hash = Sha256::new();
        for text in [EXTRACTOR, self.llm.provider(), self.llm.model()] {
            hash.update(text);
            hash.update(b"\n");
        }
        for turn in &self.turns[part.clone()] {
            hash.update(speaker(turn.role));
            hash.update(b"\n");
            hash.update(&turn.text);
            hash.update(b"\n");
        }
        hex::encode(hash.finalize())
    }

    fn stopped(&self) -> MutexGuard<'_, Option<NoDraft>> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeptAnswer {
    fn read(self) -> Result<Answered, NoDraft> {
        let answer = answer::read(&self.text).map_err(|_| NoDraft::Declined(UNREADABLE))?;
        Ok(Answered { heard: vec![Heard { answer, known: self.known }], usage: self.usage })
    }
}

/// All claims, each with what it changes, and one answer of all the rest: the greeting of the last part that has one,
/// because the call ended there.
fn merged(heard: Vec<Heard>) -> (Vec<(Claim, Change)>, Answer) {
    let (mut claims, mut whole, mut summaries) = (Vec::new(), Answer::default(), Vec::new());
    for Heard { answer, known } in heard {
        claims.extend(answer.memories.into_iter().map(|claim| {
            let change = change(&claim, &known);
            (claim, change)
        }));
        summaries.extend(answer.summary);
        whole.open_issues.get_or_insert_default().extend(answer.open_issues.unwrap_or_default());
        whole.greeting = answer.greeting.filter(|greeting| !greeting.trim().is_empty()).or(whole.greeting);
        whole.caller_name = whole.caller_name.or(answer.caller_name);
        whole.language = answer.language.or(whole.language);
    }
    whole.summary = Some(summaries.join(" "));
    (claims, whole)
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

fn checked(claims: Vec<(Claim, Change)>, answer: Answer, transcript: &Transcript) -> Draft {
    let ground = Ground::new(transcript);
    let mut draft = Draft::default();
    for (claim, change) in claims.into_iter().take(MAX_CLAIMS) {
        match grounded(claim, change, &ground) {
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
fn grounded(claim: Claim, change: Change, ground: &Ground<'_>) -> Result<Candidate, &'static str> {
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
        change,
    })
}

/// Numbers that the list does not have mean nothing.
fn change(claim: &Claim, known: &[MemoryId]) -> Change {
    let numbered = |number: Option<i64>| {
        number
            .and_then(|number| usize::try_from(number.checked_sub(1)?).ok())
            .and_then(|index| known.get(index))
            .cloned()
    };
    match (numbered(claim.supersedes), numbered(claim.repeats)) {
        (Some(earlier), _) => Change::Supersedes(earlier),
        (None, Some(earlier)) => Change::Repeats(earlier),
        (None, None) => Change::New,
    }
}

fn is_language(tag: &str) -> bool {
    (2..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}
