//! Prefixes that some models expect before a text, to tell a question from a passage.

/// Prefixes for embedded texts. If one is missing, a local model uses its own and a remote model
/// none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefixes {
    /// Prefix of a question.
    pub query: Option<String>,
    /// Prefix of a memory.
    pub passage: Option<String>,
}

/// Names under which sentence-transformers stores the prefix of a passage, in its order of
/// precedence.
#[cfg(feature = "local-embeddings")]
const PASSAGE_PROMPTS: [&str; 3] = ["document", "passage", "corpus"];
/// Setting value that disables the prefix of a model.
const NO_PREFIX: &str = "none";

impl Prefixes {
    /// Reads two settings. Trailing spaces are part of a prefix.
    pub(crate) fn from_settings(query: Option<String>, passage: Option<String>) -> Self {
        let read = |text: String| match text.trim() {
            "" => None,
            NO_PREFIX => Some(String::new()),
            _ => Some(text),
        };
        Self {
            query: query.and_then(read),
            passage: passage.and_then(read),
        }
    }

    /// Fills missing prefixes from `others`.
    #[cfg(feature = "local-embeddings")]
    pub(super) fn or(self, others: Self) -> Self {
        Self {
            query: self.query.or(others.query),
            passage: self.passage.or(others.passage),
        }
    }

    /// Reads the prefixes from `config_sentence_transformers.json`.
    #[cfg(feature = "local-embeddings")]
    pub(super) fn from_prompts(file: &serde_json::Value) -> Self {
        let prompt = |name: &str| {
            file["prompts"][name]
                .as_str()
                .filter(|prompt| !prompt.is_empty())
                .map(str::to_owned)
        };
        Self {
            query: prompt("query"),
            passage: PASSAGE_PROMPTS.iter().find_map(|name| prompt(name)),
        }
    }

    /// Returns the prefixes that a known model family was trained with, given a name such as
    /// `intfloat/multilingual-e5-small`.
    #[cfg(feature = "local-embeddings")]
    pub(super) fn for_model_name(name: &str) -> Self {
        let name = name.to_lowercase();
        let has = |part: &str| {
            name.split(|letter: char| !letter.is_alphanumeric())
                .any(|word| word == part)
        };
        let (query, passage) = match (has("e5"), has("instruct")) {
            (true, false) => ("query: ", "passage: "),
            (true, true) => (
                "Instruct: Given a question, retrieve the notes that answer it\nQuery: ",
                "",
            ),
            (false, _) => return Self::default(),
        };
        Self {
            query: Some(query.to_owned()),
            passage: Some(passage.to_owned()),
        }
    }

    pub(super) fn with_query_prefix(&self, text: &str) -> String {
        prefixed(self.query.as_deref(), text)
    }

    pub(super) fn with_passage_prefix(&self, text: &str) -> String {
        prefixed(self.passage.as_deref(), text)
    }

    /// The non-empty prefixes, for the identifier of the vector space.
    pub(super) fn in_use(&self) -> Vec<String> {
        let named = [("query", &self.query), ("passage", &self.passage)];
        let in_use = named
            .into_iter()
            .filter_map(|(name, prefix)| Some((name, prefix.as_deref()?)));
        in_use
            .filter(|(_, prefix)| !prefix.is_empty())
            .map(|(name, prefix)| format!("{name}={prefix}"))
            .collect()
    }
}

fn prefixed(prefix: Option<&str>, text: &str) -> String {
    [prefix.unwrap_or_default(), text].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_settings(query: &str, passage: &str) -> Prefixes {
        Prefixes::from_settings(Some(query.to_owned()), Some(passage.to_owned()))
    }

    #[test]
    fn a_setting_keeps_trailing_spaces_and_none_means_no_prefix() {
        let prefixes = from_settings("ask: ", "none");
        assert_eq!(prefixes.with_query_prefix("size"), "ask: size");
        assert_eq!(
            prefixes.with_passage_prefix("She wears size 40."),
            "She wears size 40."
        );
        assert_eq!(prefixes.in_use(), ["query=ask: "]);
        assert_eq!(from_settings("", " "), Prefixes::default());
    }

    #[cfg(feature = "local-embeddings")]
    #[test]
    fn a_family_is_recognised_by_a_whole_word_of_its_name() {
        let has_prefix = |name: &str| Prefixes::for_model_name(name).query.is_some();
        for (name, is_e5) in [
            ("intfloat/multilingual-e5-small", true),
            ("/models/E5_base_v2", true),
            ("sentence-transformers/all-MiniLM-L6-v2", false),
            ("BAAI/bge-m3", false),
            ("someone/ae53-small", false),
        ] {
            assert_eq!(has_prefix(name), is_e5, "{name}");
        }
        let instructed = Prefixes::for_model_name("intfloat/multilingual-e5-large-instruct");
        assert!(
            instructed
                .with_query_prefix("size")
                .starts_with("Instruct: ")
        );
        assert_eq!(instructed.with_passage_prefix("size 40"), "size 40");
    }

    #[cfg(feature = "local-embeddings")]
    #[test]
    fn settings_override_the_prompts_of_the_model() {
        let file =
            serde_json::json!({ "prompts": { "query": "q: ", "document": "", "passage": "p: " } });
        let prompts = Prefixes::from_prompts(&file);
        assert_eq!(
            (prompts.query.as_deref(), prompts.passage.as_deref()),
            (Some("q: "), Some("p: "))
        );
        assert_eq!(
            Prefixes::from_prompts(&serde_json::json!({ "prompts": null })),
            Prefixes::default()
        );
        let own = from_settings("own: ", "").or(prompts);
        assert_eq!(
            (own.query.as_deref(), own.passage.as_deref()),
            (Some("own: "), Some("p: "))
        );
    }
}
