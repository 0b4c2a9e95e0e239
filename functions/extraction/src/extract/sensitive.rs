//! What is never stored and never leaves (card numbers, codes, passwords, ids of the state), and what is stored only where
//! the operator says so (health and the like).

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::text::sentences;

/// The text with card numbers, one-time codes, passwords, account and government numbers replaced by what they are.
pub(crate) fn mask(text: &str) -> String {
    let text = CARD.replace_all(
        text,
        |found: &Captures<'_>| if is_card(&found[0]) { CARD_MASK.to_owned() } else { found[0].to_owned() },
    );
    let text = mask_spoken_cards(&text);
    let text = IBAN.replace_all(&text, "[account number]");
    let text = SOCIAL_SECURITY.replace_all(&text, ID_MASK);
    let text = DNI.replace_all(&text, ID_MASK);
    let text = NAMED_ID.replace_all(&text, |found: &Captures<'_>| format!("{}{ID_MASK}", &found[1]));
    let text = PASSWORD.replace_all(&text, |found: &Captures<'_>| format!("{}{PASSWORD_MASK}", &found[1]));
    CODE.replace_all(&text, |found: &Captures<'_>| {
        if is_harmless_code(&found[1]) { found[0].to_owned() } else { format!("{}{CODE_MASK}", &found[1]) }
    })
    .into_owned()
}

/// Whether a text is about health, faith, sexuality, politics, crime or origin.
pub(crate) fn is_private(text: &str) -> bool {
    PRIVATE.is_match(text)
}

/// The text without what is private: sentences, and where a sentence has clauses, only those that are.
pub(crate) fn without_private(text: &str) -> String {
    sentences(text).iter().filter_map(|sentence| public_clauses(sentence)).collect::<Vec<_>>().join(" ")
}

fn public_clauses(sentence: &str) -> Option<String> {
    if !is_private(sentence) {
        return Some(sentence.to_owned());
    }
    let clauses = CLAUSES.split(sentence.trim_end_matches('.')).map(str::trim);
    // Fewer than three words are no clause but a part of one.
    let public: Vec<&str> =
        clauses.filter(|clause| clause.split_whitespace().count() >= 3 && !is_private(clause)).collect();
    (!public.is_empty()).then(|| format!("{}.", public.join(", ")))
}

static CLAUSES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)[;,]\s+(?:and|y|und|but|pero|aber)?\s*|\s+(?:and|y|und|but|pero|aber|because|porque|weil)\s+")
});

pub(super) const CARD_MASK: &str = "[card number]";
pub(super) const ID_MASK: &str = "[id number]";
pub(super) const CODE_MASK: &str = "[code]";
pub(super) const PASSWORD_MASK: &str = "[password]";
/// Digits of a payment card.
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// The digits that people write: Latin, Arabic, Persian, Devanagari and full width. `\d` has sixty more kinds, and a pattern that
/// repeats it some forty times takes megabytes and milliseconds for each.
const DIGIT: &str = "[0-9٠-٩۰-۹०-९０-９]";

/// A pattern, with `\d` for a [`DIGIT`].
#[expect(clippy::expect_used, reason = "literal patterns, each used by a test")]
pub(super) fn pattern(pattern: &str) -> Regex {
    Regex::new(&pattern.replace(r"\d", DIGIT)).expect("a literal pattern")
}

static CARD: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b\d(?:[ .,–-]{0,3}\d){12,18}\b"));
static IBAN: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){3,7}(?:[ ]?[A-Z0-9]{1,3})?\b"));
static SOCIAL_SECURITY: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b\d{3}[- ]\d{2}[- ]\d{4}\b"));
static DNI: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:\d{8}|[XYZ]\d{7})[- ]?[A-HJ-NP-TV-Z]\b"));
static NAMED_ID: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(r"(?i)(\b(?:{SECRET_IDS})\b[^.!?\d]{{0,40}}?)\b[A-Z]{{0,3}}[ -]?\d(?:[ -]?[A-Z0-9]){{4,14}}\b"))
});
static PASSWORD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r#"(?i)(\b(?:password|passphrase|passwort|kennwort|contraseña|mot de passe)\b\s*(?:is|was|:|=|ist|lautet|es|est)\s*["“']?)"#,
        r#"[^\s,;"”]+"#,
    ))
});
static CODE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"(?i)((?:\w+[ -])?\b(?:pin|otp|cvv|cvc|code|passcode|código|clave|geheimzahl)\b(?:[ ]?(?:is|was|number|ist|lautet|es|est|è|for|it|that|i|got|have|the|,|:|=|was|-|to|me|sent|you))*[ ]*)(?:\b(?:{DIGIT_WORD})(?:[ ,-]+(?:{DIGIT_WORD})){{2,9}}\b|\b\d(?:[ -]?\d){{2,9}}\b)"
    ))
});
static SPOKEN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(r"(?i)\b(?:{DIGIT_WORD}|\d)(?:[ ,.…-]+(?:(?:{FILLER})[ ,.…-]+)*(?:{DIGIT_WORD}|\d))+\b"))
});
static DIGITS: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"(?i)\b(?:{DIGIT_WORD}|\d)\b")));

