//! Decides whether a caller's turn confirms what the agent said in the turn before it.

mod phrases;

use text::words;

use crate::extract::language::questions::{is_question, sentences_of};

/// A yes must be among this many first words.
const MAX_WORDS_TO_YES: usize = 3;
/// A no, or a "but" that takes back a yes, is looked for among this many words.
const MAX_WORDS_TO_NO: usize = 6;
/// Most words of an answer that only says yes.
const MAX_BARE_YES_WORDS: usize = 4;
/// Most words of a closing question such as "Is that right?"
const MAX_CHECK_WORDS: usize = 6;

/// Returns whether the caller says yes to the part of the agent's turn for which `asked` holds. A
/// yes answers the last question. It confirms the whole turn if the agent asked nothing or only a
/// closing question such as "Is that right?"
pub(crate) fn confirms(agent: &str, caller: &str, asked: impl Fn(&str) -> bool) -> bool {
    is_yes(caller) && question_to_confirm(agent).is_none_or(|question| asked(&question))
}

/// Returns whether a text only says yes, so that it confirms what was asked and nothing else.
pub(crate) fn is_bare_yes(text: &str) -> bool {
    is_yes(text) && words(text).count() <= MAX_BARE_YES_WORDS
}

/// Returns what a yes to this turn confirms: the last question, or the whole turn.
pub(crate) fn confirmed_text(agent: &str) -> String {
    question_to_confirm(agent).unwrap_or_else(|| agent.to_owned())
}

pub(crate) fn is_yes(text: &str) -> bool {
    // A caller who asks back confirms nothing.
    let first_mark = text.chars().find(|c| {
        matches!(
            c,
            ',' | '.' | ';' | '!' | '?' | '？' | '؟' | '，' | '。' | '、'
        )
    });
    if matches!(first_mark, Some('?' | '？' | '؟')) {
        return false;
    }
    let (clause, rest) = text
        .split_once([',', '.', ';', '!', '–', '…'])
        .unwrap_or((text, ""));
    if !text.contains('?') && phrases::is_confirming(clause) {
        let rest: Vec<String> = words(rest).take(MAX_WORDS_TO_NO).collect();
        return !says_no(&rest)
            || phrases::is_confirming(rest.join(" ").as_str())
            || adds_a_wish(&rest);
    }
    // One more word, for the "t" of "don't".
    let first: Vec<String> = words(text).take(MAX_WORDS_TO_NO + 1).collect();
    let bare = text.trim_start();
    let begins = |list: &[&str]| list.iter().any(|word| bare.starts_with(word));
    let says_yes = first
        .iter()
        .take(MAX_WORDS_TO_YES)
        .any(|word| YES_WORDS.contains(&word.as_str()));
    let is_taken_back = says_no(&first) && !phrases::is_confirming(rest) && !adds_a_wish(&first);
    (says_yes || begins(YES_PREFIXES)) && !is_taken_back && !begins(NO_PREFIXES)
}

/// Returns whether the "but" after a yes only adds a wish about how or when, which takes nothing
/// back.
fn adds_a_wish(first: &[String]) -> bool {
    let Some(but) = first.iter().position(|word| is_in(BUT_WORDS, word)) else {
        return false;
    };
    let others: Vec<String> = first
        .iter()
        .filter(|word| !is_in(BUT_WORDS, word))
        .cloned()
        .collect();
    let follows = |distance: usize, list: &[&str]| {
        first
            .get(but + distance)
            .is_some_and(|word| is_in(list, word))
    };
    // For example: "Yes please. But not before Thursday."
    (follows(1, WISH_STARTS) && !says_no(&others))
        || (follows(1, NO_WORDS) && follows(2, WHEN_WORDS))
}

fn is_in(list: &[&str], word: &str) -> bool {
    list.contains(&word)
}

/// Returns whether the words contain a no or a contraction with "n't".
fn says_no(first: &[String]) -> bool {
    let is_negated = |pair: &[String]| pair[0].ends_with('n') && pair[1] == "t";
    first
        .iter()
        .take(MAX_WORDS_TO_NO)
        .any(|word| NO_WORDS.contains(&word.as_str()))
        || first.windows(2).any(is_negated)
}

