//! Masks the secrets of a whole conversation. A single turn is not enough: a code and the question
//! for it are in different turns, a card number is read out over several turns, and a secret may be
//! repeated anywhere.

use common::call::{Role, Transcript, Turn};
use common::elevenlabs::transcription::Transcription;
use common::settings::MemorySettings;
use text::numbers::Run;
use text::{nfc, words};

use super::known_secrets::KnownSecrets;
use super::requested_secrets::{RequestedSecrets, acknowledges_answer, asks_for_something_else};
use super::secrets::{self, CARD_MASK, MIN_DIGITS, mask_runs};
use crate::extract::language::tokens::number_runs;

/// Number of turns after a question in which its answer is expected. "One moment." may come first.
const MAX_TURNS_TO_ANSWER: usize = 6;
/// Most turns of a caller over which a card number is read out.
const MAX_CARD_TURNS: usize = 8;
/// Most turns between two parts of a card number: "One moment." and the agent's reply may come
/// between.
const MAX_CARD_GAP: usize = 4;
/// Most words besides digits in a turn that continues a card number.
const MAX_OTHER_WORDS: usize = 5;

/// Returns the transcript of a call without secrets.
pub(crate) fn masked_call(call: &Transcription, settings: &MemorySettings) -> Transcript {
    let transcript = call.transcript(settings.store_keypad_input);
    // Compose to one Unicode normal form, whatever form ElevenLabs sends.
    let composed = transcript
        .turns()
        .iter()
        .map(|turn| with_text(turn, nfc(&turn.text)));
    let masked = mask_transcript(&Transcript::new(composed));
    let keypad = keypad_secrets(call, settings);
    Transcript::new(
        masked
            .turns()
            .iter()
            .map(|turn| with_text(turn, keypad.mask(&turn.text))),
    )
}

/// Returns what the caller typed on the keypad as secrets, so that it is masked wherever it is
/// repeated. Returns none if the settings allow storing it.
pub(crate) fn keypad_secrets(call: &Transcription, settings: &MemorySettings) -> KnownSecrets {
    let turns: Vec<String> = call
        .keypad_input()
        .take_while(|_| !settings.store_keypad_input)
        .map(|typed| digits_of(&typed))
        .collect();
    KnownSecrets::from_numbers(
        turns
            .iter()
            .cloned()
            .chain([turns.concat()])
            .filter(|digits| digits.len() >= MIN_DIGITS),
    )
}

/// Masks card numbers, codes, passwords and government ids in a transcript.
pub(crate) fn mask_transcript(transcript: &Transcript) -> Transcript {
    let original = transcript.turns();
    let mut turns: Vec<Turn> = original
        .iter()
        .map(|turn| with_text(turn, secrets::mask(&turn.text)))
        .collect();
    let changes_topic: Vec<bool> = original
        .iter()
        .map(|turn| turn.role == Role::Agent && asks_for_something_else(&turn.text))
        .collect();
    let passwords = mask_answers(&mut turns, &changes_topic);
    mask_cards(&mut turns, &changes_topic);
    let secrets = KnownSecrets::from_masked_turns(original, &turns, passwords);
    Transcript::new(
        turns
            .iter()
            .map(|turn| with_text(turn, secrets.mask(&turn.text))),
    )
}

/// Masks the answers to agents' questions for secrets. Returns the passwords among them that are
/// ordinary words.
fn mask_answers(turns: &mut [Turn], changes_topic: &[bool]) -> Vec<String> {
    let requests: Vec<(usize, RequestedSecrets)> = turns
        .iter()
        .enumerate()
        .filter(|(_, turn)| turn.role == Role::Agent)
        .filter_map(|(index, turn)| Some((index, RequestedSecrets::in_turn(&turn.text)?)))
        .collect();
    let answered = |(index, request): (usize, RequestedSecrets)| {
        mask_answer(
            &mut turns[index + 1..],
            &changes_topic[index + 1..],
            &request,
        )
    };
    requests.into_iter().filter_map(answered).collect()
}

