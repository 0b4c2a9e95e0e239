//! Client for any server with an OpenAI-compatible `/embeddings` route.

use std::time::Duration;

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::{EmbedError, RemoteModel};
use crate::http_client::is_this_machine;

/// Time limit for one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The client. `Debug` hides the key.
#[derive(Clone, Debug)]
pub(super) struct OpenAi {
    client: Client,
    address: reqwest::Url,
    key: Option<SecretString>,
    model: String,
    dimensions: usize,
}

/// Body of a request.
#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    input: &'a [String],
    encoding_format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<usize>,
}

/// Body of a response.
#[derive(Deserialize)]
struct EmbeddingsResponse {
    data: Vec<Item>,
}

/// The vector of the text at `index`.
#[derive(Deserialize)]
struct Item {
    index: usize,
    embedding: Vec<f32>,
}

impl OpenAi {
    pub(super) fn new(model: &RemoteModel) -> Result<Self, EmbedError> {
        let address = format!("{}/embeddings", model.url.trim_end_matches('/'));
        let address: reqwest::Url = address.parse().map_err(|_| EmbedError::Address)?;
        if !matches!(address.scheme(), "http" | "https") {
            return Err(EmbedError::Address);
        }
        if model.key.is_some() && address.scheme() == "http" && !is_this_machine(&address) {
            return Err(EmbedError::PlainHttp);
        }
        Ok(Self {
            client: client()?,
            address,
            key: model.key.clone(),
            model: model.name.clone(),
            dimensions: model.dimensions,
        })
    }

    #[cfg(feature = "postgres")]
    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Embeds texts, in the given order.
    pub(super) async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let body = Request {
            model: &self.model,
            input: texts,
            encoding_format: "float",
            // Only these models accept a dimension; others have a fixed one and reject the
            // parameter.
            dimensions: self
                .model
                .starts_with("text-embedding-3")
                .then_some(self.dimensions),
        };
        let mut request = self.client.post(self.address.clone()).json(&body);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key.expose_secret());
        }
        let unreachable = |error: reqwest::Error| EmbedError::Unreachable(error.without_url());
        let response = request.send().await.map_err(unreachable)?;
        if !response.status().is_success() {
            return Err(EmbedError::Refused(response.status().as_u16()));
        }
        let response: EmbeddingsResponse = response.json().await.map_err(unreachable)?;
        self.vectors_in_order(response, texts.len())
    }

    fn vectors_in_order(
        &self,
        mut response: EmbeddingsResponse,
        expected: usize,
    ) -> Result<Vec<Vec<f32>>, EmbedError> {
        response.data.sort_by_key(|item| item.index);
        let is_complete = response.data.len() == expected
            && response
                .data
                .iter()
                .enumerate()
                .all(|(at, item)| item.index == at)
            && response
                .data
                .iter()
                .all(|item| item.embedding.len() == self.dimensions);
        if !is_complete {
            return Err(EmbedError::Unusable);
        }
        Ok(response
            .data
            .into_iter()
            .map(|item| item.embedding)
            .collect())
    }
}

fn client() -> Result<Client, EmbedError> {
    let builder = crate::http_client::builder().map_err(|_| EmbedError::Client)?;
    builder
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        .build()
        .map_err(|_| EmbedError::Client)
}
