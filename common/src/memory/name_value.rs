//! Decides whether a value stands for a person's name.

use std::borrow::Cow;

use text::{is_listed, lower_case, nfc, plain_words};
use unicode_normalization::char::is_combining_mark;

use super::name_parts::{is_initial, is_particle, is_suffix, is_title};
use super::placeholder::is_abbreviation;
use super::vocabulary::Meaning;
use super::{is_placeholder, is_redacted};

/// Most words of a name in lower case. Longer text is a sentence.
const MAX_LOWER_CASE_PARTS: usize = 3;

/// Returns whether a value is not a person's name but a placeholder, a role such as "the caller",
/// or a sentence that denies a name.
///
/// Many names are also words: "Mai Le" is a negation and an article in two languages. A value whose
/// parts all begin with a capital is therefore a name, unless its words belong to one language and
/// say there that there is no name, or one of them is never part of a name.
#[must_use]
pub fn names_no_person(value: &str) -> bool {
    is_redacted(value) || is_no_name(&cleaned(value))
}

/// Returns whether a value that was cleaned with [`cleaned`] is no name.
pub(super) fn is_no_name(cleaned: &str) -> bool {
    let lower = lower_case(cleaned);
    let words: Vec<&str> = plain_words(&lower).collect();
    if words.is_empty() || words.iter().any(|word| is_listed(word, NEVER_NAMES)) {
        return true;
    }
    if words.iter().all(|word| is_filler(word)) || (words.len() > 1 && is_abbreviation(&words)) {
        return true;
    }
    if cleaned.split_whitespace().any(is_small) {
        return words.iter().any(|word| Meaning::of(word).decisive != 0);
    }
    if let [word] = words[..] {
        return !is_also_name(cleaned, word)
            && (Meaning::of(word).decisive != 0
                || is_placeholder(word)
                || is_listed(word, ANSWERS));
    }
    // Words of one language, one of which says that there is no name.
    let all = words.iter().fold(u8::MAX, |languages, word| {
        languages & Meaning::of(word).languages
    });
    words
        .iter()
        .any(|word| Meaning::of(word).decisive & all != 0)
}

/// Returns whether a word for "nothing" is a given name too, and is written as one.
fn is_also_name(written: &str, word: &str) -> bool {
    written.chars().count() > 1
        && !written.chars().skip(1).any(char::is_uppercase)
        && is_listed(word, ALSO_NAMES)
}

/// Returns whether a word is one letter again and again, such as "xxx".
fn is_filler(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() > 1 && bytes[0].is_ascii_alphabetic() && bytes.iter().all(|byte| *byte == bytes[0])
}

/// Returns whether a part begins with a small letter and is neither a particle, a title, an initial
/// nor a suffix. "d'Arc" and "al-Rashid" begin with a particle.
fn is_small(part: &str) -> bool {
    part.chars().next().is_some_and(char::is_lowercase)
        && !part.chars().any(char::is_uppercase)
        && !(is_particle(part) || is_title(part) || is_initial(part) || is_suffix(part))
}

/// Returns whether a cleaned value is a sentence: too many small words for a name, or a word of
/// grammar beside one.
pub(super) fn is_sentence(cleaned: &str) -> bool {
    let small = cleaned
        .split_whitespace()
        .filter(|part| is_small(part))
        .count();
    let has_capital = cleaned.chars().any(char::is_uppercase);
    let most = if has_capital { 1 } else { MAX_LOWER_CASE_PARTS };
    small > most || (small > 0 && cleaned.split_whitespace().any(is_grammar))
}

fn is_grammar(part: &str) -> bool {
    if is_particle(part) || is_title(part) || is_initial(part) {
        return false;
    }
    let lower = lower_case(part);
    plain_words(&lower).any(|word| word.len() > 1 && Meaning::of(word).languages != 0)
}

/// Returns the part of a value that can be a name: without invisible characters and pictures,
/// parentheses, a second name, quotation marks and punctuation around it.
pub(super) fn cleaned(value: &str) -> String {
    let value: Cow<'_, str> = if value.is_ascii() {
        Cow::Borrowed(value)
    } else {
        Cow::Owned(nfc(value).chars().filter_map(plain).collect())
    };
    let outside = value.split(['(', '[', '{']).next().unwrap_or_default();
    let one = without_remark(first_of_several(outside));
    let begin = |c: char| c.is_alphanumeric() || matches!(c, '+' | '<' | '@');
    let one = one.trim_start_matches(|c: char| !begin(c));
    let end = one.trim_end_matches(|c: char| !(c.is_alphanumeric() || is_combining_mark(c)));
    let last = end.split_whitespace().next_back().unwrap_or_default();
    let is_abbreviated = one[end.len()..].starts_with('.') && (is_title(last) || is_initial(last));
    let mut words = end.split_whitespace().collect::<Vec<_>>().join(" ");
    if is_abbreviated {
        words.push('.');
    }
    words
}

