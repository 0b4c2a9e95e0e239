//! Embeddings: turns texts into vectors, with an OpenAI-compatible server, a model on Amazon
//! Bedrock or a model in this process.

mod baseline;
mod bedrock;
mod choice;
mod embedded_text;
mod error;
#[cfg(feature = "local-embeddings")]
mod local;
mod openai;
mod plain;
mod prefixes;
mod question_cosines;
mod question_vectors;
mod table;
#[cfg(test)]
mod tls_server;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use choice::{BedrockModel, Embeddings, InvalidEmbeddings, LocalModel, RemoteModel};
pub(crate) use choice::{Kind, ModelSettings, identity};
pub(crate) use embedded_text::Closeness;
pub use error::EmbedError;
#[cfg(feature = "local-embeddings")]
pub(crate) use local::check_folder;
pub use plain::PlainVectors;
pub use prefixes::Prefixes;
pub(crate) use question_vectors::{Meaning, QuestionVectors};
pub(crate) use table::Table;
#[cfg(test)]
pub(crate) use tls_server::TlsServer;

use reqwest::Client;
use tokio::sync::OnceCell;
use web::client::ClientError;

use crate::memory::Vector;
use bedrock::Bedrock;
#[cfg(feature = "local-embeddings")]
use local::Local;
use openai::OpenAi;

/// Time limit for one request to a server.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Makes vectors. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Embedder {
    source: Source,
    prefixes: Prefixes,
    /// Identifies the vector space. Another model, dimension or prefix has another identifier,
    /// because its vectors cannot be compared with these.
    space: Arc<str>,
    unrelated_cosine: Arc<OnceCell<f64>>,
    /// Whether the last request failed.
    is_failing: Arc<AtomicBool>,
}

/// Where vectors come from.
#[derive(Clone, Debug)]
enum Source {
    OpenAi(OpenAi),
    Bedrock(Bedrock),
    #[cfg(feature = "local-embeddings")]
    Local(Arc<Local>),
}

/// What a text is. Some models embed questions and the texts that they search differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Question,
    Passage,
}

impl Embedder {
    /// Opens the embedder. Returns `None` for the modes that use no vectors of whole texts.
    /// Requests also trust the certificate authorities in `extra_ca_file`.
    pub(crate) async fn open(
        embeddings: &Embeddings,
        extra_ca_file: Option<&str>,
    ) -> Result<Option<Self>, EmbedError> {
        match embeddings {
            Embeddings::Static | Embeddings::Lexical => Ok(None),
            Embeddings::OpenAi(model) => Self::remote(model, extra_ca_file).map(Some),
            Embeddings::Bedrock(model) => Self::on_bedrock(model, extra_ca_file).map(Some),
            #[cfg(feature = "local-embeddings")]
            Embeddings::Local(model) => Self::local(model.clone()).await.map(Some),
            #[cfg(not(feature = "local-embeddings"))]
            Embeddings::Local(_) => Err(EmbedError::NotBuiltIn),
        }
    }

    fn remote(model: &RemoteModel, extra_ca_file: Option<&str>) -> Result<Self, EmbedError> {
        let client = OpenAi::new(model, extra_ca_file)?;
        let model_id = format!("openai/{}/{}", model.name, model.dimensions);
        let parts: Vec<String> = [model_id]
            .into_iter()
            .chain(model.prefixes.in_use())
            .collect();
        Ok(Self {
            source: Source::OpenAi(client),
            prefixes: model.prefixes.clone(),
            space: parts.join("/").into(),
            unrelated_cosine: Arc::default(),
            is_failing: Arc::default(),
        })
    }

    fn on_bedrock(model: &BedrockModel, extra_ca_file: Option<&str>) -> Result<Self, EmbedError> {
        Ok(Self {
            source: Source::Bedrock(Bedrock::new(model, extra_ca_file)?),
            // The request says what a text is.
            prefixes: Prefixes::default(),
            space: format!("bedrock/{}/{}", model.name, model.dimensions).into(),
            unrelated_cosine: Arc::default(),
            is_failing: Arc::default(),
        })
    }

