//! The negations of a statement: words that deny in every language, and those that deny in one
//! language or in one place only.

use text::negation::{Kind, Reach, negation};
use text::numbers::number_of_word;

use super::cues::Cue;
use super::statement::Statement;

/// A negation in a text.
#[derive(Clone, Copy)]
pub(super) struct Negation {
    pub(super) at: usize,
    pub(super) kind: Kind,
    pub(super) reach: Reach,
}

impl Statement<'_> {
    /// Returns how a token denies, and what.
    pub(super) fn negation(&self, at: usize) -> Option<Negation> {
        let (kind, reach) = self.ambiguous(at).unwrap_or_else(|| {
            negation(self.lower(at)).map(|negation| (negation.kind, negation.reach))
        })?;
        let is_almost = kind == Kind::Not && self.follows(at, Cue::Almost);
        // "Barely two rooms" are two rooms.
        let counts = kind == Kind::Hardly && number_of_word(self.lower(at + 1)).is_some();
        let kind = if is_almost { Kind::Hardly } else { kind };
        (!counts).then_some(Negation { at, kind, reach })
    }

    /// Returns how a word denies whose meaning depends on its language or its neighbours; the outer
    /// `None` if it has one meaning.
    fn ambiguous(&self, at: usize) -> Option<Option<(Kind, Reach)>> {
        let if_true = |denies: bool, kind, reach| Some(denies.then_some((kind, reach)));
        let not = |denies| if_true(denies, Kind::Not, Reach::Following);
        match self.lower(at) {
            // "n'est".
            "n" => not(true),
            "t" => not(at
                .checked_sub(1)
                .is_some_and(|before| self.lower(before).ends_with('n'))),
            // "Moro no Porto". "No, I do": transcription may lose the comma.
            "no" => not(!matches!(self.lower(at + 1), "i" | "we" | "it" | "that")
                && !self.language.is("pt")),
            // "Ne ho due": "of them".
            "ne" => not(!self.language.is("it")),
            // "Né": "born".
            "né" => not(self.is_before(at, "non") || self.is_twice("né")),
            // "Noch": "still".
            "noch" if self.is_before(at, "weder") => not(true),
            "noch" => if_true(
                self.language.is("nl") || self.is_twice("noch"),
                Kind::Not,
                Reach::Clause,
            ),
            // "Apenas": "only". "Mal": "bad".
            "apenas" => if_true(!self.language.is("pt"), Kind::Hardly, Reach::Following),
            "mal" => if_true(self.language.is("pt"), Kind::Hardly, Reach::Following),
            // "À peine", "a malapena".
            "peine" | "malapena" => if_true(true, Kind::Hardly, Reach::Following),
            _ => None,
        }
    }

    fn is_before(&self, at: usize, word: &str) -> bool {
        (0..at).any(|at| self.lower(at) == word)
    }

    fn is_twice(&self, word: &str) -> bool {
        let same = self.tokens.iter().filter(|token| token.lower == word);
        same.count() > 1
    }
}
