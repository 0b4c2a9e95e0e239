//! Secrets that an agent asks for, and how the answer is masked.

use text::numbers::{Run, runs_of};
use text::{Token, sentences, words};

use super::numbers::ID_LIKE;
use super::password_words::{is_ordinary, is_state};
use super::secret_labels::{Label, SecretKind, labels};
use super::secrets::{
    ACCOUNT_MASK, CARD_MASK, CODE_MASK, ID_MASK, MIN_DIGITS, PASSWORD_MASK, label_before, mask_for,
    mask_runs,
};
use crate::extract::language::questions::last_question;
use crate::extract::language::tokens::tokens;

/// Most words of an answer that is only a password.
const MAX_PASSWORD_WORDS: usize = 6;
/// Fewest digits of a part of a long number that is read out in parts.
const MIN_PART_DIGITS: usize = 2;
/// Most words of a question that only asks the caller to continue: "And the other half?"
const MAX_CONTINUE_WORDS: usize = 4;
/// Most words of a request without a verb: "And the sort code."
const MAX_BARE_REQUEST_WORDS: usize = 5;

/// The kinds of secrets that an agent's turn asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestedSecrets(Vec<SecretKind>);

impl RequestedSecrets {
    /// Returns the secrets that an agent's turn asks for. The last question decides. If it refers
    /// back ("I texted you a code. Could you read it to me?"), the secrets mentioned before it
    /// count too. A turn without a question asks for something only in sentences that request it.
    pub(crate) fn in_turn(agent: &str) -> Option<Self> {
        let all = tokens(agent);
        let named = labels(&all);
        if named.iter().all(|label| label.secret.is_none()) {
            return None;
        }
        if !agent.contains(['?', '？', '؟']) {
            let requested: Vec<SecretKind> = sentences(agent)
                .iter()
                .filter(|sentence| is_request(sentence))
                .flat_map(|sentence| secrets_in(sentence))
                .collect();
            return Self::from_kinds(requested);
        }
        let question = last_question(agent);
        let in_question = tokens(&question);
        let labels_in_question = labels(&in_question);
        let asked: Vec<SecretKind> = labels_in_question
            .iter()
            .filter_map(|label| label.secret)
            .collect();
        if !asked.is_empty() {
            return Self::from_kinds(asked);
        }
        let refers_back = labels_in_question.is_empty() && refers_back(&in_question);
        Self::from_kinds(
            named
                .iter()
                .filter(|_| refers_back)
                .filter_map(|label| label.secret)
                .collect(),
        )
    }

    fn from_kinds(secrets: Vec<SecretKind>) -> Option<Self> {
        (!secrets.is_empty()).then_some(Self(secrets))
    }

    fn has(&self, secret: SecretKind) -> bool {
        self.0.contains(&secret)
    }

    pub(crate) fn is_for_password(&self) -> bool {
        self.has(SecretKind::Password)
    }

    /// Masks the requested secret in an answer. Returns `None` if the answer does not contain it.
    pub(crate) fn mask(&self, answer: &str) -> Option<String> {
        let masked = if self.is_for_password() && is_password(answer) {
            PASSWORD_MASK.to_owned()
        } else if self.has(SecretKind::Id) {
            self.mask_numbers(&ID_LIKE.replace_all(answer, ID_MASK))
        } else {
            self.mask_numbers(answer)
        };
        (masked != answer).then_some(masked)
    }

    /// Masks the numbers of an answer, except those that the caller labels as an order, a flight
    /// and so on.
    fn mask_numbers(&self, answer: &str) -> String {
        let tokens = tokens(answer);
        let labels = labels(&tokens);
        let is_short = self
            .0
            .iter()
            .all(|secret| matches!(secret, SecretKind::Code | SecretKind::Password));
        let min = if is_short {
            MIN_DIGITS
        } else {
            MIN_PART_DIGITS
        };
        let takes_letters = self.has(SecretKind::Account) || self.has(SecretKind::Id);
        let runs: Vec<Run> = runs_of(answer, &tokens)
            .into_iter()
            .map(|run| {
                if takes_letters {
                    include_spelt_letters(&tokens, run)
                } else {
                    run
                }
            })
            .collect();
        mask_runs(answer, &runs, |run| {
            let is_plain = label_before(&tokens, &labels, run.tokens.start)
                .is_some_and(|label: &Label| label.secret.is_none());
            (run.digit_count() >= min && !is_plain).then(|| mask_for(self.0[0]))
        })
    }

    /// Returns whether the secret in an answer is already masked.
    pub(crate) fn is_masked_in(&self, answer: &str) -> bool {
        self.0.iter().any(|secret| {
            answer.contains(match secret {
                SecretKind::Password => PASSWORD_MASK,
                SecretKind::Id => ID_MASK,
                SecretKind::Code => CODE_MASK,
                SecretKind::Account => ACCOUNT_MASK,
                SecretKind::Card | SecretKind::Expiry => CARD_MASK,
            })
        })
    }

