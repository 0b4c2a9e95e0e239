//! A memory, prepared for searching.

use std::cell::OnceCell;

use serde_json::{Map, Value};
use text::stems::Language;
use text::{Word, search_words};

use super::address::has_address;
use super::calendar::{self, CalendarDate};
use super::question::{Question, Term};

/// The searchable words of a memory.
pub(crate) struct Passage {
    content: Vec<Stemmed>,
    hints: Vec<Stemmed>,
    languages: Languages,
    /// Computed when a question names a date.
    dates: OnceCell<Vec<CalendarDate>>,
}

/// Languages of the memory and of the question.
#[derive(Clone, Copy)]
struct Languages {
    own: Language,
    asked: Language,
}

/// A word with its stems.
struct Stemmed {
    word: Word,
    /// Computed on the first comparison with a question word that begins alike.
    stems: OnceCell<Stems>,
}

/// Stems in the language of the memory (`own`) and of the question (`asked`).
struct Stems {
    own: String,
    asked: String,
}

/// Strength of a match in tags, search hints or entities; a match in the content has strength 1.
const HINT_STRENGTH: f64 = 0.8;
/// Weight of such a word in the meaning of the memory.
const HINT_SENSE: f32 = 0.5;
/// Minimum number of digits of an order, account or reference number.
const CODE_DIGITS: usize = 4;
/// Strength of a match with a derived word, such as "ship" and "shipment".
const DERIVED_STRENGTH: f64 = 0.7;
/// Strength of a match with the letters of a code whose digits differ.
const CODE_LETTERS_STRENGTH: f64 = 0.25;

impl Passage {
    /// Prepares a memory for a question in the language `asked`.
    pub(crate) fn new(content: &str, metadata: &Map<String, Value>, asked: Language) -> Self {
        let content = search_words(content);
        let language = Language::detect(&content);
        let hints = hints(metadata);
        let stemmed = |word| Stemmed {
            word,
            stems: OnceCell::new(),
        };
        Self {
            content: content.into_iter().map(stemmed).collect(),
            hints: search_words(&hints).into_iter().map(stemmed).collect(),
            languages: Languages {
                own: language,
                asked,
            },
            dates: OnceCell::new(),
        }
    }

    /// Whether the content may contain the kind of answer that the question expects. True if it
    /// expects none in particular.
    pub(crate) fn may_answer(&self, question: &Question) -> bool {
        question.expected.is_none_or(|expected| {
            expected.may_be_in(self.content.iter().map(|stemmed| &stemmed.word))
        })
    }

    /// Returns its words with their weight in the meaning. Words of the metadata have less weight.
    pub(crate) fn weighted(&self) -> impl Iterator<Item = (&Word, f32)> {
        let content = self.content.iter().map(|stemmed| (&stemmed.word, 1.0));
        content.chain(self.hints.iter().map(|stemmed| (&stemmed.word, HINT_SENSE)))
    }

    /// Whether the content has the number or address that the question asks for.
    pub(crate) fn has_requested_detail(&self, question: &Question) -> bool {
        let words = || self.content.iter().map(|stemmed| &stemmed.word);
        (question.wants_number() && self.has_code())
            || (question.wants_address && has_address(words()))
    }

    /// Whether the content names an order, account or reference: a long number, or letters with
    /// digits.
    fn has_code(&self) -> bool {
        self.content.iter().any(|stemmed| {
            let digits = stemmed
                .word
                .whole
                .chars()
                .filter(char::is_ascii_digit)
                .count();
            digits >= CODE_DIGITS
                || (digits >= 2
                    && stemmed
                        .word
                        .parts
                        .iter()
                        .any(|part| part.parse::<u64>().is_err()))
        })
    }

    /// Returns how strongly a term matches, 0..=1. The words of a date match another spelling of the
    /// same date, and no other date.
    pub(crate) fn strength(&self, term: &Term) -> f64 {
        if let Some(agrees) = self.agrees_on_date(term) {
            return if agrees { 1.0 } else { 0.0 };
        }
        let in_content = best(&self.content, term, self.languages);
        if in_content >= 1.0 {
            return in_content;
        }
        in_content.max(HINT_STRENGTH * best(&self.hints, term, self.languages))
    }

    /// Whether a date of this memory is one that the term names. `None` unless both name dates.
    fn agrees_on_date(&self, term: &Term) -> Option<bool> {
        if term.dates.is_empty() {
            return None;
        }
        let own = self.dates.get_or_init(|| dates_in(&self.content));
        let agrees = |date: &CalendarDate| own.iter().any(|own| own.agrees_with(*date));
        (!own.is_empty()).then(|| term.dates.iter().any(agrees))
    }

    /// Returns the share of neighbouring question terms that are also close together here, 0..=1.
    pub(crate) fn closeness(&self, question: &Question) -> f64 {
        if question.terms.len() < 2 {
            return 1.0;
        }
        let places: Vec<Vec<usize>> = question
            .terms
            .iter()
            .map(|term| self.places(term))
            .collect();
        let near = places
            .windows(2)
            .filter(|pair| are_near(&pair[0], &pair[1]))
            .count();
        near as f64 / (places.len() - 1) as f64
    }

    fn places(&self, term: &Term) -> Vec<usize> {
        let found = |(_, word): &(usize, &Stemmed)| word.matches(term, self.languages) >= 1.0;
        self.content
            .iter()
            .enumerate()
            .filter(found)
            .map(|(place, _)| place)
            .collect()
    }
}

