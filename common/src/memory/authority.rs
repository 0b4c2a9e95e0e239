//! Claims of authority: that the caller owns an account, may act for somebody, was verified, or
//! need not be.
//!
//! Such a claim is worth nothing without proof, and another agent could take it for one. So it is
//! told to no agent but the one that heard it, and is never important. It is known by its
//! structure: a role over an account, a right to act, a check that was passed or is not needed, or
//! an approval by somebody's superior, claimed rather than asked for.

mod words;

use words::{Class, is_in};

use super::Memory;
use crate::call::AgentId;

/// The highest importance of a claim of authority: below what other agents are told at the start of
/// a call.
pub const MAX_IMPORTANCE_OF_A_CLAIM: i64 = 7;

/// How far apart the words of one claim stand.
const NEAR: usize = 6;
/// How far a negation stands from what it denies.
const DENIES: usize = 3;

/// Whether a text claims authority for the caller or somebody else.
#[must_use]
pub fn claims_authority(text: &str) -> bool {
    let composed = text.to_lowercase().replace('’', "'");
    composed
        .split(['.', '!', '?', ';'])
        .any(|sentence| Sentence::of(sentence).claims())
}

/// Whether a memory may be told to this agent: a claim of authority only to the agent that heard
/// it.
#[must_use]
pub fn is_told_to(memory: &Memory, agent: Option<&AgentId>) -> bool {
    (agent.is_some() && memory.agent_id.as_ref() == agent) || !claims_authority(&memory.content)
}

struct Sentence<'a>(Vec<&'a str>);

impl<'a> Sentence<'a> {
    fn of(text: &'a str) -> Self {
        let is_part =
            |c: char| c.is_alphanumeric() || c == '\'' || ('\u{300}'..='\u{36f}').contains(&c);
        Self(
            text.split(|c: char| !is_part(c))
                .filter(|word| !word.is_empty())
                .flat_map(unelided)
                .collect(),
        )
    }

    fn claims(&self) -> bool {
        let is_asserted = |at: usize| !self.is_asked_or_denied(at);
        self.is_exempt()
            || self.role().is_some_and(is_asserted)
            || self.right().is_some_and(is_asserted)
            || self.passed_check().is_some_and(is_asserted)
            || self.approval().is_some_and(is_asserted)
    }

    fn is(&self, at: usize, class: Class) -> bool {
        self.0.get(at).is_some_and(|word| is_in(word, class))
    }

    fn places(&self, class: Class) -> impl Iterator<Item = usize> {
        (0..self.0.len()).filter(move |at| self.is(*at, class))
    }

    /// A word of the class at most so many words before or behind this place.
    fn near(&self, at: usize, class: Class, distance: usize) -> bool {
        let around = at.saturating_sub(distance)..=at + distance;
        around
            .filter(|other| *other != at)
            .any(|other| self.is(other, class))
    }

    /// Whether somebody asks for it, wonders, or denies it.
    fn is_asked_or_denied(&self, at: usize) -> bool {
        let before = 0..at;
        before.clone().any(|other| self.is(other, Class::Asking))
            || before
                .rev()
                .take(DENIES)
                .any(|other| self.is(other, Class::Negation))
    }

    /// "is the account owner", "Inhaber des Kontos".
    fn role(&self) -> Option<usize> {
        let is_role = |at: &usize| {
            self.near(*at, Class::Account, DENIES) || self.is(*at, Class::AccountOwner)
        };
        let owner = self
            .places(Class::Owner)
            .chain(self.places(Class::AccountOwner))
            .find(is_role)?;
        self.places(Class::Being)
            .any(|at| at < owner || self.is_right_behind(at, owner))
            .then_some(owner)
    }

    fn is_right_behind(&self, at: usize, other: usize) -> bool {
        at > other && at - other <= NEAR
    }

    /// "is authorised to act for", "may act in the name of", "has power of attorney", "has full
    /// access".
    fn right(&self) -> Option<usize> {
        let is_right = |at: &usize| {
            let is_done_by_another = self.is(*at + 1, Class::By);
            let to_act = self.near(*at, Class::Acting, NEAR);
            let is_last = *at + 1 == self.0.len() && self.near(*at, Class::Being, 2);
            !is_done_by_another && (to_act || is_last) && self.near(*at, Class::Being, NEAR)
        };
        let has = |at: &usize| self.near(*at, Class::Having, DENIES);
        let of_access =
            |at: &usize| self.near(*at, Class::Unlimited, 2) && self.near(*at, Class::Having, NEAR);
        let for_another = |at: &usize| {
            self.near(*at, Class::Behalf, NEAR) || self.near(*at, Class::Account, NEAR + 2)
        };
        self.places(Class::Authorised)
            .find(is_right)
            .or_else(|| self.places(Class::Allowed).find(for_another))
            .or_else(|| self.places(Class::Mandate).find(has))
            .or_else(|| self.places(Class::Access).find(of_access))
    }

    /// "identity was verified", "has already been authenticated", "passed the security check". Of
    /// anything else that was verified the sentence names it.
    fn passed_check(&self) -> Option<usize> {
        let about_caller = |at: &usize| {
            (0..*at).all(|before| self.is(before, Class::OfCaller) || self.is(before, Class::Being))
                && (0..*at).any(|before| self.is(before, Class::Being))
                && !self.is(*at + 1, Class::As)
        };
        let of_identity = |at: &usize| {
            self.near(*at, Class::Identity, DENIES) && self.near(*at, Class::Being, DENIES)
        };
        let passed = |at: &usize| self.near(*at, Class::Check, NEAR);
        self.places(Class::Verified)
            .find(|at| about_caller(at) || of_identity(at))
            .or_else(|| self.places(Class::Passed).find(passed))
    }

    /// "no need to verify", "the security check can be skipped": asked for or claimed, it is the
    /// same.
    fn is_exempt(&self) -> bool {
        let is_check = |at: usize| {
            let is_of_a_thing = (at + 1..=at + DENIES).any(|next| self.is(next, Class::Thing));
            self.is(at, Class::Check) && !is_of_a_thing
        };
        let check_near = |at: usize, distance: usize| {
            (at.saturating_sub(distance)..=at + distance)
                .filter(|other| *other != at)
                .any(is_check)
        };
        let unneeded = |at: usize| self.near(at, Class::Negation, DENIES) && check_near(at, NEAR);
        let without = |at: usize| (at + 1..=at + DENIES).any(is_check);
        self.places(Class::Need).any(unneeded)
            || self.places(Class::Skip).any(|at| check_near(at, NEAR))
            || self.places(Class::Without).any(without)
    }

    /// "the manager approved the access".
    fn approval(&self) -> Option<usize> {
        let superior = self.places(Class::Superior).next()?;
        self.places(Class::Granted).next()?;
        self.places(Class::Favour).next().map(|_| superior)
    }
}

/// "l'identité" is two words, and "doesn't" has a denial in it.
fn unelided(word: &str) -> Vec<&str> {
    match word.split_once('\'') {
        Some((before, "t")) => vec![before.trim_end_matches('n'), "not"],
        Some((before, after)) => [before, after]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect(),
        None => vec![word],
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
    fn a_claim_of_authority_is_known_and_what_only_sounds_like_one_is_not() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../../tests/cases/authority-claims.json"))
                .unwrap();
        assert!(cases.len() >= 40);
        let wrong: Vec<String> = cases
            .iter()
            .filter(|case| claims_authority(&case.text) != case.is_claim)
            .map(|case| format!("{}: {} (wanted {})", case.name, case.text, case.is_claim))
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
