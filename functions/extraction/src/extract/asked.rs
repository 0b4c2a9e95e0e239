//! Secrets that an agent asks for, and how the answer is masked.

use super::confirmation::last_asked;
use super::masking::ID_LIKE;
use super::secret_labels::{Label, Secret, labels};
use super::sensitive::{
    ACCOUNT_MASK, CARD_MASK, CODE_MASK, ID_MASK, MIN_DIGITS, PASSWORD_MASK, label_before, mask_of,
    replaced,
};
use super::spoken_numbers::{Run, runs_of};
use super::tokens::{Token, tokens};
use crate::text::{sentences, words};

/// Most words of an answer that is only a password.
const MAX_PASSWORD_WORDS: usize = 6;
/// Fewest digits of a part of a long number that is read out in parts.
const MIN_PART: usize = 2;
/// Most words of a question that only asks the caller to continue: "And the other half?"
const GO_ON: usize = 4;
/// Most words of a request without a verb: "And the sort code."
const BARE_REQUEST: usize = 5;

/// The kinds of secrets that an agent's turn asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked(Vec<Secret>);

impl Asked {
    /// Returns the secrets that an agent's turn asks for. The last question decides. If it refers
    /// back ("I texted you a code. Could you read it to me?"), the secrets mentioned before it
    /// count too. A turn without a question asks for something only in sentences that request it.
    pub(super) fn by(agent: &str) -> Option<Self> {
        let all = tokens(agent);
        let named = labels(&all);
        if named.iter().all(|label| label.secret.is_none()) {
            return None;
        }
        if !agent.contains(['?', '？', '؟']) {
            let bidding: Vec<Secret> = sentences(agent)
                .iter()
                .filter(|sentence| bids(sentence))
                .flat_map(|sentence| secrets_in(sentence))
                .collect();
            return Self::of(bidding);
        }
        let question = last_asked(agent);
        let in_question = tokens(&question);
        let labels_in_question = labels(&in_question);
        let asked: Vec<Secret> = labels_in_question
            .iter()
            .filter_map(|label| label.secret)
            .collect();
        if !asked.is_empty() {
            return Self::of(asked);
        }
        let points_back = labels_in_question.is_empty() && points_back(&in_question);
        Self::of(
            named
                .iter()
                .filter(|_| points_back)
                .filter_map(|label| label.secret)
                .collect(),
        )
    }

    fn of(secrets: Vec<Secret>) -> Option<Self> {
        (!secrets.is_empty()).then_some(Self(secrets))
    }

    fn has(&self, secret: Secret) -> bool {
        self.0.contains(&secret)
    }

    pub(super) fn is_for_password(&self) -> bool {
        self.has(Secret::Password)
    }

