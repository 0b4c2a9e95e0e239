//! The names of the people who call from one number, and whether two names are one person's.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use text::fold_spelling;

use super::name::form_of_address;
use super::name_parts::is_title;

/// Maximum number of names on a caller card.
pub const MAX_CALLER_NAMES: usize = 5;
/// Fewest letters of a short form: "Liz" for "Elizabeth".
const MIN_SHORT_FORM: usize = 3;
/// From this length on, one differing letter may be a mishearing.
const MIN_NEAR: usize = 4;
/// From this length on, two differing letters may be a mishearing.
const MIN_NEAR_LONG: usize = 7;

/// The name of someone who calls from a number.
///
/// Contains personal data, so it has no `Debug`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct CallerName {
    /// The name to speak.
    pub name: String,
    /// When the last call in which they gave the name began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_call_at: Option<Timestamp>,
}

/// Returns whether two names may belong to one person.
///
/// In doubt they do, because a number that is wrongly taken for a shared one makes every greeting a
/// question. So a title with a family name may belong to any first name; and a short form, a near
/// spelling or another script may be the same name.
#[must_use]
pub fn may_be_one_person(one: &str, other: &str) -> bool {
    let one = ComparedName::new(one);
    let other = ComparedName::new(other);
    one.is_family_name != other.is_family_name
        || one.letters.is_ascii() != other.letters.is_ascii()
        || contains_short_form(&one.letters, &other.letters)
        || are_near(&one.letters, &other.letters)
}

/// A name in the form in which names are compared.
struct ComparedName {
    /// The letters without accents, case, titles and signs.
    letters: String,
    /// Whether a title shows that it is a family name.
    is_family_name: bool,
}

impl ComparedName {
    fn new(name: &str) -> Self {
        let spoken = form_of_address(name).unwrap_or_else(|| name.trim().to_owned());
        let parts: Vec<&str> = spoken.split_whitespace().collect();
        let letters = parts
            .iter()
            .filter(|part| !is_title(part))
            .flat_map(|part| part.chars())
            .filter(|letter| letter.is_alphanumeric())
            .collect::<String>();
        Self {
            letters: fold_spelling(&letters.to_lowercase()),
            is_family_name: parts.len() > 1 && is_title(parts[0]),
        }
    }
}

fn contains_short_form(one: &str, other: &str) -> bool {
    let is_short_form =
        |short: &str, long: &str| short.chars().count() >= MIN_SHORT_FORM && long.contains(short);
    one == other || is_short_form(one, other) || is_short_form(other, one)
}

fn are_near(one: &str, other: &str) -> bool {
    let length = one.chars().count().max(other.chars().count());
    let allowed = usize::from(length >= MIN_NEAR) + usize::from(length >= MIN_NEAR_LONG);
    edit_distance(one, other) <= allowed
}

/// Returns how many letters have to be inserted, deleted or replaced.
fn edit_distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, compared) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *compared);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Pair {
        names: [String; 2],
        one_person: bool,
        /// Why the rule decides otherwise.
        wrong: Option<String>,
    }

    #[test]
    fn two_names_are_judged_as_the_table_says() {
        let pairs: Vec<Pair> =
            serde_json::from_str(include_str!("../../../tests/cases/shared-numbers.json")).unwrap();
        assert!(pairs.len() >= 40);
        let mut wrong = Vec::new();
        for Pair {
            names: [one, other],
            one_person,
            wrong: reason,
        } in pairs
        {
            let expected = one_person == reason.is_none();
            let is = [
                may_be_one_person(&one, &other),
                may_be_one_person(&other, &one),
            ];
            if is != [expected; 2] {
                wrong.push(format!("{one}, {other}: {is:?}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
