//! Derives the name by which a caller is addressed.

use super::name_parts::{is_initial, is_particle, is_subject, is_suffix, is_title};
use super::name_value::{cleaned, is_no_name, is_sentence};
use super::{is_redacted, speakable_name};

/// Maximum number of parts in a name. Longer text is a sentence.
const MAX_PARTS: usize = 6;

/// Returns the name to speak: the first name or, if it is not known, the title and the family name.
///
/// Dots are removed: "Mr. Okafor" becomes "Mr Okafor". Returns `None` if the value does not name a
/// person.
#[must_use]
pub fn spoken_name(value: &str) -> Option<String> {
    if is_redacted(value) {
        return None;
    }
    let name = cleaned(value);
    if is_no_name(&name) || is_sentence(&name) {
        return None;
    }
    // In Dutch, "de heer Jansen" is addressed as "meneer Jansen".
    match name.strip_prefix("de heer ") {
        Some(rest) => form_of_address(&format!("meneer {rest}")),
        None => form_of_address(&name),
    }
}

/// Returns how a person with this name is addressed. A form of address stays as it is.
///
/// It does not judge whether the name is one, because a part of a name may be a word as well: "Do"
/// of "Do Van Minh".
pub(super) fn form_of_address(name: &str) -> Option<String> {
    let ordered = first_name_first(name);
    speakable_name(&ordered)?;
    let all: Vec<&str> = ordered.split_whitespace().collect();
    let titles = all.iter().take_while(|part| is_title(part)).count();
    let (titles, rest) = all.split_at(titles);
    let names: Vec<&str> = rest
        .iter()
        .enumerate()
        .filter(|(index, part)| *index == 0 || !is_suffix(part))
        .map(|(_, part)| *part)
        .collect();
    if names.len() > MAX_PARTS {
        return None;
    }
    let spoken = match titles.last() {
        Some(last) => {
            let title = titles.iter().rfind(|title| !is_subject(title));
            name_with_title(title.unwrap_or(last), &names)
        }
        None => name_without_title(&names),
    }?;
    speakable_name(&spoken).map(str::to_owned)
}

fn name_with_title(title: &str, names: &[&str]) -> Option<String> {
    // "Sr. Ortega y Gasset" has a family name of two parts and no first name.
    let is_joined = matches!(names.get(1), Some(&("y" | "e" | "i")));
    if let Some(first) = first_name(names).filter(|_| !is_joined) {
        return Some(first);
    }
    let family = family_name(names)?;
    Some(format!("{} {family}", without_dots(&capitalised(title))))
}

fn name_without_title(names: &[&str]) -> Option<String> {
    match names {
        [] => None,
        [name] if is_initial(name) => joined_initials(name),
        [name] if is_joined_initials(name) => Some((*name).to_owned()),
        [name] => Some(capitalised(name).replace('.', "")),
        // "Le Mai" and "De Vries" may be a first name or a family name: both are spoken in full.
        [first, ..] if is_particle(first) => begins_with_capital(first)
            .then(|| family_name(names))
            .flatten(),
        [first, ..] => joined_initials(first).or_else(|| first_name(names)),
    }
}

/// Returns initials without a space between them, as they are spoken: "T.J." is "TJ".
fn joined_initials(part: &str) -> Option<String> {
    let letters = part.replace('.', "");
    (is_initial(part) && is_joined_initials(&letters)).then_some(letters)
}

/// Returns whether a name is spelled: two capital letters that make no syllable, such as "TJ".
fn is_joined_initials(name: &str) -> bool {
    const VOWELS: &str = "AEIOUY";
    let is_letter = |c: char| c.is_ascii_uppercase();
    name.len() == 2
        && name.chars().all(is_letter)
        && (name.ends_with('J') || !name.contains(|c| VOWELS.contains(c)))
}

fn begins_with_capital(part: &str) -> bool {
    part.chars().next().is_some_and(char::is_uppercase)
}

/// Returns all parts from the first one that is not an initial, such as "van der Berg".
fn family_name(names: &[&str]) -> Option<String> {
    let initials = names.iter().take_while(|name| is_initial(name)).count();
    let family = &names[initials..];
    let written = |part: &&str| {
        let is_small_particle = family.len() > 1 && is_particle(part) && !begins_with_capital(part);
        let part = if is_small_particle {
            (*part).to_owned()
        } else {
            capitalised(part)
        };
        part.replace('.', "")
    };
    let parts: Vec<String> = family.iter().map(written).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
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
    (!is_particle(first)).then(|| capitalised(first).replace('.', ""))
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
        let mut wrong = Vec::new();
        for Case { value, spoken } in cases {
            let is = spoken_name(&value);
            // A form of address stays as it is.
            if is != spoken || is.as_deref().and_then(form_of_address) != is {
                wrong.push(format!("{value}: {is:?}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
