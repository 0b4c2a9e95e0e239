//! Numbers as people say them.

use super::sensitive;

/// The number that a word in lower case says, up to twenty and the tens; in English, German, Spanish, French and Italian.
pub(super) fn number(word: &str) -> Option<u32> {
    if OTHER_MEANING.contains(&word) {
        return None;
    }
    let larger = || LARGER.iter().find(|(_, words)| words.split(' ').any(|said| said == word)).map(|(value, _)| *value);
    sensitive::digit(word).or_else(larger)
}

/// Digits that are common words as well.
const OTHER_MEANING: [&str; 5] = ["oh", "un", "due", "sei", "null"];
/// Without "once", which is eleven in Spanish only.
const LARGER: [(u32, &str); 18] = [
    (10, "ten zehn diez dix dieci"),
    (11, "eleven elf onze undici"),
    (12, "twelve zwölf doce douze dodici"),
    (13, "thirteen dreizehn trece treize tredici"),
    (14, "fourteen vierzehn catorce quatorze quattordici"),
    (15, "fifteen fünfzehn quince quinze quindici"),
    (16, "sixteen sechzehn dieciséis seize sedici"),
    (17, "seventeen siebzehn diecisiete diciassette"),
    (18, "eighteen achtzehn dieciocho diciotto"),
    (19, "nineteen neunzehn diecinueve diciannove"),
    (20, "twenty zwanzig veinte vingt venti"),
    (30, "thirty dreißig treinta trente trenta"),
    (40, "forty vierzig cuarenta quarante quaranta"),
    (50, "fifty fünfzig cincuenta cinquante cinquanta"),
    (60, "sixty sechzig sesenta soixante sessanta"),
    (70, "seventy siebzig setenta settanta"),
    (80, "eighty achtzig ochenta ottanta"),
    (90, "ninety neunzig noventa novanta"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_known_in_words_and_common_words_are_none() {
        for (word, value) in [("nine", 9), ("vierzehn", 14), ("twenty", 20), ("noventa", 90), ("uno", 1)] {
            assert_eq!(number(word), Some(value), "{word}");
        }
        for word in ["lane", "due", "once", "un", ""] {
            assert_eq!(number(word), None, "{word}");
        }
    }
}
