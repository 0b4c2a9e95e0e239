//! What an agent asks for that is never kept, and what is secret in the answer to it.

use std::sync::LazyLock;

use regex::Regex;

use super::confirmation::last_asked;
use super::masking::{ID_LIKE, replace_runs};
use super::sensitive::{self, CODE_MASK, ID_MASK, PASSWORD_MASK, SECRET_IDS, pattern};
use crate::text::words;

/// Most words of an answer that is a password and nothing else.
const MAX_PASSWORD_WORDS: usize = 6;

/// What an agent asks for that is never kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Code,
    Id,
    Password,
}

impl Asked {
    /// What a turn of an agent asks for. "I texted you a code. Could you read it to me?" does not name it in the question: so
    /// what the turn mentions counts too, unless it goes on to ask for something else.
    pub(super) fn by(agent: &str) -> Option<Self> {
        let question = last_asked(agent);
        let mentioned = || (!asks_for_something_else(agent)).then(|| Self::named_in(agent)).flatten();
        Self::named_in(&question).or_else(mentioned)
    }

    fn named_in(text: &str) -> Option<Self> {
        let code = || ASKS_CODE.find_iter(text).any(|found| !sensitive::is_harmless_code(found.as_str()));
        if ASKS_PASSWORD.is_match(text) {
            Some(Self::Password)
        } else if ASKS_ID.is_match(text) {
            Some(Self::Id)
        } else {
            code().then_some(Self::Code)
        }
    }

    /// The answer without what was asked for; nothing when that is not in it.
    pub(super) fn mask(self, answer: &str) -> Option<String> {
        let masked = match self {
            Self::Password if is_password(answer) => PASSWORD_MASK.to_owned(),
            Self::Password | Self::Code => replace_runs(answer, CODE_MASK, |_| true),
            Self::Id => replace_runs(&ID_LIKE.replace_all(answer, ID_MASK), ID_MASK, |_| true),
        };
        (masked != answer).then_some(masked)
    }

    /// Whether an answer gave it in words by which it is masked already.
    pub(super) fn is_masked_in(self, answer: &str) -> bool {
        answer.contains(match self {
            Self::Password => PASSWORD_MASK,
            Self::Id => ID_MASK,
            Self::Code => CODE_MASK,
        })
    }

    /// The one word of an answer that is the password, in lower case.
    pub(super) fn password_in(self, answer: &str) -> Option<String> {
        let mut unusual = words(answer).filter(|word| !is_ordinary(word));
        let password = unusual.next().filter(|_| self == Self::Password && is_password(answer))?;
        unusual.next().is_none().then_some(password)
    }
}

/// Whether the last question of an agent's turn is one for an order number, an address and the like.
pub(super) fn asks_for_something_else(agent: &str) -> bool {
    SOMETHING_ELSE.is_match(&last_asked(agent))
}

/// Whether an answer is short and not only "One moment, please."
fn is_password(answer: &str) -> bool {
    words(answer).count() <= MAX_PASSWORD_WORDS && !words(answer).all(|word| is_ordinary(&word))
}

fn is_ordinary(word: &str) -> bool {
    ORDINARY.split(' ').any(|ordinary| ordinary == word)
}

static ASKS_CODE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)(?:\p{L}+[ -])?\b(?:pin|otp|(?-i:TAN)|cvv2?|cvc2?|\p{L}*codes?|código|clave|geheimzahl|digits on the back|",
        r"security digits)\b(?:[ ](?:postal|promo|de[ ]\p{L}+))?",
    ))
});
static ASKS_ID: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"(?i)\b(?:{SECRET_IDS})\b")));
static ASKS_PASSWORD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(?:password|passphrase|passwort|kennwort|contraseña|mot de passe)\b"));
/// Narrow on purpose: what is not known here leaves an answer masked, and never a secret readable.
static SOMETHING_ELSE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)^[ ¿]*(?:(?:and|so|now|okay|ok|great|thanks|und|y|et|en)[ ,]+)*(?:where|who|why|how (?:many|much|can i help|may i help)|",
        r"when (?:is|was|do|does|did|will|would|can|should|shall)|wohin|wo|wann|wer|a?dónde|a dónde|cuándo|cuánt[oa]s?|où|quand|combien|",
        r"waar|wanneer)\b|\b(?:anything else|something else|sonst noch|algo más|autre chose)\b|",
        r"(?:^|\b(?:is|what['’]s|and|have|get|confirm|need|me)[ ,]+)(?:your|the) (?:[a-z]+ )?(?:(?:order|booking|reservation|tracking|",
        r"customer|phone|telephone|mobile|cell|contact|reference|invoice|house|flight) number|name|address|post ?code|zip code|",
        r"date of birth)\b|\b(?:bestell|buchungs|kunden|rechnungs|telefon|haus|bestel|telefoon|klant)nummer\b|",
        r"\bn[úu]m[eé]ro de (?:pedido|teléfono|reserva|cliente|commande|téléphone|réservation|client)\b|",
        r"\b(?:ihren?|su|votre|uw) (?:namen?|adresse|anschrift|lieferadresse|nombre|dirección|nom|naam|adres)\b",
    ))
});
/// Words around a password, or of somebody who looks for it or has none.
const ORDINARY: &str = "a an and be can check do don for forgot forgotten get go got has have here hm hold i is it its just know let \
    ll look m me minute moment my need no nope not now of oh ok okay on one please remember right s sec second see so sorry sure t \
    thank thanks that the there this to uh um wait was well yeah yep yes you password passphrase passwort kennwort contraseña mot \
    passe bitte danke das die einen es habe ich ist ja kurz mein mir nein nicht noch sie vergessen warten weiß wissen el espere \
    favor gracias la lo mi momento olvidé por recuerdo sé sí un attendez c de est je le merci mon ne non oublié oui pas plaît sais \
    si vous";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_asked_for_where_the_question_means_it_and_not_where_it_is_only_mentioned() {
        for (agent, asked) in [
            ("What is your password?", Some(Asked::Password)),
            ("I've texted you a code. Could you read it to me?", Some(Asked::Code)),
            ("I've texted you a code. Can you tell me when you have it?", Some(Asked::Code)),
            ("Please tell me the code. Take your time.", Some(Asked::Code)),
            ("What's your order number? And the code, please.", Some(Asked::Code)),
            ("Ik heb u een code gestuurd. Kunt u die voorlezen?", Some(Asked::Code)),
            ("Your password has been reset. Where shall I ship it?", None),
            ("Your password has been reset. Is there anything else?", None),
            ("I've texted you a code. What's your order number?", None),
            ("We have your passport. May I have your full name?", None),
            ("Ihr Passwort ist zurückgesetzt. Wie lautet Ihre Bestellnummer?", None),
            ("Su contraseña está lista. ¿Dónde vive?", None),
        ] {
            assert_eq!(Asked::by(agent), asked, "{agent}");
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
        assert_eq!(Asked::by("Wie lautet die TAN?"), Some(Asked::Code));
    }

    #[test]
    fn the_password_is_the_one_unusual_word_of_a_short_answer() {
        let password = |answer| Asked::Password.password_in(answer);
        assert_eq!(password("It's swordfish, thanks.").as_deref(), Some("swordfish"));
        assert_eq!(password("Correct horse battery staple"), None, "several words, each of them common");
        assert_eq!(password("One moment, please."), None);
        assert_eq!(Asked::Code.password_in("swordfish"), None);
    }
}
