//! `elaaoms send`: posts a file to a webhook of a deployment, as ElevenLabs would.

use std::path::PathBuf;

use clap::Args;
use common::http_client;
use serde_json::{Value, json};
use url::Url;

use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::error::Failure;
use crate::files::read;
use crate::terminal::CommandOutput;
use crate::webhook::{RefusedError, Webhook};

/// Post a file to a webhook of a running deployment, as ElevenLabs would
///
/// The request is authenticated with WEBHOOK_API_KEY or ELEVENLABS_POST_CALL_HMAC_KEY, whichever
/// the webhook requires.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms send tests/payloads/first-call.json
  elaaoms send tests/payloads/first-call.json --stage dev
  elaaoms send ring.json --to client-data --url https://memory.example.com
  elaaoms get-conversation conv_1 | elaaoms send -")]
pub(crate) struct Arguments {
    /// File with the request body; - for standard input
    pub(crate) file: PathBuf,
    /// Base URL to post to, such as `http://127.0.0.1:8000` [default: the deployment's own]
    #[arg(long, value_name = "BASE")]
    pub(crate) url: Option<Url>,
    /// The webhook to post to
    #[arg(long, value_enum, default_value_t = Webhook::PostCall)]
    pub(crate) to: Webhook,
    #[command(flatten)]
    pub(crate) deployment: DeploymentArguments,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let body = read(&arguments.file)?;
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let (name, value) = arguments
        .to
        .auth_header(&body, context.now(), |name| deployment.secret(name))?;
    let base = arguments.url.clone().map_or_else(|| deployment.url(), Ok)?;
    deployment.check_key_transport(&base)?;
    let request = context
        .http
        .post(arguments.to.url(&base))
        .header("content-type", "application/json");
    let response = http_client::send(request.header(name, value).body(body)).await?;
    let text = String::from_utf8_lossy(response.body()).into_owned();
    if !response.status.is_success() {
        return Err(RefusedError {
            status: response.status.as_u16(),
            reason: text,
        }
        .into());
    }
    let body = serde_json::from_str(&text).unwrap_or_else(|_| Value::from(text.clone()));
    Ok(CommandOutput::new(
        text,
        json!({"status": response.status.as_u16(), "body": body}),
    ))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use wiremock::matchers::{body_string, header, header_exists, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    #[tokio::test]
    async fn a_file_is_posted_with_the_authentication_of_its_webhook() {
        let server = MockServer::start().await;
        let response = ResponseTemplate::new(200).set_body_string("kept");
        for mock in [
            Mock::given(path("/base/webhook/post-call")).and(header_exists("elevenlabs-signature")),
            Mock::given(path("/base/webhook/client-data")).and(header("x-api-key", "new")),
        ] {
            mock.and(body_string("{}"))
                .respond_with(response.clone())
                .expect(1)
                .mount(&server)
                .await;
        }
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"{}").unwrap();
        for to in [Webhook::PostCall, Webhook::ClientData] {
            let url = format!("{}/base/", server.uri()).parse().unwrap();
            let deployment = DeploymentArguments::machine(std::path::Path::new("./data"));
            let arguments = Arguments {
                file: file.path().to_owned(),
                url: Some(url),
                to,
                deployment,
            };
            let secrets = [
                ("WEBHOOK_API_KEY", "new, old"),
                ("ELEVENLABS_POST_CALL_HMAC_KEY", "new, old"),
            ];
            let context = Context::fixed(&secrets, || jiff::Timestamp::UNIX_EPOCH);
            assert_eq!(run(&arguments, &context).await.unwrap().text, "kept");
        }
    }
}
