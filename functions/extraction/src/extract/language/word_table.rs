//! Lists of words with their meaning, sorted once so that a word is found fast.

/// The words of several lists. A word may be in more than one.
pub(crate) struct WordTable<M>(Vec<(&'static str, M)>);

impl<M: Copy> WordTable<M> {
    /// Sorts lists, each of words with spaces between them and one meaning.
    pub(crate) fn new(lists: impl IntoIterator<Item = (M, &'static str)>) -> Self {
        let mut entries: Vec<(&'static str, M)> = lists
            .into_iter()
            .flat_map(|(meaning, words)| words.split_ascii_whitespace().map(move |w| (w, meaning)))
            .collect();
        // Stable: the meanings of a word keep the order of the lists.
        entries.sort_by_key(|(word, _)| *word);
        Self(entries)
    }

    /// Returns the meanings of a word, one for each list that it is in.
    pub(crate) fn meanings(&self, word: &str) -> impl Iterator<Item = M> {
        let from = self.0.partition_point(|(known, _)| *known < word);
        self.0[from..]
            .iter()
            .take_while(move |(known, _)| *known == word)
            .map(|(_, meaning)| *meaning)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_the_meanings_of_all_its_lists_in_their_order() {
        let table = WordTable::new([(2, "mars april"), (1, "april"), (3, "zulu")]);
        let meanings = |word| table.meanings(word).collect::<Vec<i32>>();
        assert_eq!(meanings("april"), [2, 1]);
        assert_eq!(meanings("zulu"), [3]);
        assert!(meanings("apri").is_empty() && meanings("").is_empty());
    }
}
