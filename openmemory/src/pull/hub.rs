//! HTTP client for the hub. Decides who may receive the token.

use std::time::Duration;

use reqwest::{Client, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use web::address::may_carry_key;
use web::client::ClientError;

use super::{ModelName, PullError};

const DEFAULT_ENDPOINT: &str = "https://huggingface.co";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Maximum time without data in the middle of a file.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The hub that models are downloaded from. `Debug` hides the token.
#[derive(Debug)]
pub(super) struct Hub {
    client: Client,
    endpoint: Url,
    token: Option<SecretString>,
}

impl Hub {
    /// Creates a client for the hub at `endpoint`, or for the public one if it is blank. It also
    /// trusts the certificate authorities in `extra_ca_file`.
    pub(super) fn new(
        endpoint: &str,
        token: Option<SecretString>,
        extra_ca_file: Option<&str>,
    ) -> Result<Self, PullError> {
        let endpoint =
            Some(endpoint.trim().trim_end_matches('/')).filter(|endpoint| !endpoint.is_empty());
        let endpoint: Url = endpoint
            .unwrap_or(DEFAULT_ENDPOINT)
            .parse()
            .map_err(|_| PullError::Endpoint)?;
        if !matches!(endpoint.scheme(), "http" | "https") || endpoint.host_str().is_none() {
            return Err(PullError::Endpoint);
        }
        Ok(Self {
            client: client(extra_ca_file)?,
            endpoint,
            token: token.filter(|token| !token.expose_secret().trim().is_empty()),
        })
    }

    /// Returns the URL of a file.
    pub(super) fn file(
        &self,
        model: &ModelName,
        revision: &str,
        file: &str,
    ) -> Result<Url, PullError> {
        let mut address = self.endpoint.clone();
        {
            let mut path = address
                .path_segments_mut()
                .map_err(|()| PullError::Endpoint)?;
            path.pop_if_empty()
                .extend(model.parts())
                .extend(["resolve", revision])
                .extend(file.split('/'));
        }
        Ok(address)
    }

    /// Requests a URL, starting at the byte `from`.
    pub(super) async fn get(&self, address: &Url, from: u64) -> Result<Response, reqwest::Error> {
        let mut request = self
            .client
            .get(address.clone())
            .header("accept-encoding", "identity");
        if from > 0 {
            request = request.header("range", format!("bytes={from}-"));
        }
        if let Some(token) = self
            .token
            .as_ref()
            .filter(|_| self.may_receive_token(address))
        {
            request = request.bearer_auth(token.expose_secret().trim());
        }
        request.send().await.map_err(reqwest::Error::without_url)
    }

    /// Whether the token may be sent to this URL: to the hub itself, and only over https or on this
    /// machine.
    fn may_receive_token(&self, address: &Url) -> bool {
        self.is_hub_origin(address) && may_carry_key(address, None)
    }

    /// Whether the URL has the hub's origin.
    pub(super) fn is_hub_origin(&self, address: &Url) -> bool {
        address.origin() == self.endpoint.origin()
    }
}

fn client(extra_ca_file: Option<&str>) -> Result<Client, ClientError> {
    let builder = web::client::builder(extra_ca_file)?
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT);
    Ok(builder.build()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub(endpoint: &str) -> Hub {
        Hub::new(
            endpoint,
            Some(SecretString::from("a-token".to_owned())),
            None,
        )
        .unwrap()
    }

    #[tokio::test]
    async fn a_hub_with_a_private_authority_is_trusted_only_by_its_file() {
        let server = crate::embedding::TlsServer::start("{}");
        let address = server.url.parse().unwrap();
        let hub = |file| Hub::new(&server.url, None, file).unwrap();
        assert!(hub(None).get(&address, 0).await.is_err());
        let response = hub(Some(server.authority()))
            .get(&address, 0)
            .await
            .unwrap();
        assert!(response.status().is_success());
    }

    #[test]
    fn file_urls_are_built_from_the_endpoint() {
        let model = ModelName::parse("intfloat/e5@refs/pr/7").unwrap();
        for (endpoint, wanted) in [
            (
                "",
                "https://huggingface.co/intfloat/e5/resolve/refs%2Fpr%2F7/1_Pooling/config.json",
            ),
            (
                "http://127.0.0.1:9/hub/",
                "http://127.0.0.1:9/hub/intfloat/e5/resolve/refs%2Fpr%2F7/1_Pooling/config.json",
            ),
        ] {
            let address = hub(endpoint)
                .file(&model, model.revision(), "1_Pooling/config.json")
                .unwrap();
            assert_eq!(address.as_str(), wanted);
        }
        for endpoint in ["hub.example", "ftp://hub.example", "file:///tmp"] {
            assert!(Hub::new(endpoint, None, None).is_err(), "{endpoint}");
        }
    }

    #[test]
    fn the_token_is_sent_to_the_hub_only_and_never_unencrypted() {
        for (endpoint, address, is_sent) in [
            ("https://hub.example", "https://hub.example/a", true),
            ("https://hub.example", "https://cdn.hub.example/a", false),
            ("https://hub.example", "https://hub.example:444/a", false),
            ("https://hub.example", "http://hub.example/a", false),
            ("http://hub.example", "http://hub.example/a", false),
            ("http://127.0.0.1:9", "http://127.0.0.1:9/a", true),
            ("http://[::1]:9", "http://[::1]:9/a", true),
            ("http://localhost:9", "http://localhost:9/a", true),
            ("http://localhost:9", "http://localhost:8/a", false),
            (
                "http://localhost.example",
                "http://localhost.example/a",
                false,
            ),
        ] {
            assert_eq!(
                hub(endpoint).may_receive_token(&address.parse().unwrap()),
                is_sent,
                "{endpoint} {address}"
            );
        }
        assert!(!format!("{:?}", hub("")).contains("a-token"));
    }
}
