//! `elaaoms event`: builds the events that API Gateway and SQS pass to the functions.

mod error;

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, ValueEnum};
use common::archive::{Key, PayloadKind};
use common::elevenlabs::event::read_transcription;
use common::queue::ExtractionJob;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::error::Failure;
use crate::files::read;
use crate::terminal::CommandOutput;
use crate::webhook::Webhook;
use error::EventError;

/// Print an event for testing a Lambda function
///
/// The event is authenticated with WEBHOOK_API_KEY or ELEVENLABS_POST_CALL_HMAC_KEY, whichever the
/// function requires. Its signature expires after half an hour.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms event post-call --payload tests/payloads/first-call.json > event.json
  cargo lambda invoke post-call --data-file event.json
  elaaoms event health | sam local invoke Health --event -")]
pub(crate) struct Arguments {
    /// The function to build the event for
    pub(crate) function: Function,
    /// The request body; for extraction, the transcription of the call. Not used for health
    #[arg(long, value_name = "FILE", required_if_eq_any = [
        ("function", "post-call"), ("function", "client-data"), ("function", "search-memory"),
        ("function", "do-not-remember"), ("function", "extraction"),
    ])]
    pub(crate) payload: Option<PathBuf>,
    /// Encode the body in base64, as API Gateway does with binary content
    #[arg(long)]
    pub(crate) base64: bool,
    #[command(flatten)]
    pub(crate) deployment: DeploymentArguments,
}

/// A Lambda function of the deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Function {
    PostCall,
    ClientData,
    SearchMemory,
    DoNotRemember,
    Health,
    Extraction,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let event = event(arguments, context.now(), |name| deployment.secret(name))?;
    Ok(CommandOutput::new(pretty(&event), event))
}

/// Builds the event as JSON. `secrets` looks up a secret by its setting.
fn event(
    arguments: &Arguments,
    now: Timestamp,
    secrets: impl Fn(&'static str) -> Result<SecretString, Failure>,
) -> Result<Value, Failure> {
    let webhook = match arguments.function {
        Function::Health => return Ok(http_event("GET", "/health", now)),
        Function::Extraction => return sqs_event(payload(arguments)?, now),
        Function::PostCall => Webhook::PostCall,
        Function::ClientData => Webhook::ClientData,
        Function::SearchMemory => Webhook::SearchMemory,
        Function::DoNotRemember => Webhook::DoNotRemember,
    };
    let file = payload(arguments)?;
    let body = read(file)?;
    let (name, value) = webhook.auth_header(&body, now, secrets)?;
    let mut event = http_event("POST", webhook.path(), now);
    event["headers"][name] = value.into();
    event["headers"]["content-length"] = body.len().to_string().into();
    event["isBase64Encoded"] = arguments.base64.into();
    event["body"] = match arguments.base64 {
        true => STANDARD.encode(body),
        false => String::from_utf8(body).map_err(|_| EventError::NotUtf8(file.to_owned()))?,
    }
    .into();
    Ok(event)
}

fn payload(arguments: &Arguments) -> Result<&Path, EventError> {
    arguments
        .payload
        .as_deref()
        .ok_or(EventError::MissingPayload)
}

/// Builds an event of an API Gateway HTTP API in payload format 2.0, without a body.
fn http_event(method: &str, path: &str, now: Timestamp) -> Value {
    json!({
        "version": "2.0",
        "routeKey": format!("{method} {path}"),
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "host": "api.example.com", "user-agent": "ElevenLabs/1.0"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": "api.example.com",
            "domainPrefix": "api",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "ElevenLabs/1.0",
            },
            "requestId": Uuid::new_v4().to_string(),
            "routeKey": format!("{method} {path}"),
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": now.as_millisecond(),
        },
        "isBase64Encoded": false,
    })
}

/// Builds an SQS event with the job that post-call would queue for this call.
fn sqs_event(file: &Path, now: Timestamp) -> Result<Value, Failure> {
    let call = read_transcription(&read(file)?)
        .ok_or_else(|| EventError::NotATranscription(file.to_owned()))?;
    let conversation_id = call.conversation_id;
    let payload = Key::payload(&conversation_id, &PayloadKind::Transcription);
    let sent = now.as_millisecond().to_string();
    let attributes = json!({
        "ApproximateReceiveCount": "1",
        "ApproximateFirstReceiveTimestamp": sent,
        "MessageDeduplicationId": conversation_id,
        "MessageGroupId": "by-hand",
        "SenderId": "123456789012",
        "SentTimestamp": sent,
    });
    let body = serde_json::to_string(&ExtractionJob::new(conversation_id, payload))
        .map_err(|_| EventError::NotATranscription(file.to_owned()))?;
    let record = json!({
        "messageId": Uuid::new_v4().to_string(),
        "receiptHandle": "by-hand",
        "body": body,
        "attributes": attributes,
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:elaaoms.fifo",
        "awsRegion": "eu-central-1",
    });
    Ok(json!({"Records": [record]}))
}

fn pretty(event: &Value) -> String {
    format!("{event:#}")
}

#[cfg(test)]
mod tests;
