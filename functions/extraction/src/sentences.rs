//! The sentences of a text. A dot ends a sentence only where the words around it allow it: an
//! abbreviation, an initial, an ordinal or an ellipsis is followed by the rest of its sentence, a
//! sentence by one that can begin there.

/// The sentences of a text in their order. No word is lost or added.
pub(crate) fn sentences(text: &str) -> Vec<String> {
    let tokens = tokens(text);
    let mut sentences: Vec<String> = Vec::new();
    let mut sentence: Vec<&str> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        sentence.push(token.text);
        let previous = index.checked_sub(1).map(|before| tokens[before].text);
        let next = tokens.get(index + 1);
        if next.is_none_or(|next| {
            next.begins_item || ends(token.text, previous, next.text, sentence.len())
        }) {
            sentences.push(sentence.join(" "));
            sentence.clear();
        }
    }
    without_stumps(sentences)
}

/// A piece of text between blanks.
struct Token<'a> {
    text: &'a str,
    /// Whether it is the mark of a list item on a line of its own.
    begins_item: bool,
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut item = 1;
    for line in text.lines() {
        for (place, text) in line
            .split_whitespace()
            .flat_map(split_at_ideographic_stops)
            .enumerate()
        {
            let before = tokens.last().map(|token| token.text);
            // "Ordered: 1. a lamp 2. a chair": a list begins with one, and each mark counts one
            // more.
            let is_next = item_number(text) == Some(item)
                && (item > 1 || before.is_none_or(|text| text.ends_with(':')));
            item += usize::from(is_next);
            let begins_item = before.is_some() && (is_next || (place == 0 && is_bullet(text)));
            tokens.push(Token { text, begins_item });
        }
    }
    tokens
}

/// Chinese and Japanese put no blank after a sentence, and need none to be read again: a full stop
/// of theirs is never part of a word. The pieces are joined with a blank.
fn split_at_ideographic_stops(run: &str) -> impl Iterator<Item = &str> {
    run.split_inclusive(['。', '！', '？', '｡', '।'])
        .filter(|piece| !piece.is_empty())
}

fn is_bullet(token: &str) -> bool {
    matches!(token, "-" | "–" | "—" | "*" | "•" | "·")
}

fn item_number(token: &str) -> Option<usize> {
    token
        .strip_suffix(['.', ')'])
        .filter(|number| number.len() <= 2)
        .and_then(|number| number.parse().ok())
}

/// Whether a sentence that has so many words so far ends with this token.
fn ends(token: &str, previous: Option<&str>, next: &str, words: usize) -> bool {
    let bare = token.trim_end_matches(CLOSING);
    if bare.ends_with(['。', '！', '？', '｡', '।']) {
        return true;
    }
    if !can_begin_a_sentence(next) {
        return false;
    }
    if bare.ends_with(['!', '?', '؟']) {
        return true;
    }
    if bare.ends_with('…') || bare.ends_with("..") {
        return is_opener(next);
    }
    let Some(word) = bare.strip_suffix('.') else {
        return false;
    };
    let word = word.trim_start_matches(OPENING);
    !is_open(word, previous, next, words)
}

/// Whether the word before a dot leaves its sentence open.
fn is_open(word: &str, previous: Option<&str>, next: &str, words: usize) -> bool {
    if word.is_empty() {
        return true;
    }
    if is_number(word) {
        // "1. Lamps", and in German "am 5. Januar".
        return words == 1 || is_ordinal(previous, next);
    }
    let next_is_opener = is_opener(next);
    if is_initial(word) || is_dotted(word) {
        return !next_is_opener;
    }
    let lower = word.to_lowercase();
    let tail = lower.rsplit(['-', '/', '\'', '’']).next().unwrap_or(&lower);
    let is_title =
        BEFORE_A_NAME.contains(&tail) && (is_capitalised(word) || !ORDINARY.contains(&tail));
    if is_title || ANYWHERE.contains(&tail) || has_no_vowel(tail) {
        return !next_is_opener;
    }
    (BEFORE_A_NUMBER.contains(&tail) || tail.ends_with("str")) && begins_with_digit(next)
}

/// "J." of "J. R. R. Tolkien".
fn is_initial(word: &str) -> bool {
    word.chars().count() == 1 && word.chars().all(char::is_alphabetic)
}

/// "a.m", "z.B", "U.S": short parts with dots between; a domain, an e-mail address and a price have
/// longer ones or digits.
fn is_dotted(word: &str) -> bool {
    let is_short = |part: &str| {
        (1..=3).contains(&part.chars().count()) && part.chars().all(char::is_alphabetic)
    };
    word.contains('.') && word.split('.').all(is_short)
}

