//! `elaaoms load`: how a deployment behaves when many call at once.

mod figures;
mod plot;

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
use url::{Host, Url};
use uuid::Uuid;

use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::failure::Failure;
use crate::terminal::{CommandOutput, Progress, note};
use crate::webhook::Webhook;
use figures::Figures;

/// How long one answer may take before it counts as an error.
const LIMIT: Duration = Duration::from_secs(30);

/// Send many requests to one endpoint and measure the answers
///
/// The callers are invented and nothing of the requests is kept, but they cost what requests cost:
/// another host than this machine is asked only with --i-own-this-host. Exits with 4 when a request
/// failed.
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
    /// How many requests
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    requests: u64,
    /// How many at once
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1000))]
    concurrency: u64,
    /// Which endpoint
    #[arg(long, value_enum, default_value_t = Endpoint::ClientData)]
    endpoint: Endpoint,
    /// Draw the answers' times into an SVG file
    #[arg(long, value_name = "FILE.svg", value_parser = svg_file)]
    plot: Option<PathBuf>,
    /// Ask a host that is not this machine: only one that is yours
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
    /// Signed calls whose deletion settings ask for no trace: taken, and not kept
    PostCall,
}

fn svg_file(name: &str) -> Result<PathBuf, String> {
    let file = PathBuf::from(name);
    match file.extension() {
        Some(extension) if extension.eq_ignore_ascii_case("svg") => Ok(file),
        _ => Err(
            "it is drawn as SVG: end the name in .svg; `rsvg-convert` makes a PNG of it".to_owned(),
        ),
    }
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    if !is_this_machine(&arguments.url) && !arguments.i_own_this_host {
        return Err(Failure::NotThisMachine(
            arguments.url.host_str().unwrap_or_default().to_owned(),
        ));
    }
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let requests = Arc::new(Requests::new(arguments, &deployment)?);
    let started = Instant::now();
    let answers = measure(&requests, arguments, started).await?;
    let figures = Figures::of(answers, started.elapsed());
    let title = format!(
        "{} at {}, {} at once",
        requests.name(),
        arguments.url,
        arguments.concurrency
    );
    if let Some(file) = &arguments.plot {
        let failed = |error| Failure::Write {
            file: file.clone(),
            error,
        };
        std::fs::write(file, plot::svg(&title, &figures)).map_err(failed)?;
        note(format!("plot: {}", file.display()));
    }
    Ok(
        CommandOutput::new(format!("{title}\n{}", figures.text()), figures.data())
            .with_check_result(figures.failed() == 0),
    )
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// One answer: when it was asked for, how long it took, and what was wrong with it.
struct Reply {
    asked: Duration,
    took: Duration,
    fault: Option<String>,
}

async fn measure(
    requests: &Arc<Requests>,
    arguments: &Arguments,
    started: Instant,
) -> Result<Vec<Reply>, Failure> {
    let (next, progress) = (
        Arc::new(AtomicU64::new(0)),
        Arc::new(Progress::new(Some(arguments.requests), "answers")),
    );
    let mut workers = JoinSet::new();
    for _ in 0..arguments.concurrency.min(arguments.requests) {
        let (requests, next, progress) = (
            Arc::clone(requests),
            Arc::clone(&next),
            Arc::clone(&progress),
        );
        let all = arguments.requests;
        workers.spawn(async move {
            let mut replies = Vec::new();
            while next.fetch_add(1, Ordering::Relaxed) < all {
                replies.push(requests.send(started).await);
                progress.step();
            }
            replies
        });
    }
    Ok(workers.join_all().await.into_iter().flatten().collect())
}

/// Makes requests, each with a caller of its own.
struct Requests {
    context: Context,
    base: Url,
    endpoint: Endpoint,
    key: SecretString,
    hmac_key: SecretString,
}

impl Requests {
    fn new(arguments: &Arguments, deployment: &Deployment) -> Result<Self, Failure> {
        let needed = |name: &'static str, is_needed: bool| match is_needed {
            true => deployment.secret(name),
            false => Ok(SecretString::default()),
        };
        deployment.may_send_key(&arguments.url)?;
        let endpoint = arguments.endpoint;
        Ok(Self {
            context: deployment.context.clone(),
            base: arguments.url.clone(),
            endpoint,
            key: needed(
                "WEBHOOK_API_KEY",
                matches!(endpoint, Endpoint::ClientData | Endpoint::SearchMemory),
            )?,
            hmac_key: needed(
                "ELEVENLABS_POST_CALL_HMAC_KEY",
                endpoint == Endpoint::PostCall,
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

    async fn send(&self, started: Instant) -> Reply {
        let request = self.request();
        let (asked, at) = (started.elapsed(), Instant::now());
        let fault = match request {
            Err(failure) => Some(failure.to_string()),
            Ok(request) => match http_client::send(request.timeout(LIMIT)).await {
                Ok(answer) if answer.status.is_success() => None,
                Ok(answer) => Some(format!("status {}", answer.status.as_u16())),
                Err(error) => Some(error.to_string()),
            },
        };
        Reply {
            asked,
            took: at.elapsed(),
            fault,
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
                // A retention of zero: the call is read like any other and nothing of it is kept.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked_without_saying_so() {
        for (url, is_here) in [
            ("http://127.0.0.1:8000", true),
            ("http://localhost:8000", true),
            ("http://[::1]:8000", true),
            ("https://example.com", false),
            ("http://localhost.example.com", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_this_machine(&Url::parse(url).unwrap()), is_here, "{url}");
        }
    }
}
