//! Puts the parts together, starts them, and stops them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bounded_server::Limits;
use common::archive::folder::FolderArchive;
use common::elevenlabs::agents::AgentsApi;
use common::elevenlabs::auth::WebhookAuth;
use common::http_client::{self, ClientError};
use common::llm::Llm;
use common::openmemory::OpenMemory;
use common::queue::QueueError;
use common::queue::embedded::EmbeddedQueue;
use common::secrets::{SecretSet, Secrets};
use common::settings::{MachineSettings, Problem, Settings, SettingsError, retired};
use extraction::Extraction;
use openmemory::{Embeddings, RunningServer};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::warn;

use crate::Environment;
use crate::development_secrets::{self, DevelopmentSecrets, SecretsError};
use crate::metrics::Exporter;
use crate::server::{Front, Unauthenticated};
use crate::{private, recovery, retention, server, storage, worker};

/// Where the webhooks are, unless said otherwise.
pub(crate) const PORT: u16 = 8000;
/// Where the embedded OpenMemory is, unless said otherwise.
const OPENMEMORY_PORT: u16 = 8080;
/// How long one call of the worker to the memory store may take.
const STORE_LIMIT: Duration = Duration::from_secs(10);
/// How long jobs in work may take once the process is asked to stop. What is not finished comes
/// again after the start.
const PATIENCE: Duration = Duration::from_secs(20);
/// Prometheus needs one connection, and a person who looks another.
const METRICS_CONNECTIONS: usize = 16;

/// How to start.
#[derive(Debug, Clone)]
pub struct Options {
    /// Address to listen on.
    pub host: Option<IpAddr>,
    /// Port of the webhooks; 0 takes a free one.
    pub port: Option<u16>,
    /// Port of the embedded OpenMemory; 0 takes a free one.
    pub openmemory_port: Option<u16>,
    /// Folder of everything that lasts.
    pub data_dir: PathBuf,
}

