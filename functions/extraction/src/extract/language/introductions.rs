//! Finds names in introductions: "My name is Dana Whitfield", "Hier ist Frau Weber".

use common::call::{Role, Transcript};
use common::memory::spoken_name;
use text::words;

use super::instructions::is_instruction;
use crate::small_talk::is_known;

/// Most parts of a name.
const MAX_NAME_PARTS: usize = 4;

/// How certainly a name follows an introduction phrase.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Introduction {
    /// "my name is": a name follows.
    NameIs,
    /// "this is": any words that are not ordinary words are a name.
    ThisIs,
    /// "I am": a profession or an origin may follow, so a single word counts only as the answer to
    /// a question for the name.
    IAm,
}

/// Returns the first name that the caller gives in the call.
pub(crate) fn introduced_name(transcript: &Transcript) -> Option<String> {
    let turns = transcript.turns();
    turns
        .iter()
        .enumerate()
        .filter(|(_, turn)| turn.role == Role::Caller && !is_instruction(&turn.text))
        .find_map(|(index, turn)| {
            let question = index
                .checked_sub(1)
                .map(|before| turns[before].text.as_str())
                .unwrap_or_default();
            name_in(&turn.text, asks_for_name(question))
        })
}

/// Returns the name to speak from a value that stands for a name. It may be an introduction, such
/// as "My name is Dana".
pub(crate) fn given_name(value: &str) -> Option<String> {
    name_in(value, true).or_else(|| spoken_name(value))
}

/// Returns all names from introductions, including several at once: "I'm Giulia and Noor". Unlike
/// [`introduced_name`] it accepts single words, so use it only to confirm a name from another
/// source.
pub(crate) fn introduced_names(transcript: &Transcript) -> Vec<String> {
    let callers = transcript
        .by_caller()
        .map(|(_, turn)| turn.text.as_str())
        .filter(|text| !is_instruction(text));
    callers.flat_map(names_in).collect()
}

fn names_in(text: &str) -> Vec<String> {
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let led = (0..tokens.len()).find_map(|at| {
        INTRODUCTIONS
            .iter()
            .find_map(|(phrase, _)| phrase_end(&tokens, at, phrase))
    });
    let is_here = |first: &&&str| THIS_IS_POLISH.contains(&bare(first).to_lowercase().as_str());
    let Some(from) = led.or_else(|| tokens.first().filter(is_here).map(|_| 1)) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    for token in &tokens[from..] {
        let word = bare(token);
        let is_name = word.chars().next().is_some_and(char::is_uppercase);
        if !is_name && !JOINING_WORDS.contains(&word.to_lowercase().as_str()) {
            break;
        }
        names.extend(is_name.then(|| word.to_owned()));
        if token.ends_with(['!', '?']) || (token.ends_with('.') && !is_abbreviated(token)) {
            break;
        }
    }
    names
}

fn asks_for_name(question: &str) -> bool {
    words(question).any(|word| NAME_QUESTION_WORDS.contains(&word.as_str()))
}

fn name_in(text: &str, is_asked: bool) -> Option<String> {
    let tokens: Vec<&str> = text.split_whitespace().collect();
    (0..tokens.len()).find_map(|index| {
        let (introduction, from) = INTRODUCTIONS.iter().find_map(|(phrase, introduction)| {
            Some((*introduction, phrase_end(&tokens, index, phrase)?))
        })?;
        let begins = index == 0
            || tokens[index - 1].ends_with(['.', ',', '!', '?', ';', ':'])
            || is_courtesy(tokens[index - 1]);
        let parts = name_parts(&tokens[from..]);
        let is_enough = match introduction {
            Introduction::NameIs => !parts.is_empty(),
            Introduction::ThisIs => {
                begins
                    && !parts.is_empty()
                    && (parts.len() > 1 || !is_known(&bare(parts[0]).to_lowercase()))
            }
            Introduction::IAm => begins && (parts.len() > 1 || (is_asked && parts.len() == 1)),
        };
        is_enough.then(|| spoken_name(&parts.join(" "))).flatten()
    })
}

/// Returns the index after a phrase, if the phrase is at `index`.
fn phrase_end(tokens: &[&str], index: usize, phrase: &str) -> Option<usize> {
    let words: Vec<&str> = phrase.split(' ').collect();
    let candidate = tokens.get(index..index + words.len())?;
    let is_same =
        |(token, word): (&&str, &&str)| bare(token).to_lowercase().replace('’', "'") == **word;
    // The phrase must not cross the end of a sentence.
    let is_whole = candidate
        .iter()
        .all(|token| !token.ends_with(['.', '!', '?', ',']));
    (is_whole && candidate.iter().zip(&words).all(is_same)).then_some(index + words.len())
}