    /// Returns the password in an answer, in lower case, if it is a single word.
    pub(crate) fn password_in(&self, answer: &str) -> Option<String> {
        let mut unusual = words(answer).filter(|word| !is_ordinary(word));
        let password = unusual
            .next()
            .filter(|_| self.is_for_password() && is_password(answer))?;
        unusual.next().is_none().then_some(password)
    }
}

/// Extends a run to the single letters spelt before it: "D E eight nine".
fn include_spelt_letters(tokens: &[Token<'_>], mut run: Run) -> Run {
    let is_letter = |token: &Token<'_>| {
        token.text.chars().count() == 1 && token.text.chars().all(char::is_uppercase)
    };
    let before = tokens[..run.tokens.start]
        .iter()
        .rev()
        .take_while(|token| is_letter(token))
        .count();
    run.tokens.start -= before;
    run.range.start = tokens[run.tokens.start].range.start;
    run
}

fn secrets_in(text: &str) -> Vec<SecretKind> {
    labels(&tokens(text))
        .into_iter()
        .filter_map(|label| label.secret)
        .collect()
}

/// Returns whether a statement asks the caller to say something, or says that a code was sent.
fn is_request(sentence: &str) -> bool {
    let spoken_words: Vec<String> = words(sentence).collect();
    spoken_words.len() <= MAX_BARE_REQUEST_WORDS && !spoken_words.iter().any(|word| is_state(word))
        || spoken_words
            .iter()
            .any(|word| REQUEST_WORDS.contains(&word.as_str()))
}

