//! A question held against many texts. What a word came to once is kept until the next question.

use std::collections::{HashMap, HashSet};

use super::embedded_text::{
    Closeness, EmbeddedText, GRAMMAR_MATCH_WEIGHT, GRAMMAR_MAX_WEIGHT, TableMatch, Vector,
    WeightedWord, look_up, look_up_spelling,
};
use super::table::{Row, Table};
use crate::relevance::rarity;
use crate::words::Word;

/// The sense of a question, and what was worked out for it so far.
pub(crate) struct QuestionVectors<'a> {
    table: &'a Table,
    question: EmbeddedText,
    /// The mean of the question, without most of what all texts have in common with it.
    direction: Vector,
    /// What plain words mean, by their folded spelling.
    spellings: HashMap<String, Vec<TableMatch>>,
    /// Where in `cosines` those of a word of the table begin, one for each word of the question.
    places: HashMap<Row, usize>,
    cosines: Vec<f32>,
}

/// What one spelling means.
pub(crate) struct Meaning(Vec<WeightedWord>);

/// The part that is taken away of what all texts have in common: sentences about anything are near
/// to a question in a sentence, and bare keywords are near to none.
const COMMON_PART: f32 = 0.75;
/// What few texts have in common may be the answer: it counts as if there were so many more, which
/// have nothing in common.
const PRIOR_TEXTS: f32 = 5.0;

impl<'a> QuestionVectors<'a> {
    /// A question of these words.
    pub(crate) fn new(table: &'a Table, words: &[Word]) -> Self {
        let meant = words
            .iter()
            .flat_map(|word| look_up(table, word))
            .map(|meant| (meant, 1.0));
        let question = EmbeddedText::new(table, meant);
        let direction = question.mean().clone();
        Self {
            table,
            question,
            direction,
            spellings: HashMap::new(),
            places: HashMap::new(),
            cosines: Vec::new(),
        }
    }

