//! The bundled word vectors, read in place without copying.
//!
//! `static-embeddings/build.py` creates the table and describes its layout.

use std::sync::LazyLock;

static BYTES: &[u8] = include_bytes!("../../static-embeddings/table.bin");
static BUNDLED: LazyLock<Option<Table>> = LazyLock::new(|| Table::read(BYTES));

const MAGIC: &[u8] = b"OMTABLE1";
const HEADER_BYTES: usize = 24;

/// A table of words and their vectors. Nothing of it is copied.
#[derive(Debug)]
pub(crate) struct Table {
    bytes: &'static [u8],
    words: usize,
    dimensions: usize,
    slots: usize,
}

/// Row of a word in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Row(usize);

impl Table {
    /// Returns the bundled table, or `None` if it is damaged.
    pub(crate) fn bundled() -> Option<&'static Self> {
        BUNDLED.as_ref()
    }

    fn read(bytes: &'static [u8]) -> Option<Self> {
        let number =
            |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
        let words = number(8)?;
        let dimensions = number(12)?;
        let slots = number(16)?;
        let text_bytes = number(20)?;
        let table = Self {
            bytes,
            words,
            dimensions,
            slots,
        };
        let size = table.text() + text_bytes + words * dimensions;
        (bytes.starts_with(MAGIC) && slots.is_power_of_two() && bytes.len() == size)
            .then_some(table)
    }

    /// Number of dimensions of a vector.
    pub(crate) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Finds a folded word.
    pub(crate) fn find(&self, word: &str) -> Option<Row> {
        let mut slot = hash(word) & (self.slots - 1);
        loop {
            let row = self.number(self.hashes() + 4 * slot).checked_sub(1)?;
            if self.word(row) == word.as_bytes() {
                return Some(Row(row));
            }
            slot = (slot + 1) & (self.slots - 1);
        }
    }

    /// Returns the word that shares the longest beginning with a word that is not in the table, and
    /// the number of shared bytes. It is usually another form of that word.
    pub(crate) fn nearest_form(&self, word: &str) -> Option<(Row, usize)> {
        let mut low = 0;
        let mut high = self.words;
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.word(middle) < word.as_bytes() {
                low = middle + 1
            } else {
                high = middle
            }
        }
        let neighbours = [low.checked_sub(1), (low < self.words).then_some(low)];
        let shared = |row: usize| (Row(row), shared_start(self.word(row), word.as_bytes()));
        neighbours
            .into_iter()
            .flatten()
            .map(shared)
            .max_by_key(|(_, shared)| *shared)
    }

    /// The 8-bit vector of a word. Multiplied by [`scale`](Self::scale) it has length 1.
    pub(crate) fn vector(&self, row: Row) -> &'static [u8] {
        let start = self.bytes.len() - (self.words - row.0) * self.dimensions;
        &self.bytes[start..start + self.dimensions]
    }

    pub(crate) fn scale(&self, row: Row) -> f32 {
        self.real(self.scales() + 4 * row.0)
    }

    /// Weight of a word. Frequent words have little weight.
    pub(crate) fn weight(&self, row: Row) -> f32 {
        self.real(self.scales() + 4 * (self.words + row.0))
    }

    /// Returns the cosine of two words.
    pub(crate) fn cosine(&self, one: Row, other: Row) -> f32 {
        let products = self.vector(one).iter().zip(self.vector(other));
        let sum: i32 = products
            .map(|(one, other)| i32::from(*one as i8) * i32::from(*other as i8))
            .sum();
        sum as f32 * self.scale(one) * self.scale(other)
    }

    fn word(&self, row: usize) -> &'static [u8] {
        let start = self.number(HEADER_BYTES + 4 * row);
        let end = self.number(HEADER_BYTES + 4 * (row + 1));
        &self.bytes[self.text() + start..self.text() + end]
    }

    fn hashes(&self) -> usize {
        HEADER_BYTES + 4 * (self.words + 1)
    }

    fn scales(&self) -> usize {
        self.hashes() + 4 * self.slots
    }

    fn text(&self) -> usize {
        self.scales() + 8 * self.words
    }

    fn number(&self, at: usize) -> usize {
        u32::from_le_bytes(self.four_bytes(at)) as usize
    }

    fn real(&self, at: usize) -> f32 {
        f32::from_le_bytes(self.four_bytes(at))
    }

    fn four_bytes(&self, at: usize) -> [u8; 4] {
        let bytes = &self.bytes[at..at + 4];
        [bytes[0], bytes[1], bytes[2], bytes[3]]
    }
}

/// FNV-1a.
fn hash(word: &str) -> usize {
    let mixed = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(16_777_619);
    word.bytes().fold(2_166_136_261, mixed) as usize
}

fn shared_start(one: &[u8], other: &[u8]) -> usize {
    one.iter()
        .zip(other)
        .take_while(|(one, other)| one == other)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cosine(one: &str, other: &str) -> f32 {
        let table = Table::bundled().unwrap();
        let [one, other] = [one, other].map(|word| table.find(word).unwrap());
        table.cosine(one, other)
    }

    #[test]
    fn the_table_is_small() {
        let table = Table::read(BYTES).unwrap();
        assert!(BYTES.len() <= 12_000_000, "{}", BYTES.len());
        assert!(table.words > 20_000);
    }

    #[test]
    fn every_word_is_found_and_has_length_one() {
        let table = Table::bundled().unwrap();
        for row in (0..table.words).step_by(97) {
            let word = std::str::from_utf8(table.word(row)).unwrap();
            assert_eq!(table.find(word), Some(Row(row)), "{word}");
            assert!((cosine(word, word) - 1.0).abs() < 0.02, "{word}");
        }
        assert_eq!(table.find("zzxqj"), None);
    }

    #[test]
    fn synonyms_are_close_within_and_across_languages() {
        for (one, near, far) in [
            ("address", "street", "guitar"),
            ("dog", "hund", "office"),
            ("perro", "dog", "office"),
        ] {
            assert!(
                cosine(one, near) > cosine(one, far) + 0.1,
                "{one}: {near} and {far}"
            );
        }
    }

    #[test]
    fn the_nearest_form_is_an_inflection_of_the_word() {
        let table = Table::bundled().unwrap();
        let (row, shared) = table.nearest_form("deliverings").unwrap();
        assert!(table.word(row.0).starts_with(b"deliver") && shared >= 7);
    }
}
