//! The words that a question is after.

use super::address::asks_for_address;
use super::answer_kind::AnswerKind;
use super::period::Period;
use super::time_focus::TimeFocus;
use crate::words::{Language, Weight, Word, weight, words};

/// A question, reduced to the words that carry its meaning.
pub(crate) struct Question {
    pub(crate) language: Language,
    pub(crate) terms: Vec<Term>,
    /// What has to be in an answer.
    pub(super) expected: Option<AnswerKind>,
    /// Whether the newest is asked for, or what was before.
    pub(crate) time_focus: TimeFocus,
    /// The month or year that it asks about.
    pub(crate) period: Option<Period>,
    /// Whether it asks where somebody lives, or where to deliver.
    pub(super) wants_address: bool,
}

/// One meaning word of a question.
pub(crate) struct Term {
    pub(crate) word: Word,
    pub(crate) stem: String,
    /// Its stem as a word of each language, in the order of [`Language::ALL`].
    stems: [String; 3],
    /// Its share of the question before rarity is looked at.
    pub(crate) weight: f64,
    /// Whether a memory that has only this word shares meaning with the question.
    pub(crate) decides: bool,
}

/// What a common verb counts beside a word that names something.
const LIGHT_WEIGHT: f64 = 0.4;
/// Meaning words that are looked for; a longer question is cut here.
const MAX_TERMS: usize = 64;

impl Question {
    /// Takes a question apart. Without any meaning word it matches nothing.
    pub(crate) fn parse(text: &str) -> Self {
        let words = words(text);
        let time_focus = TimeFocus::from_words(&words);
        let period = Period::from_words(&words);
        let wants_address = asks_for_address(&words);
        let language = Language::of(&words);
        let strongest = words
            .iter()
            .map(|word| weight(word, language))
            .max()
            .unwrap_or(Weight::Grammar);
        let mut terms: Vec<Term> = Vec::new();
        for word in words {
            if terms.len() == MAX_TERMS {
                break;
            }
            let weight = weight(&word, language);
            let known = terms.iter().any(|term| term.word.whole == word.whole);
            if let (false, Some(share)) = (known, share(weight, strongest)) {
                let stems = Language::ALL.map(|language| language.stem(&word.text));
                terms.push(Term {
                    stem: language.stem(&word.text),
                    stems,
                    weight: share,
                    decides: weight == strongest,
                    word,
                });
            }
        }
        Self {
            language,
            terms,
            expected: AnswerKind::expected_by(text),
            time_focus,
            period,
            wants_address,
        }
    }

    /// Whether a number or a code is asked for.
    pub(super) fn wants_number(&self) -> bool {
        self.expected == Some(AnswerKind::Number)
    }
}

impl Term {
    /// Everything that a word may be that matches it.
    pub(crate) fn spellings(&self) -> impl Iterator<Item = &str> {
        let own = [&self.word.whole, &self.stem]
            .into_iter()
            .chain(&self.stems)
            .chain(&self.word.parts);
        own.map(String::as_str)
    }

    /// Its stem, were it a word of that language.
    pub(super) fn stem_in(&self, language: Language) -> &str {
        &self.stems[language as usize]
    }
}

fn share(weight: Weight, strongest: Weight) -> Option<f64> {
    match weight {
        Weight::Grammar => None,
        _ if weight == strongest => Some(1.0),
        Weight::Light => Some(LIGHT_WEIGHT),
        Weight::Subject | Weight::Full => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        Question::parse(text)
            .terms
            .into_iter()
            .map(|term| term.word.whole)
            .collect()
    }

    #[test]
    fn question_words_are_not_searched_for() {
        assert_eq!(
            terms("What is the customer's shipping preference?"),
            ["shipping", "preference"]
        );
        assert_eq!(terms("¿Cuál es el pedido del cliente?"), ["pedido"]);
        assert_eq!(
            terms("Wie lautet die Adresse des Kunden?"),
            ["lautet", "adresse"]
        );
    }

    #[test]
    fn the_subject_alone_is_searched_for() {
        assert_eq!(terms("the customer"), ["customer"]);
    }

    #[test]
    fn only_small_words_ask_for_nothing() {
        assert!(terms("what is it?").is_empty());
    }
}
