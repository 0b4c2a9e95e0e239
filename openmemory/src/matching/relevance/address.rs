//! Recognises questions about an address, and memories that contain one.
//!
//! "Delivery address" has no word in common with "She lives at 14 Quay Street", and their word
//! vectors are not close either.

use text::Word;

/// Maximum distance, in words, between a street and its number: "calle del Olmo 12", "14 Upper Quay
/// Street".
const MAX_WORDS_APART: usize = 4;
/// Maximum length of a house number, in characters: "128b".
const MAX_NUMBER_CHARS: usize = 5;

/// Whether a question asks where somebody lives or where to deliver.
pub(super) fn asks_for_address(words: &[Word]) -> bool {
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.whole.as_str()));
    let is_of_mail = words.iter().any(|word| word.whole.contains("mail"));
    !is_of_mail && (words.iter().any(means_address) || (has(WHERE) && has(LIVES)))
}

/// Whether a street name is close to a house number.
pub(super) fn has_address<'a>(words: impl Iterator<Item = &'a Word>) -> bool {
    let mut street: Option<usize> = None;
    let mut number: Option<usize> = None;
    for (at, word) in words.enumerate() {
        if is_street(&word.whole) {
            street = Some(at);
        }
        if is_house_number(&word.whole) {
            number = Some(at);
        }
        if street
            .zip(number)
            .is_some_and(|(street, number)| street.abs_diff(number) <= MAX_WORDS_APART)
        {
            return true;
        }
    }
    false
}

fn means_address(word: &Word) -> bool {
    let whole = word.whole.as_str();
    ADDRESS.contains(&whole)
        || ["adresse", "anschrift", "adres"]
            .iter()
            .any(|end| whole.ends_with(end))
}

fn is_street(word: &str) -> bool {
    STREETS.contains(&word)
        || (word.len() > 6 && STREET_ENDINGS.iter().any(|end| word.ends_with(end)))
}

fn is_house_number(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_digit())
        && word.len() <= MAX_NUMBER_CHARS
        && word
            .chars()
            .filter(|letter| letter.is_ascii_alphabetic())
            .count()
            <= 1
        && word.chars().all(|letter| letter.is_ascii_alphanumeric())
}

/// Folded words for an address.
#[rustfmt::skip]
const ADDRESS: &[&str] = &[
    "address", "addresses", "street", "direccion", "domicilio", "adresse", "domicile", "indirizzo", "endereco", "morada",
    "adres", "adresu", "woonadres", "wohnort",
];
/// Folded words that ask for a place.
#[rustfmt::skip]
const WHERE: &[&str] = &["where", "donde", "adonde", "wo", "wohin", "ou", "dove", "onde", "waar", "gdzie", "dokad"];
/// Folded verbs for living somewhere and for delivering. They count together with [`WHERE`].
#[rustfmt::skip]
const LIVES: &[&str] = &[
    "live", "lives", "lived", "living", "deliver", "delivered", "ship", "shipped", "send", "sent", "vive", "vivia", "viven",
    "entregar", "enviar", "mandar", "wohnt", "wohnte", "wohnen", "liefern", "geliefert", "schicken", "habite", "habitait",
    "livrer", "envoyer", "abita", "abitava", "consegnare", "spedire", "mora", "morava", "woont", "woonde", "bezorgen",
    "sturen", "mieszka", "mieszkal", "mieszkala", "dostarczyc", "wyslac",
];
/// Folded words for a street, as a separate word.
#[rustfmt::skip]
const STREETS: &[&str] = &[
    "street", "st", "road", "rd", "lane", "avenue", "ave", "drive", "close", "court", "terrace", "row", "place", "square",
    "crescent", "gardens", "calle", "avenida", "plaza", "paseo", "camino", "rue", "boulevard", "allee", "chemin", "impasse",
    "quai", "via", "viale", "piazza", "corso", "vicolo", "rua", "travessa", "largo", "praca", "strasse", "weg", "gasse",
    "platz", "straat", "laan", "plein", "kade", "ulica", "ul", "ulicy", "aleja", "aleje", "osiedle", "os",
];
/// Folded endings of street names.
const STREET_ENDINGS: &[&str] = &[
    "strasse", "weg", "gasse", "platz", "allee", "damm", "ufer", "straat", "laan", "plein",
    "gracht", "kade",
];

#[cfg(test)]
mod tests {
    use text::search_words;

    use super::*;

    #[test]
    fn a_street_with_a_number_is_an_address_in_eight_languages() {
        for text in [
            "She lives at 14 Quay Street.",
            "Letters go to 22 Harbour Terrace in Plymouth",
            "Vive en la calle del Olmo 12, tercero.",
            "Sie wohnt im Birkenweg 7 im Hinterhaus.",
            "Geliefert wird in die Gerberstraße 41b",
            "Il habite 5 rue des Lilas",
            "Abita in via Garibaldi 30",
            "Mora na Rua do Sol, 18",
            "Hij woont op Lindelaan 9",
            "Mieszka przy ul. Polnej 3",
        ] {
            assert!(has_address(search_words(text).iter()), "{text}");
        }
        for text in [
            "Her appointment is on December 9 at 16:30.",
            "Order 48213 is late",
            "Am 20. hat sie Geburtstag.",
            "His tyres lie in rack 27",
            "She takes the street car home",
        ] {
            assert!(!has_address(search_words(text).iter()), "{text}");
        }
    }

    #[test]
    fn questions_about_an_address_are_recognised() {
        for question in [
            "delivery address",
            "Lieferadresse",
            "Anschrift",
            "dirección actual",
            "where does she live",
            "wohin liefern",
            "dónde vivía antes",
            "bezorgadres",
            "where should we send the parcel",
        ] {
            assert!(asks_for_address(&search_words(question)), "{question}");
        }
        for question in [
            "email address",
            "E-Mail-Adresse",
            "where did she buy it",
            "opening times",
            "",
        ] {
            assert!(!asks_for_address(&search_words(question)), "{question}");
        }
    }
}
