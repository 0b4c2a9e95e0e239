//! Finds names in introductions: "My name is Dana Whitfield", "Hier ist Frau Weber".

use common::call::{Role, Transcript};
use common::memory::spoken_name;

use super::instructions::is_instruction;
use crate::small_talk::is_known;
use crate::text::words;

/// Most parts of a name.
const MAX_PARTS: usize = 4;

/// How certainly a name follows an introduction phrase.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    /// "my name is": a name follows.
    Name,
    /// "this is": any words that are not ordinary words are a name.
    Person,
    /// "I am": a profession or an origin may follow, so a single word counts only as the answer to
    /// a question for the name.
    Being,
}

/// Returns the first name that the caller gives in the call.
pub(super) fn name(transcript: &Transcript) -> Option<String> {
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
            introduced(&turn.text, asks_for_name(question))
        })
}

/// Returns all names from introductions, including several at once: "I'm Giulia and Noor". Unlike
/// [`introduced_name`] it accepts single words, so use it only to confirm a name from another
/// source.
pub(super) fn all(transcript: &Transcript) -> Vec<String> {
    let callers = transcript
        .by_caller()
        .map(|(_, turn)| turn.text.as_str())
        .filter(|text| !is_instruction(text));
    callers.flat_map(introduced_all).collect()
}

fn introduced_all(text: &str) -> Vec<String> {
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let led = (0..tokens.len()).find_map(|at| {
        LEADS
            .iter()
            .find_map(|(phrase, _)| led_by(&tokens, at, phrase))
    });
    let is_here = |first: &&&str| HERE.contains(&bare(first).to_lowercase().as_str());
    let Some(from) = led.or_else(|| tokens.first().filter(is_here).map(|_| 1)) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    for token in &tokens[from..] {
        let word = bare(token);
        let is_name = word.chars().next().is_some_and(char::is_uppercase);
        if !is_name && !JOINING.contains(&word.to_lowercase().as_str()) {
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
    words(question).any(|word| ASKING.contains(&word.as_str()))
}

fn introduced(text: &str, is_asked: bool) -> Option<String> {
    let tokens: Vec<&str> = text.split_whitespace().collect();
    (0..tokens.len()).find_map(|index| {
        let (lead, from) = LEADS
            .iter()
            .find_map(|(phrase, lead)| Some((*lead, led_by(&tokens, index, phrase)?)))?;
        let begins = index == 0
            || tokens[index - 1].ends_with(['.', ',', '!', '?', ';', ':'])
            || is_courtesy(tokens[index - 1]);
        let parts = name_parts(&tokens[from..]);
        let is_enough = match lead {
            Lead::Name => !parts.is_empty(),
            Lead::Person => {
                begins
                    && !parts.is_empty()
                    && (parts.len() > 1 || !is_known(&bare(parts[0]).to_lowercase()))
            }
            Lead::Being => begins && (parts.len() > 1 || (is_asked && parts.len() == 1)),
        };
        is_enough.then(|| spoken_name(&parts.join(" "))).flatten()
    })
}

/// Returns the index after a phrase, if the phrase is at `index`.
fn led_by(tokens: &[&str], index: usize, phrase: &str) -> Option<usize> {
    let words: Vec<&str> = phrase.split(' ').collect();
    let said = tokens.get(index..index + words.len())?;
    let is_same =
        |(token, word): (&&str, &&str)| bare(token).to_lowercase().replace('’', "'") == **word;
    // The phrase must not cross the end of a sentence.
    let is_whole = said
        .iter()
        .all(|token| !token.ends_with(['.', '!', '?', ',']));
    (is_whole && said.iter().zip(&words).all(is_same)).then_some(index + words.len())
}

/// Returns the capitalized words that follow, up to the end of the sentence, with particles such as
/// "van" between them.
fn name_parts<'a>(tokens: &[&'a str]) -> Vec<&'a str> {
    let mut parts = Vec::new();
    for token in tokens.iter().take(MAX_PARTS + 2) {
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
        if !(is_name || is_particle || is_title) || parts.len() == MAX_PARTS {
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
const JOINING: [&str; 11] = [
    "and", "y", "und", "et", "e", "en", "i", "a", "o", "la", "el",
];
/// Polish for "this is" before a name: "Tu Marta".
const HERE: [&str; 2] = ["tu", "tutaj"];

/// Words of an agent's question for a name, in the eight languages.
const ASKING: [&str; 24] = [
    "name", "names", "who", "nombre", "quién", "llama", "namen", "wer", "heißen", "nom", "qui",
    "appelez", "nome", "chi", "chiama", "quem", "naam", "wie", "heet", "imię", "nazwisko",
    "imienia", "kto", "nazywa",
];

const LEADS: [(&str, Lead); 42] = [
    ("my name is", Lead::Name),
    ("my name's", Lead::Name),
    ("the name is", Lead::Name),
    ("the name's", Lead::Name),
    ("call me", Lead::Name),
    ("this is", Lead::Person),
    ("it's", Lead::Being),
    ("i'm", Lead::Being),
    ("i am", Lead::Being),
    ("me llamo", Lead::Name),
    ("mi nombre es", Lead::Name),
    ("le habla", Lead::Person),
    ("habla", Lead::Person),
    ("soy", Lead::Being),
    ("mein name ist", Lead::Name),
    ("ich heiße", Lead::Name),
    ("hier ist", Lead::Person),
    ("hier spricht", Lead::Person),
    ("ich bin", Lead::Being),
    ("je m'appelle", Lead::Name),
    ("mon nom est", Lead::Name),
    ("ici", Lead::Person),
    ("c'est", Lead::Being),
    ("je suis", Lead::Being),
    ("mi chiamo", Lead::Name),
    ("il mio nome è", Lead::Name),
    ("parla", Lead::Person),
    ("sono", Lead::Being),
    ("meu nome é", Lead::Name),
    ("o meu nome é", Lead::Name),
    ("me chamo", Lead::Name),
    ("chamo-me", Lead::Name),
    ("aqui é", Lead::Person),
    ("aqui fala", Lead::Person),
    ("sou", Lead::Being),
    ("mijn naam is", Lead::Name),
    ("ik heet", Lead::Name),
    ("u spreekt met", Lead::Person),
    ("met", Lead::Being),
    ("ik ben", Lead::Being),
    ("nazywam się", Lead::Name),
    ("mam na imię", Lead::Name),
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
    fn a_caller_is_known_by_the_name_they_give_in_eight_languages() {
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
            assert_eq!(super::name(&Transcript::new(turns)), caller_name, "{name}");
        }
    }
}
