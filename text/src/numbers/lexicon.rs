//! Words for numbers in the eight languages, including compound words of German, Dutch and Italian.

mod table;

pub use table::number_word;
use table::{Named, named};

/// What a word contributes to a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// Written as digits.
    Digits(String),
    /// A number of its own.
    Value(u64),
    /// A hundred or a thousand. It multiplies the number before it.
    Multiplier(u64),
    /// "double", "triple": how often the next digit is repeated.
    Repeat(u8),
}

/// Returns whether people say a word between digits.
pub(super) fn is_filler(word: &str) -> bool {
    matches!(
        word,
        "uh" | "um"
            | "er"
            | "erm"
            | "hm"
            | "and"
            | "then"
            | "dash"
            | "eh"
            | "este"
            | "y"
            | "luego"
            | "äh"
            | "ähm"
            | "und"
            | "dann"
            | "euh"
            | "et"
            | "puis"
            | "e"
            | "ehm"
            | "poi"
            | "depois"
            | "en"
            | "dan"
            | "i"
            | "potem"
            | "yyy"
    )
}

/// Returns whether a word is a number in Portuguese only. In Portuguese, "um" is a number;
/// elsewhere it is a filler.
pub(super) fn is_portuguese(word: &str) -> bool {
    matches!(
        word,
        "dois"
            | "duas"
            | "três"
            | "quatro"
            | "oito"
            | "vinte"
            | "quarenta"
            | "cinquenta"
            | "setenta"
            | "noventa"
    )
}

/// Classifies a word in lower case, or returns `None` if it is not part of a number.
pub(super) fn word(word: &str) -> Option<Word> {
    match named(word) {
        Some(Named::Value(value)) => Some(Word::Value(value)),
        Some(Named::Multiplier(factor)) => Some(Word::Multiplier(factor)),
        Some(Named::Repeat(count)) => Some(Word::Repeat(count)),
        None if word.len() > 7 => compound_number(word).map(Word::Value),
        None => None,
    }
}

/// Parses a compound word: "einundvierzig", "tweeëntwintig", "quarantotto", "zweihundertfünf".
fn compound_number(word: &str) -> Option<u64> {
    unit_and_tens(word)
        .or_else(|| hundreds_and_thousands(word))
        .or_else(|| italian_tens(word))
}

/// Parses German and Dutch units before tens: "einundvierzig", "tweeëntwintig".
fn unit_and_tens(word: &str) -> Option<u64> {
    ["und", "en", "ën"].into_iter().find_map(|joint| {
        word.match_indices(joint).find_map(|(at, _)| {
            let first = &word[..at];
            let unit = unit(if first == "ein" { "eins" } else { first })?;
            let tens = simple_number(&word[at + joint.len()..])?;
            (20..100).contains(&tens).then_some(tens + unit)
        })
    })
}

/// Parses German and Dutch hundreds and thousands: "zweihundertfünf".
fn hundreds_and_thousands(word: &str) -> Option<u64> {
    for (joint, factor) in [
        ("hundert", 100),
        ("honderd", 100),
        ("tausend", 1000),
        ("duizend", 1000),
    ] {
        if let Some((first, rest)) = word.split_once(joint) {
            let times = match first {
                "" => 1,
                "ein" => part("eins")?,
                first => part(first)?,
            };
            let rest = if rest.is_empty() { 0 } else { part(rest)? };
            return Some(times * factor + rest);
        }
    }
    None
}

/// Parses Italian tens, which lose their final vowel before one and eight: "quarantotto".
fn italian_tens(word: &str) -> Option<u64> {
    const TENS: [(&str, u64); 8] = [
        ("vent", 20),
        ("trent", 30),
        ("quarant", 40),
        ("cinquant", 50),
        ("sessant", 60),
        ("settant", 70),
        ("ottant", 80),
        ("novant", 90),
    ];
    TENS.iter().find_map(|(stem, tens)| {
        let rest = word.strip_prefix(stem)?;
        let units = rest.strip_prefix(['a', 'i']).unwrap_or(rest);
        unit(if units == "tré" { "tre" } else { units }).map(|unit| tens + unit)
    })
}

fn unit(word: &str) -> Option<u64> {
    simple_number(word).filter(|value| (1..10).contains(value))
}

fn part(word: &str) -> Option<u64> {
    let word = word.strip_prefix("und").unwrap_or(word);
    simple_number(word).or_else(|| compound_number(word))
}

fn simple_number(word: &str) -> Option<u64> {
    match named(word) {
        Some(Named::Value(value)) => Some(value),
        _ => None,
    }
}

/// Returns the number of an ordinal, in words or with an ending: "third", "dritten", "3rd", "2.º".
pub(super) fn ordinal(word: &str) -> Option<u64> {
    let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
    if !digits.is_empty() && digits.len() < word.len() {
        let ending = &word[digits.len()..];
        let is_ending = matches!(
            ending,
            "st" | "nd"
                | "rd"
                | "th"
                | "º"
                | "ª"
                | "er"
                | "e"
                | "ère"
                | "ème"
                | "ste"
                | "de"
                | "o"
                | "a"
                | "h"
                | "pm"
                | "am"
                | "p"
                | "km"
        );
        return digits.parse().ok().filter(|_| is_ending);
    }
    Some(match word {
        "first" | "ersten" | "erste" | "erster" | "primero" | "primer" | "primera" | "premier"
        | "première" | "primo" | "prima" | "primeiro" | "primeira" | "eerste" | "pierwszy"
        | "pierwszego" | "pierwsze" => 1,
        "zweiten" | "zweite" | "segundo" | "segunda" | "deuxième" | "secondo" | "seconda"
        | "tweede" | "drugi" | "drugiego" => 2,
        "third" | "dritten" | "dritte" | "dritter" | "tercero" | "tercera" | "tercer"
        | "troisième" | "terzo" | "terza" | "terceiro" | "terceira" | "derde" | "trzeci"
        | "trzeciego" => 3,
        "fourth" | "quatrième" | "vierde" | "czwartego" => 4,
        "fifth" | "quinto" | "quinta" | "cinquième" | "vijfde" | "piątego" => 5,
        "siebten" | "siebte" => 7,
        "eighth" | "achten" | "achte" | "ottavo" | "octavo" | "ósmego" => 8,
        "ninth" | "noveno" | "nono" | "dziewiątego" => 9,
        "twelfth" | "dwunastego" => 12,
        _ => return regular_ordinal(word),
    })
}

fn regular_ordinal(word: &str) -> Option<u64> {
    let ending = [
        "sten", "ster", "ste", "ten", "ter", "te", "th", "ième", "de",
    ]
    .into_iter()
    .find_map(|end| word.strip_suffix(end))?;
    let tens = word.strip_suffix("ieth").map(|stem| format!("{stem}y"));
    let found = tens
        .as_deref()
        .and_then(simple_number)
        .or_else(|| simple_number(ending))
        .or_else(|| compound_number(ending));
    found.filter(|value| *value > 3)
}