fn dates_in(content: &[Stemmed]) -> Vec<CalendarDate> {
    let words: Vec<Word> = content.iter().map(|stemmed| stemmed.word.clone()).collect();
    let mentions = calendar::mentions(&words);
    mentions.iter().map(|mention| mention.date).collect()
}

/// Collects the metadata texts by which a memory is found.
pub(crate) fn hints(metadata: &Map<String, Value>) -> String {
    let mut hints = String::new();
    for name in ["tags", "search_hints", "entities", "category"] {
        collect_strings(metadata.get(name), &mut hints);
    }
    hints
}

impl Stemmed {
    fn matches(&self, term: &Term, languages: Languages) -> f64 {
        if self.word.whole == term.word.whole || self.word.parts.contains(&term.word.whole) {
            return 1.0;
        }
        if self.word.has_digit() || term.word.has_digit() {
            return 0.0;
        }
        if self.has_part(term) {
            return 1.0;
        }
        if !begin_alike(&self.word.whole, &term.word.whole) {
            return 0.0;
        }
        let stems = self.stems.get_or_init(|| Stems::of(&self.word, languages));
        if stems.asked == term.stem || stems.own == term.stem_in(languages.own) {
            return 1.0;
        }
        if is_derived(&stems.asked, &term.stem) {
            DERIVED_STRENGTH
        } else {
            0.0
        }
    }

    fn has_part(&self, term: &Term) -> bool {
        self.word.parts.contains(&term.stem)
    }
}

impl Stems {
    fn of(word: &Word, Languages { own, asked }: Languages) -> Self {
        let own_stem = own.stem(&word.text);
        let asked = if own == asked {
            own_stem.clone()
        } else {
            asked.stem(&word.text)
        };
        Self {
            own: own_stem,
            asked,
        }
    }
}

/// Whether two words may have the same stem. A stem starts with the first letter of its word.
fn begin_alike(one: &str, other: &str) -> bool {
    one.chars().next() == other.chars().next()
}

fn best(words: &[Stemmed], term: &Term, languages: Languages) -> f64 {
    let single = words
        .iter()
        .map(|word| word.matches(term, languages))
        .fold(0.0, f64::max);
    single.max(in_parts(words, term))
}

/// Matches a code by its parts: `XYZ789` matches "xyz 789". With other digits it is another
/// article.
fn in_parts(words: &[Stemmed], term: &Term) -> f64 {
    if term.word.parts.is_empty() {
        return 0.0;
    }
    let has = |part: &String| {
        words
            .iter()
            .any(|word| word.word.whole == *part || word.word.parts.contains(part))
    };
    let (digits, letters): (Vec<_>, Vec<_>) = term
        .word
        .parts
        .iter()
        .partition(|part| part.chars().any(char::is_numeric));
    let all_digits = digits.iter().all(|part| has(part));
    let all_letters = letters.iter().all(|part| has(part));
    match (all_digits, all_letters) {
        (true, true) => 1.0,
        (true, false) if !digits.is_empty() => DERIVED_STRENGTH,
        (false, true) if letters.iter().any(|part| part.len() > 1) => CODE_LETTERS_STRENGTH,
        _ => 0.0,
    }
}

/// Returns how strongly a stored term matches a word of the question: as the same word, or as a
/// derived one.
pub(crate) fn derived_strength(asked: &Term, kept: &str) -> f32 {
    if asked.spellings().any(|spelling| spelling == kept) {
        1.0
    } else if is_derived(kept, &asked.stem) {
        DERIVED_STRENGTH as f32
    } else {
        0.0
    }
}

fn is_derived(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    short.len() >= 4
        && long
            .strip_prefix(short)
            .is_some_and(|ending| ENDINGS.contains(&ending))
}

fn are_near(some: &[usize], others: &[usize]) -> bool {
    some.iter()
        .any(|one| others.iter().any(|other| one.abs_diff(*other) <= 3))
}

/// Collects every string inside a metadata value, at any depth.
fn collect_strings(value: Option<&Value>, into: &mut String) {
    match value {
        Some(Value::String(text)) => {
            into.push_str(text);
            into.push('\n');
        }
        Some(Value::Array(items)) => items
            .iter()
            .for_each(|item| collect_strings(Some(item), into)),
        Some(Value::Object(fields)) => fields
            .values()
            .for_each(|item| collect_strings(Some(item), into)),
        _ => {}
    }
}

/// Endings that separate a stem from a derived word.
#[rustfmt::skip]
const ENDINGS: &[&str] = &[
    "ment", "er", "ers", "or", "ion", "ation", "abl", "ibl", "al", "ly", "y", "i", "iti", "ness", "ist", "e", "s",
    "ung", "keit", "heit", "lich", "cion", "dad", "dor", "nt", "nc", "ent", "enc",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_stem_starts_with_the_first_letter_of_its_word(text in "(\\PC{1,8}|[a-zäöüßñáéíóúœł'-]{1,12}(s|ed|ing|ly|en|em|er|ung|os|as|ando|mente)?)") {
            for word in search_words(&text) {
                for stem in Language::ALL.map(|language| language.stem(&word.text)).iter().filter(|stem| !stem.is_empty()) {
                    prop_assert!(begin_alike(stem, &word.whole), "{:?} {}", word, stem);
                }
            }
        }
    }
}
