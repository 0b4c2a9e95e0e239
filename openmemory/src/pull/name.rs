//! Name of a model on the hub.

use std::fmt;

/// A name such as `intfloat/multilingual-e5-small`, with a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelName {
    path: String,
    revision: String,
}

/// Branch with the newest revision.
const DEFAULT_REVISION: &str = "main";

impl ModelName {
    /// Parses `OWNER/NAME` or `NAME`, optionally followed by `@REVISION`.
    ///
    /// # Errors
    /// The text is not such a name.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (path, revision) = text.split_once('@').unwrap_or((text, DEFAULT_REVISION));
        let parts: Vec<&str> = path.split('/').collect();
        if parts.len() > 2 || !parts.iter().all(|part| is_safe_segment(part)) {
            return Err("must be OWNER/NAME, as on the hub, and may end with @REVISION");
        }
        if !revision.split('/').all(is_safe_segment) {
            return Err("the revision must be a branch, a tag or a commit");
        }
        Ok(Self {
            path: path.to_owned(),
            revision: revision.to_owned(),
        })
    }

    /// Returns the name without its owner.
    pub(super) fn base_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &str> {
        self.path.split('/')
    }

    pub(super) fn revision(&self) -> &str {
        &self.revision
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

/// Whether this path segment is safe: it cannot leave its folder or change the URL.
fn is_safe_segment(part: &str) -> bool {
    let is_known =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    !part.is_empty() && !part.starts_with('.') && part.chars().all(is_known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owner_and_revision_are_optional() {
        let name = ModelName::parse("intfloat/multilingual-e5-small").unwrap();
        assert_eq!(
            (name.base_name(), name.revision()),
            ("multilingual-e5-small", "main")
        );
        let name = ModelName::parse("bert-base@refs/pr/7").unwrap();
        assert_eq!(
            (name.base_name(), name.revision()),
            ("bert-base", "refs/pr/7")
        );
    }

    #[test]
    fn names_that_could_escape_the_path_are_refused() {
        for text in [
            "",
            "a/b/c",
            "../b",
            "a/..",
            "a/b@",
            "a/b@../x",
            "https://hub.example/a",
            "a b",
            "a/b?x",
            "a/b#",
        ] {
            assert!(ModelName::parse(text).is_err(), "{text}");
        }
    }
}
