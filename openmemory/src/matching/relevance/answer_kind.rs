//! Recognises the kind of answer a question expects: "when" asks for a time, "who" for a person.
//!
//! Sentence models hardly capture this. "What is her tax number?" is close to everything about
//! money, but only a memory with a number can be the answer.

use std::collections::HashSet;
use std::sync::LazyLock;

use text::numbers::number_word;
use text::{Word, search_words};

/// What an answer must contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnswerKind {
    Person,
    Colour,
    Time,
    Number,
    Name,
}

impl AnswerKind {
    /// Returns the kind of answer a question expects. Most questions expect none in particular.
    pub(super) fn expected_by(question: &str) -> Option<Self> {
        let words = search_words(question);
        let asked: Vec<&str> = words.iter().map(|word| word.whole.as_str()).collect();
        let has = |list: &[&str]| asked.iter().any(|word| list.contains(word));
        if has(WHO) {
            Some(Self::Person)
        } else if has(COLOUR) {
            Some(Self::Colour)
        } else if has(WHEN) || has_pair(&asked, WHICH, PERIODS) || has_pair(&asked, HOW, LONG) {
            Some(Self::Time)
        } else if has(NUMBER)
            || has_pair(&asked, HOW, MANY)
            || asked.iter().any(|word| word.ends_with("nummer"))
        {
            Some(Self::Number)
        } else if has(NAME) {
            Some(Self::Name)
        } else {
            None
        }
    }

    /// Whether a text with these words may contain such an answer.
    pub(super) fn may_be_in<'a>(self, mut words: impl Iterator<Item = &'a Word>) -> bool {
        words.any(|word| match self {
            Self::Person => word.is_name || PERSONS_SET.contains(word.whole.as_str()),
            Self::Colour => COLOURS_SET.contains(word.whole.as_str()),
            // Every memory has the time of its call.
            Self::Time => true,
            Self::Number => is_number(word),
            Self::Name => word.is_name || word.has_digit(),
        })
    }
}

fn has_pair(words: &[&str], firsts: &[&str], seconds: &[&str]) -> bool {
    words
        .windows(2)
        .any(|pair| firsts.contains(&pair[0]) && seconds.contains(&pair[1]))
}

fn is_number(word: &Word) -> bool {
    word.has_digit() || number_word(&word.whole).is_some() || AMOUNTS.contains(&word.whole.as_str())
}

static PERSONS_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| PERSONS.iter().copied().collect());
static COLOURS_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| COLOURS.iter().copied().collect());

const WHO: &[&str] = &[
    "who", "whom", "whose", "quien", "quienes", "wer", "wem", "wen", "wessen",
];
const COLOUR: &[&str] = &["color", "colour", "farbe"];
const WHEN: &[&str] = &[
    "when",
    "cuando",
    "wann",
    "birthday",
    "cumpleanos",
    "geburtstag",
];
const WHICH: &[&str] = &["what", "which", "que", "welchem", "welcher", "welchen"];
const PERIODS: &[&str] = &[
    "time", "day", "days", "date", "month", "year", "hora", "dia", "dias", "fecha", "tag", "tagen",
    "monat", "jahr",
];
const HOW: &[&str] = &["how", "wie"];
const LONG: &[&str] = &["long", "soon", "often", "lange", "oft"];
const NUMBER: &[&str] = &[
    "number",
    "code",
    "size",
    "cuanto",
    "cuanta",
    "cuantos",
    "cuantas",
    "numero",
    "numeros",
    "codigo",
    "nummer",
    "numer",
    "kod",
    "codice",
    "reference",
    "referencia",
    "riferimento",
    "referentie",
    "wieviel",
    "wieviele",
];
const MANY: &[&str] = &[
    "much", "many", "old", "tall", "big", "far", "viel", "viele", "alt", "gross", "hoch", "weit",
];
const NAME: &[&str] = &[
    "called", "named", "name", "llama", "llaman", "nombre", "heisst", "heissen",
];
/// Folded words for an amount, in addition to [`number_word`].
const AMOUNTS: &[&str] = &[
    "thirteen", "fourteen", "fifteen", "sixteen", "eighteen", "thirty", "forty", "fifty",
    "thousand", "half", "dozen", "once", "twice", "single", "double", "mil", "elf",
];

/// Folded words for a person.
#[rustfmt::skip]
const PERSONS: &[&str] = &[
    "mother", "father", "mom", "mum", "dad", "wife", "husband", "son", "sons", "daughter", "daughters", "brother",
    "brothers", "sister", "sisters", "parents", "grandmother", "grandfather", "grandson", "granddaughter", "aunt",
    "uncle", "cousin", "neighbour", "neighbor", "friend", "friends", "partner", "colleague", "boss", "manager",
    "doctor", "nurse", "lawyer", "accountant", "agent", "advisor", "agency", "landlord", "teacher", "porter", "tenant",
    "company", "family", "child", "children", "baby", "boy", "girl", "administrator",
    "madre", "padre", "mujer", "esposa", "marido", "hijo", "hija", "hermano", "hermana", "abuelo", "abuela", "tio",
    "tia", "primo", "prima", "vecino", "vecina", "amigo", "amiga", "socio", "socia", "jefe", "medico", "abogado",
    "companeros", "nietos", "nieto", "familia",
    "mutter", "vater", "frau", "mann", "sohn", "tochter", "bruder", "schwester", "oma", "opa", "enkel", "enkelin",
    "tante", "onkel", "nachbar", "nachbarin", "freund", "freundin", "chef", "arzt", "anwalt", "lehrerin", "lehrer",
    "familie", "kind", "kinder",
];

/// Folded words for a colour.
#[rustfmt::skip]
const COLOURS: &[&str] = &[
    "red", "blue", "green", "yellow", "black", "white", "grey", "gray", "brown", "pink", "purple", "orange", "silver",
    "golden", "rojo", "roja", "azul", "verde", "amarillo", "negro", "negra", "blanco", "blanca", "gris", "marron",
    "rot", "roten", "rote", "blau", "blaue", "blauen", "grun", "gelb", "schwarz", "weiss", "grau", "braun",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(question: &str, text: &str) -> bool {
        AnswerKind::expected_by(question)
            .is_none_or(|expected| expected.may_be_in(search_words(text).iter()))
    }

    #[test]
    fn the_question_determines_the_kind_of_answer() {
        for (question, expected) in [
            ("Who handles the bills?", Some(AnswerKind::Person)),
            ("What time is convenient?", Some(AnswerKind::Time)),
            ("How often is she invoiced?", Some(AnswerKind::Time)),
            ("How many tables are there?", Some(AnswerKind::Number)),
            ("¿Cuándo caduca el pasaporte?", Some(AnswerKind::Time)),
            ("¿Cuál es su color favorito?", Some(AnswerKind::Colour)),
            ("Wie viele Kinder hat er?", Some(AnswerKind::Number)),
            ("Wie heißt ihr Hund?", Some(AnswerKind::Name)),
            ("Is she married?", None),
            ("", None),
        ] {
            assert_eq!(AnswerKind::expected_by(question), expected, "{question}");
        }
    }

    #[test]
    fn a_text_without_that_kind_of_answer_does_not_fit() {
        assert!(fits(
            "Who handles the bills?",
            "His wife Clara handles the bills"
        ));
        assert!(!fits("What is her tax number?", "Wants a receipt by post"));
        assert!(fits("When can we call?", "Is at home only after six"));
        assert!(!fits("What is his dog called?", "Has a dog"));
        assert!(fits("Is she married?", "Anything at all"));
    }
}
