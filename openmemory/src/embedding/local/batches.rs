//! Groups texts of similar length, because padding costs as much as words.

/// Maximum number of texts in a batch.
const MAX_TEXTS: usize = 16;
/// Maximum number of tokens in a batch, including padding.
const MAX_TOKENS: usize = 4_096;

/// Groups the indices of texts, given their token counts, shortest first.
pub(super) fn batches(lengths: &[usize]) -> Vec<Vec<usize>> {
    let mut indices: Vec<usize> = (0..lengths.len()).collect();
    indices.sort_by_key(|index| lengths[*index]);
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for index in indices {
        let fits = |batch: &Vec<usize>| {
            batch.len() < MAX_TEXTS && (batch.len() + 1) * lengths[index] <= MAX_TOKENS
        };
        match batches.last_mut().filter(|batch| fits(batch)) {
            Some(batch) => batch.push(index),
            None => batches.push(vec![index]),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_batched_once_with_texts_of_similar_length() {
        let lengths: Vec<usize> = (0..40).map(|index| 1 + index * 7 % 40).collect();
        let batches = batches(&lengths);
        let mut indices: Vec<usize> = batches.concat();
        assert!(
            indices
                .windows(2)
                .all(|pair| lengths[pair[0]] <= lengths[pair[1]]),
            "sorted by length"
        );
        indices.sort_unstable();
        assert_eq!(indices, (0..40).collect::<Vec<_>>());
        assert_eq!(
            batches.iter().map(Vec::len).collect::<Vec<_>>(),
            [16, 16, 8]
        );
    }

    #[test]
    fn long_texts_form_small_batches() {
        assert_eq!(
            batches(&[512; 20]).iter().map(Vec::len).collect::<Vec<_>>(),
            [8, 8, 4]
        );
        assert_eq!(
            batches(&[10_000, 3]),
            [vec![1], vec![0]],
            "a text that is too long has its own batch"
        );
        assert!(batches(&[]).is_empty());
    }
}