/// Ids of the state by which somebody is taken for somebody else. In small letters "nie" is German and Polish, "dni" Polish.
pub(super) const SECRET_IDS: &str = "social security|ssn|passport|pasaporte|reisepass|driver'?s licen[cs]e|national id|tax id|(?-i:DNI|NIE)|nif|(?:su|tu|mi|el|de) dni|personalausweis|ausweis|steuer-?id|national insurance";
/// Digits as people say them, in English, Spanish, German, French and Italian.
pub(super) const DIGIT_WORD: &str = "zero|oh|one|two|three|four|five|six|seven|eight|nine|cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|null|eins|zwei|zwo|drei|vier|fünf|sechs|sieben|acht|neun|zéro|un|deux|trois|quatre|cinq|sept|huit|neuf|due|tre|quattro|cinque|sei|sette|otto|nove";
/// What people say between digits.
pub(super) const FILLER: &str = "uh|um|er|erm|hm|and|then|eh|este|y|luego|äh|ähm|und|dann|euh|et|puis|e|poi";

static PRIVATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?:allerg|alérgic|diagnos|disease|illness|cancer|tumou?r|hiv\b|aids\b|diabet|pregnan|embaraz|schwanger|medication|medicat|",
        r"prescri|penicillin|penicilina|insulin|antidepress|depress|anxiety|therap|psychiatr|surgery|symptom|disab|miscarr|abortion|addict|",
        r"krank|enfermedad|krebs|blood pressure|mental health|sexual|gay\b|lesbian|bisexual|transgender|religio|muslim|jewish|christian|",
        r"catholic|hindu|buddhis|atheis|politic|democrat|republican|convict|criminal record|prison|asylum|ethnic|bankrupt)",
    ))
});

/// Whether the figures of a text are those of a payment card.
pub(super) fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(figure).collect();
    passes_luhn(&digits)
}

/// The digit that a figure stands for, of each kind in [`DIGIT`].
pub(super) fn figure(c: char) -> Option<u32> {
    const ZEROS: [char; 5] = ['0', '٠', '۰', '०', '０'];
    ZEROS.iter().find_map(|zero| u32::from(c).checked_sub(u32::from(*zero)).filter(|digit| *digit < 10))
}

fn passes_luhn(digits: &[u32]) -> bool {
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| if place % 2 == 1 { doubled(*digit) } else { *digit })
        .sum();
    CARD_DIGITS.contains(&digits.len()) && sum.is_multiple_of(10)
}

/// "four one one one …": a transcript spells cards out.
fn mask_spoken_cards(text: &str) -> String {
    SPOKEN
        .replace_all(text, |found: &Captures<'_>| {
            let digits: Vec<u32> =
                DIGITS.find_iter(&found[0]).filter_map(|word| digit(&word.as_str().to_lowercase())).collect();
            if passes_luhn(&digits) { CARD_MASK.to_owned() } else { found[0].to_owned() }
        })
        .into_owned()
}

/// The digit that a word says, or a single figure.
pub(super) fn digit(word: &str) -> Option<u32> {
    const WORDS: [&[&str]; 10] = [
        &["zero", "oh", "cero", "null", "zéro"],
        &["one", "uno", "eins", "un"],
        &["two", "dos", "zwei", "zwo", "deux", "due"],
        &["three", "tres", "drei", "trois", "tre"],
        &["four", "cuatro", "vier", "quatre", "quattro"],
        &["five", "cinco", "fünf", "cinq", "cinque"],
        &["six", "seis", "sechs", "sei"],
        &["seven", "siete", "sieben", "sept", "sette"],
        &["eight", "ocho", "acht", "huit", "otto"],
        &["nine", "nueve", "neun", "neuf", "nove"],
    ];
    let said = || WORDS.iter().position(|words| words.contains(&word)).and_then(|digit| u32::try_from(digit).ok());
    word.parse().ok().and_then(figure).or_else(said)
}

