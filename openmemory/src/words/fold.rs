//! Folds case and accents, so that `envío` matches `ENVIO`.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::compose;

/// Returns the text in lower case without accents. `ß` becomes `ss`.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match plain(letter) {
            Some(plain) => folded.push_str(plain),
            None if is_combining(letter) => {}
            None => folded.push(base(letter)),
        }
    }
    folded
}

/// Removes the accents of a Latin letter. Any other letter stays as it is.
fn base(letter: char) -> char {
    let is_latin = matches!(letter, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}');
    let base = is_latin.then(|| letter.nfd().next()).flatten();
    base.unwrap_or(letter)
}

/// Composes each letter with its combining marks, as keyboards and models write it. Marks that do
/// not compose are dropped.
pub(crate) fn composed(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = Vec::with_capacity(text.len());
    for letter in text.chars() {
        let joined = letters
            .last()
            .filter(|_| is_combining(letter))
            .and_then(|last| compose(*last, letter));
        match joined {
            Some(joined) => {
                letters.pop();
                letters.push(joined);
            }
            None if is_combining(letter) => {}
            None => letters.push(letter),
        }
    }
    letters
}

/// Whether this is a combining mark, as in decomposed Unicode text.
pub(super) fn is_combining(letter: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&letter)
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
    }

    #[test]
    fn decomposed_letters_are_composed() {
        let composed: String = composed("enví\u{301}o envi\u{301}o").into_iter().collect();
        assert_eq!(composed, "envío envío");
    }
}
