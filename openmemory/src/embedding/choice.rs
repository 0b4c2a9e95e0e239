//! The configured embedding and its settings.

use std::fmt;
use std::path::PathBuf;

use clap::ValueEnum;
use secrecy::SecretString;

use web::signed::{Identity, model_region};

use super::Prefixes;

/// How memories are compared with questions.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Embeddings {
    /// By words and by word vectors bundled with this program. Needs no other service.
    #[default]
    Static,
    /// By words alone. Needs no other service.
    Lexical,
    /// By words and by vectors of a server with an OpenAI-compatible `/embeddings` route.
    OpenAi(RemoteModel),
    /// By words and by vectors of a model on Amazon Bedrock.
    Bedrock(BedrockModel),
    /// By words and by vectors of a sentence model in this process.
    Local(LocalModel),
}

/// An embedding model on Amazon Bedrock.
#[derive(Clone, Debug)]
pub struct BedrockModel {
    /// Id or ARN of a Cohere Embed or Amazon Titan Text Embeddings model, or of an inference profile
    /// for one.
    pub name: String,
    /// Number of dimensions of a vector.
    pub dimensions: usize,
    /// URL that replaces the endpoint of the region.
    pub url: Option<String>,
    /// The credentials and the region. Without them the model cannot be opened.
    pub identity: Option<Identity>,
}

/// A sentence model of the BERT or XLM-RoBERTa family on this machine.
#[derive(Clone, Debug)]
pub struct LocalModel {
    /// Folder with `config.json`, `tokenizer.json` and `model.safetensors`.
    pub folder: PathBuf,
    /// Prefixes that override those given by the model's files or name.
    pub prefixes: Prefixes,
}

/// A model on a server. `Debug` hides the key.
#[derive(Clone)]
pub struct RemoteModel {
    /// Base URL, without `/embeddings`.
    pub url: String,
    /// API key, if the server requires one.
    pub key: Option<SecretString>,
    /// Name of the model.
    pub name: String,
    /// Number of dimensions of a vector.
    pub dimensions: usize,
    /// Prefixes that are put before each text.
    pub prefixes: Prefixes,
    /// Hosts that may receive the key over plain HTTP, separated by commas.
    pub plain_http_hosts: Option<String>,
}

/// An invalid embedding setting. The message does not show its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} {reason}")]
pub struct InvalidEmbeddings {
    /// Name of the environment variable.
    pub name: &'static str,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// The values of `EMBEDDINGS`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Kind {
    /// By words and bundled word vectors; needs no other service.
    Static,
    /// By words alone. Needs no other service.
    Lexical,
    /// By words, and vectors of a server with an OpenAI-compatible route.
    Openai,
    /// By words, and vectors of a model on Amazon Bedrock.
    Bedrock,
    /// By words, and vectors of a sentence model in this process.
    Local,
}

const OPENAI_MODEL: &str = "text-embedding-3-small";
const OPENAI_DIMENSIONS: usize = 1_536;
const OPENAI_URL: &str = "https://api.openai.com/v1";
/// Knows more than a hundred languages.
const BEDROCK_MODEL: &str = "cohere.embed-multilingual-v3";
const BEDROCK_DIMENSIONS: usize = 1_024;

/// The settings of a model. The defaults depend on the kind of embedding.
pub(crate) struct ModelSettings {
    pub(crate) name: Option<String>,
    pub(crate) dimensions: Option<usize>,
    pub(crate) url: Option<String>,
    pub(crate) key: Option<SecretString>,
    pub(crate) prefixes: Prefixes,
    pub(crate) plain_http_hosts: Option<String>,
    /// The AWS credentials of this process.
    pub(crate) identity: Option<Identity>,
}

