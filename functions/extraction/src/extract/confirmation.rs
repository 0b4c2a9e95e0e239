//! Whether a caller's turn confirms what the agent said in the turn before it.

use crate::text::{sentences, words};

/// How many words a caller needs to say yes or no.
const FIRST_WORDS: usize = 3;
/// Most words of a question that only asks whether all was right.
const CHECK_BACK: usize = 6;

/// Whether the caller says yes to the part of the agent's turn for which `asked` holds: to the last question, or to
/// everything where the agent asked nothing or only whether it was right.
pub(super) fn confirms(agent: &str, caller: &str, asked: impl Fn(&str) -> bool) -> bool {
    is_yes(caller) && what_was_asked(agent).is_none_or(|question| asked(&question))
}

fn is_yes(text: &str) -> bool {
    let first: Vec<String> = words(text).take(FIRST_WORDS).collect();
    let says = |list: &[&str]| first.iter().any(|word| list.contains(&word.as_str()));
    let bare = text.trim_start();
    let begins = |list: &[&str]| list.iter().any(|word| bare.starts_with(word));
    (says(YES) || begins(YES_WITHOUT_BLANKS)) && !says(NO) && !begins(NO_WITHOUT_BLANKS)
}

/// The last question, unless there is none or it only asks whether what came before was right.
fn what_was_asked(agent: &str) -> Option<String> {
    let lines = agent.replace(['？', '؟'], "?\n").replace(['。', '！', '।'], "\n");
    let sentences: Vec<String> = lines.lines().flat_map(sentences).collect();
    let question = sentences.into_iter().rfind(|sentence| sentence.trim_end().ends_with('?'))?;
    let asks_back: Vec<String> = words(&question).collect();
    let is_check = asks_back.len() <= CHECK_BACK && asks_back.iter().any(|word| RIGHT.contains(&word.as_str()));
    (!is_check).then_some(question)
}

const YES: &[&str] = &[
    "yes",
    "yeah",
    "yep",
    "yup",
    "correct",
    "right",
    "exactly",
    "sure",
    "okay",
    "ok",
    "sí",
    "si",
    "correcto",
    "exacto",
    "claro",
    "ja",
    "genau",
    "richtig",
    "stimmt",
    "oui",
    "ouais",
    "exact",
    "exactement",
    "sì",
    "esatto",
    "certo",
    "sim",
    "isso",
    "tak",
    "dokładnie",
    "ano",
    "klopt",
    "inderdaad",
    "evet",
    "да",
    "верно",
    "так",
    "نعم",
    "أجل",
    "हाँ",
    "हां",
    "जी",
    "네",
    "예",
    "맞아요",
    "כן",
];
/// No, and whatever takes a yes back.
const NO: &[&str] = &[
    "no",
    "not",
    "nope",
    "but",
    "don't",
    "pero",
    "nein",
    "nicht",
    "aber",
    "non",
    "pas",
    "mais",
    "ma",
    "não",
    "mas",
    "nie",
    "ale",
    "nee",
    "niet",
    "maar",
    "hayır",
    "нет",
    "не",
    "но",
    "لا",
    "लेकिन",
    "नहीं",
    "아니요",
    "아니",
    "לא",
];
const YES_WITHOUT_BLANKS: &[&str] = &[
    "是的",
    "是啊",
    "是，",
    "是。",
    "对",
    "對",
    "好的",
    "没错",
    "沒錯",
    "はい",
    "ええ",
    "そうです",
    "ใช่",
    "ค่ะ",
    "ครับ",
];
const NO_WITHOUT_BLANKS: &[&str] = &["不", "没有", "沒有", "对不", "對不", "いいえ", "ไม่"];
/// By which a question is known that only asks whether all was right.
const RIGHT: &[&str] = &[
    "right",
    "correct",
    "ok",
    "okay",
    "true",
    "accurate",
    "correcto",
    "correcta",
    "bien",
    "verdad",
    "cierto",
    "stimmt",
    "richtig",
    "korrekt",
    "exact",
    "juste",
    "vrai",
    "bon",
    "giusto",
    "corretto",
    "certo",
    "correto",
    "klopt",
    "zgadza",
    "doğru",
    "верно",
    "правильно",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yes_is_heard_in_many_languages_and_one_that_is_taken_back_is_none() {
        for yes in [
            "Yes.",
            "Uh, yeah",
            "Sí, claro",
            "Ja genau",
            "Oui",
            "Да, верно",
            "是的，没错",
            "はい、お願いします",
            "네, 맞아요",
            "जी हाँ",
        ] {
            assert!(confirms("Nine Mill Lane.", yes, |_| false), "{yes}");
        }
        for no in [
            "No.",
            "Yes, but not any more",
            "Nein",
            "Pas du tout",
            "不是",
            "いいえ",
            "아니요",
            "Нет",
            "Well",
            "",
            "对不起",
        ] {
            assert!(!confirms("Nine Mill Lane.", no, |_| true), "{no}");
        }
    }

    #[test]
    fn the_last_question_is_what_a_yes_answers() {
        let asked = |agent: &str| what_was_asked(agent);
        assert_eq!(asked("You are a member. Do you want express?").as_deref(), Some("Do you want express?"));
        assert_eq!(asked("您是会员。您要快递吗？").as_deref(), Some("您要快递吗?"));
        assert_eq!(asked("Nine Mill Lane, express. Is that right?"), None);
        assert_eq!(asked("I'll send it to nine Mill Lane."), None);
    }
}
