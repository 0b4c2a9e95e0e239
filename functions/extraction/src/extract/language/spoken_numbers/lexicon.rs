//! Words for numbers in the eight languages, including compound words of German, Dutch and Italian.

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
    if let Some(value) = simple_number(word) {
        return Some(Word::Value(value));
    }
    match word {
        "hundred" | "hundert" | "cien" | "ciento" | "cent" | "cents" | "cem" | "cento"
        | "honderd" | "sto" => Some(Word::Multiplier(100)),
        "thousand" | "tausend" | "mil" | "mille" | "mila" | "duizend" | "tysiąc" | "tysiące"
        | "tysięcy" => Some(Word::Multiplier(1000)),
        "double" | "doppel" | "doble" | "doppio" | "doppia" | "duplo" | "dubbel" | "dubbele"
        | "podwójne" | "podwójna" => Some(Word::Repeat(2)),
        "triple" | "treble" | "dreifach" | "dreimal" | "tripel" | "triplo" | "tripla"
        | "drievoudig" | "potrójne" => Some(Word::Repeat(3)),
        _ if word.len() > 7 => compound_number(word).map(Word::Value),
        _ => None,
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
    Some(match word {
        "zero" | "oh" | "cero" | "null" | "zéro" | "nul" => 0,
        "one" | "uno" | "una" | "eins" | "un" | "une" | "um" | "uma" | "een" | "één" | "jeden"
        | "jedna" | "jedno" => 1,
        "two" | "dos" | "zwei" | "zwo" | "deux" | "due" | "dois" | "duas" | "twee" | "dwa"
        | "dwie" | "dwóch" => 2,
        "three" | "tres" | "drei" | "trois" | "tre" | "três" | "drie" | "trzy" | "trzech" => 3,
        "four" | "cuatro" | "vier" | "quatre" | "quattro" | "quatro" | "cztery" | "czterech" => 4,
        "five" | "cinco" | "fünf" | "cinq" | "cinque" | "vijf" | "pięć" | "pięciu" => 5,
        "six" | "seis" | "sechs" | "sei" | "zes" | "sześć" | "sześciu" => 6,
        "seven" | "siete" | "sieben" | "sept" | "sette" | "sete" | "zeven" | "siedem"
        | "siedmiu" => 7,
        "eight" | "ocho" | "acht" | "huit" | "otto" | "oito" | "osiem" | "ośmiu" => 8,
        "nine" | "nueve" | "neun" | "neuf" | "nove" | "negen" | "dziewięć" | "dziewięciu" => 9,
        "ten" | "zehn" | "diez" | "dix" | "dieci" | "dez" | "tien" | "dziesięć" | "dziesięciu" => {
            10
        }
        "eleven" | "elf" | "once" | "onze" | "undici" | "jedenaście" => 11,
        "twelve" | "zwölf" | "doce" | "douze" | "dodici" | "doze" | "twaalf" | "dwanaście" => 12,
        "thirteen" | "dreizehn" | "trece" | "treize" | "tredici" | "treze" | "dertien"
        | "trzynaście" => 13,
        "fourteen" | "vierzehn" | "catorce" | "quatorze" | "quattordici" | "catorze"
        | "veertien" | "czternaście" => 14,
        "fifteen" | "fünfzehn" | "quince" | "quinze" | "quindici" | "vijftien" | "piętnaście" => {
            15
        }
        "sixteen" | "sechzehn" | "dieciséis" | "seize" | "sedici" | "dezesseis" | "dezasseis"
        | "zestien" | "szesnaście" => 16,
        "seventeen" | "siebzehn" | "diecisiete" | "diciassette" | "dezessete" | "dezassete"
        | "zeventien" | "siedemnaście" => 17,
        "eighteen" | "achtzehn" | "dieciocho" | "diciotto" | "dezoito" | "achttien"
        | "osiemnaście" => 18,
        "nineteen" | "neunzehn" | "diecinueve" | "diciannove" | "dezenove" | "dezanove"
        | "negentien" | "dziewiętnaście" => 19,
        "twenty" | "zwanzig" | "veinte" | "vingt" | "vingts" | "venti" | "vinte" | "twintig"
        | "dwadzieścia" => 20,
        "veintiuno" | "veintiún" | "veintiuna" | "ventuno" => 21,
        "veintidós" => 22,
        "veintitrés" => 23,
        "veinticuatro" => 24,
        "veinticinco" => 25,
        "veintiséis" => 26,
        "veintisiete" => 27,
        "veintiocho" | "ventotto" => 28,
        "veintinueve" => 29,
        "thirty" | "dreißig" | "dreissig" | "treinta" | "trente" | "trenta" | "trinta"
        | "dertig" | "trzydzieści" => 30,
        "forty" | "vierzig" | "cuarenta" | "quarante" | "quaranta" | "quarenta" | "veertig"
        | "czterdzieści" => 40,
        "fifty" | "fünfzig" | "cincuenta" | "cinquante" | "cinquanta" | "cinquenta" | "vijftig"
        | "pięćdziesiąt" => 50,
        "sixty" | "sechzig" | "sesenta" | "soixante" | "sessanta" | "sessenta" | "zestig"
        | "sześćdziesiąt" => 60,
        "seventy" | "siebzig" | "setenta" | "septante" | "settanta" | "zeventig"
        | "siedemdziesiąt" => 70,
        "eighty" | "achtzig" | "ochenta" | "huitante" | "octante" | "ottanta" | "oitenta"
        | "tachtig" | "osiemdziesiąt" => 80,
        "ninety"
        | "neunzig"
        | "noventa"
        | "nonante"
        | "novanta"
        | "negentig"
        | "dziewięćdziesiąt" => 90,
        "doscientos" | "doscientas" | "duzentos" | "duzentas" | "duecento" | "dwieście" => 200,
        "trescientos" | "trescientas" | "trezentos" | "trezentas" | "trecento" | "trzysta" => 300,
        "cuatrocientos" | "cuatrocientas" | "quatrocentos" | "quatrocentas" | "quattrocento"
        | "czterysta" => 400,
        "quinientos" | "quinientas" | "quinhentos" | "quinhentas" | "cinquecento" | "pięćset" => {
            500
        }
        "seiscientos" | "seiscientas" | "seiscentos" | "seiscentas" | "seicento" | "sześćset" => {
            600
        }
        "setecientos" | "setecientas" | "setecentos" | "setecentas" | "settecento"
        | "siedemset" => 700,
        "ochocientos" | "ochocientas" | "oitocentos" | "oitocentas" | "ottocento" | "osiemset" => {
            800
        }
        "novecientos" | "novecientas" | "novecentos" | "novecentas" | "novecento"
        | "dziewięćset" => 900,
        _ => return None,
    })
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