    /// How close each text is, whose words have these weights and which stands for so many texts.
    pub(crate) fn closeness<'w, T>(
        &mut self,
        texts: impl Iterator<Item = T>,
        sample_weights: &[f64],
    ) -> Vec<Closeness>
    where
        T: Iterator<Item = (&'w Word, f32)>,
    {
        let senses: Vec<EmbeddedText> = texts.map(|text| self.sense(text)).collect();
        let mut common = Vector::zero(self.table);
        senses
            .iter()
            .zip(sample_weights)
            .for_each(|(sense, times)| common.add(sense.mean(), *times as f32));
        self.remove_common(&common, sample_weights.iter().sum::<f64>() as f32);
        let having = having(&senses, sample_weights);
        let among = sample_weights.iter().sum();
        let rarity = |row: &Row| rarity(having.get(row).copied().unwrap_or_default(), among);
        senses
            .iter()
            .map(|sense| self.closeness_of(sense, rarity))
            .collect()
    }

    fn closeness_of(&mut self, text: &EmbeddedText, rarity: impl Fn(&Row) -> f64) -> Closeness {
        let mut nearest = vec![0.0; self.question.words().len()];
        let mut nearest_rare = nearest.clone();
        for word in text.words() {
            self.match_word(*word, 1.0, &mut nearest);
            self.match_word(*word, match_weight(rarity(&word.row)), &mut nearest_rare);
        }
        Closeness {
            mean: f64::from(text.mean().cosine(&self.direction)),
            word_by_word: self.met(&nearest),
            word_by_rare_word: self.met(&nearest_rare),
        }
    }

    /// How many words of the question are known.
    pub(crate) fn len(&self) -> usize {
        self.question.words().len()
    }

    /// What a folded spelling means.
    pub(crate) fn meaning(&self, spelling: &str) -> Meaning {
        let meant = look_up_spelling(self.table, spelling);
        Meaning(
            meant
                .into_iter()
                .map(|meant| WeightedWord::new(self.table, meant, 1.0))
                .collect(),
        )
    }

    /// Takes away what all texts have in common: of each meaning there is so much.
    pub(crate) fn remove_common_words<'m>(
        &mut self,
        shares: impl Iterator<Item = (&'m Meaning, f32)>,
    ) {
        let (mut common, mut texts) = (Vector::zero(self.table), 0.0);
        for (meaning, share) in shares {
            let words = meaning.0.iter().map(|word| WeightedWord {
                weight: word.weight * share,
                ..*word
            });
            words.for_each(|word| common.add_word(self.table, word));
            texts += meaning.weight() * share;
        }
        self.remove_common(&common, texts);
    }

    fn remove_common(&mut self, sum: &Vector, texts: f32) {
        if self.len() == 0 {
            return;
        }
        let mut direction = self.question.mean().clone();
        direction.add(sum, -COMMON_PART / (texts + PRIOR_TEXTS));
        direction.normalise();
        self.direction = direction;
    }

    /// Into `nearest` how near a meaning of that rarity is to each word of the question.
    pub(crate) fn match_rare(&mut self, meaning: &Meaning, rarity: f64, nearest: &mut [f32]) {
        meaning
            .0
            .iter()
            .for_each(|word| self.match_word(*word, match_weight(rarity), nearest));
    }

    /// The weight of a meaning in the mean of a text, and its cosine with the question times that.
    pub(crate) fn share_of_mean(&self, meaning: &Meaning) -> [f32; 2] {
        let cosine =
            |word: &WeightedWord| word.weight * self.direction.cosine_with(self.table, word.row);
        [meaning.weight(), meaning.0.iter().map(cosine).sum()]
    }

    /// How well the words of the question are met on average, where the nearest word is so near to
    /// each.
    pub(crate) fn met(&self, nearest: &[f32]) -> f64 {
        let words = self.question.words();
        let weight: f32 = words.iter().map(|word| word.weight).sum();
        let met: f32 = words
            .iter()
            .zip(nearest)
            .map(|(word, nearest)| word.weight * (nearest * nearest))
            .sum();
        if weight > 0.0 {
            f64::from(met / weight)
        } else {
            0.0
        }
    }

    fn sense<'w>(&mut self, words: impl Iterator<Item = (&'w Word, f32)>) -> EmbeddedText {
        let mut meant = Vec::new();
        for (word, weight) in words {
            self.look_up(word, |one| meant.push((one, weight)));
        }
        EmbeddedText::new(self.table, meant.into_iter())
    }

    fn look_up(&mut self, word: &Word, mut each: impl FnMut(TableMatch)) {
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

    fn match_word(&mut self, word: WeightedWord, match_weight: f32, nearest: &mut [f32]) {
        let Self {
            table,
            question,
            places,
            cosines,
            ..
        } = self;
        let start = *places.entry(word.row).or_insert_with(|| {
            cosines.extend(
                question
                    .words()
                    .iter()
                    .map(|asked| table.cosine(asked.row, word.row)),
            );
            cosines.len() - question.words().len()
        });
        let part = if word.weight < GRAMMAR_MAX_WEIGHT {
            GRAMMAR_MATCH_WEIGHT
        } else {
            1.0
        };
        for (nearest, cosine) in nearest.iter_mut().zip(&cosines[start..]) {
            *nearest = nearest.max(match_weight * part * cosine);
        }
    }
}

impl Meaning {
    /// What its words weigh together.
    pub(crate) fn weight(&self) -> f32 {
        self.0.iter().map(|word| word.weight).sum()
    }
}

/// How many texts have each word, by how many each text stands for.
fn having(senses: &[EmbeddedText], sample_weights: &[f64]) -> HashMap<Row, f64> {
    let mut having = HashMap::new();
    for (sense, times) in senses.iter().zip(sample_weights) {
        let rows: HashSet<Row> = sense.words().iter().map(|word| word.row).collect();
        rows.into_iter()
            .for_each(|row| *having.entry(row).or_default() += times);
    }
    having
}

