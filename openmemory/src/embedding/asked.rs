//! A question held against many texts. What a word came to once is kept until the next question.

use std::collections::HashMap;

use super::sense::{Closeness, GRAMMAR, GRAMMAR_PART, Known, Meant, Sense, look_up, look_up_spelling};
use super::table::{Row, Table};
use crate::words::Word;

/// The sense of a question, and what was worked out for it so far.
pub(crate) struct Asked<'a> {
    table: &'a Table,
    question: Sense,
    /// What plain words mean, by their folded spelling.
    spellings: HashMap<String, Vec<Meant>>,
    /// Where in `cosines` those of a word of the table begin, one for each word of the question.
    places: HashMap<Row, usize>,
    cosines: Vec<f32>,
}

impl<'a> Asked<'a> {
    /// A question of these words.
    pub(crate) fn new(table: &'a Table, words: &[Word]) -> Self {
        let meant = words.iter().flat_map(|word| look_up(table, word)).map(|meant| (meant, 1.0));
        let question = Sense::of(table, meant);
        Self { table, question, spellings: HashMap::new(), places: HashMap::new(), cosines: Vec::new() }
    }

    /// How close a text is, whose words have these weights.
    pub(crate) fn closeness<'w>(&mut self, words: impl Iterator<Item = (&'w Word, f32)>) -> Closeness {
        let mut meant = Vec::new();
        for (word, weight) in words {
            self.look_up(word, |one| meant.push((one, weight)));
        }
        let text = Sense::of(self.table, meant.into_iter());
        let mut nearest = vec![0.0; self.question.words().len()];
        text.words().iter().for_each(|word| self.meet(*word, &mut nearest));
        Closeness { mean: f64::from(text.cosine(&self.question)), word_by_word: self.met(&nearest) }
    }

    /// How many words of the question are known.
    pub(crate) fn len(&self) -> usize {
        self.question.words().len()
    }

    /// What one spelling contributes to a text: into `nearest` how near it is to each word of the
    /// question, and the weight and the cosine with the whole question that it has in the mean.
    pub(crate) fn contribution(&mut self, spelling: &str, nearest: &mut [f32]) -> (f32, f32) {
        let (mut weight, mut cosine) = (0.0, 0.0);
        for meant in look_up_spelling(self.table, spelling) {
            let word = Known::new(self.table, meant, 1.0);
            self.meet(word, nearest);
            weight += word.weight;
            cosine += word.weight * self.question.cosine_with(self.table, word.row);
        }
        (weight, cosine)
    }

    /// How well the words of the question are met on average, where the nearest word is so near to
    /// each.
    pub(crate) fn met(&self, nearest: &[f32]) -> f64 {
        let words = self.question.words();
        let weight: f32 = words.iter().map(|word| word.weight).sum();
        let met: f32 = words.iter().zip(nearest).map(|(word, nearest)| word.weight * (nearest * nearest)).sum();
        if weight > 0.0 { f64::from(met / weight) } else { 0.0 }
    }

    fn look_up(&mut self, word: &Word, mut each: impl FnMut(Meant)) {
        if !word.parts.is_empty() {
            return look_up(self.table, word).into_iter().for_each(each);
        }
        if let Some(known) = self.spellings.get(&word.whole) {
            return known.iter().copied().for_each(each);
        }
        let meant = look_up(self.table, word);
        meant.iter().copied().for_each(&mut each);
        self.spellings.insert(word.whole.clone(), meant);
    }

    fn meet(&mut self, word: Known, nearest: &mut [f32]) {
        let Self { table, question, places, cosines, .. } = self;
        let start = *places.entry(word.row).or_insert_with(|| {
            cosines.extend(question.words().iter().map(|asked| table.cosine(asked.row, word.row)));
            cosines.len() - question.words().len()
        });
        let part = if word.weight < GRAMMAR { GRAMMAR_PART } else { 1.0 };
        for (nearest, cosine) in nearest.iter_mut().zip(&cosines[start..]) {
            *nearest = nearest.max(part * cosine);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words;

    fn closeness(question: &str, text: &str) -> Closeness {
        let mut asked = Asked::new(Table::bundled().unwrap(), &words(question));
        asked.closeness(words(text).iter().map(|word| (word, 1.0)))
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

    #[test]
    fn what_is_kept_of_earlier_texts_changes_no_later_result() {
        let mut asked = Asked::new(Table::bundled().unwrap(), &words("Lieferadresse der well-being Kundin 4711"));
        for text in [
            "Sie wohnt in der Hafenstraße 3.",
            "well-being at 4711",
            "wellbeing at work",
            "Lieferungen, die Lieferadressen",
        ] {
            let text = words(text);
            for _ in 0..2 {
                let mut fresh =
                    Asked::new(Table::bundled().unwrap(), &words("Lieferadresse der well-being Kundin 4711"));
                let of = |asked: &mut Asked<'_>| asked.closeness(text.iter().map(|word| (word, 1.0)));
                assert_eq!(of(&mut asked), of(&mut fresh));
            }
        }
    }
}
