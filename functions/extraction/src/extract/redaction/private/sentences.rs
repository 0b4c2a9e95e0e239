//! Removes private clauses from sentences about the caller, so that the rest is still a sentence
//! with a subject.

use text::{Token, sentences};

use super::is_whole_clause;
use super::lexicon::{Class, classes};
use crate::extract::language::clauses::clauses;
use crate::extract::language::tokens::tokens;
use crate::extract::language::wording::caller_phrase;
use crate::small_talk::language_of;

/// Most words before the verb of a clause.
const MAX_SUBJECT_WORDS: usize = 6;

/// Like [`super::remove_clauses`], for texts that somebody wrote about the caller: the rest gets a
/// subject. Quotes of the caller must not be changed, so they do not go through here.
pub(crate) fn remove_clauses_in_sentences(text: &str, is_out: impl Fn(&str) -> bool) -> String {
    sentences(text)
        .iter()
        .filter_map(|sentence| rest_of(sentence, &is_out))
        .collect::<Vec<_>>()
        .join(" ")
}

fn rest_of(sentence: &str, is_out: &impl Fn(&str) -> bool) -> Option<String> {
    if !is_out(sentence) {
        return Some(sentence.to_owned());
    }
    let all = clauses(sentence);
    let public: Vec<&str> = all
        .iter()
        .copied()
        .filter(is_whole_clause)
        .filter(|clause| !is_out(clause))
        .collect();
    let first = all.first()?;
    let left = public.first()?;
    let rest = public.join(", ");
    let is_beginning = first == left;
    Some(
        match opening(sentence, first).filter(|_| !is_beginning && lacks_subject(left)) {
            Some(opening) => format!("{opening}{rest}."),
            None if is_beginning => format!("{rest}."),
            None => format!("{}.", capitalised(&rest)),
        },
    )
}

/// Returns whether a clause begins with its verb, that is, not with a name, pronoun, article or
/// function word.
fn lacks_subject(clause: &str) -> bool {
    let tokens = tokens(clause);
    let Some(first) = tokens.first() else {
        return false;
    };
    let begins_noun = first.text.chars().next().is_none_or(|c| !c.is_lowercase());
    let begins_subject = [Class::Article, Class::Person, Class::Grammar]
        .into_iter()
        .any(|class| is(first, class));
    !begins_noun && (is_verb(first) || !begins_subject)
}

/// Returns what the rest of the sentence should begin with: the subject of its first clause, or the
/// label before a colon. Returns `None` if that clause also begins with its verb.
fn opening(sentence: &str, first: &str) -> Option<String> {
    if let Some((label, _)) = first.split_once(": ") {
        return Some(format!("{label}: "));
    }
    let tokens = tokens(first);
    if tokens.first().is_none_or(is_verb) {
        return None;
    }
    let subject = match subject_length(&tokens) {
        Some(end) => &first[..tokens[end - 1].range.end],
        None => caller_phrase(language_of(sentence).unwrap_or("en")),
    };
    Some(format!("{subject} "))
}

/// Returns how many words the subject at the beginning of a clause has.
fn subject_length(tokens: &[Token<'_>]) -> Option<usize> {
    let first = tokens.first()?;
    let is_named = is(first, Class::Person) || is(first, Class::Article) || is_capitalised(first);
    let verb = tokens.iter().take(MAX_SUBJECT_WORDS).position(is_verb);
    if let Some(verb) = verb.filter(|_| is_named) {
        return Some(verb);
    }
    match tokens {
        [article, person, ..] if is(article, Class::Article) && is(person, Class::Person) => {
            Some(2)
        }
        [first, ..] if is(first, Class::Person) => Some(1),
        // "Allergic to nuts", "Due to asthma": a word before a preposition is not a subject.
        [name, rest @ ..]
            if is_capitalised(name)
                && !is(name, Class::Article)
                && rest.first().is_none_or(|next| !is(next, Class::Grammar)) =>
        {
            Some(1)
        }
        _ => None,
    }
}

fn is(token: &Token<'_>, class: Class) -> bool {
    classes(&token.lower) & class.bit() != 0
}

fn is_verb(token: &Token<'_>) -> bool {
    is(token, Class::Be) || is(token, Class::Have)
}

fn is_capitalised(token: &Token<'_>) -> bool {
    token.text.chars().next().is_some_and(char::is_uppercase)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::is_private;
    use super::*;

    #[derive(serde::Deserialize)]
    struct Case {
        text: String,
        left: String,
    }

    /// Runs `tests/cases/private-remainders.json`.
    #[test]
    fn the_rest_of_a_sentence_has_a_subject() {
        let cases: Vec<Case> = serde_json::from_str(include_str!(
            "../../../../../../tests/cases/private-remainders.json"
        ))
        .unwrap();
        let failed: Vec<(String, &String)> = cases
            .iter()
            .map(|case| {
                (
                    remove_clauses_in_sentences(&case.text, is_private),
                    &case.left,
                )
            })
            .filter(|(left, expected)| left != *expected)
            .collect();
        assert!(failed.is_empty(), "{failed:#?}");
    }
}