/// Returns whether a question refers to something named before: "Could you read it to me?", "¿Me lo
/// dice?"
fn refers_back(question: &[Token<'_>]) -> bool {
    let has = |list: &[&str]| {
        question
            .iter()
            .any(|token| list.contains(&token.lower.as_ref()))
    };
    let has_clitic = question
        .iter()
        .any(|token| CLITICS.iter().any(|clitic| token.lower.ends_with(clitic)));
    has_clitic || (has(SAYING_VERBS) && has(REFERRING_PRONOUNS))
}

/// Returns whether the last question of an agent's turn asks for something harmless, such as an
/// order number or an address, and does not just ask the caller to continue.
pub(crate) fn asks_for_something_else(agent: &str) -> bool {
    let question = last_question(agent);
    let all = tokens(&question);
    let named = labels(&all);
    if named.iter().any(|label| label.secret.is_some()) {
        return false;
    }
    if !question.trim_end().ends_with('?') {
        return false;
    }
    let first = all
        .iter()
        .find(|token| !LEADING_WORDS.contains(&token.lower.as_ref()));
    let asks_where = first.is_some_and(|token| QUESTION_WORDS.contains(&token.lower.as_ref()));
    let is_number_again = !runs_of(&question, &all).is_empty();
    asks_where
        || !named.is_empty()
        || (all.len() > MAX_CONTINUE_WORDS && !refers_back(&all) && !is_number_again)
}

/// Returns whether the agent acknowledges the answer.
pub(crate) fn acknowledges_answer(agent: &str) -> bool {
    words(agent).any(|word| ACKNOWLEDGEMENTS.contains(&word.as_str()))
}

/// Returns whether an answer is short and more than "One moment, please."
fn is_password(answer: &str) -> bool {
    words(answer).count() <= MAX_PASSWORD_WORDS && !words(answer).all(|word| is_ordinary(&word))
}

/// Words that request something, or say that a code was sent.
const REQUEST_WORDS: &[&str] = &[
    "please",
    "tell",
    "give",
    "read",
    "say",
    "enter",
    "spell",
    "confirm",
    "need",
    "sent",
    "texted",
    "bitte",
    "sagen",
    "nennen",
    "geben",
    "lesen",
    "brauche",
    "benötige",
    "geschickt",
    "dígame",
    "deme",
    "léame",
    "favor",
    "necesito",
    "enviado",
    "donnez",
    "dites",
    "lisez",
    "faut",
    "besoin",
    "envoyé",
    "dica",
    "legga",
    "serve",
    "inviato",
    "diga",
    "leia",
    "preciso",
    "enviei",
    "geef",
    "zeg",
    "lees",
    "nodig",
    "gestuurd",
    "graag",
    "proszę",
    "podać",
    "podaj",
    "potrzebuję",
    "wysłałem",
    "wysłałam",
];
const SAYING_VERBS: &[&str] = &[
    "legge",
    "leggi",
    "lees",
    "lis",
    "lisez",
    "lê",
    "leia",
    "diz",
    "diga",
    "przeczyta",
    "poda",
    "powie",
    "lies",
    "liest",
    "read",
    "tell",
    "give",
    "say",
    "enter",
    "repeat",
    "share",
    "confirm",
    "spell",
    "have",
    "got",
    "sagen",
    "nennen",
    "vorlesen",
    "durchgeben",
    "geben",
    "haben",
    "lesen",
    "dice",
    "lee",
    "da",
    "dire",
    "lire",
    "donner",
    "avez",
    "leggere",
    "ha",
    "ler",
    "dizer",
    "tem",
    "voorlezen",
    "doorgeven",
    "zeggen",
    "geven",
    "heeft",
    "podać",
    "przeczytać",
    "powiedzieć",
    "ma",
];
const REFERRING_PRONOUNS: &[&str] = &[
    "mo", "mos", "mas", "it", "them", "that", "those", "ihn", "sie", "es", "den", "die", "diesen",
    "lo", "la", "los", "las", "le", "les", "l", "li", "o", "a", "os", "die", "deze", "dat", "hem",
    "go", "ją", "je", "ten",
];
/// Pronouns that Spanish and Italian attach to a verb.
const CLITICS: &[&str] = &[
    "melo", "mela", "mele", "meli", "melos", "melas", "erlo", "erla", "írmelo",
];
/// Words that may precede the question word.
const LEADING_WORDS: &[&str] = &[
    "and", "so", "now", "okay", "ok", "great", "thanks", "then", "und", "also", "y", "et", "alors",
    "e", "allora", "en", "a", "i", "to", "at", "in", "an", "von", "de", "d", "à", "per", "para",
    "naar", "do",
];
/// Question words for a place, person, time, reason or amount.
const QUESTION_WORDS: &[&str] = &[
    "where",
    "who",
    "why",
    "how",
    "when",
    "wo",
    "wohin",
    "wann",
    "wer",
    "warum",
    "wie viele",
    "dónde",
    "adónde",
    "cuándo",
    "quién",
    "cuánto",
    "cuánta",
    "cuántos",
    "cuántas",
    "où",
    "quand",
    "qui",
    "pourquoi",
    "combien",
    "dove",
    "quando",
    "chi",
    "perché",
    "quanto",
    "quanti",
    "quante",
    "onde",
    "quem",
    "quantos",
    "quantas",
    "waar",
    "wanneer",
    "wie",
    "hoeveel",
    "gdzie",
    "kiedy",
    "kto",
    "dlaczego",
    "ile",
];
const ACKNOWLEDGEMENTS: &[&str] = &[
    "thanks",
    "thank",
    "perfect",
    "great",
    "danke",
    "vielen",
    "gracias",
    "perfecto",
    "merci",
    "parfait",
    "grazie",
    "perfetto",
    "obrigado",
    "obrigada",
    "perfeito",
    "bedankt",
    "dank",
    "dziękuję",
    "dzięki",
    "świetnie",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_counts_as_requested_only_if_the_question_is_about_it() {
        for (agent, asked) in [
            ("What is your password?", Some(SecretKind::Password)),
            (
                "I've texted you a code. Could you read it to me?",
                Some(SecretKind::Code),
            ),
            (
                "I've texted you a code. Can you tell me when you have it?",
                Some(SecretKind::Code),
            ),
            (
                "Please tell me the code. Take your time.",
                Some(SecretKind::Code),
            ),
            (
                "What's your order number? And the code, please.",
                Some(SecretKind::Code),
            ),
            (
                "Ik heb u een code gestuurd. Kunt u die voorlezen?",
                Some(SecretKind::Code),
            ),
            ("Your password has been reset. Where shall I ship it?", None),
            (
                "Your password has been reset. Is there anything else?",
                None,
            ),
            ("I've texted you a code. What's your order number?", None),
            ("We have your passport. May I have your full name?", None),
            (
                "Ihr Passwort ist zurückgesetzt. Wie lautet Ihre Bestellnummer?",
                None,
            ),
            ("Su contraseña está lista. ¿Dónde vive?", None),
        ] {
            assert_eq!(
                RequestedSecrets::in_turn(agent).map(|asked| asked.0[0]),
                asked,
                "{agent}"
            );
        }
    }

    #[test]
    fn public_codes_and_the_colour_tan_are_not_secrets() {
        for agent in [
            "What is your postcode?",
            "Wat is uw postcode?",
            "Wie lautet Ihr Rabattcode?",
            "Haben Sie einen Gutscheincode?",
            "Do you have a discountcode?",
            "¿Cuál es su código postal?",
            "Quel est votre code postal ?",
            "Is it the tan jacket?",
        ] {
            assert_eq!(RequestedSecrets::in_turn(agent), None, "{agent}");
        }
        assert_eq!(
            RequestedSecrets::in_turn("Wie lautet die TAN?").map(|asked| asked.0[0]),
            Some(SecretKind::Code)
        );
    }

    #[test]
    fn the_only_unusual_word_of_a_short_answer_is_the_password() {
        let password = |answer| RequestedSecrets(vec![SecretKind::Password]).password_in(answer);
        assert_eq!(
            password("It's swordfish, thanks.").as_deref(),
            Some("swordfish")
        );
        assert_eq!(
            password("Correct horse battery staple"),
            None,
            "several words, each of them common"
        );
        assert_eq!(password("One moment, please."), None);
        assert_eq!(
            RequestedSecrets(vec![SecretKind::Code]).password_in("swordfish"),
            None
        );
    }
}