/// Masks the first answer that contains the requested secret, and the turns that continue it,
/// unless something else is asked first.
fn mask_answer(
    turns: &mut [Turn],
    changes_topic: &[bool],
    requested: &RequestedSecrets,
) -> Option<String> {
    let until = changes_topic
        .iter()
        .take(MAX_CARD_TURNS * 2)
        .take_while(|changes_topic| !**changes_topic)
        .count();
    let mut answered = None;
    for (place, turn) in turns[..until].iter_mut().enumerate() {
        let is_late = answered.map_or(place >= MAX_TURNS_TO_ANSWER, |last| {
            place > last + MAX_CARD_GAP
        });
        let has_ended =
            answered.is_some() && turn.role == Role::Agent && acknowledges_answer(&turn.text);
        if is_late || has_ended {
            return None;
        }
        if turn.role == Role::Agent {
            continue;
        }
        if let Some(masked) = requested
            .mask(&turn.text)
            .filter(|_| answered.is_none() || is_dictation(&turn.text))
        {
            let unmasked = std::mem::replace(&mut turn.text, masked);
            if requested.is_for_password() {
                return requested.password_in(&unmasked);
            }
            answered = Some(place);
        } else if requested.is_masked_in(&turn.text) {
            answered = Some(place);
        }
    }
    None
}

/// Returns whether a turn has little besides numbers.
fn is_dictation(text: &str) -> bool {
    digits_of_dictation(text).is_some()
}

/// Masks card numbers that are read out over several turns, with words of the agent between them.
fn mask_cards(turns: &mut [Turn], changes_topic: &[bool]) {
    let digits: Vec<(usize, String)> = turns
        .iter()
        .enumerate()
        .filter(|(_, turn)| turn.role == Role::Caller)
        .filter_map(|(index, turn)| Some((index, digits_of_dictation(&turn.text)?)))
        .collect();
    for first in 0..digits.len() {
        let mut number = String::new();
        let dictation = dictation(changes_topic, &digits[first..]);
        for (count, (_, more)) in dictation.iter().enumerate() {
            number.push_str(more);
            if count > 0 && secrets::is_card(&number) {
                for (index, _) in &dictation[..=count] {
                    turns[*index].text = mask_all_runs(&turns[*index].text, CARD_MASK);
                }
            }
        }
    }
}

/// Returns the longest prefix of turns with digits that can form one number.
fn dictation<'a>(changes_topic: &[bool], digits: &'a [(usize, String)]) -> &'a [(usize, String)] {
    let goes_on = |from: usize, to: usize| {
        to - from <= MAX_CARD_GAP && !changes_topic[from..to].contains(&true)
    };
    let pairs = digits.windows(2).take(MAX_CARD_TURNS - 1);
    &digits[..=pairs
        .take_while(|pair| goes_on(pair[0].0, pair[1].0))
        .count()]
}

/// Returns the digits of a turn that has little besides digits.
fn digits_of_dictation(text: &str) -> Option<String> {
    let runs = number_runs(text);
    let others = words(&mask_runs(text, &runs, |_| Some(" "))).count();
    (!runs.is_empty() && others <= MAX_OTHER_WORDS).then(|| runs.iter().map(Run::digits).collect())
}

fn mask_all_runs(text: &str, mask: &str) -> String {
    mask_runs(text, &number_runs(text), |_| Some(mask))
}

/// Returns the digits of a text, including spoken ones.
pub(crate) fn digits_of(text: &str) -> String {
    number_runs(text).iter().map(Run::digits).collect()
}

