//! The draft of an extraction: what a model or the analysis found, before it is checked.

use std::collections::{BTreeMap, HashSet};

use common::llm::Usage;
use common::memory::{Category, Change, Importance, Source};

use crate::extract::grounding::call_evidence;
use crate::extract::redaction::private::{self, PrivatePolicy};

/// The result of one way of extracting, before its size limits are applied.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) memories: Vec<Candidate>,
    pub(crate) greeting: String,
    pub(crate) summary: String,
    pub(crate) open_issues: Vec<String>,
    pub(crate) caller_name: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) dropped: BTreeMap<String, usize>,
    pub(crate) dropped_by_category: BTreeMap<String, BTreeMap<String, usize>>,
    pub(crate) usage: Usage,
    /// Outcome of the verification request, if one was made.
    pub(crate) verification: Option<&'static str>,
    /// Number of private memories left out, by kind.
    pub(crate) withheld: BTreeMap<String, usize>,
    /// Stems of words that occur in private facts and nowhere else.
    pub(crate) private_words: HashSet<String>,
}

/// A memory that has not yet passed the checks for storage.
pub(crate) struct Candidate {
    pub(crate) content: String,
    pub(crate) is_private: bool,
    pub(crate) category: Category,
    pub(crate) importance: Importance,
    pub(crate) entities: Vec<String>,
    pub(crate) search_hints: Vec<String>,
    pub(crate) turn: Option<usize>,
    pub(crate) quote: Option<String>,
    pub(crate) source: Source,
    pub(crate) change: Change,
    /// Whether this is a collected value behind its label, which was found to say something. The
    /// content may still consist of words for nothing, such as the name "Mai Le".
    pub(crate) is_value: bool,
}

impl Draft {
    /// Removes private content from every field, except the kinds that the operator allows.
    pub(crate) fn leave_out_private(&mut self, policy: PrivatePolicy<'_>) {
        let words = std::mem::take(&mut self.private_words);
        let is_private = |text: &str| {
            policy.forbids(text)
                || (!words.is_empty()
                    && call_evidence::stems(text)
                        .iter()
                        .any(|stem| words.contains(stem)))
        };
        self.summary = private::remove_clauses_in_sentences(&self.summary, is_private);
        self.open_issues = self
            .open_issues
            .iter()
            .map(|issue| private::remove_clauses_in_sentences(issue, is_private))
            .filter(|issue| !issue.is_empty())
            .collect();
        if is_private(&self.greeting) {
            self.greeting.clear();
        }
        for memory in &mut self.memories {
            memory.entities.retain(|entity| !is_private(entity));
            memory.search_hints.retain(|hint| !is_private(hint));
            memory.quote = memory.quote.take().map(|quote| {
                if is_private(&quote) {
                    private::remove_clauses(&quote, is_private)
                } else {
                    quote
                }
            });
            memory.quote = memory.quote.take().filter(|quote| !quote.is_empty());
            // A sentence of ElevenLabs' analysis may state several facts; a memory from a model
            // states one.
            if memory.source == Source::Analysis && policy.forbids(&memory.content) {
                let public = private::remove_clauses_in_sentences(&memory.content, |text| {
                    policy.forbids(text)
                });
                if !public.is_empty() {
                    count_kinds(&mut self.withheld, &memory.content);
                    memory.content = public;
                }
            }
        }
    }

    /// Counts a dropped memory by reason and category.
    pub(crate) fn drop_memory(&mut self, reason: &str, category: Category) {
        self.drop(reason, 1);
        let of_reason = self
            .dropped_by_category
            .entry(reason.to_owned())
            .or_default();
        *of_reason.entry(category.as_str().to_owned()).or_default() += 1;
    }

    pub(crate) fn drop(&mut self, reason: &str, count: usize) {
        if count > 0 {
            *self.dropped.entry(reason.to_owned()).or_default() += count;
        }
    }
}

/// Counts a private fact once for each of its kinds.
pub(crate) fn count_kinds(withheld: &mut BTreeMap<String, usize>, text: &str) {
    for kind in private::private_kinds(text) {
        *withheld.entry(kind.as_str().to_owned()).or_default() += 1;
    }
}
