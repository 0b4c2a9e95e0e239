//! What must never leave, masked over a whole conversation: a code stands in one turn and the word for it in the one before,
//! a card number is read out over several turns, and what was secret once is secret wherever it is said again.

use std::collections::HashSet;
use std::sync::LazyLock;

use common::call::{Role, Transcript, Turn};
use regex::{Captures, Regex};

use super::sensitive::{self, CARD_MASK, CODE_MASK, DIGIT_WORD, FILLER, ID_MASK, PASSWORD_MASK, SECRET_IDS, pattern};
use crate::text::words;

/// In how many turns after a question its answer is looked for: "One moment." comes before it.
const UNTIL_ANSWERED: usize = 6;
/// Fewer digits are no secret: a day, a number of people.
const MIN_DIGITS: usize = 3;
/// Most words of an answer that is a password and nothing else.
const MAX_PASSWORD_WORDS: usize = 6;
/// Over how many turns of a caller a card number is read out.
const MAX_CARD_TURNS: usize = 8;
/// Most words beside its digits of a turn in which a card number goes on.
const MAX_OTHER_WORDS: usize = 5;
/// Fewer digits are not looked for elsewhere: they come again by chance.
const MIN_ECHO: usize = 4;

/// The transcript without card numbers, codes, passwords and ids of the state.
pub(super) fn masked(transcript: &Transcript) -> Transcript {
    let said = transcript.turns();
    let mut turns: Vec<Turn> = said.iter().map(|turn| with_text(turn, sensitive::mask(&turn.text))).collect();
    mask_answers(&mut turns);
    mask_cards(&mut turns);
    let secrets: HashSet<String> =
        said.iter().zip(&turns).flat_map(|(said, kept)| gone(&said.text, &kept.text)).collect();
    for turn in &mut turns {
        turn.text = replace_runs(&turn.text, CODE_MASK, |digits| secrets.contains(digits));
    }
    Transcript::new(turns)
}

/// What an agent asks for that is never kept.
#[derive(Clone, Copy)]
enum Asked {
    Code,
    Id,
    Password,
}

impl Asked {
    fn by(agent: &str) -> Option<Self> {
        let code = || ASKS_CODE.find_iter(agent).any(|found| !sensitive::is_harmless_code(found.as_str()));
        if ASKS_PASSWORD.is_match(agent) {
            Some(Self::Password)
        } else if ASKS_ID.is_match(agent) {
            Some(Self::Id)
        } else {
            code().then_some(Self::Code)
        }
    }

    /// The answer without what was asked for; nothing when that is not in it.
    fn mask(self, answer: &str) -> Option<String> {
        let masked = match self {
            Self::Password if words(answer).count() <= MAX_PASSWORD_WORDS => PASSWORD_MASK.to_owned(),
            Self::Password | Self::Code => replace_runs(answer, CODE_MASK, |_| true),
            Self::Id => replace_runs(&ID_LIKE.replace_all(answer, ID_MASK), ID_MASK, |_| true),
        };
        (masked != answer).then_some(masked)
    }
}

fn mask_answers(turns: &mut [Turn]) {
    for index in 0..turns.len() {
        if turns[index].role != Role::Agent {
            continue;
        }
        let Some(asked) = Asked::by(&turns[index].text) else { continue };
        let answers = turns.iter_mut().skip(index + 1).take(UNTIL_ANSWERED).filter(|turn| turn.role == Role::Caller);
        for answer in answers {
            if let Some(masked) = asked.mask(&answer.text) {
                answer.text = masked;
                break;
            }
        }
    }
}

/// Card numbers that are read out in several turns, with words of the agent between.
fn mask_cards(turns: &mut [Turn]) {
    let digits: Vec<(usize, String)> = turns
        .iter()
        .enumerate()
        .filter(|(_, turn)| turn.role == Role::Caller)
        .filter_map(|(index, turn)| Some((index, digits_of_dictation(&turn.text)?)))
        .collect();
    for first in 0..digits.len() {
        let mut number = String::new();
        for (count, (_, more)) in digits.iter().skip(first).take(MAX_CARD_TURNS).enumerate() {
            number.push_str(more);
            if count > 0 && sensitive::is_card(&number) {
                for (index, _) in &digits[first..=first + count] {
                    turns[*index].text = replace_any_run(&turns[*index].text, CARD_MASK);
                }
            }
        }
    }
}

/// The digits of a turn that is little else.
fn digits_of_dictation(text: &str) -> Option<String> {
    let digits: String = RUN.find_iter(text).map(|run| digits_of(run.as_str())).collect();
    let others = words(&RUN.replace_all(text, " ")).count();
    (!digits.is_empty() && others <= MAX_OTHER_WORDS).then_some(digits)
}

