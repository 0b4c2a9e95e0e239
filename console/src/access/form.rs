//! A submitted form. Handlers get one only from the guard, which has checked its token.

use std::collections::BTreeMap;

use url::form_urlencoded;

/// The name of the field with the token.
pub(super) const CSRF: &str = "csrf";

/// The fields of a form whose origin and token were checked.
#[derive(Clone, Default)]
pub(crate) struct Submitted(BTreeMap<String, String>);

impl Submitted {
    /// Parses a body of the type `application/x-www-form-urlencoded`. Of a repeated field the last
    /// value counts.
    pub(super) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// Returns the value of a field, trimmed. A missing field is empty.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.trim())
    }

    /// Whether a box is ticked.
    pub(crate) fn is_ticked(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}
