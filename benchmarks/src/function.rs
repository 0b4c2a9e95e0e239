//! Runs one function the way Lambda does, invokes it one event at a time, and measures it from
//! outside.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tempfile::NamedTempFile;
use tokio::process::{Child, Command};

use crate::Failure;
use crate::event::{SIGNING_SECRET, STORE_KEY, WEBHOOK_KEY};
use crate::process;
use crate::runtime_api::{FunctionResponse, RuntimeApi};
use crate::upstream::Upstream;

/// Time limit for each step of a measurement.
const STEP_TIMEOUT: Duration = Duration::from_secs(60);

/// A function's program, and the command that runs it.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) path: PathBuf,
    /// Command that wraps the program: none, or valgrind with its options.
    pub(crate) wrapper: Vec<String>,
}

/// How functions connect to the memory store.
#[derive(Debug, Clone, Copy)]
pub(crate) enum StoreTransport {
    Plain,
    Tls,
}

/// A running function.
pub(crate) struct RunningFunction {
    name: &'static str,
    api: RuntimeApi,
    child: Child,
    log: NamedTempFile,
    /// Time from its start to its first request for an event.
    pub(crate) init: Duration,
}

impl Program {
    /// Starts the function with a plain-HTTP memory store, and waits until it is ready.
    pub(crate) async fn start(&self, upstream: &Upstream) -> Result<RunningFunction, Failure> {
        self.start_with_transport(upstream, StoreTransport::Plain)
            .await
    }

    /// Starts the function with this connection to the memory store, and waits until it is ready.
    pub(crate) async fn start_with_transport(
        &self,
        upstream: &Upstream,
        transport: StoreTransport,
    ) -> Result<RunningFunction, Failure> {
        let mut api = RuntimeApi::start().await?;
        let command_line = self
            .wrapper
            .iter()
            .map(PathBuf::from)
            .chain([self.path.clone()]);
        let mut words = command_line.collect::<Vec<_>>().into_iter();
        let mut command = Command::new(words.next().unwrap_or_default());
        command
            .args(words)
            .env_clear()
            .envs(environment(&api, upstream, transport))
            .kill_on_drop(true);
        let log = NamedTempFile::new()?;
        command
            .stdin(Stdio::null())
            .stdout(log.reopen()?)
            .stderr(Stdio::null());
        let started = Instant::now();
        let child = command
            .spawn()
            .map_err(|error| format!("{}: {error}", self.path.display()))?;
        let polled = within(self.name, api.polled()).await?;
        Ok(RunningFunction {
            name: self.name,
            api,
            child,
            log,
            init: polled.duration_since(started),
        })
    }

    /// Size of the program, in bytes.
    pub(crate) fn size(&self) -> Result<u64, Failure> {
        Ok(std::fs::metadata(&self.path)?.len())
    }
}

impl RunningFunction {
    /// Sends one event and waits until the function asks for the next. Returns the response time.
    pub(crate) async fn invoke(&mut self, event: Bytes) -> Result<Duration, Failure> {
        let (sent_at, response) = within(self.name, self.api.invoke(event)).await?;
        self.check(&response)?;
        within(self.name, self.api.polled()).await?;
        Ok(response.at.duration_since(sent_at))
    }

    /// CPU time so far.
    pub(crate) fn cpu(&self) -> Result<Duration, Failure> {
        self.pid()
            .and_then(process::cpu)
            .ok_or_else(|| format!("{} has exited", self.name).into())
    }

    /// Peak memory, in mebibytes.
    pub(crate) fn peak_mebibytes(&self) -> Result<f64, Failure> {
        self.pid()
            .and_then(process::peak_mebibytes)
            .ok_or_else(|| format!("{} has exited", self.name).into())
    }

    /// Bytes written to its log so far.
    pub(crate) fn logged(&self) -> Result<u64, Failure> {
        Ok(self.log.as_file().metadata()?.len())
    }

    /// Stops it with a signal, so that a wrapper can still write its report.
    pub(crate) async fn stop(mut self) -> Result<(), Failure> {
        if let Some(pid) = self.pid() {
            Command::new("kill").arg(pid.to_string()).status().await?;
        }
        within(self.name, async { self.child.wait().await.ok() }).await?;
        Ok(())
    }

    fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Fails unless the function answered with success.
    fn check(&self, response: &FunctionResponse) -> Result<(), Failure> {
        let text = String::from_utf8_lossy(&response.body);
        let refused = !text.contains("\"statusCode\":200") && text != r#"{"batchItemFailures":[]}"#;
        if !response.is_response || refused {
            return Err(format!("{} answered {text}", self.name).into());
        }
        Ok(())
    }
}

async fn within<T>(name: &str, step: impl Future<Output = Option<T>>) -> Result<T, Failure> {
    match tokio::time::timeout(STEP_TIMEOUT, step).await {
        Ok(Some(done)) => Ok(done),
        _ => Err(format!("{name} did not respond within {} s", STEP_TIMEOUT.as_secs()).into()),
    }
}

/// Variables that Lambda sets.
const LAMBDA_VARIABLES: [(&str, &str); 9] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "benchmark"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/benchmark"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "benchmark"),
    ("AWS_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "AKIDBENCHMARK"),
    ("AWS_SECRET_ACCESS_KEY", "benchmark"),
    ("AWS_SESSION_TOKEN", "benchmark"),
];

/// Settings of the functions.
const SETTINGS: [(&str, &str); 12] = [
    ("LOG_LEVEL", "INFO"),
    ("STACK", "benchmark"),
    ("ELEVENLABS_POST_CALL_HMAC_KEY", SIGNING_SECRET),
    ("WEBHOOK_API_KEY", WEBHOOK_KEY),
    ("CALLER_ID_PEPPER", "pepper-of-the-benchmark"),
    ("OPENMEMORY_API_KEY", STORE_KEY),
    ("DATABASE_URL", "dynamodb://memories"),
    ("DYNAMODB_KEY_PEPPER", "pepper-of-the-benchmark"),
    ("LLM_PROVIDER", "openai"),
    ("LLM_MODEL", "gpt-6-luna"),
    ("LLM_API_KEY", "key"),
    ("PAYLOAD_BUCKET", "bucket"),
];

fn environment(
    api: &RuntimeApi,
    upstream: &Upstream,
    transport: StoreTransport,
) -> Vec<(&'static str, String)> {
    let url = upstream.url();
    let (store, authority) = match transport {
        StoreTransport::Plain => (url.clone(), String::new()),
        StoreTransport::Tls => (
            upstream.tls.url(),
            upstream.tls.authority().display().to_string(),
        ),
    };
    let upstreams = [
        ("AWS_LAMBDA_RUNTIME_API", api.address.to_string()),
        ("AWS_ENDPOINT_URL", url.clone()),
        ("OPENMEMORY_API_URL", store),
        ("EXTRA_CA_FILE", authority),
        ("ELEVENLABS_API_URL", format!("{url}/v1")),
        ("LLM_API_URL", format!("{url}/v1")),
        ("EXTRACTION_QUEUE_URL", format!("{url}/jobs.fifo")),
        ("DEAD_LETTER_QUEUE_URL", format!("{url}/dead.fifo")),
    ];
    LAMBDA_VARIABLES
        .into_iter()
        .chain(SETTINGS)
        .map(|(name, value)| (name, value.to_owned()))
        .chain(upstreams)
        .collect()
}
