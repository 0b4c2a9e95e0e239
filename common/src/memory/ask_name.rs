//! The greeting of a number that several people use: it asks who is speaking.

/// Returns a greeting that asks who is speaking, or `None` if there is no template for the
/// language. It offers the names if there are two.
///
/// `language` is a tag such as `en` or `pt-BR`. `None` means English.
#[must_use]
pub fn ask_who_is_speaking(names: &[&str], language: Option<&str>) -> Option<String> {
    let primary = language
        .unwrap_or("en")
        .split(['-', '_'])
        .next()?
        .to_ascii_lowercase();
    let question = QUESTIONS
        .iter()
        .find(|question| question.language == primary)?;
    let [newest, other] = names else {
        return Some(question.open.to_owned());
    };
    let [before, between, after] = question.of_two;
    Some(format!("{before}{newest}{between}{other}{after}"))
}

struct Question {
    language: &'static str,
    /// The text before, between and after two names. Names stay in the nominative where the
    /// language inflects them.
    of_two: [&'static str; 3],
    /// The question without names.
    open: &'static str,
}

const QUESTIONS: [Question; 8] = [
    Question {
        language: "en",
        of_two: ["Hello, am I speaking with ", " or ", "?"],
        open: "Hello! Who am I speaking with?",
    },
    Question {
        language: "es",
        of_two: ["¡Hola! ¿Hablo con ", " o con ", "?"],
        open: "¡Hola! ¿Con quién hablo?",
    },
    Question {
        language: "de",
        of_two: ["Guten Tag! Wer ist am Apparat: ", " oder ", "?"],
        open: "Guten Tag! Mit wem spreche ich?",
    },
    Question {
        language: "fr",
        of_two: ["Bonjour ! Est-ce que je parle à ", " ou à ", " ?"],
        open: "Bonjour ! À qui ai-je le plaisir de parler ?",
    },
    Question {
        language: "it",
        of_two: ["Buongiorno! Parlo con ", " o con ", "?"],
        open: "Buongiorno! Con chi parlo?",
    },
    Question {
        language: "pt",
        of_two: ["Olá! Falo com ", " ou com ", "?"],
        open: "Olá! Com quem falo?",
    },
    Question {
        language: "nl",
        of_two: ["Goedendag! Spreek ik met ", " of met ", "?"],
        open: "Goedendag! Met wie spreek ik?",
    },
    Question {
        language: "pl",
        of_two: ["Dzień dobry! Czy dzwoni ", ", czy ", "?"],
        open: "Dzień dobry! Z kim mam przyjemność?",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_are_offered_and_more_are_not() {
        assert_eq!(
            ask_who_is_speaking(&["Dana", "Tom"], None).unwrap(),
            "Hello, am I speaking with Dana or Tom?"
        );
        assert_eq!(
            ask_who_is_speaking(&["Dana", "Tom", "Ravi"], Some("pt-BR")).unwrap(),
            "Olá! Com quem falo?"
        );
        assert_eq!(ask_who_is_speaking(&["Dana", "Tom"], Some("ja")), None);
    }

    #[test]
    fn every_language_with_a_template_greeting_has_a_question() {
        for language in ["en", "es", "de", "fr", "it", "pt", "nl", "pl"] {
            let greeting = ask_who_is_speaking(&["Dana", "Tom"], Some(language)).unwrap();
            assert!(greeting.contains("Dana") && greeting.contains("Tom"));
        }
    }
}