/// Why the system does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Settings are missing or wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// `PORT` or `HOST` is no port or address.
    #[error("{0} is not usable")]
    Variable(&'static str),
    /// The data folder cannot be used.
    #[error("the data folder cannot be used: {0}")]
    Data(#[source] io::Error),
    /// Secrets are missing, or cannot be made.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The queue cannot be opened.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The embedded OpenMemory does not start.
    #[error(
        "the embedded OpenMemory on port {port} does not start: {source}. Choose another port with --openmemory-port, or set OPENMEMORY_API_URL"
    )]
    OpenMemory {
        /// The port it was to listen on.
        port: u16,
        /// Why not.
        source: Box<openmemory::StartError>,
    },
    /// The port is taken.
    #[error("cannot listen on {address}: {source}. Choose another port with --port")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The port of the metrics is taken.
    #[error("cannot listen on {address} for metrics: {source}. Choose another METRICS_PORT")]
    Metrics {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// Figures cannot be collected.
    #[error("figures cannot be collected: {0}")]
    Figures(#[from] metrics_exporter_prometheus::BuildError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// A running system. Ask it to [`stop`](Self::stop): what is dropped is cut off.
pub struct System {
    address: SocketAddr,
    metrics: Option<SocketAddr>,
    openmemory: Option<RunningServer>,
    openmemory_url: String,
    development_secrets: Option<DevelopmentSecrets>,
    queue: EmbeddedQueue,
    stop: watch::Sender<bool>,
    servers: JoinSet<io::Result<()>>,
    workers: JoinSet<()>,
    housekeeping: JoinSet<()>,
}

impl System {
    /// Starts everything.
    ///
    /// # Errors
    /// [`StartError`] says what stands in the way.
    pub async fn start(options: &Options, environment: Environment) -> Result<Self, StartError> {
        private::folder(&options.data_dir).map_err(StartError::Data)?;
        let (environment, development_secrets) =
            development_secrets::fill_in(environment, &options.data_dir)?;
        let address = SocketAddr::new(
            options.host.map_or_else(
                || variable(&environment, "HOST", IpAddr::V4(Ipv4Addr::LOCALHOST)),
                Ok,
            )?,
            options
                .port
                .map_or_else(|| variable(&environment, "PORT", PORT), Ok)?,
        );
        // The port is taken first: whoever starts a second one by mistake should not touch the
        // first one's data.
        let listener = TcpListener::bind(address)
            .await
            .map_err(|source| StartError::Listen { address, source })?;
        let address = listener
            .local_addr()
            .map_err(|source| StartError::Listen { address, source })?;
        let (openmemory, environment) = embedded_openmemory(options, environment).await?;
        let openmemory_url = environment.get("OPENMEMORY_API_URL").unwrap_or_default();
        let parts = Parts::build(options, &environment).await?;
        let (stop, stopped) = watch::channel(false);
        parts.queue.release_all().await?;
        let (mut servers, mut housekeeping) = (JoinSet::new(), JoinSet::new());
        let metrics = parts
            .start_metrics(options, &mut servers, &mut housekeeping, &stopped)
            .await?;
        let workers = worker::start(parts.workers, &parts.queue, &parts.extraction, &stopped);
        parts.keep_house(&mut housekeeping);
        let (queue, limits) = (parts.queue.clone(), limits(&parts.machine));
        let routes = parts.routes(&mut housekeeping);
        servers.spawn(server::serve(listener, routes, limits, stopped));
        Ok(Self {
            address,
            metrics,
            openmemory,
            openmemory_url,
            development_secrets,
            queue,
            stop,
            servers,
            workers,
            housekeeping,
        })
    }

    /// Where the webhooks are.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where `/metrics` is, where it is served.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// Where OpenMemory is, embedded or not.
    #[must_use]
    pub fn openmemory_url(&self) -> &str {
        &self.openmemory_url
    }

    /// What a person needs to know to use it.
    #[must_use]
    pub fn describe(&self) -> String {
        let base = format!("http://{}", self.address);
        let kind = if self.openmemory.is_some() {
            "embedded"
        } else {
            "yours"
        };
        let mut lines = vec![
            format!("ELAAOMS listens on {base}"),
            format!("  POST {base}/webhook/client-data     the phone rings"),
            format!("  POST {base}/webhook/search-memory   the agent looks something up"),
            format!("  POST {base}/webhook/post-call       a call is over"),
            format!("  GET  {base}/health"),
            format!("OpenMemory ({kind}) is {}", self.openmemory_url),
        ];
        if let Some(address) = self.metrics {
            lines.push(format!("Metrics are on http://{address}/metrics"));
        }
        if let Some(secrets) = &self.development_secrets {
            lines.push(format!(
                "Secrets for development are in {}:",
                secrets.file.display()
            ));
            lines.push(format!(
                "  {}; set your own in .env",
                secrets.names.join(", ")
            ));
        }
        lines.join("\n")
    }

    /// Waits until a server of the system ends by itself, which it should not.
    pub async fn failed(&mut self) -> io::Result<()> {
        match self.servers.join_next().await {
            Some(Ok(ended)) => ended,
            _ => Err(io::Error::other("the server panicked")),
        }
    }

    /// Takes no more calls, finishes what is in work, and closes the files. What waits, waits for
    /// the next start.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        self.housekeeping.shutdown().await;
        let finished = async {
            while self.servers.join_next().await.is_some() {}
            while self.workers.join_next().await.is_some() {}
        };
        if tokio::time::timeout(PATIENCE, finished).await.is_err() {
            warn!("some work was cut off; it is taken up again after the next start");
            self.workers.shutdown().await;
        }
        self.queue.close().await;
        if let Some(openmemory) = self.openmemory {
            openmemory.shutdown().await;
        }
    }
}

/// Starts the embedded OpenMemory unless the operator has one, and points the settings to it.
async fn embedded_openmemory(
    options: &Options,
    environment: Environment,
) -> Result<(Option<RunningServer>, Environment), StartError> {
    if environment.get("OPENMEMORY_API_URL").is_some() {
        return Ok((None, environment));
    }
    let port = options.openmemory_port.unwrap_or(OPENMEMORY_PORT);
    let database = format!(
        "sqlite://{}",
        options.data_dir.join("openmemory.db").display()
    );
    let key = environment
        .get("OPENMEMORY_API_KEY")
        .map(SecretString::from);
    let settings =
        openmemory::Settings::new(database, SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
            .with_api_key(key)
            .with_embeddings(embeddings(&environment)?);
    let running = openmemory::serve(settings)
        .await
        .map_err(|source| StartError::OpenMemory {
            port,
            source: Box::new(source),
        })?;
    let url = format!("http://{}", running.local_addr());
    Ok((
        Some(running),
        environment.with_default("OPENMEMORY_API_URL", url),
    ))
}

/// By what the embedded OpenMemory compares texts. A wrong variable is named together with all
/// other wrong settings.
fn embeddings(environment: &Environment) -> Result<Embeddings, SettingsError> {
    Embeddings::from_variables(|name| environment.get(name)).map_err(|invalid| {
        let others = read_settings(environment)
            .err()
            .map(|error| error.0)
            .unwrap_or_default();
        let own = Problem {
            name: invalid.name,
            what: invalid.reason.to_owned(),
        };
        SettingsError(others.into_iter().chain([own]).collect())
    })
}

/// Everything that works, not yet working.
struct Parts {
    settings: Settings,
    machine: MachineSettings,
    secrets: Secrets,
    pepper: SecretString,
    data_dir: PathBuf,
    archive: FolderArchive,
    queue: EmbeddedQueue,
    openmemory: OpenMemory,
    llm: Option<Llm>,
    extraction: Extraction<FolderArchive>,
    workers: usize,
}

impl Parts {
    async fn build(options: &Options, environment: &Environment) -> Result<Self, StartError> {
        let environment = environment
            .clone()
            .with_default("OPENMEMORY_DIALECT", "auto");
        let (settings, machine) = read_settings(&environment)?;
        for line in retired(|name| environment.get(name)) {
            warn!("{line}");
        }
        let secrets = Secrets::fixed(SecretSet::read(|name| environment.get(name)));
        let pepper = SecretString::from(environment.get("CALLER_ID_PEPPER").unwrap_or_default());
        let payloads = environment
            .get("ELEVENLABS_POST_CALL_PAYLOAD_PATH")
            .map(PathBuf::from);
        let archive = FolderArchive::open(&options.data_dir, payloads).map_err(StartError::Data)?;
        let queue = EmbeddedQueue::open(&options.data_dir.join("queue.db")).await?;
        let http = http_client::build_from_settings(|name| environment.get(name))?;
        let openmemory = OpenMemory::new(
            http.clone(),
            &settings.openmemory,
            secrets.clone(),
            settings.memory.pseudonymous_callers,
            STORE_LIMIT,
        );
        let llm = Llm::new(http.clone(), &settings.llm, secrets.clone());
        let agents = AgentsApi::new(http, settings.elevenlabs_api_url.clone(), secrets.clone());
        let extraction = Extraction::new(
            archive.clone(),
            openmemory.clone(),
            llm.clone(),
            agents,
            &settings,
        );
        let workers = settings.extraction_concurrency;
        let data_dir = options.data_dir.clone();
        Ok(Self {
            settings,
            machine,
            secrets,
            pepper,
            data_dir,
            archive,
            queue,
            openmemory,
            llm,
            extraction,
            workers,
        })
    }

    /// Serves `/metrics` where a port is set for it, and says where.
    async fn start_metrics(
        &self,
        options: &Options,
        servers: &mut JoinSet<io::Result<()>>,
        housekeeping: &mut JoinSet<()>,
        stopped: &watch::Receiver<bool>,
    ) -> Result<Option<SocketAddr>, StartError> {
        let Some(address) = self.machine.metrics else {
            return Ok(None);
        };
        let unusable = |source| StartError::Metrics { address, source };
        let listener = TcpListener::bind(address).await.map_err(unusable)?;
        let address = listener.local_addr().map_err(unusable)?;
        let databases = [("queue", "queue.db"), ("openmemory", "openmemory.db")]
            .map(|(name, file)| (name, options.data_dir.join(file)));
        let exporter = Exporter::start(self.queue.clone(), databases, self.llm.as_ref())?;
        housekeeping.spawn(exporter.clone().keep_up());
        servers.spawn(server::serve(
            listener,
            exporter.routes(),
            Limits::new(METRICS_CONNECTIONS),
            stopped.clone(),
        ));
        Ok(Some(address))
    }

    /// What runs beside the work until the end: unfinished calls are looked for, old ones are
    /// deleted.
    fn keep_house(&self, housekeeping: &mut JoinSet<()>) {
        let (archive, trust_user_id) = (self.archive.clone(), self.settings.caller.trust_user_id);
        housekeeping.spawn(recovery::run(
            archive.clone(),
            self.queue.clone(),
            self.pepper.clone(),
            trust_user_id,
        ));
        housekeeping.spawn(retention::run(archive, self.machine.payload_retention));
    }

    /// The same routers as on Lambda, side by side.
    fn routes(self, housekeeping: &mut JoinSet<()>) -> axum::Router {
        let auth = WebhookAuth::new(self.secrets.clone(), &self.settings.auth);
        let unauthenticated = Arc::new(Unauthenticated::new(self.machine.rate_limit, auth.clone()));
        housekeeping.spawn(Arc::clone(&unauthenticated).clean_up());
        let (trusted_proxies, request_time) = (self.machine.trusted_proxies, server::REQUEST_TIME);
        let front = Front {
            unauthenticated: Some(unauthenticated),
            trusted_proxies,
            request_time,
        };
        let client_data =
            client_data::ClientData::new(auth.clone(), self.openmemory.clone(), &self.settings);
        let search_memory =
            search_memory::SearchMemory::new(auth.clone(), self.openmemory.clone(), &self.settings);
        let post_call = post_call::PostCall::new(
            auth,
            self.secrets.clone(),
            self.archive,
            self.queue,
            &self.settings,
        );
        let (data_dir, least) = (
            self.data_dir,
            self.machine
                .min_free_disk_mb
                .saturating_mul(storage::MEGABYTE),
        );
        let health = health::Health::new(self.openmemory, self.llm, self.secrets)
            .with_storage(move || storage::check(&data_dir, least));
        let routes = client_data::router(client_data)
            .merge(search_memory::router(search_memory))
            .merge(post_call::router(post_call))
            .merge(health::router(health));
        server::webhooks(routes, front)
    }
}

fn limits(machine: &MachineSettings) -> Limits {
    let mut limits = Limits::new(machine.max_connections);
    if let Some(most) = machine.max_connections_per_peer {
        limits.connections_per_peer = most.min(machine.max_connections);
    }
    if let Some(proxies) = machine.trusted_proxies.clone() {
        limits.is_proxy = Arc::new(move |peer| proxies.contains(Some(peer)));
    }
    limits
}

/// All settings, or everything that is wrong with any of them.
fn read_settings(environment: &Environment) -> Result<(Settings, MachineSettings), SettingsError> {
    let lookup = |name: &str| environment.get(name);
    match (Settings::read(lookup), MachineSettings::read(lookup)) {
        (Ok(settings), Ok(machine)) => Ok((settings, machine)),
        (settings, machine) => {
            let problems = [settings.err(), machine.err()]
                .into_iter()
                .flatten()
                .flat_map(|error| error.0);
            Err(SettingsError(problems.collect()))
        }
    }
}

pub(crate) fn variable<T: std::str::FromStr>(
    environment: &Environment,
    name: &'static str,
    default: T,
) -> Result<T, StartError> {
    environment.get(name).map_or(Ok(default), |value| {
        value.trim().parse().map_err(|_| StartError::Variable(name))
    })
}
