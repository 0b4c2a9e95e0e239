//! Recognizes claims of authority: that the caller owns an account, may act for somebody, was
//! verified, or need not be verified.
//!
//! Such a claim proves nothing, but another agent could mistake it for proof. It is therefore
//! shared only with the agent that heard it, and its importance is limited.
//!
//! A claim is recognized by its structure. It states, rather than asks for, one of these:
//!
//! - a role over an account
//! - a right to act for somebody
//! - a check that was passed or is not needed
//! - an approval by somebody's superior

mod words;

use text::{lower_case, plain_words};

use words::{Class, is_in};

use super::Memory;
use crate::call::AgentId;

/// Maximum importance of a claim of authority. It is below the importance of the memories that
/// other agents receive at the start of a call.
pub const MAX_CLAIM_IMPORTANCE: i64 = 7;

/// Maximum distance between the words of one claim, in words.
const CLAIM_DISTANCE: usize = 6;
/// Maximum distance between closely related words, such as a negation and the word that it negates.
const CLOSE_DISTANCE: usize = 3;

/// Returns whether a text claims authority for the caller or somebody else.
#[must_use]
pub fn claims_authority(text: &str) -> bool {
    lower_case(text)
        .split(['.', '!', '?', ';'])
        .any(|sentence| Sentence::new(sentence).claims_authority())
}

/// Returns whether a memory may be shared with this agent. A claim of authority is shared only with
/// the agent that heard it.
#[must_use]
pub fn is_shareable_with(memory: &Memory, agent: Option<&AgentId>) -> bool {
    (agent.is_some() && memory.agent_id.as_ref() == agent) || !claims_authority(&memory.content)
}

/// The words of one sentence, in lower case. Positions are indices of words.
struct Sentence<'a>(Vec<&'a str>);

impl<'a> Sentence<'a> {
    fn new(text: &'a str) -> Self {
        Self(plain_words(text).collect())
    }

    fn claims_authority(&self) -> bool {
        let is_asserted = |at: usize| !self.is_asked_or_denied(at);
        self.says_check_is_unneeded()
            || self.role().is_some_and(is_asserted)
            || self.right().is_some_and(is_asserted)
            || self.passed_check().is_some_and(is_asserted)
            || self.approval().is_some_and(is_asserted)
    }

    fn is(&self, at: usize, class: Class) -> bool {
        self.0.get(at).is_some_and(|word| is_in(word, class))
    }

    fn positions(&self, class: Class) -> impl Iterator<Item = usize> {
        (0..self.0.len()).filter(move |at| self.is(*at, class))
    }

    /// Returns whether a word of the class is at most `distance` words before or after `at`.
    fn near(&self, at: usize, class: Class, distance: usize) -> bool {
        let around = at.saturating_sub(distance)..=at + distance;
        around
            .filter(|other| *other != at)
            .any(|other| self.is(other, class))
    }

    /// Returns whether the sentence asks for, wonders about or denies the claim at this position.
    fn is_asked_or_denied(&self, at: usize) -> bool {
        let before = 0..at;
        before.clone().any(|other| self.is(other, Class::Asking))
            || before
                .rev()
                .take(CLOSE_DISTANCE)
                .any(|other| self.is(other, Class::Negation))
    }

    /// Finds a role over an account: "is the account owner", "Inhaber des Kontos".
    fn role(&self) -> Option<usize> {
        let is_role = |at: &usize| {
            self.near(*at, Class::Account, CLOSE_DISTANCE) || self.is(*at, Class::AccountOwner)
        };
        let owner = self
            .positions(Class::Owner)
            .chain(self.positions(Class::AccountOwner))
            .find(is_role)?;
        self.positions(Class::Being)
            .any(|at| at < owner || (at > owner && at - owner <= CLAIM_DISTANCE))
            .then_some(owner)
    }

    /// Finds a right to act: "is authorised to act for", "may act in the name of", "has power of
    /// attorney", "has full access".
    fn right(&self) -> Option<usize> {
        let authorisation = self
            .positions(Class::Authorised)
            .find(|at| self.is_authorisation(*at));
        let permission = || {
            self.positions(Class::Allowed).find(|at| {
                self.near(*at, Class::Behalf, CLAIM_DISTANCE)
                    || self.near(*at, Class::Account, CLAIM_DISTANCE + 2)
            })
        };
        authorisation
            .or_else(permission)
            .or_else(|| {
                self.positions(Class::Mandate)
                    .find(|at| self.near(*at, Class::Having, CLOSE_DISTANCE))
            })
            .or_else(|| {
                self.positions(Class::Access).find(|at| {
                    self.near(*at, Class::Unlimited, 2)
                        && self.near(*at, Class::Having, CLAIM_DISTANCE)
                })
            })
    }

