//! Parses a question into the words that carry its meaning.

use text::stems::Language;
use text::{Word, search_words};

use super::address::asks_for_address;
use super::answer_kind::AnswerKind;
use super::calendar::{self, CalendarDate};
use super::period::Period;
use super::time_focus::TimeFocus;
use crate::matching::stop_words::{Weight, weight};

/// A question, reduced to the words that carry its meaning.
pub(crate) struct Question {
    pub(crate) language: Language,
    pub(crate) terms: Vec<Term>,
    /// The kind of answer it expects.
    pub(super) expected: Option<AnswerKind>,
    /// The point in time it focuses on.
    pub(crate) time_focus: TimeFocus,
    /// The month or year that it asks about.
    pub(crate) period: Option<Period>,
    /// Whether it asks where somebody lives or where to deliver.
    pub(super) wants_address: bool,
}

/// A meaningful word of a question.
pub(crate) struct Term {
    pub(crate) word: Word,
    pub(crate) stem: String,
    /// The dates that it names, alone or with its neighbours. Empty for most words.
    pub(super) dates: Vec<CalendarDate>,
    /// Its stem in each language, in the order of [`Language::ALL`].
    stems: [String; 3],
    /// Its weight before rarity is considered.
    pub(crate) weight: f64,
    /// Whether this word alone is enough for a memory to share meaning with the question.
    pub(crate) decides: bool,
}

/// Weight of a common word besides a word that names something.
const LIGHT_WEIGHT: f64 = 0.4;
/// Maximum number of terms. Further words are ignored.
const MAX_TERMS: usize = 64;

impl Question {
    /// Parses a question. Without any meaningful word, it matches nothing.
    pub(crate) fn parse(text: &str) -> Self {
        let words = search_words(text);
        let time_focus = TimeFocus::from_words(&words);
        let mentions = calendar::mentions(&words);
        let period = Period::from_words(&words)
            .or_else(|| mentions.first().map(|mention| Period::of(mention.date)));
        let wants_address = asks_for_address(&words);
        let language = Language::detect(&words);
        let strongest = words
            .iter()
            .map(|word| weight(word, language))
            .max()
            .unwrap_or(Weight::Grammar);
        let mut terms: Vec<Term> = Vec::new();
        for (at, word) in words.into_iter().enumerate() {
            if terms.len() == MAX_TERMS {
                break;
            }
            let weight = weight(&word, language);
            let known = terms.iter().any(|term| term.word.whole == word.whole);
            if let (false, Some(term_weight)) = (known, term_weight(weight, strongest)) {
                let stems = Language::ALL.map(|language| language.stem(&word.text));
                let naming = mentions
                    .iter()
                    .filter(|mention| mention.words.contains(&at));
                terms.push(Term {
                    dates: naming.map(|mention| mention.date).collect(),
                    stem: language.stem(&word.text),
                    stems,
                    weight: term_weight,
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

    /// Whether it asks for a number or a code.
    pub(super) fn wants_number(&self) -> bool {
        self.expected == Some(AnswerKind::Number)
    }
}

impl Term {
    /// Returns the keys of memories that mention the same month.
    pub(crate) fn date_keys(&self) -> impl Iterator<Item = String> {
        self.dates.iter().map(|date| date.key())
    }

    /// Returns all spellings of a matching word.
    pub(crate) fn spellings(&self) -> impl Iterator<Item = &str> {
        let own = [&self.word.whole, &self.stem]
            .into_iter()
            .chain(&self.stems)
            .chain(&self.word.parts);
        own.map(String::as_str)
    }

    /// Returns its stem as a word of this language.
    pub(super) fn stem_in(&self, language: Language) -> &str {
        &self.stems[language as usize]
    }
}

fn term_weight(weight: Weight, strongest: Weight) -> Option<f64> {
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
    fn grammatical_words_are_not_searched_for() {
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
    fn the_subject_is_searched_for_if_nothing_else_is_left() {
        assert_eq!(terms("the customer"), ["customer"]);
    }

    #[test]
    fn a_question_of_grammatical_words_has_no_terms() {
        assert!(terms("what is it?").is_empty());
    }
}
