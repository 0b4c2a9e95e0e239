//! A text as statements: its clauses, their meaningful words, and whether each word is denied.

use std::ops::Range;

use text::Token;
use text::negation::Kind;

use super::cues::{Cue, Cues};
use super::language::Language;
use super::negations::Negation;
use super::same_word::WordForm;
use super::scope::Scope;
use super::words::{WordClass, is_in};

/// Most meaningful words of a clause that continues a denied list: "no dogs, cats or birds".
const MAX_WORDS_OF_ITEM: usize = 2;

/// Whether the text asserts a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Polarity {
    Affirmed,
    Denied,
    /// "hardly": agrees with a denial and with "rarely".
    Hardly,
    /// Unclear: neither agrees nor conflicts.
    Open,
    /// In a clause that may continue a denied list or begin a contrast, so it agrees with both.
    Listed,
}

/// A meaningful word of a text.
pub(super) struct Word {
    pub(super) form: WordForm,
    pub(super) polarity: Polarity,
    /// Index of its token.
    pub(super) at: usize,
    /// Index of its clause.
    pub(super) clause: usize,
}

/// Most words from "my" to what it refers to.
const MAX_WORDS_TO_OWN: usize = 2;

/// A text with its words.
pub(super) struct Statement<'a> {
    pub(super) tokens: &'a [Token<'a>],
    pub(super) words: Vec<Word>,
    /// For each token, what it does to the meaning of its clause.
    cues: Vec<Cues>,
    /// For each token, the index of its clause.
    pub(super) clause_of: Vec<usize>,
    /// For each clause, whether it denies something.
    denied: Vec<bool>,
    pub(super) language: &'a Language<'a>,
}

