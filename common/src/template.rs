//! Neutralizes ElevenLabs templates. ElevenLabs replaces `{{name}}` in a prompt or greeting by a
//! variable's value, including secrets. A caller can say `{{secret__x}}`, so callers' words are
//! never sent with double braces.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

/// Returns the text with every run of equal braces shortened to one, so that it holds no template.
#[must_use]
pub fn neutralize(text: &str) -> Cow<'_, str> {
    if memchr::memchr2(b'{', b'}', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut previous = None;
    let single_braces = text.chars().filter(|c| {
        let is_repeated = previous.replace(*c) == Some(*c);
        !(is_repeated && matches!(c, '{' | '}'))
    });
    Cow::Owned(single_braces.collect())
}

/// Serializes a string without templates. For `serialize_with`.
///
/// # Errors
/// Returns the serializer's error.
pub fn serialize_neutral<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&neutralize(text))
}

/// Serializes an optional string without templates. For `serialize_with`.
///
/// # Errors
/// Returns the serializer's error.
pub fn serialize_neutral_option<S: Serializer>(
    text: &Option<String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    text.as_deref().map(neutralize).serialize(serializer)
}

/// Serializes strings without templates. For `serialize_with`.
///
/// # Errors
/// Returns the serializer's error.
pub fn serialize_neutral_list<S: Serializer>(
    texts: &[String],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(texts.iter().map(|text| neutralize(text)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn double_braces_become_single_ones() {
        assert_eq!(neutralize("Say {{secret__x}} now"), "Say {secret__x} now");
        assert_eq!(neutralize("{{{{a}}}}} and {b}"), "{a} and {b}");
        assert_eq!(neutralize("plain"), "plain");
    }

    proptest! {
        #[test]
        fn no_text_is_sent_as_a_template(text in "[{} a]{0,30}") {
            let neutral = neutralize(&text);
            prop_assert!(!neutral.contains("{{") && !neutral.contains("}}"));
        }
    }
}