/// What meeting a word of that rarity says.
fn match_weight(rarity: f64) -> f32 {
    rarity.clamp(0.0, 1.0).sqrt() as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words;

    fn asked(question: &str) -> QuestionVectors<'static> {
        QuestionVectors::new(Table::bundled().unwrap(), &words(question))
    }

    fn closeness(asked: &mut QuestionVectors<'_>, texts: &[&str]) -> Vec<Closeness> {
        let texts: Vec<Vec<Word>> = texts.iter().map(|text| words(text)).collect();
        asked.closeness(
            texts.iter().map(|text| text.iter().map(|word| (word, 1.0))),
            &vec![1.0; texts.len()],
        )
    }

    #[test]
    fn other_words_of_the_same_meaning_are_closer_than_words_of_another() {
        for (question, answer, other) in [
            (
                "delivery address",
                "She lives at 14 Quay Street.",
                "She is allergic to nuts.",
            ),
            (
                "medication",
                "He takes pills for his blood pressure.",
                "He has two dogs.",
            ),
            (
                "Lieferadresse",
                "Sie wohnt in der Hafenstraße 3.",
                "Sie mag keine Oliven.",
            ),
            (
                "Bestellnummer",
                "Sie hat zwei Lampen bestellt.",
                "Sie ist gegen Nüsse allergisch.",
            ),
            (
                "animales",
                "Tiene un perro llamado Canelo.",
                "Pagó con tarjeta.",
            ),
            (
                "what pets does she have",
                "Sie hat eine Katze.",
                "Sie zahlt per Lastschrift.",
            ),
        ] {
            let close = closeness(&mut asked(question), &[answer, other]);
            let sum = |close: Closeness| close.mean + close.word_by_word;
            assert!(sum(close[0]) > sum(close[1]), "{question}: {close:?}");
        }
    }

    #[test]
    fn accents_make_no_difference_and_unknown_words_mean_nothing() {
        let of = |question: &str| {
            closeness(
                &mut asked(question),
                &["envio", "She lives at 14 Quay Street."],
            )
        };
        assert_eq!(of("envío"), of("envio"));
        assert_eq!(of("qqzzx"), [Closeness::default(); 2]);
    }

    #[test]
    fn what_is_kept_of_earlier_texts_changes_no_later_result() {
        let question = "Lieferadresse der well-being Kundin 4711";
        let mut kept = asked(question);
        let texts = [
            "Sie wohnt in der Hafenstraße 3.",
            "well-being at 4711",
            "wellbeing at work",
            "Lieferungen, die Lieferadressen",
        ];
        for end in 1..=texts.len() {
            for _ in 0..2 {
                assert_eq!(
                    closeness(&mut kept, &texts[..end]),
                    closeness(&mut asked(question), &texts[..end])
                );
            }
        }
    }

    #[test]
    fn what_all_texts_say_brings_none_of_them_closer() {
        let about = [
            "snowmen",
            "meteors",
            "volcanoes",
            "opera",
            "maps",
            "geese",
            "mushrooms",
            "films",
            "boats",
        ];
        let alike: Vec<String> = about
            .iter()
            .map(|about| format!("A guest talked about {about}."))
            .collect();
        let texts: Vec<&str> = alike
            .iter()
            .map(String::as_str)
            .chain(["They discussed the price."])
            .collect();
        let close = closeness(&mut asked("what was talked about"), &texts);
        let plain = |text| {
            f64::from(
                asked(text)
                    .question
                    .mean()
                    .cosine(asked("what was talked about").question.mean()),
            )
        };
        assert!(
            close[9].mean - close[0].mean > plain(texts[9]) - plain(texts[0]),
            "{close:?}"
        );
        assert!(
            close[0].word_by_rare_word < close[0].word_by_word,
            "{close:?}"
        );
    }

    #[test]
    fn the_common_part_is_the_same_by_texts_and_by_words() {
        let texts = ["guest snowmen", "guest meteors", "guest volcanoes"];
        let (mut by_texts, mut by_words) =
            (asked("a guest of the house"), asked("a guest of the house"));
        closeness(&mut by_texts, &texts);
        let meanings: Vec<Meaning> = texts
            .iter()
            .flat_map(|text| text.split(' '))
            .map(|word| by_words.meaning(word))
            .collect();
        let weights = meanings
            .chunks(2)
            .map(|text| text[0].weight() + text[1].weight());
        let shares: Vec<f32> = weights.flat_map(|weight| [weight.recip(); 2]).collect();
        by_words.remove_common_words(meanings.iter().zip(shares));
        assert!(by_texts.direction.cosine(&by_words.direction) > 0.95);
    }
}
