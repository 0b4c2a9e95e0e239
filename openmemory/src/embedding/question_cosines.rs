//! A cache of the cosines between the words of one question and other words.

use std::collections::HashMap;

use super::embedded_text::WeightedWord;
use super::table::{Row, Table};

/// The cosines of each table word that was compared with one question.
#[derive(Default)]
pub(super) struct QuestionCosines {
    /// Offset in `cosines` for each table word: one cosine for each question word.
    offsets: HashMap<Row, usize>,
    cosines: Vec<f32>,
}

impl QuestionCosines {
    /// Returns the cosine of a table word with each word of the question, in order.
    pub(super) fn with_word(
        &mut self,
        table: &Table,
        question: &[WeightedWord],
        row: Row,
    ) -> &[f32] {
        let cosines = &mut self.cosines;
        let start = *self.offsets.entry(row).or_insert_with(|| {
            cosines.extend(question.iter().map(|asked| table.cosine(asked.row, row)));
            cosines.len() - question.len()
        });
        &self.cosines[start..start + question.len()]
    }
}