    /// Masks the requested secret in an answer. Returns `None` if the answer does not contain it.
    pub(super) fn mask(&self, answer: &str) -> Option<String> {
        let masked = if self.is_for_password() && is_password(answer) {
            PASSWORD_MASK.to_owned()
        } else if self.has(Secret::Id) {
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
        let (labels, runs) = (labels(&tokens), runs_of(answer, &tokens));
        let is_short = self
            .0
            .iter()
            .all(|secret| matches!(secret, Secret::Code | Secret::Password));
        let min = if is_short { MIN_DIGITS } else { MIN_PART };
        let takes_letters = self.has(Secret::Account) || self.has(Secret::Id);
        let runs: Vec<Run> = runs
            .into_iter()
            .map(|run| {
                if takes_letters {
                    with_letters(&tokens, run)
                } else {
                    run
                }
            })
            .collect();
        replaced(answer, &runs, |run| {
            let is_plain = label_before(&tokens, &labels, run)
                .is_some_and(|label: &Label| label.secret.is_none());
            (run.len() >= min && !is_plain).then(|| mask_of(self.0[0]))
        })
    }

    /// Returns whether the secret in an answer is already masked.
    pub(super) fn is_masked_in(&self, answer: &str) -> bool {
        self.0.iter().any(|secret| {
            answer.contains(match secret {
                Secret::Password => PASSWORD_MASK,
                Secret::Id => ID_MASK,
                Secret::Code => CODE_MASK,
                Secret::Account => ACCOUNT_MASK,
                Secret::Card | Secret::Expiry => CARD_MASK,
            })
        })
    }

    /// Returns the password in an answer, in lower case, if it is a single word.
    pub(super) fn password_in(&self, answer: &str) -> Option<String> {
        let mut unusual = words(answer).filter(|word| !is_ordinary(word));
        let password = unusual
            .next()
            .filter(|_| self.is_for_password() && is_password(answer))?;
        unusual.next().is_none().then_some(password)
    }
}

/// Returns whether the words after "the password is" describe its state ("wrong") instead of naming
/// it.
pub(super) fn is_state(said: &str) -> bool {
    words(said).all(|word| IS_DONE.contains(&word.as_str()) || is_ordinary(&word))
}

/// Extends a run to the single letters spelt before it: "D E eight nine".
fn with_letters(tokens: &[Token<'_>], mut run: Run) -> Run {
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

fn secrets_in(text: &str) -> Vec<Secret> {
    labels(&tokens(text))
        .into_iter()
        .filter_map(|label| label.secret)
        .collect()
}

/// Returns whether a statement asks the caller to say something, or says that a code was sent.
fn bids(sentence: &str) -> bool {
    let said: Vec<String> = words(sentence).collect();
    said.len() <= BARE_REQUEST && !said.iter().any(|word| IS_DONE.contains(&word.as_str()))
        || said.iter().any(|word| BIDDING.contains(&word.as_str()))
}

/// Returns whether a question refers to something named before: "Could you read it to me?", "¿Me lo
/// dice?"
fn points_back(question: &[Token<'_>]) -> bool {
    let has = |list: &[&str]| {
        question
            .iter()
            .any(|token| list.contains(&token.lower.as_ref()))
    };
    let has_clitic = question
        .iter()
        .any(|token| CLITICS.iter().any(|clitic| token.lower.ends_with(clitic)));
    has_clitic || (has(SAYING) && has(POINTING))
}

/// Returns whether the last question of an agent's turn asks for something harmless, such as an
/// order number or an address, and does not just ask the caller to continue.
pub(super) fn asks_for_something_else(agent: &str) -> bool {
    let question = last_asked(agent);
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
        .find(|token| !LEADING.contains(&token.lower.as_ref()));
    let asks_where = first.is_some_and(|token| WHERE.contains(&token.lower.as_ref()));
    let is_number_again = !runs_of(&question, &all).is_empty();
    asks_where || !named.is_empty() || (all.len() > GO_ON && !points_back(&all) && !is_number_again)
}

/// Returns whether the agent acknowledges the answer.
pub(super) fn ends_an_answer(agent: &str) -> bool {
    words(agent).any(|word| THANKING.contains(&word.as_str()))
}

/// Returns whether an answer is short and more than "One moment, please."
fn is_password(answer: &str) -> bool {
    words(answer).count() <= MAX_PASSWORD_WORDS && !words(answer).all(|word| is_ordinary(&word))
}

fn is_ordinary(word: &str) -> bool {
    ORDINARY.split(' ').any(|ordinary| ordinary == word)
}

/// Words of a statement about what was done, or about a state. It asks for nothing.
const IS_DONE: &[&str] = &[
    "wrong",
    "working",
    "incorrect",
    "expired",
    "correct",
    "falsch",
    "richtig",
    "abgelaufen",
    "incorrecta",
    "correcta",
    "lista",
    "incorrect",
    "correct",
    "expiré",
    "sbagliata",
    "scaduta",
    "errada",
    "verlopen",
    "fout",
    "nieprawidłowe",
    "case",
    "too",
    "still",
    "reset",
    "changed",
    "updated",
    "blocked",
    "replaced",
    "zurückgesetzt",
    "geändert",
    "gesperrt",
    "cambiado",
    "cambiada",
    "réinitialisé",
    "changé",
    "cambiata",
    "reimpostata",
    "alterada",
    "redefinida",
    "gewijzigd",
    "zmienione",
    "zmieniony",
];
/// Words that request something, or say that a code was sent.
const BIDDING: &[&str] = &[
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
const SAYING: &[&str] = &[
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
const POINTING: &[&str] = &[
    "mo", "mos", "mas", "it", "them", "that", "those", "ihn", "sie", "es", "den", "die", "diesen",
    "lo", "la", "los", "las", "le", "les", "l", "li", "o", "a", "os", "die", "deze", "dat", "hem",
    "go", "ją", "je", "ten",
];
/// Pronouns that Spanish and Italian attach to a verb.
const CLITICS: &[&str] = &[
    "melo", "mela", "mele", "meli", "melos", "melas", "erlo", "erla", "írmelo",
];
/// Words that may precede the question word.
const LEADING: &[&str] = &[
    "and", "so", "now", "okay", "ok", "great", "thanks", "then", "und", "also", "y", "et", "alors",
    "e", "allora", "en", "a", "i", "to", "at", "in", "an", "von", "de", "d", "à", "per", "para",
    "naar", "do",
];
/// Question words for a place, person, time, reason or amount.
const WHERE: &[&str] = &[
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
const THANKING: &[&str] = &[
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
/// Ordinary words around a password, or from somebody who looks for it or has none.
const ORDINARY: &str = "a an and be can check do don for forgot forgotten get go got has have here hm hold i is it its just know let \
    ll look m me minute moment my need no nope not now of oh ok okay on one please remember right s sec second see so sorry sure t \
    thank thanks that the there this to uh um wait was well yeah yep yes you password passphrase passwort kennwort contraseña mot \
    passe bitte danke das die einen es habe ich ist ja kurz mein mir nein nicht noch sie vergessen warten weiß wissen el espere \
    favor gracias la lo mi momento olvidé por recuerdo sé sí un attendez c de est je le merci mon ne non oublié oui pas plaît sais \
    si vous parola senha wachtwoord hasło momento momentino attimo aspetti scusi mio mia non ricordo sì grazie um espere \
    obrigado minha não sei lembro sim moment even mijn weet niet ik nee dank u chwileczkę proszę moje nie pamiętam tak dziękuję";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_asked_for_where_the_question_means_it_and_not_where_it_is_only_mentioned() {
        for (agent, asked) in [
            ("What is your password?", Some(Secret::Password)),
            (
                "I've texted you a code. Could you read it to me?",
                Some(Secret::Code),
            ),
            (
                "I've texted you a code. Can you tell me when you have it?",
                Some(Secret::Code),
            ),
            (
                "Please tell me the code. Take your time.",
                Some(Secret::Code),
            ),
            (
                "What's your order number? And the code, please.",
                Some(Secret::Code),
            ),
            (
                "Ik heb u een code gestuurd. Kunt u die voorlezen?",
                Some(Secret::Code),
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
            assert_eq!(Asked::by(agent).map(|asked| asked.0[0]), asked, "{agent}");
        }
    }

    #[test]
    fn codes_that_everybody_may_know_and_the_colour_tan_ask_for_no_secret() {
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
            assert_eq!(Asked::by(agent), None, "{agent}");
        }
        assert_eq!(
            Asked::by("Wie lautet die TAN?").map(|asked| asked.0[0]),
            Some(Secret::Code)
        );
    }

    #[test]
    fn the_password_is_the_one_unusual_word_of_a_short_answer() {
        let password = |answer| Asked(vec![Secret::Password]).password_in(answer);
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
        assert_eq!(Asked(vec![Secret::Code]).password_in("swordfish"), None);
    }
}