/// Returns the last question, or `None` if there is none or it is a closing question.
fn question_to_confirm(agent: &str) -> Option<String> {
    let question = sentences_of(agent)
        .into_iter()
        .rfind(|sentence| is_question(sentence))?;
    let asks_back: Vec<String> = words(&question).collect();
    let is_check = asks_back.len() <= MAX_CHECK_WORDS
        && asks_back
            .iter()
            .any(|word| CHECK_WORDS.contains(&word.as_str()));
    (!is_check).then_some(question)
}

/// Words that take back a yes unless a wish follows.
const BUT_WORDS: &[&str] = &["but", "pero", "aber", "mais", "ma", "mas", "maar", "ale"];
/// Words about when or how something is to be done.
const WHEN_WORDS: &[&str] = &[
    "before", "until", "after", "on", "at", "by", "too", "so", "vor", "nach", "bis", "am", "um",
    "zu", "so", "antes", "hasta", "después", "el", "avant", "après", "le", "trop", "prima", "dopo",
    "di", "depois", "na", "no", "voor", "tot", "op", "te", "przed", "po", "w",
];
/// First words of a wish.
const WISH_STARTS: &[&str] = &[
    "please",
    "por",
    "bitte",
    "s",
    "per",
    "alstublieft",
    "graag",
    "proszę",
];

const YES_WORDS: &[&str] = &[
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
/// Words that say no or take back a yes.
const NO_WORDS: &[&str] = &[
    "no",
    "not",
    "nope",
    "but",
    "never",
    "wrong",
    "cannot",
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
const YES_PREFIXES: &[&str] = &[
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
const NO_PREFIXES: &[&str] = &["不", "没有", "沒有", "对不", "對不", "いいえ", "ไม่"];
/// Words of a closing question.
const CHECK_WORDS: &[&str] = &[
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
    fn a_yes_is_recognized_in_many_languages_unless_it_is_taken_back() {
        for yes in [
            "Yes.",
            "Uh, yeah",
            "Yes, this is Don.",
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
            "Yeah, I don't live there any more.",
            "Okay, that isn’t my street",
            "Right, I have never lived there",
            "Yes, well, that one is wrong",
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
    fn a_confirming_clause_is_a_yes_but_the_same_words_in_a_statement_are_not() {
        for yes in [
            "Please do.",
            "That works.",
            "It is.",
            "Mm-hmm.",
            "Great, thanks.",
            "Yes, no problem.",
            "Jawohl.",
            "Das stimmt.",
            "Passt so.",
            "Ja, aber bitte erst ab Montag.",
            "Vale.",
            "Así es, gracias.",
            "D'accord, merci.",
            "Tout à fait.",
            "Va bene.",
            "Isso mesmo.",
            "Dat klopt.",
            "Zgadza się.",
        ] {
            assert!(confirms("Nine Mill Lane.", yes, |_| false), "{yes}");
        }
        for no in [
            "It is Quay Street.",
            "I do not.",
            "Perfect, but not Mill Lane.",
            "Fine? No.",
            "That works?",
            "Gut wäre Montag.",
            "Ja, aber nicht mehr.",
            "Vale la pena pensarlo.",
            "Pas d'accord.",
            "Nie zgadza się.",
            "Hold on.",
            "I moved.",
        ] {
            assert!(!confirms("Nine Mill Lane.", no, |_| true), "{no}");
        }
    }

    #[test]
    fn a_yes_answers_the_last_question() {
        let asked = |agent: &str| question_to_confirm(agent);
        assert_eq!(
            asked("You are a member. Do you want express?").as_deref(),
            Some("Do you want express?")
        );
        assert_eq!(
            asked("您是会员。您要快递吗？").as_deref(),
            Some("您要快递吗?")
        );
        assert_eq!(asked("Nine Mill Lane, express. Is that right?"), None);
        assert_eq!(asked("I'll send it to nine Mill Lane."), None);
    }
}