/// The numbers that a text held before it was masked and holds no more.
fn gone(said: &str, kept: &str) -> Vec<String> {
    let numbers = |text: &str| -> HashSet<String> { RUN.find_iter(text).map(|run| digits_of(run.as_str())).collect() };
    numbers(said).difference(&numbers(kept)).filter(|number| number.len() >= MIN_ECHO).cloned().collect()
}

fn replace_runs(text: &str, mask: &str, is_secret: impl Fn(&str) -> bool) -> String {
    let replaced = |run: &Captures<'_>| {
        let digits = digits_of(&run[0]);
        if digits.len() >= MIN_DIGITS && is_secret(&digits) { mask.to_owned() } else { run[0].to_owned() }
    };
    RUN.replace_all(text, replaced).into_owned()
}

fn replace_any_run(text: &str, mask: &str) -> String {
    RUN.replace_all(text, mask).into_owned()
}

/// The digits of a run, spoken ones too.
fn digits_of(run: &str) -> String {
    let spoken = |word: &str| sensitive::digit(&word.to_lowercase()).map(|digit| digit.to_string());
    words(run)
        .filter_map(|word| if word.bytes().all(|byte| byte.is_ascii_digit()) { Some(word) } else { spoken(&word) })
        .collect()
}

fn with_text(turn: &Turn, text: String) -> Turn {
    Turn { role: turn.role, text }
}

/// Digits in figures or words, with what people say between them.
static RUN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(r"(?i)\b(?:{DIGIT_WORD}|\d+)(?:[ ,.…–-]+(?:(?:{FILLER})[ ,.…–-]+)*(?:{DIGIT_WORD}|\d+))*\b"))
});
static ASKS_CODE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:\p{L}+[ -])?\b(?:pin|otp|tan|cvv2?|cvc2?|\p{L}*codes?|código|clave|geheimzahl|digits on the back|security digits)\b",
    )
});
static ASKS_ID: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"(?i)\b(?:{SECRET_IDS})\b")));
static ASKS_PASSWORD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(?:password|passphrase|passwort|kennwort|contraseña|mot de passe)\b"));
/// Letters and digits as documents are numbered with.
static ID_LIKE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b[A-Z]{0,3}[ -]?\d(?:[ -]?[A-Z0-9]){4,14}\b"));

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of these turns; the agent speaks first.
    fn left(turns: &[&str]) -> Vec<String> {
        let roles = [Role::Agent, Role::Caller].into_iter().cycle();
        let turns = turns.iter().zip(roles).map(|(text, role)| Turn { role, text: (*text).to_owned() });
        masked(&Transcript::new(turns)).turns().iter().map(|turn| turn.text.clone()).collect()
    }

    #[test]
    fn a_code_is_masked_when_the_word_for_it_stands_in_the_question() {
        for (question, answer, masked) in [
            ("What is the code we sent you?", "482913.", "[code]."),
            ("Please tell me your PIN.", "It's four seven one one", "It's [code]"),
            ("And the three digits on the back?", "737", "[code]"),
            ("Wie lautet der Bestätigungscode?", "Moment, vier acht zwei neun", "Moment, [code]"),
            ("¿Me da el código?", "Sí, 482 913", "Sí, [code]"),
            ("Your social security number, please?", "078051120", "[id number]"),
            ("What's your passport number?", "C01X00T47", "[id number]"),
            ("What is your password?", "It's hunter2", "[password]"),
        ] {
            assert_eq!(left(&[question, answer])[1], masked, "{question}");
        }
    }

    #[test]
    fn numbers_that_no_secret_was_asked_for_stay() {
        for (question, answer) in [
            ("What is your order number?", "7712345"),
            ("What is your zip code?", "90210"),
            ("Do you have a discount code?", "SAVE 200"),
            ("What's your booking code?", "48291"),
            ("How many people?", "Two or three"),
        ] {
            assert_eq!(left(&[question, answer])[1], answer, "{question}");
        }
    }

    #[test]
    fn an_answer_that_takes_its_time_is_masked_and_so_is_whoever_repeats_it() {
        let turns =
            ["The code?", "One moment.", "Sure.", "It's 482913.", "So 482 913?", "Yes, four eight two nine one three."];
        assert_eq!(left(&turns)[2..], ["Sure.", "It's [code].", "So [code]?", "Yes, [code]."]);
    }

    #[test]
    fn a_card_number_is_masked_when_it_is_read_out_over_several_turns() {
        let turns = [
            "Your card?",
            "It's 4111 1111",
            "Yes?",
            "one one one one",
            "Go on.",
            "1111",
            "Thanks.",
            "Order 7712 please.",
        ];
        let masked = left(&turns);
        assert_eq!(masked[1..6], ["It's [card number]", "Yes?", "[card number]", "Go on.", "[card number]"]);
        assert_eq!(masked[7], "Order 7712 please.");
    }
}
