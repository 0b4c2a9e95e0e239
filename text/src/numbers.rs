//! Reads numbers as people say them, in the eight languages: "forty-one eleven", "double one", "oh
//! nine", "einundvierzig", "cuarenta y uno", "quatre-vingt-dix".

mod lexicon;

use std::ops::Range;

use crate::{Token, is_one_clause};
pub use lexicon::number_word;
use lexicon::{Word, is_filler, word};

/// Consecutive numbers with nothing but fillers between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Byte range in the text.
    pub range: Range<usize>,
    /// Each number as digits: "forty-one eleven" is 41 and 11.
    pub groups: Vec<String>,
    /// Range of its tokens among the tokens of the text.
    pub tokens: Range<usize>,
}

impl Run {
    /// Returns all digits as one string.
    #[must_use]
    pub fn digits(&self) -> String {
        self.groups.concat()
    }

    /// Returns the number of digits.
    #[must_use]
    pub fn digit_count(&self) -> usize {
        self.groups.iter().map(String::len).sum()
    }
}

/// Returns the numbers of a text in spoken order. `tokens` are its words.
#[must_use]
pub fn runs_of(text: &str, tokens: &[Token<'_>]) -> Vec<Run> {
    let has_portuguese = tokens
        .iter()
        .any(|token| lexicon::is_portuguese(&token.lower));
    let number_word = |token: &Token<'_>| {
        classify(&token.lower).filter(|_| token.lower != "um" || has_portuguese)
    };
    let mut runs = Vec::new();
    let mut open: Vec<(usize, Word)> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let goes_on = index == 0 || is_gap(&text[tokens[index - 1].range.end..token.range.start]);
        if !goes_on {
            runs.extend(finish_run(tokens, &std::mem::take(&mut open)));
        }
        match number_word(token) {
            Some(word) => open.push((index, word)),
            // In "am 21. um 17 Uhr", "um" begins a new number.
            None if is_filler(&token.lower)
                && !open.is_empty()
                && !(token.begins_sentence && token.lower == "um") => {}
            None => runs.extend(finish_run(tokens, &std::mem::take(&mut open))),
        }
    }
    runs.extend(finish_run(tokens, &open));
    runs
}

/// Returns the number that a single word says, as digits.
#[must_use]
pub fn number_of_word(word: &str) -> Option<String> {
    match classify(word)? {
        Word::Digits(digits) => Some(digits),
        Word::Value(value) => Some(value.to_string()),
        Word::Multiplier(_) | Word::Repeat(_) => None,
    }
}

/// Returns the number of an ordinal in lower case.
#[must_use]
pub fn ordinal(word: &str) -> Option<u64> {
    lexicon::ordinal(word)
}

/// Returns the value of a digit in Latin, Arabic, Persian, Devanagari or full-width digits.
#[must_use]
pub fn digit_value(c: char) -> Option<u32> {
    const ZEROS: [char; 5] = ['0', '٠', '۰', '०', '０'];
    ZEROS.iter().find_map(|zero| {
        u32::from(c)
            .checked_sub(u32::from(*zero))
            .filter(|digit| *digit < 10)
    })
}

fn classify(said: &str) -> Option<Word> {
    if said.chars().next().and_then(digit_value).is_none() {
        return word(said);
    }
    let digits: Option<String> = said
        .chars()
        .map(|c| digit_value(c).and_then(|digit| char::from_digit(digit, 10)))
        .collect();
    digits.map(Word::Digits)
}

/// Returns whether a text may separate two numbers of a run.
fn is_gap(between: &str) -> bool {
    between.chars().all(|c| {
        c.is_whitespace() || matches!(c, ',' | '.' | '…' | '-' | '–' | '/' | ':' | '\'' | '’')
    })
}

