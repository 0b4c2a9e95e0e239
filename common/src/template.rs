//! ElevenLabs' templates: `{{name}}` in a prompt or greeting is replaced by a variable's value,
//! secrets included. A caller can say `{{secret__x}}`, so what callers said never goes out with
//! doubled braces.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

/// The text with every run of braces shortened to a single one, so that it holds no template.
#[must_use]
pub fn neutral(text: &str) -> Cow<'_, str> {
    if memchr::memchr2(b'{', b'}', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut last = None;
    let is_repeated =
        |c: char, last: &mut Option<char>| last.replace(c) == Some(c) && matches!(c, '{' | '}');
    Cow::Owned(
        text.chars()
            .filter(|c| !is_repeated(*c, &mut last))
            .collect(),
    )
}

/// Writes a text without templates; for `serialize_with`.
///
/// # Errors
/// The serializer's own.
pub fn serialize_neutral<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&neutral(text))
}

/// Writes an optional text without templates; for `serialize_with`.
///
/// # Errors
/// The serializer's own.
pub fn serialize_neutral_option<S: Serializer>(
    text: &Option<String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    text.as_deref().map(neutral).serialize(serializer)
}

/// Writes texts without templates; for `serialize_with`.
///
/// # Errors
/// The serializer's own.
pub fn serialize_neutral_list<S: Serializer>(
    texts: &[String],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(texts.iter().map(|text| neutral(text)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn doubled_braces_become_single_ones() {
        assert_eq!(neutral("Say {{secret__x}} now"), "Say {secret__x} now");
        assert_eq!(neutral("{{{{a}}}}} and {b}"), "{a} and {b}");
        assert_eq!(neutral("plain"), "plain");
    }

    proptest! {
        #[test]
        fn no_text_goes_out_as_a_template(text in "[{} a]{0,30}") {
            let neutral = neutral(&text);
            prop_assert!(!neutral.contains("{{") && !neutral.contains("}}"));
        }
    }
}
