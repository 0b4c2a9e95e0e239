//! Client for the embedding models on Amazon Bedrock.
//!
//! Sources: Amazon Bedrock User Guide (Cohere Embed, Amazon Titan Text Embeddings) and API Reference
//! (`InvokeModel`), November 2026.

mod family;

use futures_util::{StreamExt, TryStreamExt, stream};
use reqwest::{Client, Method, Request};
use url::Url;
use web::signed::{Identity, join_path, now, path_segment, public_endpoint};

use super::{BedrockModel, EmbedError, Purpose, client};
use family::Family;

/// Requests of one batch that run at the same time.
const PARALLEL_REQUESTS: usize = 4;

/// The client. `Debug` hides the credentials.
#[derive(Clone, Debug)]
pub(super) struct Bedrock {
    http: Client,
    identity: Identity,
    /// The URL that runs the model.
    url: Url,
    family: Family,
    dimensions: usize,
}

impl Bedrock {
    /// Creates a client. It also trusts the certificate authorities in `extra_ca_file`.
    pub(super) fn new(
        model: &BedrockModel,
        extra_ca_file: Option<&str>,
    ) -> Result<Self, EmbedError> {
        let identity = model.identity.clone().ok_or(EmbedError::NoCredentials)?;
        let family = Family::of(&model.name).ok_or(EmbedError::UnknownFamily)?;
        Ok(Self {
            http: client(extra_ca_file)?,
            url: url(model, &identity).ok_or(EmbedError::Address)?,
            identity,
            family,
            dimensions: model.dimensions,
        })
    }

    #[cfg(feature = "postgres")]
    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Embeds texts, in the given order.
    pub(super) async fn embed(
        &self,
        purpose: Purpose,
        texts: &[String],
    ) -> Result<Vec<Vec<f32>>, EmbedError> {
        let requests: Vec<_> = texts
            .chunks(self.family.texts_per_request())
            .map(|batch| self.embed_batch(purpose, batch))
            .collect();
        let batches: Vec<Vec<Vec<f32>>> = stream::iter(requests)
            .buffered(PARALLEL_REQUESTS)
            .try_collect()
            .await?;
        Ok(batches.into_iter().flatten().collect())
    }

    async fn embed_batch(
        &self,
        purpose: Purpose,
        texts: &[String],
    ) -> Result<Vec<Vec<f32>>, EmbedError> {
        let body = self.family.request(purpose, texts, self.dimensions);
        let request = self.signed(body).ok_or(EmbedError::Unsigned)?;
        let response = self.http.execute(request).await?;
        if !response.status().is_success() {
            return Err(EmbedError::BedrockRefused(response.status().as_u16()));
        }
        let body = response.bytes().await?;
        let vectors = self.family.vectors(&body).ok_or(EmbedError::Unusable)?;
        let is_complete = vectors.len() == texts.len()
            && vectors.iter().all(|vector| vector.len() == self.dimensions);
        is_complete.then_some(vectors).ok_or(EmbedError::Unusable)
    }

    fn signed(&self, body: String) -> Option<Request> {
        let headers = [("content-type", "application/json")];
        let request =
            self.identity
                .request(Method::POST, "bedrock", &self.url, &headers, body, now())?;
        Request::try_from(request).ok()
    }
}

/// The URL of a model, at the operator's own URL or at the endpoint of its region.
fn url(model: &BedrockModel, identity: &Identity) -> Option<Url> {
    let base = match &model.url {
        Some(url) => Url::parse(url).ok()?,
        None => public_endpoint(identity.region(), "bedrock-runtime")?,
    };
    join_path(
        &base,
        &format!("model/{}/invoke", path_segment(&model.name)),
    )
}

#[cfg(test)]
mod tests;
