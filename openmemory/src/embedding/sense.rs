//! What a text means, out of the bundled vectors of its words. It is worked out wherever it is needed and never kept.

use super::table::{Row, Table};
use crate::words::Word;

/// The words of a text that the table knows, and their weighted mean.
pub(crate) struct Sense {
    words: Vec<Known>,
    /// Of length 1; nothing but zeros where no word is known.
    mean: Vec<f32>,
}

struct Known {
    row: Row,
    weight: f32,
}

/// How close a text is to a question.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Closeness {
    /// The cosine of their means.
    pub(crate) mean: f64,
    /// How well each word of the question is met by the word that is nearest to it, on average.
    pub(crate) word_by_word: f64,
}

/// What a word counts that is only known in another form.
const OTHER_FORM: f32 = 0.8;
/// What the first part of a compound counts beside its last, which says what it is.
const FIRST_PART: f32 = 0.6;
/// Another form shares at least this part of a word, and this many bytes.
const SHARED_PART: f64 = 0.7;
const SHARED_BYTES: usize = 4;
/// The shortest parts of a compound.
const SHORTEST_FIRST: usize = 3;
const SHORTEST_LAST: usize = 4;
/// Letters that German and Dutch put between the parts of a compound.
const LINKS: [&str; 4] = ["s", "es", "n", "en"];
/// Words of less weight are grammar: meeting one says less.
const GRAMMAR: f32 = 0.3;

impl Sense {
    /// What these words mean together, each with its weight.
    pub(crate) fn of<'a>(table: &Table, words: impl Iterator<Item = (&'a Word, f32)>) -> Self {
        let mut known = Vec::new();
        words.for_each(|(word, weight)| look_up(table, word, weight, &mut known));
        let mut mean = vec![0.0; table.dimensions()];
        for Known { row, weight } in &known {
            let scale = weight * table.scale(*row);
            mean.iter_mut().zip(table.vector(*row)).for_each(|(sum, value)| *sum += scale * f32::from(*value as i8));
        }
        let length = mean.iter().map(|value| value * value).sum::<f32>().sqrt();
        if length > f32::EPSILON {
            mean.iter_mut().for_each(|value| *value /= length);
        }
        Self { words: known, mean }
    }

    /// How close this text is to a question.
    pub(crate) fn closeness(&self, table: &Table, question: &Self) -> Closeness {
        let mean: f32 = self.mean.iter().zip(&question.mean).map(|(one, other)| one * other).sum();
        let weight: f32 = question.words.iter().map(|word| word.weight).sum();
        let met: f32 = question.words.iter().map(|word| word.weight * self.nearest(table, word.row)).sum();
        let word_by_word = if weight > 0.0 { met / weight } else { 0.0 };
        Closeness { mean: f64::from(mean), word_by_word: f64::from(word_by_word) }
    }

    fn nearest(&self, table: &Table, asked: Row) -> f32 {
        let near = |word: &Known| {
            let part = if word.weight < GRAMMAR { 0.5 } else { 1.0 };
            part * cosine(table, asked, word.row)
        };
        let nearest = self.words.iter().map(near).fold(0.0, f32::max);
        nearest * nearest
    }
}

fn cosine(table: &Table, one: Row, other: Row) -> f32 {
    let products = table.vector(one).iter().zip(table.vector(other));
    let sum: i32 = products.map(|(one, other)| i32::from(*one as i8) * i32::from(*other as i8)).sum();
    sum as f32 * table.scale(one) * table.scale(other)
}

fn look_up(table: &Table, word: &Word, weight: f32, into: &mut Vec<Known>) {
    let mut add = |row: Row, part: f32| into.push(Known { row, weight: weight * part * table.weight(row) });
    if let Some(row) = table.find(&word.whole) {
        return add(row, 1.0);
    }
    if word.has_digit() {
        return;
    }
    if !word.parts.is_empty() {
        word.parts.iter().filter_map(|part| table.find(part)).for_each(|row| add(row, 1.0));
        return;
    }
    let nearest = table.nearest_form(&word.whole);
    let is_form = |shared: usize| shared >= SHARED_BYTES && shared as f64 >= SHARED_PART * word.whole.len() as f64;
    if let Some((row, _)) = nearest.filter(|(_, shared)| is_form(*shared)) {
        add(row, OTHER_FORM);
    } else if let Some((first, last)) = compound(table, &word.whole) {
        first.into_iter().for_each(|row| add(row, FIRST_PART));
        add(last, 1.0);
    }
}

/// The parts of `Lieferadresse`, the last one as long as can be; the first may be unknown.
fn compound(table: &Table, word: &str) -> Option<(Option<Row>, Row)> {
    let bounds = word.char_indices().map(|(at, _)| at).skip(SHORTEST_FIRST);
    let mut bounds = bounds.filter(|at| word.len() - at >= SHORTEST_LAST);
    let (first, last) = bounds.find_map(|at| Some((&word[..at], table.find(&word[at..])?)))?;
    let unlinked = LINKS.iter().filter_map(|link| first.strip_suffix(link)).filter(|part| part.len() >= SHORTEST_FIRST);
    let first = [first].into_iter().chain(unlinked).find_map(|part| table.find(part));
    Some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words;

    fn closeness(question: &str, text: &str) -> Closeness {
        let table = Table::bundled().unwrap();
        let sense = |text: &str| Sense::of(table, words(text).iter().map(|word| (word, 1.0)));
        sense(text).closeness(table, &sense(question))
    }

    #[test]
    fn other_words_of_the_same_meaning_are_closer_than_words_of_another() {
        for (question, answer, other) in [
            ("delivery address", "She lives at 14 Quay Street.", "She is allergic to nuts."),
            ("medication", "He takes pills for his blood pressure.", "He has two dogs."),
            ("Lieferadresse", "Sie wohnt in der Hafenstraße 3.", "Sie mag keine Oliven."),
            ("animales", "Tiene un perro llamado Canelo.", "Pagó con tarjeta."),
            ("what pets does she have", "Sie hat eine Katze.", "Sie zahlt per Lastschrift."),
        ] {
            let (near, far) = (closeness(question, answer), closeness(question, other));
            assert!(near.mean + near.word_by_word > far.mean + far.word_by_word, "{question}: {near:?} {far:?}");
        }
    }

    #[test]
    fn accents_make_no_difference_and_unknown_words_mean_nothing() {
        assert_eq!(closeness("envío", "envio").mean, closeness("envio", "envio").mean);
        assert_eq!(closeness("qqzzx", "She lives at 14 Quay Street."), Closeness::default());
    }
}
