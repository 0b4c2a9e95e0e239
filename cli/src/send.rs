//! `elaaoms send`

use common::http_client;
use jiff::Timestamp;

use crate::command::SendArguments;
use crate::failure::Failure;
use crate::sign::read;

/// What the deployment answered.
pub(crate) async fn send(
    arguments: &SendArguments,
    now: Timestamp,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<String, Failure> {
    let body = read(&arguments.file)?;
    let (name, value) = arguments.to.proof(&body, now, lookup)?;
    let segments: Vec<_> = arguments.to.path().split('/').skip(1).collect();
    let url = http_client::join(&arguments.url, &segments);
    let request = http_client::build()?.post(url).header("content-type", "application/json").header(name, value);
    let answer = http_client::send(request.body(body)).await?;
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    if answer.status.is_success() { Ok(text) } else { Err(Failure::Refused(answer.status.as_u16(), text)) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use wiremock::matchers::{body_string, header, header_exists, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::webhook::Webhook;

    #[tokio::test]
    async fn a_file_is_posted_with_the_proof_that_its_webhook_asks_for() {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(200).set_body_string("kept");
        for mock in [
            Mock::given(path("/base/webhook/post-call")).and(header_exists("elevenlabs-signature")),
            Mock::given(path("/base/webhook/client-data")).and(header("x-api-key", "new")),
        ] {
            mock.and(body_string("{}")).respond_with(answer.clone()).expect(1).mount(&server).await;
        }
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"{}").unwrap();
        for to in [Webhook::PostCall, Webhook::ClientData] {
            let url = format!("{}/base/", server.uri()).parse().unwrap();
            let arguments = SendArguments { file: file.path().to_owned(), url, to };
            let told = send(&arguments, Timestamp::UNIX_EPOCH, |_| Some("new, old".to_owned())).await.unwrap();
            assert_eq!(told, "kept");
        }
    }
}