fn finish_run(tokens: &[Token<'_>], open: &[(usize, Word)]) -> Option<Run> {
    // A final "double", and "hundred" or "double" alone, are not numbers.
    let end = open
        .iter()
        .rposition(|(_, word)| !matches!(word, Word::Repeat(_)))?;
    let open = &open[..=end];
    if open
        .iter()
        .all(|(_, word)| matches!(word, Word::Multiplier(_) | Word::Repeat(_)))
    {
        return None;
    }
    let first = open.first()?.0;
    let last = open.last()?.0;
    let range = tokens[first].range.start..tokens[last].range.end;
    Some(Run {
        range,
        groups: groups(tokens, open),
        tokens: first..last + 1,
    })
}

/// A number while its words are being read.
struct Group {
    value: u64,
    is_spoken: bool,
    /// The digits as written, including leading zeros.
    digits: Option<String>,
    /// Token index of its last word.
    at: usize,
}

/// Combines words into numbers: tens with units, hundreds and thousands with what follows.
fn groups(tokens: &[Token<'_>], open: &[(usize, Word)]) -> Vec<String> {
    let mut groups: Vec<Group> = Vec::new();
    let mut repeated = 1;
    for (at, word) in open {
        // A comma ends a number.
        let is_near = |last: &Group| is_one_clause(tokens, last.at, *at);
        match word {
            Word::Repeat(count) => repeated = *count,
            Word::Digits(digits) => {
                for _ in 0..std::mem::replace(&mut repeated, 1) {
                    let value = digits.parse().unwrap_or(u64::MAX);
                    groups.push(Group {
                        value,
                        is_spoken: false,
                        digits: Some(digits.clone()),
                        at: *at,
                    });
                }
            }
            Word::Multiplier(factor) => match groups
                .last_mut()
                .filter(|last| is_near(last) && last.value < *factor)
            {
                Some(last) => {
                    *last = Group {
                        value: last.value.max(1) * factor,
                        digits: None,
                        is_spoken: true,
                        at: *at,
                    }
                }
                None => groups.push(Group {
                    value: *factor,
                    is_spoken: true,
                    digits: None,
                    at: *at,
                }),
            },
            Word::Value(value) => {
                let joined = groups
                    .last_mut()
                    .filter(|last| repeated == 1 && last.is_spoken && is_near(last));
                if let Some((last, sum)) =
                    joined.and_then(|last| joined_value(last.value, *value).map(|sum| (last, sum)))
                {
                    (last.value, last.at) = (sum, *at);
                    continue;
                }
                for _ in 0..std::mem::replace(&mut repeated, 1) {
                    groups.push(Group {
                        value: *value,
                        is_spoken: true,
                        digits: None,
                        at: *at,
                    });
                }
            }
        }
    }
    groups
        .into_iter()
        .map(|group| group.digits.unwrap_or_else(|| group.value.to_string()))
        .collect()
}

/// Returns the number that two consecutive numbers form: "forty" "one", "soixante" "dix", "quatre"
/// "vingt", "three hundred" "five".
fn joined_value(first: u64, second: u64) -> Option<u64> {
    let is_sum = match first {
        4 if second == 20 => return Some(80),
        20 | 30 | 40 | 50 | 70 | 90 => (1..10).contains(&second),
        // French: "soixante-dix-neuf", "quatre-vingt-dix-neuf".
        60 | 80 => (1..20).contains(&second),
        _ if first >= 1000 && first.is_multiple_of(1000) => (1..1000).contains(&second),
        _ if first >= 100 && first.is_multiple_of(100) => (1..100).contains(&second),
        // "three hundred", "twenty" and "five".
        _ if first > 100 => {
            first.is_multiple_of(10) && first % 100 >= 20 && (1..10).contains(&second)
        }
        _ => false,
    };
    is_sum.then_some(first + second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens;

    fn runs(text: &str) -> Vec<Run> {
        runs_of(text, &tokens(text, &[]))
    }

    #[test]
    fn spoken_numbers_are_parsed_in_eight_languages() {
        for (said, groups) in [
            ("forty-one eleven, double one", vec!["41", "11", "1", "1"]),
            ("oh nine twenty-seven", vec!["0", "9", "27"]),
            ("four oh six", vec!["4", "0", "6"]),
            ("one hundred and five", vec!["105"]),
            ("nine thousand", vec!["9000"]),
            ("fifty-two hundred", vec!["5200"]),
            ("einundvierzig elf", vec!["41", "11"]),
            ("einhundertfünf", vec!["105"]),
            ("cuarenta y uno once", vec!["41", "11"]),
            ("quatre-vingt-dix-sept", vec!["97"]),
            ("soixante et onze", vec!["71"]),
            ("quarantuno ventotto", vec!["41", "28"]),
            ("vinte e um", vec!["21"]),
            ("eenenveertig tweeëntwintig", vec!["41", "22"]),
            ("czterdzieści jeden", vec!["41"]),
            ("4111 um 1111", vec!["4111", "1111"]),
            ("0151 / 22 34", vec!["0151", "22", "34"]),
        ] {
            let runs = runs(said);
            assert_eq!(runs.len(), 1, "{said}: {runs:?}");
            assert_eq!(runs[0].groups, groups, "{said}");
        }
    }

    #[test]
    fn other_words_end_a_run() {
        let found: Vec<String> = runs("two tickets for the 9, and room 406")
            .iter()
            .map(Run::digits)
            .collect();
        assert_eq!(found, ["2", "9", "406"]);
        assert!(runs("double room, hold the lane").is_empty());
    }
}