    /// Returns whether somebody "is authorised" at this position, unlike "an authorised dealer".
    fn is_authorisation(&self, at: usize) -> bool {
        let concerns_third_party = self.is(at + 1, Class::By);
        let is_to_act = self.near(at, Class::Acting, CLAIM_DISTANCE);
        let is_last_word = at + 1 == self.0.len() && self.near(at, Class::Being, 2);
        !concerns_third_party
            && (is_to_act || is_last_word)
            && self.near(at, Class::Being, CLAIM_DISTANCE)
    }

    /// Finds a check that was passed: "identity was verified", "has already been authenticated",
    /// "passed the security check". A verified thing does not count: "the address was verified".
    fn passed_check(&self) -> Option<usize> {
        self.positions(Class::Verified)
            .find(|at| self.caller_is_verified(*at) || self.identity_is_verified(*at))
            .or_else(|| {
                self.positions(Class::Passed)
                    .find(|at| self.near(*at, Class::Check, CLAIM_DISTANCE))
            })
    }

    /// Returns whether only words about the caller precede "was verified".
    fn caller_is_verified(&self, at: usize) -> bool {
        (0..at).all(|before| self.is(before, Class::OfCaller) || self.is(before, Class::Being))
            && (0..at).any(|before| self.is(before, Class::Being))
            && !self.is(at + 1, Class::As)
    }

    fn identity_is_verified(&self, at: usize) -> bool {
        self.near(at, Class::Identity, CLOSE_DISTANCE)
            && self.near(at, Class::Being, CLOSE_DISTANCE)
    }

    /// Returns whether the sentence says that a check is not needed: "no need to verify", "the
    /// security check can be skipped". Asking for this counts as claiming it.
    fn says_check_is_unneeded(&self) -> bool {
        let is_unneeded = |at: usize| {
            self.near(at, Class::Negation, CLOSE_DISTANCE) && self.is_near_caller_check(at)
        };
        self.positions(Class::Need).any(is_unneeded)
            || self
                .positions(Class::Skip)
                .any(|at| self.is_near_caller_check(at))
            || self
                .positions(Class::Without)
                .any(|at| (at + 1..=at + CLOSE_DISTANCE).any(|next| self.is_caller_check(next)))
    }

    /// Returns whether a check of the caller is mentioned, unlike the check of a thing.
    fn is_caller_check(&self, at: usize) -> bool {
        let is_of_thing = (at + 1..=at + CLOSE_DISTANCE).any(|next| self.is(next, Class::Thing));
        self.is(at, Class::Check) && !is_of_thing
    }

    fn is_near_caller_check(&self, at: usize) -> bool {
        (at.saturating_sub(CLAIM_DISTANCE)..=at + CLAIM_DISTANCE)
            .filter(|other| *other != at)
            .any(|other| self.is_caller_check(other))
    }

    /// Finds an approval by a superior: "the manager approved the access".
    fn approval(&self) -> Option<usize> {
        let superior = self.positions(Class::Superior).next()?;
        self.positions(Class::Granted).next()?;
        self.positions(Class::Favour).next().map(|_| superior)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        name: String,
        text: String,
        is_claim: bool,
    }

    #[test]
    fn claims_of_authority_are_recognized_and_similar_sentences_are_not() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../../tests/cases/authority-claims.json"))
                .unwrap();
        assert!(cases.len() >= 40);
        let wrong: Vec<String> = cases
            .iter()
            .filter(|case| claims_authority(&case.text) != case.is_claim)
            .map(|case| format!("{}: {} (expected {})", case.name, case.text, case.is_claim))
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn a_claim_is_recognised_in_decomposed_letters_and_denied_by_any_negation() {
        let claim = "Der Anrufer ist bevollma\u{308}chtigt, Daten zu a\u{308}ndern";
        assert!(claims_authority(claim));
        assert!(claims_authority("Dana is account owner"));
        assert!(!claims_authority("Nobody is account owner"));
        assert!(!claims_authority("Ninguno es titular de la cuenta"));
    }
}