fn with_text(turn: &Turn, text: String) -> Turn {
    Turn {
        role: turn.role,
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the masked turns. The agent speaks first.
    fn masked_texts(turns: &[&str]) -> Vec<String> {
        let roles = [Role::Agent, Role::Caller].into_iter().cycle();
        let turns = turns.iter().zip(roles).map(|(text, role)| Turn {
            role,
            text: (*text).to_owned(),
        });
        mask_transcript(&Transcript::new(turns))
            .turns()
            .iter()
            .map(|turn| turn.text.clone())
            .collect()
    }

    #[test]
    fn a_code_is_masked_when_the_question_asks_for_it() {
        for (question, answer, masked) in [
            ("What is the code we sent you?", "482913.", "[code]."),
            (
                "Please tell me your PIN.",
                "It's four seven one one",
                "It's [code]",
            ),
            ("And the three digits on the back?", "737", "[code]"),
            (
                "Wie lautet der Bestätigungscode?",
                "Moment, vier acht zwei neun",
                "Moment, [code]",
            ),
            ("¿Me da el código?", "Sí, 482 913", "Sí, [code]"),
            (
                "Your social security number, please?",
                "078051120",
                "[id number]",
            ),
            ("What's your passport number?", "C01X00T47", "[id number]"),
            ("What is your password?", "It's hunter2", "[password]"),
        ] {
            assert_eq!(masked_texts(&[question, answer])[1], masked, "{question}");
        }
    }

    #[test]
    fn answers_to_harmless_questions_stay() {
        for (question, answer) in [
            ("What is your order number?", "7712345"),
            ("What is your zip code?", "90210"),
            ("Do you have a discount code?", "SAVE 200"),
            ("What's your booking code?", "48291"),
            ("Wat is uw postcode?", "1012 AB"),
            (
                "Das ist ja noch nie passiert. Wie lautet Ihre Bestellnummer?",
                "77120",
            ),
            (
                "Your password has been reset. Where shall I ship it?",
                "To fourteen Quay Street, please.",
            ),
            ("I've texted you a code. What's your order number?", "77120"),
            ("What is your password?", "One moment, please."),
            ("How many people?", "Two or three"),
        ] {
            assert_eq!(masked_texts(&[question, answer])[1], answer, "{question}");
        }
    }

    #[test]
    fn a_late_answer_and_its_repetitions_are_masked() {
        let turns = [
            "The code?",
            "One moment.",
            "Sure.",
            "It's 482913.",
            "So 482 913?",
            "Yes, four eight two nine one three.",
        ];
        assert_eq!(
            masked_texts(&turns)[2..],
            ["Sure.", "It's [code].", "So [code]?", "Yes, [code]."]
        );
    }

    #[test]
    fn a_card_number_read_out_over_several_turns_is_masked() {
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
        let masked = masked_texts(&turns);
        assert_eq!(
            masked[1..6],
            [
                "It's [card number]",
                "Yes?",
                "[card number]",
                "Go on.",
                "[card number]"
            ]
        );
        assert_eq!(masked[7], "Order 7712 please.");
    }

    #[test]
    fn the_answer_to_a_later_harmless_question_stays() {
        let order_number = [
            "Do you have the code?",
            "Not yet.",
            "Fine. What's your order number?",
            "77120",
        ];
        assert_eq!(masked_texts(&order_number)[3], "77120");
        let statement = [
            "What's the code?",
            "The code is 482913.",
            "Thanks.",
            "I call about 77120",
        ];
        assert_eq!(
            masked_texts(&statement)[1..],
            ["The code is [code].", "Thanks.", "I call about 77120"]
        );
    }

    #[test]
    fn an_id_or_password_is_masked_when_the_agent_repeats_it() {
        let passport = [
            "What's your passport number?",
            "C01X00T47",
            "C01X00T47, is that right?",
            "Yes.",
        ];
        assert_eq!(
            masked_texts(&passport)[1..],
            ["[id number]", "[id number], is that right?", "Yes."]
        );
        let password = [
            "And your password?",
            "One moment.",
            "Sure.",
            "It's swordfish.",
            "Swordfish?",
            "Yes, swordfish.",
        ];
        assert_eq!(
            masked_texts(&password)[3..],
            ["[password]", "[password]?", "Yes, [password]."]
        );
        assert_eq!(
            masked_texts(&["Your password?", "My password is um hunter2."])[1],
            "[password]"
        );
        assert_eq!(
            masked_texts(&["Hello?", "My password is hunter2.", "So hunter2."])[2],
            "So [password]."
        );
    }

    #[test]
    fn digits_far_apart_or_for_different_questions_are_not_a_card() {
        let other = [
            "Your phone number?",
            "4111 11 11 11",
            "And your order number?",
            "111111",
        ];
        assert_eq!(masked_texts(&other), other);
        let pause = [
            "Go on.",
            "So.",
            "Yes?",
            "I am back.",
            "I hear you.",
            "111111",
        ];
        let far = [&["Yes?", "4111 11 11 11"][..], &pause].concat();
        assert_eq!(masked_texts(&far), far);
    }

    #[test]
    fn codes_and_dictated_cards_are_masked_in_every_kind_of_digits() {
        for [one, two, four] in [
            ["١", "٢", "٤"],
            ["۱", "۲", "۴"],
            ["१", "२", "४"],
            ["１", "２", "４"],
        ] {
            assert_eq!(
                masked_texts(&["What is the code?", &[one, two, four, two].concat()])[1],
                "[code]"
            );
            let turns = [
                "Your card?",
                &[four, &one.repeat(7)].concat(),
                "Yes?",
                &one.repeat(8),
            ];
            assert_eq!(
                masked_texts(&turns)[1..],
                ["[card number]", "Yes?", "[card number]"]
            );
        }
    }
}