/// Returns the capitalized words that follow, up to the end of the sentence, with particles such as
/// "van" between them.
fn name_parts<'a>(tokens: &[&'a str]) -> Vec<&'a str> {
    let mut parts = Vec::new();
    for token in tokens.iter().take(MAX_NAME_PARTS + 2) {
        // "[NAME]" is a redacted name.
        if token.starts_with(['[', '<', '{']) {
            break;
        }
        let word = token.trim_matches(|c: char| !c.is_alphanumeric() && c != '.');
        let is_name = word.chars().next().is_some_and(char::is_uppercase)
            && word
                .chars()
                .all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’' | '.'));
        let is_particle = !parts.is_empty() && PARTICLES.contains(&word.to_lowercase().as_str());
        let is_title = parts.is_empty() && TITLES.contains(&bare(word).to_lowercase().as_str());
        if !(is_name || is_particle || is_title) || parts.len() == MAX_NAME_PARTS {
            break;
        }
        parts.push(word.trim_end_matches('.'));
        if token.ends_with([',', '!', '?', ';', ':'])
            || (token.ends_with('.') && !is_abbreviated(token))
        {
            break;
        }
    }
    while parts
        .last()
        .is_some_and(|part| PARTICLES.contains(&part.to_lowercase().as_str()))
    {
        parts.pop();
    }
    parts
}

/// Returns whether a dot belongs to an abbreviation: "Dr.", "J."
fn is_abbreviated(token: &str) -> bool {
    let word = bare(token).to_lowercase();
    word.chars().count() == 1 || TITLES.contains(&word.as_str())
}

fn is_courtesy(token: &str) -> bool {
    is_known(&bare(token).to_lowercase())
}

fn bare(token: &str) -> &str {
    token.trim_matches(|c: char| !c.is_alphanumeric())
}

const PARTICLES: [&str; 14] = [
    "de", "del", "della", "di", "da", "dos", "la", "van", "von", "der", "den", "ter", "zu", "le",
];
const TITLES: [&str; 26] = [
    "mr",
    "mrs",
    "ms",
    "miss",
    "dr",
    "doctor",
    "prof",
    "professor",
    "señor",
    "señora",
    "sr",
    "sra",
    "herr",
    "frau",
    "doktor",
    "monsieur",
    "madame",
    "mme",
    "signor",
    "signora",
    "senhor",
    "senhora",
    "meneer",
    "mevrouw",
    "pan",
    "pani",
];

/// Words between and before names that are given together.
const JOINING_WORDS: [&str; 11] = [
    "and", "y", "und", "et", "e", "en", "i", "a", "o", "la", "el",
];
/// Polish for "this is" before a name: "Tu Marta".
const THIS_IS_POLISH: [&str; 2] = ["tu", "tutaj"];

/// Words of an agent's question for a name, in the eight languages.
const NAME_QUESTION_WORDS: [&str; 24] = [
    "name", "names", "who", "nombre", "quién", "llama", "namen", "wer", "heißen", "nom", "qui",
    "appelez", "nome", "chi", "chiama", "quem", "naam", "wie", "heet", "imię", "nazwisko",
    "imienia", "kto", "nazywa",
];

const INTRODUCTIONS: [(&str, Introduction); 43] = [
    ("my name is", Introduction::NameIs),
    ("my name's", Introduction::NameIs),
    ("the name is", Introduction::NameIs),
    ("the name's", Introduction::NameIs),
    ("call me", Introduction::NameIs),
    ("this is", Introduction::ThisIs),
    ("it's", Introduction::IAm),
    ("i'm", Introduction::IAm),
    ("i am", Introduction::IAm),
    ("me llamo", Introduction::NameIs),
    ("mi nombre es", Introduction::NameIs),
    ("le habla", Introduction::ThisIs),
    ("habla", Introduction::ThisIs),
    ("soy", Introduction::IAm),
    ("mein name ist", Introduction::NameIs),
    ("ich heiße", Introduction::NameIs),
    ("hier ist", Introduction::ThisIs),
    ("hier spricht", Introduction::ThisIs),
    ("ich bin", Introduction::IAm),
    ("je m'appelle", Introduction::NameIs),
    ("mon nom est", Introduction::NameIs),
    ("ici", Introduction::ThisIs),
    ("c'est", Introduction::IAm),
    ("je suis", Introduction::IAm),
    ("mi chiamo", Introduction::NameIs),
    ("il mio nome è", Introduction::NameIs),
    ("parla", Introduction::ThisIs),
    ("sono", Introduction::IAm),
    ("meu nome é", Introduction::NameIs),
    ("o meu nome é", Introduction::NameIs),
    ("me chamo", Introduction::NameIs),
    ("chamo-me", Introduction::NameIs),
    ("aqui é", Introduction::ThisIs),
    ("aqui fala", Introduction::ThisIs),
    ("sou", Introduction::IAm),
    ("mijn naam is", Introduction::NameIs),
    ("ik heet", Introduction::NameIs),
    ("u spreekt met", Introduction::ThisIs),
    ("met", Introduction::IAm),
    ("ik ben", Introduction::IAm),
    ("nazywam się", Introduction::NameIs),
    ("mam na imię", Introduction::NameIs),
    ("jestem", Introduction::IAm),
];

#[cfg(test)]
mod tests {
    use common::call::Turn;
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        name: String,
        agent: Option<String>,
        said: String,
        caller_name: Option<String>,
    }

    #[test]
    fn a_caller_name_is_found_in_introductions_in_eight_languages() {
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/cases/introductions.json"
        );
        let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        for Case {
            name,
            agent,
            said,
            caller_name,
        } in cases
        {
            let agent = agent.unwrap_or_else(|| "How can I help?".to_owned());
            let turns = [
                Turn {
                    role: Role::Agent,
                    text: agent,
                },
                Turn {
                    role: Role::Caller,
                    text: said,
                },
            ];
            assert_eq!(
                introduced_name(&Transcript::new(turns)),
                caller_name,
                "{name}"
            );
        }
    }
}
