//! Client for any server with an OpenAI-compatible `/embeddings` route.

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use web::address::may_carry_key;

use super::{EmbedError, RemoteModel, client};

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
    /// Creates a client. It also trusts the certificate authorities in `extra_ca_file`.
    pub(super) fn new(
        model: &RemoteModel,
        extra_ca_file: Option<&str>,
    ) -> Result<Self, EmbedError> {
        let address = format!("{}/embeddings", model.url.trim_end_matches('/'));
        let address: reqwest::Url = address.parse().map_err(|_| EmbedError::Address)?;
        if !matches!(address.scheme(), "http" | "https") {
            return Err(EmbedError::Address);
        }
        if model.key.is_some() && !may_carry_key(&address, model.plain_http_hosts.as_deref()) {
            return Err(EmbedError::PlainHttp);
        }
        Ok(Self {
            client: client(extra_ca_file)?,
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
        let response = request.send().await?;
        if !response.status().is_success() {
            return Err(EmbedError::Refused(response.status().as_u16()));
        }
        let response: EmbeddingsResponse = response.json().await?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedding::{Prefixes, TlsServer};

    fn model(url: &str, plain_http_hosts: Option<&str>) -> RemoteModel {
        RemoteModel {
            url: url.to_owned(),
            key: Some(SecretString::from("a-key".to_owned())),
            name: "a-model".to_owned(),
            dimensions: 2,
            prefixes: Prefixes::default(),
            plain_http_hosts: plain_http_hosts.map(str::to_owned),
        }
    }

    #[test]
    fn a_key_goes_over_plain_http_only_to_a_listed_host() {
        for (url, plain_http_hosts, is_allowed) in [
            ("http://models:8080/v1", None, false),
            ("http://models:8080/v1", Some("openmemory, models"), true),
            ("http://models:8080/v1", Some("openmemory"), false),
            ("http://127.0.0.1:8080/v1", None, true),
            ("https://models/v1", None, true),
        ] {
            let client = OpenAi::new(&model(url, plain_http_hosts), None);
            assert_eq!(client.is_ok(), is_allowed, "{url} {plain_http_hosts:?}");
        }
        let unlisted = OpenAi::new(&model("http://models", None), None).unwrap_err();
        assert!(unlisted.to_string().contains("PLAIN_HTTP_HOSTS"));
    }

    #[tokio::test]
    async fn a_server_with_a_private_authority_is_trusted_only_by_its_file() {
        let server = TlsServer::start(r#"{"data": [{"index": 0, "embedding": [0.6, 0.8]}]}"#);
        let model = model(&server.url, None);
        let texts = ["a text".to_owned()];
        let stranger = OpenAi::new(&model, None).unwrap();
        assert!(matches!(
            stranger.embed(&texts).await,
            Err(EmbedError::Unreachable(_))
        ));
        let trusting = OpenAi::new(&model, Some(server.authority())).unwrap();
        assert_eq!(trusting.embed(&texts).await.unwrap(), [[0.6, 0.8]]);
    }
}
