//! Detects numbers that changed places: "two dogs and three cats" is not "three dogs and two cats".

use text::numbers::number_of_word;

use super::cues::Cue;
use super::same_word::WordForm;
use super::statement::Statement;
use crate::extract::language::tokens::tokens;

/// Most words behind a number that it may count: "two big dogs".
const MAX_COUNTED_WORDS: usize = 2;

/// Numbers with this many digits or more name things and count nothing.
const ID_DIGITS: usize = 3;

/// A number with the words that it may belong to.
struct Count<'a> {
    number: String,
    /// The words behind it that it may count.
    behind: Vec<&'a WordForm>,
    /// The nearest word before it: "my son is five".
    before: Option<&'a WordForm>,
}

impl<'a> Count<'a> {
    /// Returns the words that the number may count.
    fn words(&self) -> impl Iterator<Item = &'a WordForm> {
        let before = self.before.filter(|_| self.behind.is_empty());
        self.behind.iter().copied().chain(before)
    }

    /// Returns whether the number may count what is not said again: "the old one has eight gigs, I
    /// need at least sixteen".
    fn may_count_word_of(&self, other: &Count<'_>) -> bool {
        let follows_same = || {
            let (Some(one), Some(other)) = (self.before, other.before) else {
                return false;
            };
            one.is_same(other)
        };
        self.behind.is_empty() && (self.before.is_none() || follows_same())
    }
}

/// Returns whether a claim gives a word the number of another word in the turn.
pub(super) fn are_swapped(claim: &Statement<'_>, turn: &str) -> bool {
    let claimed = counts(claim, false);
    if claimed.is_empty() {
        return false;
    }
    let tokens = tokens(turn);
    let turn = Statement::new(&tokens, claim.language);
    let said = counts(&turn, true);
    claimed.iter().any(|count| is_swapped(count, &said))
}

fn is_swapped(claimed: &Count<'_>, said: &[Count<'_>]) -> bool {
    let shares = |count: &Count<'_>| {
        let mut words = claimed.words();
        words.any(|word| count.words().any(|other| other.is_same(word)))
    };
    let has_number = |count: &Count<'_>| count.number == claimed.number;
    let of_word = || said.iter().filter(|count| shares(count));
    let mut same_number = said.iter().filter(|count| has_number(count)).peekable();
    let belongs_to_other =
        same_number.peek().is_some() && same_number.all(|count| !count.may_count_word_of(claimed));
    belongs_to_other && of_word().next().is_some() && !of_word().any(has_number)
}

/// Returns the numbers of a text. An article stands for one if `with_articles` is set.
fn counts<'a>(text: &'a Statement<'_>, with_articles: bool) -> Vec<Count<'a>> {
    let number = |at: usize| -> Option<String> {
        let word = text.lower(at);
        if text.is(at, Cue::One) {
            // In Portuguese, "a" is "the".
            let is_article = with_articles && (word != "a" || text.language.is("en"));
            return (is_article || number_of_word(word).is_some()).then(|| "1".to_owned());
        }
        number_of_word(word).filter(|digits| digits.len() < ID_DIGITS)
    };
    let numbers: Vec<(usize, String)> = (0..text.tokens.len())
        .filter_map(|at| Some((at, number(at)?)))
        .collect();
    let is_number = |at: usize| numbers.iter().any(|(known, _)| *known == at);
    numbers
        .iter()
        // A number of several words is an id or a time.
        .filter(|(at, _)| {
            !is_number(at + 1) && at.checked_sub(1).is_none_or(|before| !is_number(before))
        })
        .map(|(at, number)| Count {
            number: number.clone(),
            behind: behind(text, *at, is_number),
            before: before(text, *at, is_number),
        })
        .collect()
}

/// Returns the next words behind a number in its clause, up to another number.
fn behind<'a>(
    text: &'a Statement<'_>,
    number: usize,
    is_number: impl Fn(usize) -> bool,
) -> Vec<&'a WordForm> {
    let end = (number + 1..text.tokens.len())
        .find(|at| is_number(*at))
        .unwrap_or(text.tokens.len());
    text.words
        .iter()
        .filter(|word| word.clause == text.clause_of[number])
        .filter(|word| word.at > number && word.at < end)
        .take(MAX_COUNTED_WORDS)
        .map(|word| &word.form)
        .collect()
}

/// Returns the nearest word before a number in its clause.
fn before<'a>(
    text: &'a Statement<'_>,
    number: usize,
    is_number: impl Fn(usize) -> bool,
) -> Option<&'a WordForm> {
    text.words
        .iter()
        .filter(|word| word.clause == text.clause_of[number])
        .rfind(|word| word.at < number && !is_number(word.at))
        .map(|word| &word.form)
}
