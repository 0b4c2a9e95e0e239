//! Why there is no vector.

/// Why a text has no vector, or no model can be had. The text holds no content and no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// The server cannot be reached, or not in time.
    #[error("the embedding server does not answer")]
    Unreachable(#[source] reqwest::Error),
    /// The server refused.
    #[error("the embedding server answered {0}")]
    Refused(u16),
    /// What came is not as many vectors of the right size as were asked for.
    #[error("the embedding server answered with something else than the vectors asked for")]
    Unusable,
    /// The settings of the server make no sense.
    #[error("EMBEDDING_API_URL must be an http or https address")]
    Address,
    /// A key would go to another machine over plain HTTP, where others can read it.
    #[error("EMBEDDING_API_URL must be https, because EMBEDDING_API_KEY is sent to it")]
    PlainHttp,
    /// No client can be built.
    #[error("no client for the embedding server can be built")]
    Client,
    /// A file of the model is missing or broken.
    #[error("the model's {file} cannot be read: {reason}")]
    Model {
        /// Which one.
        file: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The word vectors in this program are damaged.
    #[error("the bundled word vectors cannot be read")]
    Table,
    /// The model failed.
    #[error("the sentence model failed: {0}")]
    Inference(String),
    /// This program has no model runtime.
    #[error("this program was built without local embeddings")]
    NotBuiltIn,
    /// The work was given up.
    #[error("the work was interrupted")]
    Interrupted,
}
