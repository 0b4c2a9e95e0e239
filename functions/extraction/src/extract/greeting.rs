//! Whether a greeting that a model wrote may be spoken. A caller id can be forged: whoever calls hears it.

use std::sync::LazyLock;

use regex::Regex;

use super::instructions::is_instruction;
use super::private::is_private;
use super::sensitive::mask;

/// Most words of a greeting.
pub(crate) const MAX_WORDS: usize = 40;
/// Most characters of a greeting.
const MAX_CHARS: usize = 300;

/// A greeting that is short, speakable, and gives nothing away.
pub(crate) fn is_speakable(greeting: &str) -> bool {
    let words = greeting.split_whitespace().count();
    (1..=MAX_WORDS).contains(&words)
        && greeting.chars().count() <= MAX_CHARS
        && !greeting.chars().any(|c| c.is_numeric() || c.is_control() || MARKUP.contains(&c))
        && !PLACE.is_match(greeting)
        && !is_private(greeting)
        && mask(greeting) == greeting
        && !is_instruction(greeting)
}

/// What no voice can say, and what ids and addresses are written with.
const MARKUP: [char; 17] = ['<', '>', '{', '}', '[', ']', '*', '_', '#', '`', '|', '\\', '/', '@', '=', '~', '^'];

/// Where somebody lives and what they pay with is not said to whoever holds the phone.
static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a literal pattern, used by a test")]
    Regex::new(concat!(
        r"(?i)\b(?:street|avenue|road|lane|apartment|floor|calle|avenida|straße|strasse|\p{L}+(?:straße|strasse)|rue|address|neighbou?r|",
        r"credit card|debit card|bank account|balance|debt|overdue|invoice|password|salary)\b",
    ))
    .expect("a literal pattern")
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_greeting_that_gives_nothing_away_is_spoken() {
        assert!(is_speakable("Welcome back, Dana! Did the jacket arrive?"));
        assert!(is_speakable("¡Hola de nuevo, Pilar! ¿Le quedó bien la cita?"));
    }

    #[test]
    fn what_is_private_unspeakable_or_too_long_is_not() {
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
            "Welcome back! Is the code four seven one one?",
            "Write to dana@example.test",
            &long,
        ] {
            assert!(!is_speakable(greeting), "{greeting}");
        }
    }

    proptest! {
        #[test]
        fn no_spoken_greeting_has_over_forty_words_or_a_digit(greeting in "(\\PC{0,12} ){0,60}") {
            if is_speakable(&greeting) {
                prop_assert!(greeting.split_whitespace().count() <= MAX_WORDS);
                prop_assert!(!greeting.chars().any(char::is_numeric));
            }
        }
    }
}
