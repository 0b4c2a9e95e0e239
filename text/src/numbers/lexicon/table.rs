//! The table of number words.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::fold::fold;

/// The meaning of a number word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// A number.
    Value(u64),
    /// A hundred or a thousand.
    Multiplier(u64),
    /// "double", "triple".
    Repeat(u8),
}

/// Returns the meaning of a word in lower case, in any of the eight languages.
pub(super) fn named(word: &str) -> Option<Named> {
    let at = BY_WORD.binary_search_by(|(known, _)| (*known).cmp(word));
    at.ok().map(|at| BY_WORD[at].1)
}

/// Returns the digits of a folded number word in English, Spanish or German.
///
/// For texts of which only the words are known, not the language: words that are also articles, or
/// that mean something else in another of the three languages, are left out.
#[must_use]
pub fn number_word(folded: &str) -> Option<&'static str> {
    UNAMBIGUOUS.get(folded).map(String::as_str)
}

static BY_WORD: LazyLock<Vec<(&str, Named)>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for (value, plain, others) in NUMBERS {
        add(&mut all, plain, Named::Value(*value));
        add(&mut all, others, Named::Value(*value));
    }
    for (factor, plain, others) in MULTIPLIERS {
        add(&mut all, plain, Named::Multiplier(*factor));
        add(&mut all, others, Named::Multiplier(*factor));
    }
    for (count, words) in REPEATS {
        add(&mut all, words, Named::Repeat(*count));
    }
    all.sort_unstable_by_key(|(word, _)| *word);
    all
});

fn add(all: &mut Vec<(&'static str, Named)>, words: &'static str, meaning: Named) {
    all.extend(words.split_ascii_whitespace().map(|word| (word, meaning)));
}

static UNAMBIGUOUS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let all = NUMBERS.iter().chain(MULTIPLIERS);
    all.flat_map(|(value, plain, _)| {
        let words = plain.split_ascii_whitespace();
        words.map(|word| (fold(word), value.to_string()))
    })
    .collect()
});

/// Numbers with their words. The first column has the words of English, Spanish and German that
/// stand for nothing else in one of these languages; the second has all others.
#[rustfmt::skip]
const NUMBERS: &[(u64, &str, &str)] = &[
    (0, "zero cero null", "oh zéro nul"),
    (1, "one eins", "uno una un une um uma een één jeden jedna jedno"),
    (2, "two dos zwei", "zwo deux due dois duas twee dwa dwie dwóch"),
    (3, "three tres drei", "trois tre três drie trzy trzech"),
    (4, "four cuatro vier", "quatre quattro quatro cztery czterech"),
    (5, "five cinco fünf", "cinq cinque vijf pięć pięciu"),
    (6, "six seis sechs", "sei zes sześć sześciu"),
    (7, "seven siete sieben", "sept sette sete zeven siedem siedmiu"),
    (8, "eight ocho acht", "huit otto oito osiem ośmiu"),
    (9, "nine nueve neun", "neuf nove negen dziewięć dziewięciu"),
    (10, "ten diez zehn", "dix dieci dez tien dziesięć dziesięciu"),
    (11, "eleven", "elf once onze undici jedenaście"),
    (12, "twelve doce zwölf", "douze dodici doze twaalf dwanaście"),
    (13, "thirteen dreizehn trece", "treize tredici treze dertien trzynaście"),
    (14, "fourteen vierzehn catorce", "quatorze quattordici catorze veertien czternaście"),
    (15, "fifteen fünfzehn", "quince quinze quindici vijftien piętnaście"),
    (16, "sixteen sechzehn dieciséis", "seize sedici dezesseis dezasseis zestien szesnaście"),
    (17, "seventeen siebzehn diecisiete", "diciassette dezessete dezassete zeventien siedemnaście"),
    (18, "eighteen achtzehn dieciocho", "diciotto dezoito achttien osiemnaście"),
    (19, "nineteen neunzehn diecinueve", "diciannove dezenove dezanove negentien dziewiętnaście"),
    (20, "twenty zwanzig veinte", "vingt vingts venti vinte twintig dwadzieścia"),
    (21, "veintiuno veintiún veintiuna", "ventuno"),
    (22, "veintidós", ""),
    (23, "veintitrés", ""),
    (24, "veinticuatro", ""),
    (25, "veinticinco", ""),
    (26, "veintiséis", ""),
    (27, "veintisiete", ""),
    (28, "veintiocho", "ventotto"),
    (29, "veintinueve", ""),
    (30, "thirty dreißig dreissig treinta", "trente trenta trinta dertig trzydzieści"),
    (40, "forty vierzig cuarenta", "quarante quaranta quarenta veertig czterdzieści"),
    (50, "fifty fünfzig cincuenta", "cinquante cinquanta cinquenta vijftig pięćdziesiąt"),
    (60, "sixty sechzig sesenta", "soixante sessanta sessenta zestig sześćdziesiąt"),
    (70, "seventy siebzig setenta", "septante settanta zeventig siedemdziesiąt"),
    (80, "eighty achtzig ochenta", "huitante octante ottanta oitenta tachtig osiemdziesiąt"),
    (90, "ninety neunzig noventa", "nonante novanta negentig dziewięćdziesiąt"),
    (200, "doscientos doscientas", "duzentos duzentas duecento dwieście"),
    (300, "trescientos trescientas", "trezentos trezentas trecento trzysta"),
    (400, "cuatrocientos cuatrocientas", "quatrocentos quatrocentas quattrocento czterysta"),
    (500, "quinientos quinientas", "quinhentos quinhentas cinquecento pięćset"),
    (600, "seiscientos seiscientas", "seiscentos seiscentas seicento sześćset"),
    (700, "setecientos setecientas", "setecentos setecentas settecento siedemset"),
    (800, "ochocientos ochocientas", "oitocentos oitocentas ottocento osiemset"),
    (900, "novecientos novecientas", "novecentos novecentas novecento dziewięćset"),
];

/// Words that multiply the number before them, in the same columns.
#[rustfmt::skip]
const MULTIPLIERS: &[(u64, &str, &str)] = &[
    (100, "hundred hundert cien", "ciento cent cents cem cento honderd sto"),
    (1000, "thousand tausend", "mil mille mila duizend tysiąc tysiące tysięcy"),
];

/// Words that say how often the next digit is repeated.
#[rustfmt::skip]
const REPEATS: &[(u8, &str)] = &[
    (2, "double doppel doble doppio doppia duplo dubbel dubbele podwójne podwójna"),
    (3, "triple treble dreifach dreimal tripel triplo tripla drievoudig potrójne"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_has_two_meanings() {
        for pair in BY_WORD.windows(2) {
            assert_ne!(pair[0].0, pair[1].0);
        }
    }

    #[test]
    fn a_word_with_another_meaning_is_no_unambiguous_number() {
        for (word, digits) in [
            ("funf", Some("5")),
            ("thirteen", Some("13")),
            ("dreissig", Some("30")),
            ("sesenta", Some("60")),
            ("thousand", Some("1000")),
            ("once", None),
            ("elf", None),
            ("quince", None),
            ("un", None),
            ("", None),
        ] {
            assert_eq!(number_word(word), digits, "{word}");
        }
    }
}