/// Whether one of the words around a code, or the word that it is part of, says that it is no secret.
pub(super) fn is_harmless_code(words: &str) -> bool {
    const HARMLESS: [&str; 29] = [
        "zip",
        "post",
        "area",
        "country",
        "discount",
        "promo",
        "product",
        "coupon",
        "error",
        "dial",
        "voucher",
        "colour",
        "color",
        "booking",
        "reservation",
        "reference",
        "tracking",
        "order",
        "item",
        "bar",
        "qr",
        "dress",
        "referral",
        "sort",
        "rabatt",
        "gutschein",
        "buchung",
        "korting",
        "descuento",
    ];
    let is_harmless = |word: &str| HARMLESS.iter().any(|harmless| word.to_lowercase().starts_with(harmless));
    words.split([' ', '-']).any(is_harmless)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn card_numbers_are_masked_however_they_are_written() {
        for card in ["4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "378282246310005"] {
            assert_eq!(mask(&format!("My card is {card}, thanks.")), "My card is [card number], thanks.");
        }
        let spoken = "four one one one one one one one one one one one one one one one";
        assert_eq!(mask(&format!("it's {spoken} okay")), "it's [card number] okay");
    }

    #[test]
    fn card_numbers_are_masked_in_every_kind_of_digits() {
        for zero in ['0', '٠', '۰', '०', '０'] {
            let figure = |digit: char| char::from_u32(u32::from(zero) + digit.to_digit(10).unwrap()).unwrap();
            let card: String = "4111111111111111".chars().map(figure).collect();
            assert_eq!(mask(&format!("so {card} okay")), "so [card number] okay");
            let spoken = card.chars().map(String::from).collect::<Vec<_>>().join(" um ");
            assert_eq!(mask(&format!("so {spoken} okay")), "so [card number] okay");
        }
    }

    #[test]
    fn cards_and_codes_are_masked_with_gaps_and_in_other_languages() {
        let ones = |one: &str, count: usize| vec![one; count].join(" ");
        for spoken in [
            format!("four one one one, uh, {} um {}", ones("one", 4), ones("one", 8)),
            format!("quatre {}", ones("un", 15)),
            format!("quattro {}", ones("uno", 15)),
            format!("vier {} äh {}", ones("eins", 7), ones("eins", 8)),
            "4111, 1111, 1111, 1111".to_owned(),
        ] {
            assert_eq!(mask(&format!("so {spoken} okay")), "so [card number] okay", "{spoken}");
        }
        assert_eq!(mask("le code est quatre deux sept un"), "le code est [code]");
        assert_eq!(mask("der Code ist vier zwei sieben eins"), "der Code ist [code]");
        assert_eq!(mask("uno, due o tre domande"), "uno, due o tre domande");
    }

    #[test]
    fn numbers_that_are_no_cards_stay() {
        for text in [
            "Order 7712 of 2025-11-12",
            "Tracking 1234567890123456",
            "Call +12025550142",
            "XYZ-789",
            "I have two or three questions",
            "To nie jest zamówienie 77120",
            "Das war noch nie so, 77120",
        ] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn codes_and_passwords_are_masked() {
        assert_eq!(mask("The code is 482913."), "The code is [code].");
        assert_eq!(mask("my PIN 4711"), "my PIN [code]");
        assert_eq!(mask("the verification code I got is four two seven one"), "the verification code I got is [code]");
        assert_eq!(mask("My password is hunter2, ok?"), "My password is [password], ok?");
        assert_eq!(mask("zip code 90210"), "zip code 90210");
    }

    #[test]
    fn ids_of_the_state_and_accounts_are_masked() {
        assert_eq!(mask("SSN 078-05-1120"), "SSN [id number]");
        assert_eq!(mask("Mi DNI es 12345678Z"), "Mi DNI es [id number]");
        assert_eq!(mask("NIE: 1234567"), "NIE: [id number]");
        assert_eq!(mask("mi dni es 12345678"), "mi dni [id number]");
        assert_eq!(mask("My passport number is C01X00T47."), "My passport number is [id number].");
        assert_eq!(mask("DE89 3704 0044 0532 0130 00 is my account"), "[account number] is my account");
    }

    #[test]
    fn health_and_faith_are_private_and_a_hospital_job_is_not() {
        assert!(is_private("Pilar is allergic to penicillin."));
        assert!(is_private("Observes religious holidays."));
        assert!(!is_private("Works nights at the hospital."));
    }

    #[test]
    fn only_what_is_private_is_left_out_of_a_text() {
        let text = "Pilar moved her appointment to Monday at 9:30 and stated that she is allergic to penicillin. She will call again.";
        assert_eq!(without_private(text), "Pilar moved her appointment to Monday at 9:30. She will call again.");
        assert_eq!(without_private("She is pregnant."), "");
    }

    proptest! {
        #[test]
        fn no_card_number_survives(prefix in "[a-z ]{0,20}", digits in proptest::collection::vec(0u32..10, 12..=18), separator in "[ -]?", suffix in " [a-z]{0,10}") {
            let check = (0..10).find(|check| passes_luhn(&[digits.as_slice(), &[*check]].concat())).unwrap();
            let number: Vec<String> = digits.iter().chain([&check]).map(ToString::to_string).collect();
            let number = number.chunks(4).map(|group| group.concat()).collect::<Vec<_>>().join(&separator);
            let masked = mask(&format!("{prefix} {number}{suffix}"));
            prop_assert!(masked.contains(CARD_MASK), "{masked}");
            prop_assert!(!masked.contains(&number));
        }

        #[test]
        fn masking_twice_changes_nothing_more(text in "\\PC{0,120}") {
            let once = mask(&text);
            prop_assert_eq!(mask(&once), once);
        }
    }
}
