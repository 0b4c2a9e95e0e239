//! Composes the extraction record from a checked draft.

use common::call::Transcript;
use common::memory::{Category, Memory, NewMemory, PrivateKind, is_placeholder, is_redacted};
use text::{nfc, sentences};

use super::EXTRACTOR;
use super::by_model::DeclineReason;
use super::draft::Draft;
use super::task::Task;
use super::verification;
use crate::excerpt::shorten;
use crate::extract::greeting;
use crate::extract::language::orders::is_order;
use crate::extract::language::wording::Wording;
use crate::record::Record;

/// Longest summary, in characters.
const MAX_SUMMARY_CHARS: usize = 600;
/// Longest open issue, in characters.
const MAX_ISSUE_CHARS: usize = 200;
/// Most open issues of one conversation.
const MAX_ISSUES: usize = 10;

/// How a call was extracted.
pub(crate) struct Origin {
    pub(crate) provider: &'static str,
    pub(crate) model: Option<String>,
    pub(crate) cost: Option<f64>,
    pub(crate) declined: Option<DeclineReason>,
}

/// Composes the record of a call.
pub(crate) fn record(
    draft: Draft,
    memories: Vec<NewMemory>,
    task: &Task<'_>,
    origin: Origin,
) -> Record {
    let call = task.call;
    let wording = task.wording();
    let summary = sentences(&draft.summary)
        .iter()
        .filter_map(|sentence| card_text(sentence, &wording))
        .collect::<Vec<_>>();
    let open_issues = draft
        .open_issues
        .iter()
        .filter_map(|issue| card_text(issue, &wording));
    count_metrics(&draft);
    let caller_name = speaker(&draft);
    Record {
        conversation_id: call.conversation_id.clone(),
        agent_id: call.agent_id.clone(),
        call_at: task.call_at(),
        extracted_at: task.now,
        extractor: EXTRACTOR.to_owned(),
        provider: origin.provider.to_owned(),
        model: origin.model,
        declined: origin.declined.map(|reason| reason.kind.to_owned()),
        declined_status: origin.declined.and_then(|reason| reason.status),
        channel: call.channel(),
        memories,
        greeting: draft.greeting,
        summary: shorten(&summary.join(" "), MAX_SUMMARY_CHARS),
        open_issues: open_issues
            .take(MAX_ISSUES)
            .map(|issue| shorten(&issue, MAX_ISSUE_CHARS))
            .collect(),
        caller_name,
        language: draft
            .language
            .or_else(|| call.language().map(str::to_owned)),
        dropped: draft.dropped,
        dropped_by_category: draft.dropped_by_category,
        verification: draft.verification.map(str::to_owned),
        withheld: draft.withheld,
        cost_dollars: origin.cost,
        usage: draft.usage,
        transcript_missing: call.lacks_transcript(),
        other_agents: Vec::new(),
    }
}

/// Returns the name that the caller gave as their own, if it may be stored.
pub(crate) fn speaker(draft: &Draft) -> Option<String> {
    draft
        .caller_name
        .as_deref()
        .map(nfc)
        .filter(|name| !is_redacted(name) && !is_order(name))
}

/// Counts dropped and withheld memories in the metrics.
fn count_metrics(draft: &Draft) {
    for kind in PrivateKind::ALL {
        let count = draft
            .withheld
            .get(kind.as_str())
            .copied()
            .unwrap_or_default();
        common::measure::memories_withheld(kind.as_str(), count);
    }
    for (reason, count) in &draft.dropped {
        let of_reason = draft.dropped_by_category.get(reason);
        let known = of_reason.map_or(0, |categories| categories.values().sum());
        common::measure::memories_dropped(
            metric_label(reason),
            "unknown",
            count.saturating_sub(known),
        );
        for category in Category::ALL {
            let count = of_reason
                .and_then(|categories| categories.get(category.as_str()))
                .copied()
                .unwrap_or_default();
            common::measure::memories_dropped(metric_label(reason), category.as_str(), count);
        }
    }
}

/// Clears the greeting of a draft unless it may be spoken: any name in it must be the caller's, and
/// it may mention at most one stored memory.
pub(crate) fn verify_greeting(
    draft: &mut Draft,
    memories: &[NewMemory],
    task: &Task<'_>,
    transcript: &Transcript,
) {
    if draft.greeting.is_empty() {
        return;
    }
    let known = task.known;
    let card = known
        .card
        .as_ref()
        .and_then(|card| card.caller_name.as_deref());
    let is_own = |memory: &&Memory| memory.agent_id.as_ref() == Some(&task.call.agent_id);
    let earlier = known
        .memories
        .iter()
        .filter(is_own)
        .map(|memory| memory.content.as_str());
    let profile = known
        .profile
        .iter()
        .flat_map(|profile| profile.name.iter().chain(&profile.first_message));
    let facts = greeting::GreetingFacts::new(
        draft.caller_name.as_deref().or(card).into_iter(),
        memories
            .iter()
            .map(|memory| memory.content.as_str())
            .chain(earlier),
        transcript,
        profile.map(String::as_str),
    );
    let language = draft.language.as_deref().or_else(|| task.call.language());
    if !greeting::is_verified(&draft.greeting, language.unwrap_or("en"), &facts) {
        draft.greeting.clear();
    }
}

/// Returns a text for the caller card, or `None` if it is an instruction to the machine or says
/// nothing.
fn card_text(text: &str, wording: &Wording) -> Option<String> {
    if is_order(text) {
        return None;
    }
    wording.rewrite(text).filter(|text| !is_placeholder(text))
}

/// Maps a drop reason to a fixed metric label.
pub(crate) fn metric_label(reason: &str) -> &'static str {
    const REASONS: [&str; 13] = [
        "contradicted",
        "double",
        "empty",
        "instruction",
        "outdated",
        "placeholder",
        "sensitive",
        "too_many",
        "ungrounded",
        "unimportant",
        "unreadable",
        "unsupported",
        verification::UNVERIFIED,
    ];
    REASONS
        .into_iter()
        .find(|known| *known == reason)
        .unwrap_or("other")
}