impl<'a> Statement<'a> {
    pub(super) fn new(tokens: &'a [Token<'a>], language: &'a Language<'a>) -> Self {
        let mut statement = Self {
            tokens,
            words: Vec::new(),
            cues: tokens.iter().map(|token| Cues::of(&token.lower)).collect(),
            clause_of: Vec::with_capacity(tokens.len()),
            denied: Vec::new(),
            language,
        };
        let (mut from, mut was_denied) = (0, false);
        for to in 1..=tokens.len() {
            if to < tokens.len() && !statement.begins_clause(to) {
                continue;
            }
            statement.clause_of.resize(to, statement.denied.len());
            was_denied = statement.read_clause(from..to, was_denied);
            from = to;
        }
        statement
    }

    /// Returns the number of clauses.
    pub(super) fn clauses(&self) -> usize {
        self.denied.len()
    }

    /// Returns the tokens of a clause.
    pub(super) fn clause(&self, clause: usize) -> Range<usize> {
        let from = self.clause_of.partition_point(|known| *known < clause);
        let length = self.clause_of[from..].partition_point(|known| *known == clause);
        from..from + length
    }

    /// Returns a token in lower case; empty beyond the end.
    pub(super) fn lower(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &token.lower)
    }

    /// Returns whether a token has a cue.
    pub(super) fn is(&self, at: usize, cue: Cue) -> bool {
        self.cues.get(at).is_some_and(|cues| cues.has(cue))
    }

    /// Returns whether the token before has a cue.
    pub(super) fn follows(&self, at: usize, cue: Cue) -> bool {
        at.checked_sub(1).is_some_and(|before| self.is(before, cue))
    }

    /// Returns whether a word is something of the caller's: "my dog".
    pub(super) fn is_own(&self, word: &Word) -> bool {
        let before = word.at.saturating_sub(MAX_WORDS_TO_OWN)..word.at;
        self.any_is(before, Cue::Own)
    }

    pub(super) fn has_class(&self, class: WordClass) -> bool {
        self.tokens.iter().any(|token| is_in(class, &token.lower))
    }

    pub(super) fn has(&self, cue: Cue) -> bool {
        self.any_is(0..self.tokens.len(), cue)
    }

    pub(super) fn any_is(&self, mut range: Range<usize>, cue: Cue) -> bool {
        range.any(|at| self.is(at, cue))
    }

    /// Returns whether a clause denies something.
    pub(super) fn is_denied(&self, clause: usize) -> bool {
        self.denied.get(clause).copied().unwrap_or_default()
    }

    /// Returns whether a meaningful word is denied.
    pub(super) fn denies_a_word(&self) -> bool {
        let denied = [Polarity::Denied, Polarity::Hardly];
        self.words
            .iter()
            .any(|word| denied.contains(&word.polarity))
    }

    /// Returns whether a text denies anything, even weakly.
    pub(super) fn denies_anything(&self) -> bool {
        (0..self.tokens.len()).any(|at| self.negation(at).is_some())
    }

    fn begins_clause(&self, at: usize) -> bool {
        self.tokens[at].begins_clause || self.is_but(at) || self.is_and(at)
    }

    /// Returns whether "mais" is "more" and not "but".
    pub(super) fn is_more(&self, at: usize) -> bool {
        let is_inside = at > 0 && !self.tokens[at].begins_clause;
        self.language
            .get()
            .map_or(is_inside, |language| language == "pt")
    }

    /// Returns whether a token is "but" or "because". In other languages, "mais" is "more" and "ma"
    /// is "my" or "has".
    fn is_but(&self, at: usize) -> bool {
        self.is(at, Cue::But)
            && match self.lower(at) {
                "mais" => !self.is_more(at),
                "ma" => self.language.is("it"),
                _ => true,
            }
    }

    /// Returns whether a token is "and". In other languages, "en" is "in", "i" is "the" or "I", and
    /// "e" is a part of "e-mail".
    fn is_and(&self, at: usize) -> bool {
        self.is(at, Cue::And)
            && match self.tokens[at].text {
                "en" => self.language.is("nl"),
                "i" => self.language.is("pl"),
                "I" | "E" => false,
                "e" => self
                    .language
                    .get()
                    .is_none_or(|language| matches!(language, "it" | "pt")),
                _ => true,
            }
    }

    /// Reads the words of a clause. Returns whether it is denied.
    fn read_clause(&mut self, clause: Range<usize>, was_denied: bool) -> bool {
        let negations: Vec<Negation> = clause.clone().filter_map(|at| self.negation(at)).collect();
        let scope = Scope::new(self, clause.clone(), &negations);
        let words: Vec<usize> = clause
            .clone()
            .filter(|at| self.is_word(*at) && negations.iter().all(|negation| negation.at != *at))
            .collect();
        let continues =
            was_denied && negations.is_empty() && self.may_continue(&clause, words.len());
        for at in words {
            let polarity = if continues {
                Polarity::Listed
            } else {
                scope.polarity(at)
            };
            self.words.push(Word {
                form: WordForm::new(self.lower(at), at > 0 && self.is_capitalised(at)),
                polarity,
                at,
                clause: self.denied.len(),
            });
        }
        self.denied.push(scope.is_denied());
        continues || negations.iter().any(|negation| negation.kind == Kind::Not)
    }

    /// Returns whether a clause may continue a list: it is short and has no subject.
    fn may_continue(&self, clause: &Range<usize>, words: usize) -> bool {
        let has_subject = clause
            .clone()
            .any(|at| is_in(WordClass::FirstPerson, self.lower(at)) && self.tokens[at].text != "i");
        let begins_anew = self.tokens[clause.start].begins_sentence || self.is_but(clause.start);
        words <= MAX_WORDS_OF_ITEM && !has_subject && !begins_anew
    }

    fn is_capitalised(&self, at: usize) -> bool {
        let first = self.tokens[at].text.chars().next();
        first.is_some_and(char::is_uppercase)
    }

    /// Returns whether a token has a meaning of its own.
    pub(super) fn is_word(&self, at: usize) -> bool {
        let word = self.lower(at);
        word.chars().nth(2).is_some()
            && !self.cues[at].is_grammar()
            && !is_in(WordClass::Ignored, word)
            && !self.is_part_of_contraction(at)
    }

    /// Returns whether a token is the "don" of "don't".
    fn is_part_of_contraction(&self, at: usize) -> bool {
        self.lower(at).ends_with('n') && self.lower(at + 1) == "t"
    }
}
