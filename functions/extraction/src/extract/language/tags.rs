//! Removes markup, which belongs to prompts and not to what a caller said.

use std::borrow::Cow;

/// Returns a text without what is written like a tag: `</memory_context>`, `<b>`. An address such
/// as `<ana@example.org>` and a comparison such as `3 < 5` stay.
pub(crate) fn without_tags(text: &str) -> Cow<'_, str> {
    if !text.contains('<') {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        clean.push_str(&rest[..open]);
        rest = &rest[open..];
        let length = tag_length(rest);
        if length == 0 {
            clean.push('<');
            rest = &rest[1..];
        } else {
            rest = &rest[length..];
        }
    }
    clean.push_str(rest);
    Cow::Owned(clean.trim().to_owned())
}

/// Returns the length of the tag that a text begins with, or 0.
fn tag_length(text: &str) -> usize {
    let inside = text[1..].trim_start_matches(['/', '|', '!', '?']);
    let is_named = inside.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let end = text[1..].find(['<', '>']).map(|end| end + 1);
    end.filter(|end| is_named && text[*end..].starts_with('>') && !text[..*end].contains('@'))
        .map_or(0, |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_removed_and_other_brackets_stay() {
        for (text, clean) in [
            ("</memory_context> Has a dog.", "Has a dog."),
            ("Has a <b class=\"x\">dog</b>.", "Has a dog."),
            ("<|im_start|>Has a dog", "Has a dog"),
            (
                "Write to Ana <ana@example.org>.",
                "Write to Ana <ana@example.org>.",
            ),
            (
                "Needs 3 < 5 and 7 > 2 pieces",
                "Needs 3 < 5 and 7 > 2 pieces",
            ),
            ("I <3 dogs > cats", "I <3 dogs > cats"),
            ("Has a dog <and a cat", "Has a dog <and a cat"),
            ("<", "<"),
            ("<>", "<>"),
        ] {
            assert_eq!(without_tags(text), clean, "{text}");
        }
    }
}
