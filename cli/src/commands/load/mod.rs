//! `elaaoms load`: load-tests one endpoint of a deployment.

mod plot;
mod report;

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use common::http_client;
use reqwest::RequestBuilder;
use secrecy::SecretString;
use serde_json::json;
use tokio::task::JoinSet;
use url::Url;
use uuid::Uuid;

use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::error::{CommandError, Failure, NEEDS_CORRECTION};
use crate::files::FileError;
use crate::terminal::{CommandOutput, Progress, note};
use crate::webhook::Webhook;
use report::{Report, Sample};

/// A load test would call a host that is not known to be the operator's own.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not this machine")]
struct NotThisMachine(String);

impl CommandError for NotThisMachine {
    fn advice(&self) -> Option<Cow<'static, str>> {
        Some(
            "pass --i-own-this-host if the host is yours: a load test against another party's host is an attack"
                .into(),
        )
    }

    fn exit_code(&self) -> u8 {
        NEEDS_CORRECTION
    }
}

/// A request that takes longer than this counts as failed.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Send many requests to one endpoint and measure the response times
///
/// The callers are invented and no data of the requests is kept. The requests still cost as much as
/// real ones, so a host other than this machine needs --i-own-this-host. Exits with 4 if any
/// request failed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms load http://127.0.0.1:8000
  elaaoms load http://127.0.0.1:8000 --endpoint search-memory --plot load.svg
  elaaoms load http://127.0.0.1:8000 --requests 5000 --concurrency 50
  elaaoms load https://memory.example.com --i-own-this-host --stage staging")]
pub(crate) struct Arguments {
    /// Base URL of the deployment
    url: Url,
    /// Number of requests to send
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    requests: u64,
    /// Number of requests in flight at once
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1000))]
    concurrency: u64,
    /// The endpoint to test
    #[arg(long, value_enum, default_value_t = Endpoint::ClientData)]
    endpoint: Endpoint,
    /// Plot the response times into an SVG file
    #[arg(long, value_name = "FILE.svg", value_parser = svg_file)]
    plot: Option<PathBuf>,
    /// Allow a host other than this machine; use it only for a host that you own
    #[arg(long)]
    i_own_this_host: bool,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Endpoint {
    Health,
    ClientData,
    SearchMemory,
    /// Signed calls with zero retention: accepted, but not kept
    PostCall,
}

fn svg_file(name: &str) -> Result<PathBuf, String> {
    let file = PathBuf::from(name);
    match file.extension() {
        Some(extension) if extension.eq_ignore_ascii_case("svg") => Ok(file),
        _ => Err(
            "the plot is an SVG file: use a name that ends in .svg, and convert it to PNG with `rsvg-convert`"
                .to_owned(),
        ),
    }
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    if !http_client::is_this_machine(&arguments.url) && !arguments.i_own_this_host {
        let host = arguments.url.host_str().unwrap_or_default().to_owned();
        return Err(NotThisMachine(host).into());
    }
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let requests = Arc::new(Requests::new(arguments, &deployment)?);
    let started = Instant::now();
    let samples = measure(&requests, arguments, started).await?;
    let report = Report::new(samples, started.elapsed());
    let title = format!(
        "{} at {}, {} at once",
        requests.name(),
        arguments.url,
        arguments.concurrency
    );
    if let Some(file) = &arguments.plot {
        std::fs::write(file, plot::svg(&title, &report)).map_err(FileError::write(file))?;
        note(format!("plot: {}", file.display()));
    }
    Ok(
        CommandOutput::new(format!("{title}\n{}", report.text()), report.data())
            .with_check_result(report.failed() == 0),
    )
}

/// Sends all requests and returns their samples.
async fn measure(
    requests: &Arc<Requests>,
    arguments: &Arguments,
    started: Instant,
) -> Result<Vec<Sample>, Failure> {
    let next = Arc::new(AtomicU64::new(0));
    let progress = Arc::new(Progress::new(Some(arguments.requests), "responses"));
    let mut workers = JoinSet::new();
    for _ in 0..arguments.concurrency.min(arguments.requests) {
        let requests = Arc::clone(requests);
        let next = Arc::clone(&next);
        let progress = Arc::clone(&progress);
        let total = arguments.requests;
        workers.spawn(async move {
            let mut samples = Vec::new();
            while next.fetch_add(1, Ordering::Relaxed) < total {
                samples.push(requests.send(started).await);
                progress.step();
            }
            samples
        });
    }
    Ok(workers.join_all().await.into_iter().flatten().collect())
}

