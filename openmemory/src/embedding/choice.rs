//! Which embedding the owner of the service wants.

use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;

/// By what memories and questions are compared.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Embeddings {
    /// By words and by vectors of words that are bundled with this program; needs nothing.
    #[default]
    Static,
    /// By their words alone; needs nothing.
    Lexical,
    /// By words and by vectors of a server with an OpenAI-style `/embeddings` route.
    OpenAi(RemoteModel),
    /// By words and by vectors of a sentence model in this folder (`config.json`, `tokenizer.json`,
    /// `model.safetensors`), run in this process.
    Local(PathBuf),
}

/// A model on a server. `Debug` does not show the key.
#[derive(Clone)]
pub struct RemoteModel {
    /// The address before `/embeddings`.
    pub url: String,
    /// The key, when the server asks for one.
    pub key: Option<SecretString>,
    /// The model's name.
    pub name: String,
    /// How many numbers a vector has.
    pub dimensions: usize,
}

impl fmt::Debug for RemoteModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteModel")
            .field("name", &self.name)
            .field("dimensions", &self.dimensions)
            .finish_non_exhaustive()
    }
}
