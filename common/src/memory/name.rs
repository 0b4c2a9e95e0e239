//! Derives the name by which a caller is addressed.

use super::name_parts::{is_initial, is_title};
use super::{names_no_person, speakable_name, without_redactions};

/// Maximum number of parts in a name. Longer text is a sentence.
const MAX_PARTS: usize = 6;

/// Returns the name to speak: the first name or, if it is not known, the title and the family name.
///
/// Dots are removed: "Mr. Okafor" becomes "Mr Okafor". Returns `None` if the value does not name a
/// person.
#[must_use]
pub fn spoken_name(value: &str) -> Option<String> {
    let plain = without_parentheses(value);
    if names_no_person(&plain) || without_redactions(&plain) != plain {
        return None;
    }
    // In Dutch, "de heer Jansen" is addressed as "meneer Jansen".
    let name = plain
        .strip_prefix("de heer ")
        .map_or_else(|| plain.clone(), |name| format!("meneer {name}"));
    let ordered = first_name_first(&name);
    speakable_name(&ordered)?;
    let all: Vec<&str> = ordered.split_whitespace().collect();
    let titles = all.iter().take_while(|part| is_title(part)).count();
    let (titles, rest) = all.split_at(titles);
    let names: Vec<&str> = rest
        .iter()
        .copied()
        .filter(|part| !is_suffix(part))
        .collect();
    if names.len() > MAX_PARTS {
        return None;
    }
    let with_title = match (titles.last(), names.as_slice()) {
        (_, []) => return None,
        (Some(title), [family]) => format!("{} {}", capitalised(title), capitalised(family)),
        (None, [name]) if is_initial(name) => return None,
        (None, [name]) => capitalised(name),
        (title, names) => first_name(names).or_else(|| {
            let family = names.last().filter(|name| !is_initial(name))?;
            Some(format!("{} {}", capitalised(title?), capitalised(family)))
        })?,
    };
    let spoken = with_title
        .split(' ')
        .map(without_dots)
        .collect::<Vec<_>>()
        .join(" ");
    speakable_name(&spoken).map(str::to_owned)
}

/// Removes the dots from a part of a name, and spells out titles that are contracted with a dot.
fn without_dots(part: &str) -> String {
    match part.to_lowercase().trim_end_matches('.') {
        "sig.ra" => "Signora".to_owned(),
        "sig.na" => "Signorina".to_owned(),
        "dott.ssa" => "Dottoressa".to_owned(),
        "prof.ssa" => "Professoressa".to_owned(),
        _ => part.replace('.', ""),
    }
}

/// Returns the first part that is not an initial and not the family name. "J. Robert Oppenheimer"
/// gives "Robert"; "A. Lovelace" gives `None`.
fn first_name(names: &[&str]) -> Option<String> {
    let (_, before_family) = names.split_last()?;
    // "de la Cruz" contains no first name either.
    let first = before_family.iter().find(|name| !is_initial(name))?;
    (!is_particle(first)).then(|| capitalised(first))
}

/// Turns "Lovelace, Ada" and "Ada Lovelace, PhD" into "Ada Lovelace".
fn first_name_first(value: &str) -> String {
    match value.split_once(',') {
        Some((family, rest))
            if rest
                .split_whitespace()
                .any(|part| !is_suffix(part.trim_matches(','))) =>
        {
            let rest = rest.split(',').next().unwrap_or_default();
            let titles: Vec<&str> = family
                .split_whitespace()
                .filter(|part| is_title(part))
                .collect();
            let family: Vec<&str> = family
                .split_whitespace()
                .filter(|part| !is_title(part))
                .collect();
            format!("{} {} {}", titles.join(" "), rest, family.join(" "))
        }
        Some((name, _)) => name.to_owned(),
        None => value.to_owned(),
    }
}

fn without_parentheses(value: &str) -> String {
    let outside = value.split_once('(').map_or(value, |(before, _)| before);
    outside
        .trim()
        .trim_matches(['"', '“', '”', '«', '»', '.', '!', ';', ':'])
        .to_owned()
        + if ends_with_initial(outside) { "." } else { "" }
}

fn ends_with_initial(value: &str) -> bool {
    value.trim_end().ends_with('.')
        && value
            .split_whitespace()
            .next_back()
            .is_some_and(|part| is_title(part) || is_initial(part))
}

fn is_suffix(part: &str) -> bool {
    let bare: String = part
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect();
    SUFFIXES.split_ascii_whitespace().any(|known| known == bare)
}

fn is_particle(part: &str) -> bool {
    matches!(
        part.to_lowercase().as_str(),
        "de" | "del"
            | "della"
            | "di"
            | "da"
            | "do"
            | "dos"
            | "das"
            | "la"
            | "le"
            | "van"
            | "von"
            | "der"
            | "den"
            | "ter"
            | "ten"
            | "zu"
            | "zum"
            | "y"
            | "e"
    )
}

/// Capitalizes a name that is all upper case or all lower case. Mixed case is kept.
fn capitalised(name: &str) -> String {
    let has = |is: fn(char) -> bool| name.chars().any(is);
    if has(char::is_lowercase) == has(char::is_uppercase) {
        return name.to_owned();
    }
    let mut is_word_start = true;
    let mut output = String::with_capacity(name.len());
    for c in name.chars() {
        match is_word_start {
            true => output.extend(c.to_uppercase()),
            false => output.extend(c.to_lowercase()),
        }
        is_word_start = matches!(c, '-' | '\'' | '’');
    }
    output
}

/// Suffixes after a name, without dots.
const SUFFIXES: &str =
    "jr sr ii iii iv phd md dds dvm esq esquire cpa mba msc bsc ma ba rn pe mp kc qc obe mbe ret";

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        value: String,
        spoken: Option<String>,
    }

    #[test]
    fn a_caller_is_addressed_by_first_name_or_by_title_and_family_name() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../../tests/cases/names.json")).unwrap();
        for Case { value, spoken } in cases {
            assert_eq!(spoken_name(&value), spoken, "{value}");
        }
    }
}
