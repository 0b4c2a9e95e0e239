//! One function that runs: started as Lambda starts it, invoked one event at a time, measured from
//! outside.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tempfile::NamedTempFile;
use tokio::process::{Child, Command};

use crate::Failure;
use crate::event::{SIGNING_SECRET, WEBHOOK_KEY};
use crate::process;
use crate::runtime_api::{Answer, RuntimeApi};
use crate::upstream::Upstream;

/// How long anything may take before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A function's program, and what runs it.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) path: PathBuf,
    /// What is put in front of it: nothing, or valgrind with its options.
    pub(crate) wrapper: Vec<String>,
}

/// How the memory store is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Over {
    Plain,
    Tls,
}

/// A running function.
pub(crate) struct Running {
    name: &'static str,
    api: RuntimeApi,
    child: Child,
    log: NamedTempFile,
    /// From its start to its first request for an event.
    pub(crate) init: Duration,
}

impl Program {
    /// Starts the function and waits until it is ready.
    pub(crate) async fn start(&self, upstream: &Upstream) -> Result<Running, Failure> {
        self.start_asking(upstream, Over::Plain).await
    }

    /// The same, with a memory store that is asked in this way.
    pub(crate) async fn start_asking(
        &self,
        upstream: &Upstream,
        over: Over,
    ) -> Result<Running, Failure> {
        let mut api = RuntimeApi::start().await?;
        let words = self
            .wrapper
            .iter()
            .map(PathBuf::from)
            .chain([self.path.clone()]);
        let mut words = words.collect::<Vec<_>>().into_iter();
        let mut command = Command::new(words.next().unwrap_or_default());
        command
            .args(words)
            .env_clear()
            .envs(environment(&api, upstream, over))
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
        Ok(Running {
            name: self.name,
            api,
            child,
            log,
            init: polled.duration_since(started),
        })
    }

    /// Bytes of the program.
    pub(crate) fn size(&self) -> Result<u64, Failure> {
        Ok(std::fs::metadata(&self.path)?.len())
    }
}

impl Running {
    /// Hands out one event and waits until the function asks for the next; how long the answer
    /// took.
    pub(crate) async fn invoke(&mut self, event: Bytes) -> Result<Duration, Failure> {
        let (handed, answer) = within(self.name, self.api.invoke(event)).await?;
        self.check(&answer)?;
        within(self.name, self.api.polled()).await?;
        Ok(answer.at.duration_since(handed))
    }

    /// Its processor time so far.
    pub(crate) fn cpu(&self) -> Result<Duration, Failure> {
        self.pid()
            .and_then(process::cpu)
            .ok_or_else(|| format!("{} is gone", self.name).into())
    }

    /// The most memory it had, in mebibytes.
    pub(crate) fn peak_mebibytes(&self) -> Result<f64, Failure> {
        self.pid()
            .and_then(process::peak_mebibytes)
            .ok_or_else(|| format!("{} is gone", self.name).into())
    }

    /// Bytes that it wrote to its log so far.
    pub(crate) fn logged(&self) -> Result<u64, Failure> {
        Ok(self.log.as_file().metadata()?.len())
    }

    /// Ends it by a signal that leaves a wrapper the time to report.
    pub(crate) async fn end(mut self) -> Result<(), Failure> {
        if let Some(pid) = self.pid() {
            Command::new("kill").arg(pid.to_string()).status().await?;
        }
        within(self.name, async { self.child.wait().await.ok() }).await?;
        Ok(())
    }

    fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// What is answered with anything but success is no measurement.
    fn check(&self, answer: &Answer) -> Result<(), Failure> {
        let text = String::from_utf8_lossy(&answer.body);
        let refused = !text.contains("\"statusCode\":200") && text != r#"{"batchItemFailures":[]}"#;
        if !answer.is_response || refused {
            return Err(format!("{} answered {text}", self.name).into());
        }
        Ok(())
    }
}

async fn within<T>(name: &str, step: impl Future<Output = Option<T>>) -> Result<T, Failure> {
    match tokio::time::timeout(PATIENCE, step).await {
        Ok(Some(done)) => Ok(done),
        _ => Err(format!("{name} did not go on within {} s", PATIENCE.as_secs()).into()),
    }
}

fn environment(api: &RuntimeApi, upstream: &Upstream, over: Over) -> Vec<(&'static str, String)> {
    let url = upstream.url();
    let (store, authority) = match over {
        Over::Plain => (url.clone(), String::new()),
        Over::Tls => (
            upstream.secure.url(),
            upstream.secure.authority().display().to_string(),
        ),
    };
    let lambda = [
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
    let ours = [
        ("LOG_LEVEL", "INFO"),
        ("STAGE", "benchmark"),
        ("ELEVENLABS_POST_CALL_HMAC_KEY", SIGNING_SECRET),
        ("WEBHOOK_API_KEY", WEBHOOK_KEY),
        ("CALLER_ID_PEPPER", "pepper-of-the-benchmark"),
        ("OPENMEMORY_API_KEY", "key"),
        ("LLM_PROVIDER", "openai"),
        ("LLM_MODEL", "gpt-6-luna"),
        ("LLM_API_KEY", "key"),
        ("PAYLOAD_BUCKET", "bucket"),
    ];
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
    lambda
        .into_iter()
        .chain(ours)
        .map(|(name, value)| (name, value.to_owned()))
        .chain(upstreams)
        .collect()
}
