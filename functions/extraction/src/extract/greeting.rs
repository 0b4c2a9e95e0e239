//! Decides whether a greeting from a model may be spoken. A caller id can be forged, so anybody may
//! hear it.

mod facts;
mod sentence;
mod verified;
mod vocabulary;

pub(crate) use facts::GreetingFacts;
pub(crate) use verified::is_verified;

use std::sync::LazyLock;

use regex::Regex;

use crate::extract::language::instructions::is_instruction;
use crate::extract::redaction::private::is_private;
use crate::extract::redaction::secrets::mask;

/// Most words of a greeting.
pub(crate) const MAX_WORDS: usize = 40;
/// Most characters of a greeting.
const MAX_CHARS: usize = 300;

/// Returns whether a greeting is short, speakable and reveals nothing.
pub(crate) fn is_speakable(greeting: &str) -> bool {
    let words = greeting.split_whitespace().count();
    (1..=MAX_WORDS).contains(&words)
        && greeting.chars().count() <= MAX_CHARS
        && !greeting
            .chars()
            .any(|c| c.is_numeric() || c.is_control() || MARKUP.contains(&c))
        && !ADDRESS_OR_DEBT.is_match(greeting)
        && !is_private(greeting)
        && mask(greeting) == greeting
        && !is_instruction(greeting)
}

/// Characters that cannot be spoken, or that are used in ids and addresses.
const MARKUP: [char; 17] = [
    '<', '>', '{', '}', '[', ']', '*', '_', '#', '`', '|', '\\', '/', '@', '=', '~', '^',
];

/// Addresses, debts and the like are not spoken, because anybody may hold the phone. An address is
/// a name followed by a kind of street ("Mill Lane"); a road trip, a floor lamp or an invoice may
/// be mentioned.
static ADDRESS_OR_DEBT: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a literal pattern, compiled by a test")]
    Regex::new(concat!(
        r"\b\p{Lu}[\p{L}'’]+ (?:Street|Avenue|Road|Lane|Drive|Close|Court|Square|Way|Terrace|Crescent)\b|\b\p{L}+(?:straße|strasse|gasse|straat|laan)\b|",
        r"\b(?i:calle|avenida|plaza|paseo|rue|boulevard|via|viale|piazza|rua|travessa|praça|ulica|ulicy|ulicę)(?: d\p{L}{0,3}['’]?)*(?: l[aeo]s?)? ?\p{Lu}\p{L}+|",
        r"(?i)\b(?:your (?:apartment|street|address)|address|adresse|anschrift|dirección|direccion|indirizzo|endereço|morada|adres|adresu|",
        r"credit card|debit card|bank account|your balance|balance due|overdue|outstanding (?:balance|amount|payment|invoice|bill)|unpaid|",
        r"debts?|you owe|password|salary|überfällig|mahnung|kontostand|schulden|offene rechnung|kreditkarte|gehalt|saldo|deudas?|",
        r"impag\p{L}*|tarjeta de crédito|contraseña|sueldo|dettes?|impayée?s?|carte bancaire|mot de passe|debit[io]|scadut\p{L}|",
        r"carta di credito|dívidas?|em atraso|cartão de crédito|senha|openstaand\p{L}*|achterstallig\p{L}*|wachtwoord|zaległ\p{L}*|",
        r"dług\p{L}*|zadłużeni\p{L}*|hasło)\b",
    ))
    .expect("the pattern is valid")
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_greeting_that_reveals_nothing_is_spoken() {
        assert!(is_speakable("Welcome back, Dana! Did the jacket arrive?"));
        assert!(is_speakable(
            "¡Hola de nuevo, Pilar! ¿Le quedó bien la cita?"
        ));
    }

    #[test]
    fn a_private_unspeakable_or_long_greeting_is_not_spoken() {
        let long = "word ".repeat(MAX_WORDS + 1);
        for greeting in [
            "",
            "   ",
            "Welcome back! Is order HO-7712 there?",
            "Are you still at fourteen Quay Street?",
            "Hi **Dana**",
            "How is your allergy?",
            "Hello {{name}}",
            "Your invoice is overdue.",
            "Welcome back! Still at Mill Lane?",
            "Shall I change your address?",
            "Wohnen Sie noch in der Lindenstraße?",
            "Welcome back! Is the code four seven one one?",
            "Write to dana@example.test",
            &long,
        ] {
            assert!(!is_speakable(greeting), "{greeting}");
        }
    }

    proptest! {
        #[test]
        fn no_spoken_greeting_has_more_than_forty_words_or_a_digit(greeting in "(\\PC{0,12} ){0,60}") {
            if is_speakable(&greeting) {
                prop_assert!(greeting.split_whitespace().count() <= MAX_WORDS);
                prop_assert!(!greeting.chars().any(char::is_numeric));
            }
        }
    }
}