/// A word of letters that cannot be spoken: "Sgt", "Ltd", "Str", "bzw".
fn has_no_vowel(word: &str) -> bool {
    const VOWELS: &str = "aeiouyáéíóúàèìòùâêîôûäëïöüåæøœãõąęó";
    let letters = word.chars().count();
    (2..=5).contains(&letters) && word.chars().all(|c| c.is_alphabetic() && is_latin(c) && !VOWELS.contains(c))
        // Numerals and units that end sentences: "KG", "TV".
        && !matches!(word, "kg" | "km" | "cm" | "mm" | "tv" | "pc" | "cd" | "dvd" | "sms" | "pdf" | "http" | "hm" | "mmm" | "vw" | "bmw" | "nyc")
}

fn is_latin(c: char) -> bool {
    c < '\u{250}'
}

fn is_number(word: &str) -> bool {
    let digits = word.trim_start_matches(['#', '(', '-', '+', '$', '€', '£']);
    !digits.is_empty() && digits.len() <= 3 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number with a dot is an ordinal before a month, and in German after an article.
fn is_ordinal(previous: Option<&str>, next: &str) -> bool {
    const ARTICLES: [&str; 15] = [
        "am", "im", "zum", "vom", "beim", "der", "die", "das", "dem", "den", "des", "ab", "bis",
        "jeden", "jeder",
    ];
    let next = next
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase();
    let previous = previous.unwrap_or_default().to_lowercase();
    let is_month = MONTHS.iter().any(|month| next.starts_with(month));
    is_month || (ARTICLES.contains(&previous.as_str()) && !is_opener(&next))
}

/// Whether a sentence can begin with this token: no lower-case letter does.
fn can_begin_a_sentence(token: &str) -> bool {
    let first = token.trim_start_matches(OPENING).chars().next();
    first.is_some_and(|c| {
        c.is_numeric() || (c.is_alphabetic() && !c.is_lowercase()) || matches!(c, '-' | '•' | '[')
    })
}

/// Whether a token is a capitalised word that opens sentences and is no part of a name.
fn is_opener(token: &str) -> bool {
    let word = token.trim_matches(|c: char| !c.is_alphanumeric());
    let word = word
        .split(['\'', '’'])
        .next()
        .unwrap_or(word)
        .to_lowercase();
    OPENERS.contains(&word.as_str())
}

fn is_capitalised(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

fn begins_with_digit(token: &str) -> bool {
    token
        .trim_start_matches(OPENING)
        .chars()
        .next()
        .is_some_and(|c| c.is_numeric() || c == '#')
}

/// Most letters of an abbreviation such as "Sept.".
const ABBREVIATION: usize = 4;

/// A sentence of numbers and abbreviations says nothing by itself: "Nov. 6." belongs to the one
/// before. A question or an exclamation may be short.
fn without_stumps(sentences: Vec<String>) -> Vec<String> {
    let letters = |token: &str| token.chars().filter(|c| c.is_alphabetic()).count();
    let ends_with_one_dot = |token: &str| token.ends_with('.') && !token.ends_with("..");
    let is_part = |token: &str| {
        letters(token) == 0 || (letters(token) <= ABBREVIATION && ends_with_one_dot(token))
    };
    let is_stump = |sentence: &str| sentence.split_whitespace().all(is_part);
    let mut whole: Vec<String> = Vec::new();
    for sentence in sentences {
        match whole.last_mut().filter(|_| is_stump(&sentence)) {
            Some(before) => {
                before.push(' ');
                before.push_str(&sentence);
            }
            None => whole.push(sentence),
        }
    }
    whole
}

const CLOSING: [char; 8] = ['"', '\'', '”', '’', '»', '“', ')', ']'];
const OPENING: [char; 9] = ['"', '\'', '“', '„', '«', '(', '[', '¿', '¡'];

/// Titles, ranks and the like, which stand before a name, in the eight languages.
const BEFORE_A_NAME: &[&str] = &[
    "mr", "mrs", "ms", "mx", "dr", "drs", "prof", "st", "ste", "sgt", "lt", "col", "gen", "capt",
    "cpt", "cmdr", "cdr", "adm", "maj", "cpl", "pvt", "ofc", "officer", "supt", "insp", "det",
    "rev", "fr", "hon", "pres", "gov", "sen", "rep", "cllr", "amb", "messrs", "mt", "ft", "sr",
    "sra", "srta", "sres", "dra", "dña", "lic", "ing", "arq", "prof", "profa", "hr", "hrn", "frl",
    "dipl", "med", "jur", "phil", "rer", "nat", "habil", "mag", "ra", "mme", "mmes", "mlle", "mgr",
    "me", "sig", "sigg", "sig.ra", "sigra", "dott", "dottssa", "avv", "geom", "rag", "on", "eng",
    "enga", "exmo", "exma", "dhr", "mevr", "mw", "mej", "dra", "ir", "mr", "inż", "mgr", "hab",
    "ks", "płk", "gen", "kpt", "por", "św", "abp", "bp",
];

/// Titles that are ordinary words as well: these count only with a capital.
const ORDINARY: [&str; 9] = ["me", "on", "ra", "rag", "nat", "rep", "mag", "maj", "det"];

/// Words that are cut short before a number, and months and days, in the eight languages.
const BEFORE_A_NUMBER: &[&str] = &[
    "no", "nos", "nr", "nro", "núm", "num", "n", "p", "pp", "pg", "pág", "pag", "s", "str",
    "seite", "vol", "art", "ch", "cap", "kap", "fig", "abb", "sec", "sect", "par", "apt", "apto",
    "ste", "bldg", "rm", "fl", "ext", "tel", "tél", "tlf", "mob", "fax", "approx", "ca", "circa",
    "aprox", "env", "ungef", "min", "max", "ver", "v", "rel", "al", "ul", "jan", "feb", "mar",
    "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "mon", "tue", "tues", "wed",
    "thu", "thur", "thurs", "fri", "sat", "sun", "ene", "abr", "ago", "dic", "jän", "mrz", "okt",
    "dez", "janv", "févr", "avr", "juil", "août", "déc", "gen", "mag", "giu", "lug", "ott", "fev",
    "set", "out", "mrt", "mei", "sty", "lut", "kwi", "maj", "cze", "lip", "sie", "wrz", "paź",
    "lis", "gru", "mo", "di", "mi", "do", "sa", "so",
];

/// Words that are cut short wherever they stand, in the eight languages.
const ANYWHERE: &[&str] = &[
    "vs", "etc", "inc", "co", "corp", "ltd", "llc", "jr", "sr", "esq", "bros", "dept", "dpt",
    "est", "ave", "av", "avda", "blvd", "bd", "rd", "hwy", "pkwy", "sq", "pl", "ct", "cf", "incl",
    "excl", "misc", "govt", "assn", "assoc", "univ", "gmbh", "bzw", "usw", "ggf", "evtl", "inkl",
    "exkl", "zzgl", "vgl", "sog", "geb", "gest", "verh", "abt", "str", "strasse", "pl", "hbf",
    "plz", "tgl", "mtl", "jhd", "jh", "ud", "uds", "vd", "vds", "cía", "ed", "dep", "dpto", "izq",
    "dcha", "ej", "sté", "éd", "hab", "apr", "spa", "srl", "ecc", "pzza", "cia", "ltda", "excl",
    "enz", "bijv", "evt", "ong", "aub", "afd", "gem", "tzn", "np", "itp", "itd", "tzw", "ul", "al",
    "pl", "os", "tys", "mln", "godz", "zł", "woj",
];

/// How months begin, in the eight languages.
const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "mär", "apr", "abr", "avr", "may", "mai", "mei", "maj", "mag", "jun",
    "jui", "giu", "jul", "lug", "aug", "ago", "aoû", "sep", "set", "oct", "okt", "ott", "out",
    "nov", "dec", "dez", "dic", "déc", "ene", "gen", "fév", "sty", "lut", "kwi", "cze", "lip",
    "sie", "wrz", "paź", "lis", "gru", "jän", "mrt", "fev",
];

/// Words with which sentences begin and names do not: articles, pronouns, conjunctions, adverbs, in
/// the eight languages.
const OPENERS: &[&str] = &[
    // English
    "the",
    "a",
    "an",
    "he",
    "she",
    "it",
    "they",
    "we",
    "i",
    "you",
    "his",
    "her",
    "their",
    "its",
    "our",
    "my",
    "your",
    "this",
    "that",
    "these",
    "those",
    "there",
    "then",
    "after",
    "afterwards",
    "before",
    "also",
    "but",
    "and",
    "or",
    "so",
    "because",
    "if",
    "when",
    "while",
    "since",
    "however",
    "later",
    "now",
    "today",
    "tomorrow",
    "yesterday",
    "no",
    "yes",
    "both",
    "all",
    "in",
    "on",
    "at",
    "for",
    "with",
    "to",
    "as",
    "once",
    "please",
    "one",
    "two",
    "what",
    "who",
    "where",
    "how",
    "why",
    "can",
    "could",
    "would",
    "will",
    "caller",
    "customer",
    "agent",
    "ok",
    "okay",
    "not",
    "nothing",
    // Spanish
    "el",
    "la",
    "los",
    "las",
    "un",
    "una",
    "él",
    "ella",
    "ellos",
    "ellas",
    "lo",
    "le",
    "se",
    "su",
    "sus",
    "esto",
    "este",
    "esta",
    "eso",
    "ese",
    "esa",
    "luego",
    "después",
    "también",
    "pero",
    "y",
    "o",
    "porque",
    "si",
    "cuando",
    "ahora",
    "además",
    "por",
    "para",
    "con",
    "en",
    "no",
    "sí",
    "quiere",
    "pidió",
    "dijo",
    "pagó",
    "llamó",
    "prefiere",
    // German
    "der",
    "die",
    "das",
    "ein",
    "eine",
    "er",
    "sie",
    "es",
    "wir",
    "ich",
    "ihr",
    "ihre",
    "sein",
    "seine",
    "dies",
    "diese",
    "dieser",
    "dann",
    "danach",
    "später",
    "auch",
    "aber",
    "und",
    "oder",
    "weil",
    "wenn",
    "als",
    "jetzt",
    "außerdem",
    "heute",
    "morgen",
    "gestern",
    "nein",
    "ja",
    "mit",
    "für",
    "von",
    "zu",
    "beide",
    "dort",
    "nicht",
    "bitte",
    "man",
    // French
    "le",
    "les",
    "une",
    "il",
    "elle",
    "ils",
    "elles",
    "on",
    "nous",
    "vous",
    "je",
    "ce",
    "cette",
    "ces",
    "son",
    "sa",
    "ses",
    "puis",
    "ensuite",
    "après",
    "aussi",
    "mais",
    "et",
    "ou",
    "car",
    "quand",
    "maintenant",
    "avec",
    "pour",
    "non",
    "oui",
    "dans",
    "c",
    "l",
    "d",
    "j",
    // Italian
    "gli",
    "i",
    "lo",
    "uno",
    "lui",
    "lei",
    "loro",
    "suo",
    "sua",
    "questo",
    "questa",
    "quello",
    "poi",
    "dopo",
    "anche",
    "ma",
    "e",
    "ed",
    "perché",
    "se",
    "quando",
    "ora",
    "adesso",
    "inoltre",
    "con",
    "per",
    "ha",
    "vuole",
    "preferisce",
    // Portuguese
    "o",
    "a",
    "os",
    "as",
    "um",
    "uma",
    "ele",
    "ela",
    "eles",
    "elas",
    "seu",
    "sua",
    "isto",
    "isso",
    "este",
    "esta",
    "depois",
    "também",
    "mas",
    "e",
    "ou",
    "porque",
    "quando",
    "agora",
    "além",
    "com",
    "em",
    "não",
    "sim",
    // Dutch
    "de",
    "het",
    "een",
    "hij",
    "zij",
    "ze",
    "wij",
    "we",
    "ik",
    "zijn",
    "haar",
    "hun",
    "dit",
    "dat",
    "deze",
    "die",
    "dan",
    "daarna",
    "later",
    "ook",
    "maar",
    "en",
    "of",
    "omdat",
    "als",
    "nu",
    "bovendien",
    "met",
    "voor",
    "nee",
    // Polish
    "on",
    "ona",
    "ono",
    "oni",
    "one",
    "to",
    "ten",
    "ta",
    "jego",
    "jej",
    "ich",
    "potem",
    "później",
    "też",
    "ale",
    "i",
    "oraz",
    "lub",
    "bo",
    "gdy",
    "jeśli",
    "teraz",
    "ponadto",
    "z",
    "w",
    "na",
    "do",
    "nie",
    "tak",
    "pan",
    "pani",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        name: String,
        text: String,
        sentences: Vec<String>,
    }

    #[test]
    fn a_text_is_cut_where_its_sentences_end_in_every_language() {
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/cases/sentences.json"
        );
        let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        for Case {
            name,
            text,
            sentences: expected,
        } in cases
        {
            assert_eq!(sentences(&text), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_between_sentences(text in "\\PC{0,200}") {
            let letters = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(letters(&sentences(&text).join(" ")), letters(&text));
        }
    }
}
