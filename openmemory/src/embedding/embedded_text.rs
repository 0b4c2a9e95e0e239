//! The meaning of a text, from the bundled vectors of its words. It is computed when needed and
//! never stored.

use text::{Word, has_digit};

use super::table::{Row, Table};

/// The words of a text that the table knows, and their weighted mean.
pub(super) struct EmbeddedText {
    words: Vec<WeightedWord>,
    mean: Vector,
}

/// A direction in the vector space. Its length is 1, or 0 if no word is known.
#[derive(Clone, Debug)]
pub(super) struct Vector(Vec<f32>);

/// A table word with its weight in a text.
#[derive(Clone, Copy)]
pub(super) struct WeightedWord {
    pub(super) row: Row,
    pub(super) weight: f32,
}

/// A table entry that a word stands for, and its share of the word.
#[derive(Clone, Copy)]
pub(super) struct TableMatch {
    row: Row,
    share: f32,
}

/// How close a text is to a question.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Closeness {
    /// Cosine of the text's mean and the question's mean, minus what the question shares with all
    /// of the texts.
    pub(crate) mean: f64,
    /// Average similarity of each question word to its nearest word in the text.
    pub(crate) word_by_word: f64,
    /// The same, but words that occur in many of the texts count less.
    pub(crate) word_by_rare_word: f64,
}

/// Weight of a word that the table only knows in another form.
const INFLECTED_FORM_WEIGHT: f32 = 0.8;
/// Weight of the first part of a compound. The last part says what it is and has weight 1.
const COMPOUND_FIRST_WEIGHT: f32 = 0.6;
/// Two forms of one word share at least this ratio of their bytes and this many bytes.
const MIN_SHARED_RATIO: f64 = 0.7;
const MIN_SHARED_BYTES: usize = 4;
/// Minimum length of the parts of a compound, in bytes.
const MIN_FIRST_BYTES: usize = 3;
const MIN_LAST_BYTES: usize = 4;
/// Letters that German and Dutch insert between the parts of a compound.
const LINKING_LETTERS: [&str; 4] = ["s", "es", "n", "en"];
/// A table word below this weight is a grammatical word. A match with one counts only in part.
pub(super) const GRAMMAR_MAX_WEIGHT: f32 = 0.3;
pub(super) const GRAMMAR_MATCH_WEIGHT: f32 = 0.5;

impl EmbeddedText {
    /// Combines table entries, each with its weight.
    pub(super) fn new(table: &Table, words: impl Iterator<Item = (TableMatch, f32)>) -> Self {
        let words: Vec<WeightedWord> = words
            .map(|(table_match, weight)| WeightedWord::new(table, table_match, weight))
            .collect();
        let mut mean = Vector::zero(table);
        words.iter().for_each(|word| mean.add_word(table, *word));
        mean.normalise();
        Self { words, mean }
    }

    pub(super) fn words(&self) -> &[WeightedWord] {
        &self.words
    }

    /// Returns only the mean.
    pub(super) fn into_mean(self) -> Vec<f32> {
        self.mean.0
    }

    pub(super) fn mean(&self) -> &Vector {
        &self.mean
    }
}

impl Vector {
    pub(super) fn zero(table: &Table) -> Self {
        Self(vec![0.0; table.dimensions()])
    }

    pub(super) fn add_word(&mut self, table: &Table, WeightedWord { row, weight }: WeightedWord) {
        let scale = weight * table.scale(row);
        self.0
            .iter_mut()
            .zip(table.vector(row))
            .for_each(|(sum, value)| *sum += scale * f32::from(*value as i8));
    }

    pub(super) fn add(&mut self, other: &Self, times: f32) {
        self.0
            .iter_mut()
            .zip(&other.0)
            .for_each(|(sum, value)| *sum += times * value);
    }

    pub(super) fn normalise(&mut self) {
        let length = self.0.iter().map(|value| value * value).sum::<f32>().sqrt();
        if length > f32::EPSILON {
            self.0.iter_mut().for_each(|value| *value /= length);
        }
    }

    pub(super) fn cosine(&self, other: &Self) -> f32 {
        self.0
            .iter()
            .zip(&other.0)
            .map(|(one, other)| one * other)
            .sum()
    }

    pub(super) fn cosine_with(&self, table: &Table, row: Row) -> f32 {
        let products = self
            .0
            .iter()
            .zip(table.vector(row))
            .map(|(one, other)| one * f32::from(*other as i8));
        products.sum::<f32>() * table.scale(row)
    }
}

impl WeightedWord {
    pub(super) fn new(table: &Table, table_match: TableMatch, weight: f32) -> Self {
        Self {
            row: table_match.row,
            weight: weight * table_match.share * table.weight(table_match.row),
        }
    }
}

/// Looks up a word, or the parts of a compound.
pub(super) fn look_up(table: &Table, word: &Word) -> Vec<TableMatch> {
    if word.parts.is_empty() || word.has_digit() {
        return look_up_spelling(table, &word.whole);
    }
    let whole = |row| TableMatch { row, share: 1.0 };
    if let Some(row) = table.find(&word.whole) {
        return vec![whole(row)];
    }
    word.parts
        .iter()
        .filter_map(|part| table.find(part))
        .map(whole)
        .collect()
}

/// Looks up a folded spelling: as it is, then as an inflected form, then as a compound.
pub(super) fn look_up_spelling(table: &Table, spelling: &str) -> Vec<TableMatch> {
    if let Some(row) = table.find(spelling) {
        return vec![TableMatch { row, share: 1.0 }];
    }
    if has_digit(spelling) {
        return Vec::new();
    }
    let nearest = table.nearest_form(spelling);
    let is_form = |shared: usize| {
        shared >= MIN_SHARED_BYTES && shared as f64 >= MIN_SHARED_RATIO * spelling.len() as f64
    };
    if let Some((row, _)) = nearest.filter(|(_, shared)| is_form(*shared)) {
        return vec![TableMatch {
            row,
            share: INFLECTED_FORM_WEIGHT,
        }];
    }
    let Some((first, last)) = split_compound(table, spelling) else {
        return Vec::new();
    };
    let first = first.map(|row| TableMatch {
        row,
        share: COMPOUND_FIRST_WEIGHT,
    });
    first
        .into_iter()
        .chain([TableMatch {
            row: last,
            share: 1.0,
        }])
        .collect()
}

/// Finds a table word with this beginning: the first part of `Bestellnummer` is not a word by
/// itself.
fn find_by_beginning(table: &Table, part: &str) -> Option<Row> {
    let (row, shared) = table.nearest_form(part)?;
    (shared == part.len() && shared >= MIN_SHARED_BYTES).then_some(row)
}

/// Splits a compound such as `Lieferadresse`, with the longest possible last part. The first part
/// may be unknown.
fn split_compound(table: &Table, word: &str) -> Option<(Option<Row>, Row)> {
    let bounds = word.char_indices().map(|(at, _)| at).skip(MIN_FIRST_BYTES);
    let mut bounds = bounds.filter(|at| word.len() - at >= MIN_LAST_BYTES);
    let (first, last) = bounds.find_map(|at| Some((&word[..at], table.find(&word[at..])?)))?;
    let unlinked = LINKING_LETTERS
        .iter()
        .filter_map(|link| first.strip_suffix(link))
        .filter(|part| part.len() >= MIN_FIRST_BYTES);
    let known = [first]
        .into_iter()
        .chain(unlinked)
        .find_map(|part| table.find(part));
    Some((known.or_else(|| find_by_beginning(table, first)), last))
}