impl Embeddings {
    /// Reads the settings `EMBEDDINGS`, `EMBEDDING_MODEL`, `EMBEDDING_DIMENSIONS`,
    /// `EMBEDDING_API_URL`, `EMBEDDING_API_KEY`, `EMBEDDING_QUERY_PREFIX`,
    /// `EMBEDDING_PASSAGE_PREFIX` and `PLAIN_HTTP_HOSTS`, and for Bedrock the AWS credentials and
    /// `AWS_REGION`.
    ///
    /// # Errors
    /// Returns the setting that is invalid, or that is missing although another one requires it.
    pub fn from_variables(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, InvalidEmbeddings> {
        let text = |name: &str| {
            variable(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let kind = text("EMBEDDINGS")
            .map_or(Ok(Kind::Static), |value| Kind::from_str(&value, true))
            .map_err(|_| {
                invalid(
                    "EMBEDDINGS",
                    "must be static, lexical, local, openai or bedrock",
                )
            })?;
        let model = text("EMBEDDING_MODEL");
        let url = text("EMBEDDING_API_URL");
        let dimensions = text("EMBEDDING_DIMENSIONS")
            .map(|value| parse_dimensions(&value))
            .transpose()?;
        if matches!(kind, Kind::Local) {
            check_local(model.as_deref())?;
        }
        if let Some(url) = &url {
            check_url(url)?;
        }
        Ok(kind.with(ModelSettings {
            url,
            key: text("EMBEDDING_API_KEY").map(SecretString::from),
            identity: identity(model.as_deref(), text),
            name: model,
            dimensions,
            prefixes: Prefixes::from_settings(
                variable("EMBEDDING_QUERY_PREFIX"),
                variable("EMBEDDING_PASSAGE_PREFIX"),
            ),
            plain_http_hosts: text("PLAIN_HTTP_HOSTS"),
        }))
    }
}

/// Reads the AWS credentials, for the region of a model given as an ARN or else the process's own.
pub(crate) fn identity(
    model: Option<&str>,
    lookup: impl Fn(&str) -> Option<String>,
) -> Option<Identity> {
    let region = model_region(model.unwrap_or_default(), &lookup)?;
    Identity::read(&region, lookup)
}

fn parse_dimensions(value: &str) -> Result<usize, InvalidEmbeddings> {
    let dimensions = value.parse().ok().filter(|dimensions| *dimensions > 0);
    dimensions.ok_or(invalid(
        "EMBEDDING_DIMENSIONS",
        "must be a whole number over 0",
    ))
}

fn check_local(model: Option<&str>) -> Result<(), InvalidEmbeddings> {
    if cfg!(not(feature = "local-embeddings")) {
        return Err(invalid(
            "EMBEDDINGS",
            "must not be local: this program was built without local embeddings",
        ));
    }
    if model.is_none() {
        return Err(invalid(
            "EMBEDDING_MODEL",
            "must name the model's folder with EMBEDDINGS=local",
        ));
    }
    Ok(())
}

fn check_url(url: &str) -> Result<(), InvalidEmbeddings> {
    if url.starts_with("http://") || url.starts_with("https://") {
        return Ok(());
    }
    Err(invalid(
        "EMBEDDING_API_URL",
        "must be an http or https address",
    ))
}

fn invalid(name: &'static str, reason: &'static str) -> InvalidEmbeddings {
    InvalidEmbeddings { name, reason }
}

impl Kind {
    /// Combines this kind with the model's settings. For a local model, the name is its folder.
    pub(crate) fn with(self, model: ModelSettings) -> Embeddings {
        match self {
            Self::Static => Embeddings::Static,
            Self::Lexical => Embeddings::Lexical,
            Self::Local => Embeddings::Local(LocalModel {
                folder: model.name.unwrap_or_default().into(),
                prefixes: model.prefixes,
            }),
            Self::Openai => Embeddings::OpenAi(RemoteModel {
                url: model.url.unwrap_or_else(|| OPENAI_URL.to_owned()),
                key: model.key,
                name: model.name.unwrap_or_else(|| OPENAI_MODEL.to_owned()),
                dimensions: model.dimensions.unwrap_or(OPENAI_DIMENSIONS),
                prefixes: model.prefixes,
                plain_http_hosts: model.plain_http_hosts,
            }),
            Self::Bedrock => Embeddings::Bedrock(BedrockModel {
                name: model.name.unwrap_or_else(|| BEDROCK_MODEL.to_owned()),
                dimensions: model.dimensions.unwrap_or(BEDROCK_DIMENSIONS),
                url: model.url,
                identity: model.identity,
            }),
        }
    }
}

impl From<PathBuf> for LocalModel {
    /// Uses the model in this folder with the model's own prefixes.
    fn from(folder: PathBuf) -> Self {
        Self {
            folder,
            prefixes: Prefixes::default(),
        }
    }
}

impl From<String> for LocalModel {
    fn from(folder: String) -> Self {
        PathBuf::from(folder).into()
    }
}

impl fmt::Debug for RemoteModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteModel")
            .field("name", &self.name)
            .field("dimensions", &self.dimensions)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
