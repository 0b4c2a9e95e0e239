//! Decides whether a name may be stored and spoken.

use unicode_normalization::char::is_combining_mark;

use super::is_profane;
use super::name_parts::{is_initial, is_title};

/// Returns the trimmed name if it may be stored and spoken, or `None`.
///
/// A name consists of at most 40 letters of any script with their combining marks, spaces, hyphens
/// and apostrophes. A dot must mark an abbreviation ("J.", "Prof.Dr."), because a dot between
/// longer parts would make an internet address. The Catalan middle dot must be between two letters
/// l ("Gal·la").
#[must_use]
pub fn speakable_name(name: &str) -> Option<&str> {
    let name = name.trim();
    let is_joiner = |c: char| matches!(c, '\u{200c}' | '\u{200d}');
    let is_mark = |c: char| is_combining_mark(c) || is_joiner(c);
    let allowed = |c: char| {
        c.is_alphabetic() || is_mark(c) || matches!(c, ' ' | '-' | '\'' | '’' | '.' | '·')
    };
    let letters = name.chars().filter(|c| !is_mark(*c)).count();
    // Vietnamese and Yoruba put up to two marks on a letter. More than that is decoration.
    let is_undecorated = name.chars().count() <= 3 * letters;
    let begins_with_letter = name.chars().next().is_some_and(char::is_alphabetic);
    let is_name =
        begins_with_letter && letters <= 40 && is_undecorated && name.chars().all(allowed);
    (is_name && dots_abbreviate(name) && middle_dots_are_catalan(name) && !is_profane(name))
        .then_some(name)
}

/// Returns whether every dot ends a part of the name, or is within a title or between initials.
fn dots_abbreviate(name: &str) -> bool {
    let inner = |part: &&str| part.trim_end_matches('.').contains('.');
    name.split_whitespace()
        .filter(inner)
        .all(|part| is_title(part) || is_initial(part))
}

fn middle_dots_are_catalan(name: &str) -> bool {
    let name = name.to_lowercase();
    name.match_indices('·')
        .all(|(at, dot)| name[..at].ends_with('l') && name[at + dot.len()..].starts_with('l'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_script_and_normal_form_are_spoken() {
        for name in [
            "Nguyễn Thị Ánh",
            "Nguye\u{302}\u{303}n Thi\u{323} A\u{301}nh",
            "Zoe\u{308} O’Neill-Smith",
            "अमित शर्मा",
            "Ẹ\u{301}niọlá",
            "\u{1112}\u{1161}\u{11ab}\u{110c}\u{1175}\u{1106}\u{1175}\u{11ab}",
            "محمّد",
            "สมชาย ใจดี",
            "Gal·la Puig",
            "J. R. Smith",
        ] {
            assert_eq!(speakable_name(name), Some(name));
        }
        assert_eq!(speakable_name(&format!("D{}", "\u{301}".repeat(9))), None);
        assert_eq!(speakable_name("\u{301}Dana"), None);
    }
}