/// Builds and sends requests, each with a different invented caller.
struct Requests {
    context: Context,
    base: Url,
    endpoint: Endpoint,
    key: SecretString,
    hmac_key: SecretString,
}

impl Requests {
    fn new(arguments: &Arguments, deployment: &Deployment) -> Result<Self, Failure> {
        // Only the secret that the endpoint requires has to be set.
        let secret_if = |is_needed: bool, name: &'static str| match is_needed {
            true => deployment.secret(name),
            false => Ok(SecretString::default()),
        };
        deployment.check_key_transport(&arguments.url)?;
        let endpoint = arguments.endpoint;
        Ok(Self {
            context: deployment.context.clone(),
            base: arguments.url.clone(),
            endpoint,
            key: secret_if(
                matches!(endpoint, Endpoint::ClientData | Endpoint::SearchMemory),
                "WEBHOOK_API_KEY",
            )?,
            hmac_key: secret_if(
                endpoint == Endpoint::PostCall,
                "ELEVENLABS_POST_CALL_HMAC_KEY",
            )?,
        })
    }

    fn name(&self) -> &'static str {
        match self.endpoint {
            Endpoint::Health => "health",
            Endpoint::ClientData => "client-data",
            Endpoint::SearchMemory => "search-memory",
            Endpoint::PostCall => "post-call",
        }
    }

    async fn send(&self, started: Instant) -> Sample {
        let request = self.request();
        let sent_at = started.elapsed();
        let sent = Instant::now();
        let error = match request {
            Err(failure) => Some(failure.to_string()),
            Ok(request) => match http_client::send(request.timeout(REQUEST_TIMEOUT)).await {
                Ok(response) if response.status.is_success() => None,
                Ok(response) => Some(format!("status {}", response.status.as_u16())),
                Err(error) => Some(error.to_string()),
            },
        };
        Sample {
            sent_at,
            duration: sent.elapsed(),
            error,
        }
    }

    fn request(&self) -> Result<RequestBuilder, Failure> {
        let id = format!("{}@load.example", Uuid::new_v4().simple());
        let now = self.context.now().as_second();
        let (webhook, body) = match self.endpoint {
            Endpoint::Health => {
                return Ok(self
                    .context
                    .http
                    .get(http_client::join(&self.base, &["health"])));
            }
            Endpoint::ClientData => (
                Webhook::ClientData,
                json!({"caller_id": id, "agent_id": "agent_load_test", "called_number": "load", "call_sid": "load"}),
            ),
            Endpoint::SearchMemory => (
                Webhook::SearchMemory,
                json!({"query": "which order number did I give", "caller_id": id, "agent_id": "agent_load_test"}),
            ),
            Endpoint::PostCall => (
                Webhook::PostCall,
                // Zero retention: the deployment parses the call like any other and keeps nothing.
                json!({"type": "post_call_transcription", "event_timestamp": now, "data": {
                    "agent_id": "agent_load_test", "user_id": id, "status": "done", "transcript": [],
                    "metadata": {"start_time_unix_secs": now, "call_duration_secs": 0, "deletion_settings":
                        {"deletion_time_unix_secs": now, "delete_transcript_and_pii": true}}}}),
            ),
        };
        let body = body.to_string();
        let secrets = |name: &str| match name {
            "WEBHOOK_API_KEY" => Ok(self.key.clone()),
            _ => Ok(self.hmac_key.clone()),
        };
        let (name, value) = webhook.auth_header(body.as_bytes(), self.context.now(), secrets)?;
        let request = self
            .context
            .http
            .post(webhook.url(&self.base))
            .header("content-type", "application/json");
        Ok(request.header(name, value).body(body))
    }
}
