//! Merges the answers of a model and keeps what the call supports.

use std::collections::HashSet;

use common::call::Transcript;
use common::memory::{Change, Importance, MemoryId, Source, names_no_person, speakable_name};
use text::sentences;

use super::requests::PartAnswer;
use crate::extract::greeting;
use crate::extract::grounding::call_evidence::{CallEvidence, stems};
use crate::extract::language::orders::is_order;
use crate::extract::pipeline::draft::{Candidate, Draft};
use crate::extract::pipeline::model_output::{ClaimedMemory, ModelOutput};
use crate::extract::redaction::private::{self, PrivatePolicy};
use crate::extract::redaction::secrets;

/// Most memories of an answer that are checked.
const MAX_CLAIMS: usize = 200;

/// Merges the answers of all parts: all claimed memories with their changes, and one answer with
/// the remaining fields. The last non-empty greeting wins, because the call ended there.
pub(super) fn merge(answers: Vec<PartAnswer>) -> (Vec<(ClaimedMemory, Change)>, ModelOutput) {
    let mut claims = Vec::new();
    let mut whole = ModelOutput::default();
    let mut summaries = Vec::new();
    for PartAnswer { answer, known } in answers {
        claims.extend(answer.memories.into_iter().map(|claim| {
            let change = change(&claim, &known);
            (claim, change)
        }));
        summaries.extend(answer.summary);
        whole.open_issues.extend(answer.open_issues);
        whole.unreadable += answer.unreadable;
        whole.greeting = answer
            .greeting
            .filter(|greeting| !greeting.trim().is_empty())
            .or(whole.greeting);
        whole.caller_name = whole.caller_name.or(answer.caller_name);
        whole.language = answer.language.or(whole.language);
    }
    whole.summary = Some(summaries.join(" "));
    (claims, whole)
}

/// Builds the draft from the answer: keeps the claims and texts that the call supports.
pub(super) fn ground_claims(
    claims: Vec<(ClaimedMemory, Change)>,
    answer: ModelOutput,
    transcript: &Transcript,
    known: &HashSet<String>,
    policy: PrivatePolicy<'_>,
) -> Draft {
    let evidence = CallEvidence::new(transcript);
    let mut draft = Draft::default();
    draft.drop("unreadable", answer.unreadable);
    draft.private_words = private_words(&claims, &evidence, policy);
    for (claim, change) in claims.into_iter().take(MAX_CLAIMS) {
        let category = claim.category;
        match grounded_candidate(claim, change, &evidence, known) {
            Ok(candidate) => draft.memories.push(candidate),
            Err(reason) => draft.drop_memory(reason, category),
        }
    }
    draft.greeting = answer
        .greeting
        .map(|greeting| greeting.trim().to_owned())
        .filter(|text| greeting::is_speakable(text) && !evidence.is_tainted(text))
        .unwrap_or_default();
    draft.summary = sentences(&secrets::mask(&answer.summary.unwrap_or_default()))
        .into_iter()
        .filter(|sentence| !evidence.is_tainted(sentence))
        .collect::<Vec<_>>()
        .join(" ");
    draft.open_issues = answer
        .open_issues
        .iter()
        .map(|issue| secrets::mask(issue.trim()))
        .filter(|issue| is_grounded_issue(issue, &evidence))
        .collect();
    draft.caller_name = answer
        .caller_name
        .as_deref()
        .and_then(speakable_name)
        .filter(|name| !names_no_person(name) && evidence.gives_name(name))
        .map(str::to_owned);
    draft.language = answer
        .language
        .map(|language| language.trim().to_lowercase())
        .filter(|language| is_language(language));
    draft
}

/// Returns whether an open issue may be stored. An issue of several words may be a paraphrase; a
/// single word must have been said by the caller or the agent.
fn is_grounded_issue(issue: &str, evidence: &CallEvidence<'_>) -> bool {
    let words = issue
        .split_whitespace()
        .filter(|word| word.contains(char::is_alphabetic))
        .count();
    !issue.is_empty()
        && !evidence.is_tainted(issue)
        && (words > 1 || evidence.rejection_reason(issue, true).is_none())
}

/// Returns the stems of words that occur only in private facts: in private claims that may not be
/// stored, and in what the caller said about them.
fn private_words(
    claims: &[(ClaimedMemory, Change)],
    evidence: &CallEvidence<'_>,
    policy: PrivatePolicy<'_>,
) -> HashSet<String> {
    let is_private = |claim: &ClaimedMemory| {
        (claim.sensitive == Some(true) || private::is_private(&claim.content))
            && !policy.allows(&claim.content)
    };
    let (hidden, open): (Vec<&ClaimedMemory>, Vec<&ClaimedMemory>) = claims
        .iter()
        .map(|(claim, _)| claim)
        .partition(|claim| is_private(claim));
    let told_openly: HashSet<String> = open
        .iter()
        .flat_map(|claim| stems(&claim.content))
        .collect();
    let facts: HashSet<String> = hidden
        .iter()
        .flat_map(|claim| stems(&claim.content))
        .filter(|stem| !told_openly.contains(stem))
        .collect();
    let mut words = facts.clone();
    let mut public = told_openly;
    words.extend(
        hidden
            .iter()
            .flat_map(|claim| stems(claim.quote.as_deref().unwrap_or_default())),
    );
    for clause in evidence.clauses() {
        let clause_stems = stems(clause);
        if policy.forbids(clause) {
            words.extend(clause_stems);
        } else if !clause_stems.iter().any(|stem| facts.contains(stem)) {
            public.extend(clause_stems);
        }
    }
    words.retain(|stem| !public.contains(stem));
    words
}

/// Turns a claimed memory into a candidate if the caller's words support it; otherwise returns the
/// drop reason.
fn grounded_candidate(
    claim: ClaimedMemory,
    change: Change,
    evidence: &CallEvidence<'_>,
    known: &HashSet<String>,
) -> Result<Candidate, &'static str> {
    let named = claim.turn.and_then(|turn| usize::try_from(turn).ok());
    let quote = claim.quote.as_deref().unwrap_or_default();
    let turn = evidence
        .turn_of_claim(&claim.content, quote, named)
        .ok_or("ungrounded")?;
    if evidence.is_tainted(&claim.content) || is_order(&claim.content) {
        return Err("instruction");
    }
    if claim.is_unfounded {
        return Err("unsupported");
    }
    let quoted = evidence.quoted_clauses(turn, quote);
    if !evidence.supports(&claim.content)
        && !evidence.may_be_inferred(&claim.content, quote, quoted)
    {
        return Err("unsupported");
    }
    if evidence
        .contradiction(&secrets::mask(&claim.content), turn, quoted, &|word| {
            known.contains(word)
        })
        .is_some()
    {
        return Err("contradicted");
    }
    Ok(Candidate {
        // If the model marks its claim as private, it is private. The word lists are checked later
        // in addition.
        is_private: claim.sensitive == Some(true),
        content: claim.content,
        category: claim.category,
        importance: Importance::clamped(claim.importance),
        entities: claim.entities,
        search_hints: claim.search_hints,
        turn: Some(turn),
        quote: Some(quoted.to_owned()),
        source: Source::Transcript,
        change,
        is_value: false,
    })
}

/// Resolves the numbers of known memories. Numbers outside the list are ignored.
fn change(claim: &ClaimedMemory, known: &[MemoryId]) -> Change {
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

/// Returns whether a tag has two or three letters and perhaps a country: `pt`, `pt-br`.
fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let is_code = parts
        .next()
        .is_some_and(|code| (2..=3).contains(&code.len()));
    is_code
        && tag.len() <= 8
        && tag
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}
