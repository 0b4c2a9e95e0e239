//! Errors of the embedding.

/// Why a text could not be embedded or a model could not be opened. Messages contain no content and
/// no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// The server is unreachable or too slow.
    #[error("the embedding server did not answer")]
    Unreachable(#[source] reqwest::Error),
    /// The server answered with this error status.
    #[error("the embedding server answered {0}")]
    Refused(u16),
    /// Amazon Bedrock answered with this error status.
    #[error(
        "Bedrock answered {0} for EMBEDDING_MODEL. Check that the model exists in AWS_REGION, that \
         the account has access to it, and that the role may call bedrock:InvokeModel"
    )]
    BedrockRefused(u16),
    /// The model on Amazon Bedrock is of a family with another request format.
    #[error(
        "EMBEDDING_MODEL must be a Cohere Embed or an Amazon Titan Text Embeddings model with \
         EMBEDDINGS=bedrock"
    )]
    UnknownFamily,
    /// There are no credentials for Amazon Bedrock.
    #[error(
        "EMBEDDINGS=bedrock needs AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; on AWS \
         Lambda the role provides them"
    )]
    NoCredentials,
    /// The request could not be signed.
    #[error("could not sign the request to Bedrock")]
    Unsigned,
    /// The response does not hold the requested number of vectors of the right dimension.
    #[error("the embedding server did not return the requested vectors")]
    Unusable,
    /// The server's URL is invalid.
    #[error("EMBEDDING_API_URL must be an http or https address")]
    Address,
    /// The API key would be sent to another machine over plain HTTP, where others can read it.
    #[error(
        "EMBEDDING_API_URL must be https, because EMBEDDING_API_KEY is sent to it. If only trusted \
         machines share the network, name the host in PLAIN_HTTP_HOSTS"
    )]
    PlainHttp,
    /// The HTTP client could not be created.
    #[error("could not create the HTTP client for the embedding server: {0}")]
    Client(#[from] web::client::ClientError),
    /// A file of the model is missing or damaged.
    #[error("could not read the model's {file}: {reason}")]
    Model {
        /// Name of the file.
        file: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The bundled word vectors are damaged.
    #[error("could not read the bundled word vectors")]
    Table,
    /// The model failed to compute a vector.
    #[error("the sentence model failed: {0}")]
    Inference(String),
    /// This program was built without a model runtime.
    #[error("this program was built without local embeddings")]
    NotBuiltIn,
    /// The work was cancelled.
    #[error("the work was interrupted")]
    Interrupted,
}

impl From<reqwest::Error> for EmbedError {
    /// Removes the address, which may name a customer.
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(error.without_url())
    }
}
