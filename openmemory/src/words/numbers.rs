//! Numbers written as words.

/// Returns the digits of a folded number word in English, Spanish or German.
///
/// Words that are also articles, or that mean something else in another of these languages, are not
/// included.
pub(crate) fn number_word(folded: &str) -> Option<&'static str> {
    Some(match folded {
        "zero" | "cero" | "null" => "0",
        "one" | "eins" => "1",
        "two" | "dos" | "zwei" => "2",
        "three" | "tres" | "drei" => "3",
        "four" | "cuatro" | "vier" => "4",
        "five" | "cinco" | "funf" => "5",
        "six" | "seis" | "sechs" => "6",
        "seven" | "siete" | "sieben" => "7",
        "eight" | "ocho" | "acht" => "8",
        "nine" | "nueve" | "neun" => "9",
        "ten" | "diez" | "zehn" => "10",
        "eleven" => "11",
        "twelve" | "doce" | "zwolf" => "12",
        "twenty" | "veinte" | "zwanzig" => "20",
        "hundred" | "cien" | "hundert" => "100",
        _ => return None,
    })
}
