//! Splits a call that is too long for one prompt, always between turns.

use std::ops::Range;

use common::call::Turn;

/// Tokens of a turn besides its text: number, speaker, punctuation.
const TOKENS_PER_TURN: usize = 16;
/// Bytes per token, a conservative estimate: English has about four, other languages fewer.
const BYTES_PER_TOKEN: usize = 3;

/// Transcripts of this many tokens or more may produce an answer that hits the model's output
/// limit.
const CUT_OFF_TOKENS: usize = 4000;

/// Splits turns into ranges of at most `budget` tokens each. A single turn above the budget becomes
/// a range of its own.
pub(crate) fn split(turns: &[Turn], budget: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut used = 0;
    for (index, turn) in turns.iter().enumerate() {
        let cost = tokens(turn);
        if index > start && used + cost > budget {
            parts.push(start..index);
            (start, used) = (index, 0);
        }
        used += cost;
    }
    if start < turns.len() || parts.is_empty() {
        parts.push(start..turns.len());
    }
    parts
}

/// Returns the two halves of a part, or `None` if it has fewer than two turns.
pub(crate) fn halves(part: &Range<usize>) -> Option<[Range<usize>; 2]> {
    if part.len() < 2 {
        return None;
    }
    let middle = part.start + part.len() / 2;
    Some([part.start..middle, middle..part.end])
}

/// Returns whether the answer for these turns may be cut off. An answer is shorter than the
/// transcript it is about.
pub(crate) fn may_be_cut_off(turns: &[Turn]) -> bool {
    turns.iter().map(tokens).sum::<usize>() >= CUT_OFF_TOKENS
}

/// Returns a conservative estimate of the tokens of these texts.
pub(crate) fn estimate_tokens(texts: &[&str]) -> usize {
    texts.iter().map(|text| text.len() / BYTES_PER_TOKEN).sum()
}

fn tokens(turn: &Turn) -> usize {
    turn.text.len() / BYTES_PER_TOKEN + TOKENS_PER_TURN
}

#[cfg(test)]
mod tests {
    use common::call::Role;
    use proptest::prelude::*;

    use super::*;

    fn turns(lengths: &[usize]) -> Vec<Turn> {
        lengths
            .iter()
            .map(|length| Turn {
                role: Role::Caller,
                text: "x".repeat(*length),
            })
            .collect()
    }

    #[test]
    fn short_and_empty_calls_are_one_part() {
        assert_eq!(split(&turns(&[30, 30]), 1000), vec![0..2; 1]);
        assert_eq!(split(&[], 1000), vec![0..0; 1]);
    }

    proptest! {
        #[test]
        fn parts_cover_every_turn_once_and_stay_within_the_budget(lengths in proptest::collection::vec(1usize..2000, 1..80), budget in 50usize..2000) {
            let turns = turns(&lengths);
            let parts = split(&turns, budget);
            let covered: Vec<usize> = parts.iter().flat_map(Clone::clone).collect();
            prop_assert_eq!(covered, (0..turns.len()).collect::<Vec<_>>());
            for part in parts {
                prop_assert!(part.len() == 1 || turns[part].iter().map(tokens).sum::<usize>() <= budget);
            }
        }
    }
}