/// Returns what precedes a comma if no name follows it: "Dana, 34", "Bob, the caller's name".
fn without_remark(value: &str) -> &str {
    match value.split_once(',') {
        Some((name, remark))
            if remark.contains(|c: char| c.is_ascii_digit())
                || is_no_name(remark.trim())
                || is_sentence(remark.trim()) =>
        {
            name
        }
        _ => value,
    }
}

/// Replaces a special hyphen with the plain one, and pictures with a space. Returns `None` for a
/// character that is not seen.
fn plain(c: char) -> Option<char> {
    match c {
        '\u{2010}'..='\u{2014}' => Some('-'),
        '\u{ad}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{e0000}'..='\u{e007f}' => None,
        '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}' => Some(' '),
        _ => Some(c),
    }
}

/// Returns the first of several names: "Dana / Tom", "Dr Smith and Dr Jones". A conjunction that
/// also joins the parts of one name, as in "Ortega y Gasset", separates names only before a title.
fn first_of_several(value: &str) -> &str {
    let value = match value
        .find(['/', '&', '|', '+'])
        .or_else(|| value.find(" - "))
    {
        Some(at) if at > 1 && !value.contains("://") => &value[..at],
        _ => value,
    };
    let mut from = 0;
    for part in value.split_inclusive(char::is_whitespace) {
        let rest = &value[from + part.len()..];
        let word = part.trim_end();
        let next = rest.split_whitespace().next();
        let separates = is_listed(word, CONJUNCTIONS)
            || (is_listed(word, JOINING) && next.is_some_and(is_title));
        if from > 0 && separates {
            return &value[..from];
        }
        from += part.len();
    }
    value
}

/// Conjunctions between names.
const CONJUNCTIONS: &str = "and und et en oraz or oder o ou lub";
/// Conjunctions between names and within names.
const JOINING: &str = "y e i";

/// Title-case words that are given names as well as words for "nothing" or a negation.
const ALSO_NAMES: &str = "na nil nan nada nic mai sem";

/// Answers that are no name if they stand alone.
const ANSWERS: &str = "yes yeah nope sí si ja nö oui sì sim tak maybe";

/// Words that are never part of a name: those for a name and for not giving it, for those who call,
/// for a family or company, for uncertainty, verbs of introductions, and modal verbs.
const NEVER_NAMES: &str = "\
    unknown unnamed unspecified unidentified undisclosed unavailable anonymous withheld redacted \
    provided mentioned stated specified given disclosed applicable available name names surname \
    caller callers customer user interlocutor \
    family company prefers preferred declined declines refused refuses wants wanted would could \
    should maybe perhaps probably possibly sure unsure uncertain not none nothing nobody \
    desconocido desconocida anónimo anónima proporcionado proporcionada mencionado mencionada \
    nombre apellido usuario llamante familia empresa prefiere quiere rechazó rehusó quizás quizá \
    ninguno nadie \
    unbekannt unbekannte unbekannter anonym angegeben genannt erwähnt vorname nachname \
    anrufer anruferin familie firma wollte möchte lieber verweigert abgelehnt vielleicht \
    nicht keine keinen kein nichts niemand \
    inconnu inconnue anonyme précisé précisée communiqué mentionné prénom appelant appelante \
    interlocuteur interlocutrice famille entreprise société préfère veut refusé refuse aucun \
    sconosciuto sconosciuta anonimo fornito specificato cognome chiamante interlocutore \
    famiglia azienda ditta preferisce vuole rifiutato rifiuta forse nessuno \
    desconhecido desconhecida anônimo informado fornecido sobrenome utilizador família empresa \
    prefere quer recusou talvez não nenhum ninguém \
    onbekend onbekende anoniem opgegeven genoemd naam voornaam achternaam beller gezin bedrijf \
    wilde liever geweigerd misschien niet geen \
    nieznany nieznana anonimowy podano podał podała nikt imię nazwisko dzwoniący dzwoniąca rozmówca \
    rodzina woli chce odmówił odmówiła może \
    ich heiße heisse llamo appelle chiamo chamo heet nazywam";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_a_placeholder_or_a_sentence_is_not_a_name() {
        for name in [
            "The caller",
            "User",
            "Customer",
            "Anonymous",
            "der Anrufer",
            "Klant",
            "[NAME]",
            "Unknown caller",
            "Not sure",
            "declined",
            "Prefers not to say",
            "Refused to answer",
            "Wollte keinen Namen nennen",
            "My name is Dana",
            "Der Kunde",
            "Brak Danych",
            "XX",
        ] {
            assert!(names_no_person(name), "{name}");
        }
        for name in [
            "Dana",
            "Ana Client",
            "Guest Dana",
            "An",
            "Le",
            "Mai Le",
            "Do An",
            "Nil",
            "Sem",
            "J. Smith",
            "Dana from accounting",
            "dana whitfield",
            "Jan van der Berg",
            "Sixx",
        ] {
            assert!(!names_no_person(name), "{name}");
        }
    }
}
