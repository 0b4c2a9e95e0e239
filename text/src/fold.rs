//! Removes case and accents, so that `envío` matches `ENVIO`.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::compose;

/// Returns the text in lower case without the accents of Latin letters. `ß` becomes `ss`.
#[must_use]
pub fn fold(text: &str) -> String {
    fold_letters(text, |letter| {
        is_accented_latin(letter) || has_nukta(letter)
    })
}

/// Returns the text in lower case without accents in any alphabet, and with one spelling for German
/// umlauts: "ü" and "ue" become the same.
///
/// Speech recognition and models spell the same name differently. Search keeps "ue", because "neue"
/// and "Manuel" are not umlauts.
#[must_use]
pub fn fold_spelling(word: &str) -> String {
    let folded = fold_letters(word, |letter| !letter.is_ascii());
    if folded.len() < MIN_UMLAUT_BYTES {
        return folded;
    }
    folded
        .replace("ae", "a")
        .replace("oe", "o")
        .replace("ue", "u")
}

/// A shorter word keeps its "ue".
const MIN_UMLAUT_BYTES: usize = 4;

fn fold_letters(text: &str, may_be_accented: impl Fn(char) -> bool) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match plain(letter) {
            Some(plain) => folded.push_str(plain),
            None if is_accent(letter) => {}
            None if may_be_accented(letter) => folded.push(base(letter)),
            None => folded.push(letter),
        }
    }
    folded
}

fn is_accented_latin(letter: char) -> bool {
    matches!(letter, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

/// Removes the accents of a letter. A letter composed in another way, such as a Korean syllable,
/// stays as it is.
fn base(letter: char) -> char {
    let mut parts = letter.nfd();
    let first = parts.next().unwrap_or(letter);
    if parts.all(is_accent) { first } else { letter }
}

/// Composes each letter with its accents, as keyboards and models write it. Accents that do not
/// compose are dropped.
pub(crate) fn composed(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = Vec::with_capacity(text.len());
    for letter in text.chars() {
        let joined = letters
            .last()
            .filter(|_| is_accent(letter))
            .and_then(|last| compose(*last, letter));
        match joined {
            Some(joined) => {
                letters.pop();
                letters.push(joined);
            }
            None if is_accent(letter) => {}
            None => letters.push(letter),
        }
    }
    letters
}

/// Whether this is an accent that follows its letter, as in decomposed Unicode text, or the dot
/// below a Devanagari letter, which many writers leave out.
fn is_accent(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{93c}')
}

/// Whether this is a Devanagari letter composed with its dot.
fn has_nukta(letter: char) -> bool {
    ('\u{958}'..='\u{95f}').contains(&letter)
}

fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ß' => "ss",
        'ł' => "l",
        'ø' => "o",
        'đ' => "d",
        'ð' => "d",
        'þ' => "th",
        'æ' => "ae",
        'œ' => "oe",
        'ı' => "i",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_and_case_are_ignored() {
        assert_eq!(fold("Envío"), fold("ENVIO"));
        assert_eq!(fold("Straße"), "strasse");
        assert_eq!(fold("cafe\u{301}"), "cafe");
    }

    #[test]
    fn every_latin_accent_is_folded_composed_or_not() {
        for (text, folded) in [
            ("Zażółć gęślą jaźń", "zazolc gesla jazn"),
            ("Škoda Çelik", "skoda celik"),
            ("Łódź", "lodz"),
            ("cœur", "coeur"),
            ("Nguyễn", "nguyen"),
            ("są\u{301}", "sa"),
            ("Șerban", "serban"),
        ] {
            assert_eq!(fold(text), folded);
            assert_eq!(fold(&text.nfd().collect::<String>()), folded, "decomposed");
        }
        assert_eq!(fold("дом"), "дом");
        assert_eq!(fold("कॉफ\u{93c}ी"), "कॉफी");
        assert_eq!(fold("कॉ\u{95e}ी"), "कॉफी");
    }

    #[test]
    fn spellings_of_a_name_are_folded_to_one() {
        for (one, other) in [
            ("grünwald", "gruenwald"),
            ("müller", "muller"),
            ("københavn", "kobenhavn"),
            ("đorđe", "dorde"),
            ("αθήνα", "αθηνα"),
            ("ёлка", "елка"),
        ] {
            assert_eq!(fold_spelling(one), fold_spelling(other));
        }
        assert_eq!(fold_spelling("sue"), "sue");
        assert_ne!(fold_spelling("हिन्दी"), fold_spelling("हन्द"));
        assert_eq!(fold_spelling("서울"), "서울");
    }

    #[test]
    fn decomposed_letters_are_composed() {
        let composed: String = composed("enví\u{301}o envi\u{301}o").into_iter().collect();
        assert_eq!(composed, "envío envío");
    }
}