    #[cfg(feature = "local-embeddings")]
    async fn local(model: LocalModel) -> Result<Self, EmbedError> {
        let local = tokio::task::spawn_blocking(move || Local::load(&model)).await;
        let local = local.map_err(|_| EmbedError::Interrupted)??;
        let embedder = Self {
            prefixes: local.prefixes().clone(),
            space: format!("local/{}", local.fingerprint()).into(),
            source: Source::Local(Arc::new(local)),
            unrelated_cosine: Arc::default(),
            is_failing: Arc::default(),
        };
        // Run the model once, so that a broken one fails at startup.
        embedder.unrelated_cosine().await?;
        Ok(embedder)
    }

    pub(crate) fn space(&self) -> &Arc<str> {
        &self.space
    }

    /// Number of dimensions of a vector.
    #[cfg(feature = "postgres")]
    pub(crate) fn dimensions(&self) -> usize {
        match &self.source {
            Source::OpenAi(client) => client.dimensions(),
            Source::Bedrock(client) => client.dimensions(),
            #[cfg(feature = "local-embeddings")]
            Source::Local(model) => model.dimensions(),
        }
    }

    /// Embeds a question.
    pub(crate) async fn question(&self, text: &str) -> Result<Vector, EmbedError> {
        let vectors = self.questions(&[text]).await?;
        vectors.into_iter().next().ok_or(EmbedError::Unusable)
    }

    /// Embeds questions, in the given order.
    async fn questions(&self, texts: &[&str]) -> Result<Vec<Vector>, EmbedError> {
        let texts = texts
            .iter()
            .map(|text| self.prefixes.with_query_prefix(text));
        self.embed(Purpose::Question, texts.collect()).await
    }

    /// Embeds memories, in the given order.
    pub(crate) async fn passages(&self, texts: &[&str]) -> Result<Vec<Vector>, EmbedError> {
        let texts = texts
            .iter()
            .map(|text| self.prefixes.with_passage_prefix(text));
        self.embed(Purpose::Passage, texts.collect()).await
    }

    /// Returns the mean cosine of a question and an unrelated memory. It differs from model to
    /// model, so it is measured once for each.
    pub(crate) async fn unrelated_cosine(&self) -> Result<f64, EmbedError> {
        self.unrelated_cosine
            .get_or_try_init(|| baseline::unrelated_cosine(self))
            .await
            .copied()
    }

    /// Returns whether the last embedding failed, so that memories are compared by words alone.
    pub(crate) fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Relaxed)
    }

    async fn embed(&self, purpose: Purpose, texts: Vec<String>) -> Result<Vec<Vector>, EmbedError> {
        let vectors = self.vectors(purpose, texts).await;
        self.is_failing.store(vectors.is_err(), Ordering::Relaxed);
        vectors
    }

    async fn vectors(
        &self,
        purpose: Purpose,
        texts: Vec<String>,
    ) -> Result<Vec<Vector>, EmbedError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let expected = texts.len();
        let numbers = match &self.source {
            Source::OpenAi(client) => client.embed(&texts).await?,
            Source::Bedrock(client) => client.embed(purpose, &texts).await?,
            #[cfg(feature = "local-embeddings")]
            Source::Local(model) => {
                let model = Arc::clone(model);
                tokio::task::spawn_blocking(move || model.embed(texts))
                    .await
                    .map_err(|_| EmbedError::Interrupted)??
            }
        };
        let vectors = numbers
            .into_iter()
            .map(|values| Vector::new(Arc::clone(&self.space), values));
        let vectors: Vec<Vector> = vectors.collect::<Option<_>>().ok_or(EmbedError::Unusable)?;
        if vectors.len() == expected {
            Ok(vectors)
        } else {
            Err(EmbedError::Unusable)
        }
    }
}

/// Builds the HTTP client of a server. It also trusts the certificate authorities in
/// `extra_ca_file`.
fn client(extra_ca_file: Option<&str>) -> Result<Client, ClientError> {
    let builder = web::client::builder(extra_ca_file)?;
    Ok(builder.timeout(REQUEST_TIMEOUT).build()?)
}
