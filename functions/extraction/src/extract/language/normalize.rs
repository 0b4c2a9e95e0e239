//! Normalizes the words of a text for comparison: numbers become digits, contractions are expanded,
//! hesitations are dropped, and diacritics are removed. A quote then matches however transcription
//! and model wrote it.

use text::numbers::{ordinal, runs_of};
use text::{Token, fold_spelling};

use super::tokens::tokens;

/// Returns the normalized words of a text.
pub(crate) fn normalized_words(text: &str) -> Vec<String> {
    let tokens = tokens(text);
    let runs = runs_of(text, &tokens);
    let mut normalized: Vec<String> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    let mut spelt = false;
    while at < tokens.len() {
        if let Some(run) = runs.iter().find(|run| run.tokens.start == at) {
            normalized.push(run.digits());
            (at, spelt) = (run.tokens.end, false);
            continue;
        }
        let token = &tokens[at];
        at += 1;
        if is_hesitation(&token.lower) {
            continue;
        }
        // "eighty-six pounds forty"
        let amount = normalized
            .last()
            .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
        if amount && is_currency(&token.lower) {
            if let Some(cents) = runs.iter().find(|run| run.tokens.start == at) {
                if let Some(amount) = normalized.last_mut() {
                    amount.push_str(&cents.digits());
                }
                at = cents.tokens.end;
            }
            continue;
        }
        if let Some(number) = ordinal(&token.lower) {
            normalized.push(number.to_string());
            spelt = false;
            continue;
        }
        let after_word = token.range.start > 0 && text[..token.range.start].ends_with(['\'', '’']);
        let is_letter = is_letter(token)
            && !after_word
            && !matches!(token.text, "I" | "i" | "a" | "y" | "e" | "o" | "à" | "é");
        match normalized.last_mut().filter(|_| is_letter && spelt) {
            Some(letters) => letters.push_str(&fold_spelling(&token.lower)),
            None => {
                for word in expand_contraction(&token.lower, after_word) {
                    if normalized.last().is_none_or(|last| *last != word) {
                        normalized.push(word);
                    }
                }
            }
        }
        spelt = is_letter;
    }
    normalized
}

fn is_letter(token: &Token<'_>) -> bool {
    token.text.chars().count() == 1 && token.text.chars().all(char::is_alphabetic)
}

/// Expands a contraction: "m" of "I'm", "t" of "can't", "cannot".
fn expand_contraction(word: &str, after_apostrophe: bool) -> Vec<String> {
    let full: &[&str] = match word {
        "m" if after_apostrophe => &["am"],
        "s" if after_apostrophe => &["is"],
        "re" if after_apostrophe => &["are"],
        "ve" if after_apostrophe => &["have"],
        "ll" if after_apostrophe => &["will"],
        "d" if after_apostrophe => &["would"],
        "t" if after_apostrophe => &["not"],
        "don" | "doesn" | "didn" | "isn" | "wasn" | "aren" | "weren" | "haven" | "hasn"
        | "hadn" | "wouldn" | "couldn" | "shouldn" => {
            return vec![word.trim_end_matches('n').to_owned()];
        }
        "can" => &["can"],
        "won" => &["will"],
        "cannot" => &["can", "not"],
        "gonna" => &["going", "to"],
        "wanna" => &["want", "to"],
        _ => return vec![fold_spelling(word)],
    };
    full.iter().map(|word| (*word).to_owned()).collect()
}

fn is_currency(word: &str) -> bool {
    matches!(
        word,
        "pound"
            | "pounds"
            | "dollar"
            | "dollars"
            | "euro"
            | "euros"
            | "livres"
            | "złotych"
            | "złote"
            | "franken"
            | "francs"
    )
}

fn is_hesitation(word: &str) -> bool {
    matches!(
        word,
        "uh" | "um"
            | "uhm"
            | "er"
            | "erm"
            | "hm"
            | "hmm"
            | "mm"
            | "äh"
            | "ähm"
            | "euh"
            | "eh"
            | "ehm"
            | "este"
            | "yyy"
            | "eee"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_spellings_of_the_same_words_are_equal() {
        for (one, other) in [
            ("twenty-two Mill Lane", "22 Mill Lane"),
            ("zero one five one, two two three", "0151 223"),
            ("it's H O seven seven one two", "it is HO-7712"),
            (
                "I can't, uh, do the the mornings",
                "I cannot do the mornings",
            ),
            ("Grünwald", "Gruenwald"),
            ("since the third", "since the 3rd"),
            ("am dritten Mai", "am 3. Mai"),
            ("I've been", "I have been"),
            ("don't", "do not"),
            ("eighty-six pounds forty", "£86.40"),
        ] {
            assert_eq!(normalized_words(one), normalized_words(other), "{one}");
        }
    }
}
