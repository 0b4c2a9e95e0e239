//! Texts of like length together: padding costs as much as words.

/// Texts that go through the model together.
const MAX_TEXTS: usize = 16;
/// Tokens that go through the model together, padding included.
const MAX_TOKENS: usize = 4_096;

/// Groups the places of texts with these numbers of tokens, the shortest first.
pub(super) fn batches(lengths: &[usize]) -> Vec<Vec<usize>> {
    let mut places: Vec<usize> = (0..lengths.len()).collect();
    places.sort_by_key(|place| lengths[*place]);
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for place in places {
        let fits = |batch: &Vec<usize>| {
            batch.len() < MAX_TEXTS && (batch.len() + 1) * lengths[place] <= MAX_TOKENS
        };
        match batches.last_mut().filter(|batch| fits(batch)) {
            Some(batch) => batch.push(place),
            None => batches.push(vec![place]),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_in_one_batch_beside_texts_of_its_length() {
        let lengths: Vec<usize> = (0..40).map(|place| 1 + place * 7 % 40).collect();
        let batches = batches(&lengths);
        let mut places: Vec<usize> = batches.concat();
        assert!(
            places
                .windows(2)
                .all(|pair| lengths[pair[0]] <= lengths[pair[1]]),
            "sorted by length"
        );
        places.sort_unstable();
        assert_eq!(places, (0..40).collect::<Vec<_>>());
        assert_eq!(
            batches.iter().map(Vec::len).collect::<Vec<_>>(),
            [16, 16, 8]
        );
    }

    #[test]
    fn long_texts_go_in_small_batches() {
        assert_eq!(
            batches(&[512; 20]).iter().map(Vec::len).collect::<Vec<_>>(),
            [8, 8, 4]
        );
        assert_eq!(
            batches(&[10_000, 3]),
            [vec![1], vec![0]],
            "a text that is too long goes alone"
        );
        assert!(batches(&[]).is_empty());
    }
}
