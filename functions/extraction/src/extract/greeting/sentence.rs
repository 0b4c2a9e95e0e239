//! Splits a greeting into sentences and words.

use unicode_normalization::char::is_combining_mark;

use crate::extract::grounding::contradiction::is_title;

/// A word of a sentence.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) text: String,
    /// The word in lower case.
    pub(super) lower: String,
    /// Whether a comma precedes it.
    pub(super) after_comma: bool,
    /// Whether an apostrophe or hyphen joins it to a neighbour: "l'ordine", "marche-t-il".
    pub(super) is_elided: bool,
}

impl Word {
    pub(super) fn is_capitalised(&self) -> bool {
        self.text.chars().next().is_some_and(char::is_uppercase)
    }
}

/// A sentence, and whether it is a question.
#[derive(Debug, Default)]
pub(super) struct Sentence {
    pub(super) words: Vec<Word>,
    pub(super) is_question: bool,
}

/// Returns the sentences of a greeting, or `None` if it contains a character that speech does not
/// have: a dot inside an address, a slash, a digit.
pub(super) fn sentences(greeting: &str) -> Option<Vec<Sentence>> {
    let chars: Vec<char> = greeting.chars().collect();
    let mut sentences = vec![Sentence::default()];
    let mut at = 0;
    let mut after_comma = false;
    while at < chars.len() {
        let c = chars[at];
        let current = sentences.last_mut()?;
        if c.is_alphabetic() {
            let length = chars[at..]
                .iter()
                .take_while(|c| c.is_alphabetic() || is_combining_mark(**c))
                .count();
            let text: String = chars[at..at + length].iter().collect();
            let is_elided =
                is_joint(chars.get(at + length)) || (at > 0 && is_joint(chars.get(at - 1)));
            let lower = text.to_lowercase();
            current.words.push(Word {
                text,
                lower,
                after_comma: std::mem::take(&mut after_comma),
                is_elided,
            });
            at += length;
            continue;
        }
        let next = chars.get(at + 1);
        match c {
            ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’' | '"' | '“' | '”' | '„' | '«' | '»' =>
                {}
            '-' if next.is_some_and(|next| next.is_alphabetic() || *next == ' ') => {}
            ',' => after_comma = true,
            '.' if current
                .words
                .last()
                .is_some_and(|word| is_title(&word.lower))
                && next == Some(&' ') => {}
            '.' | '!' | '?' | '…' if next.is_none_or(|next| !next.is_alphabetic()) => {
                current.is_question |= c == '?';
                if next.is_none_or(|next| !matches!(next, '?' | '!' | '.')) {
                    sentences.push(Sentence::default());
                }
            }
            '–' | '—' | ':' | ';' | '¡' | '¿' => sentences.push(Sentence::default()),
            _ => return None,
        }
        at += 1;
    }
    sentences.retain(|sentence| !sentence.words.is_empty());
    Some(sentences)
}

fn is_joint(c: Option<&char>) -> bool {
    matches!(c, Some('\'' | '’' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined_words(sentence: &Sentence) -> String {
        let words: Vec<&str> = sentence.words.iter().map(|word| &*word.text).collect();
        words.join(" ")
    }

    #[test]
    fn a_greeting_is_split_into_sentences_and_address_characters_are_rejected() {
        let read = |greeting: &str| {
            Some(
                sentences(greeting)?
                    .iter()
                    .map(|sentence| (joined_words(sentence), sentence.is_question))
                    .collect::<Vec<_>>(),
            )
        };
        let expected = vec![
            ("Hi Mrs Bennett".to_owned(), false),
            ("How s the bike".to_owned(), true),
        ];
        assert_eq!(read("Hi Mrs. Bennett! How's the bike?"), Some(expected));
        assert_eq!(
            read("Hola, Ana, ¿llegó?").unwrap()[1],
            ("llegó".to_owned(), true)
        );
        for greeting in [
            "See example.com",
            "Call 112",
            "and/or",
            "a@b",
            "No (really)",
        ] {
            assert_eq!(read(greeting), None, "{greeting}");
        }
    }
}
