//! Assembles, starts and stops the complete system.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use bounded_server::Limits;
use common::archive::folder::FolderArchive;
use common::elevenlabs::agents::AgentsApi;
use common::elevenlabs::auth::WebhookAuth;
use common::events::{Outbox, Receivers};
use common::http_client::{self, ClientError};
use common::llm::Llm;
use common::openmemory::{OpenMemory, Transport};
use common::queue::QueueError;
use common::queue::embedded::EmbeddedQueue;
use common::secrets::{SecretSet, Secrets};
use common::settings::{MachineSettings, Problem, Settings, SettingsError, retired};
use common::webhook_path::{CLIENT_DATA, DO_NOT_REMEMBER, POST_CALL, SEARCH_MEMORY};
use elaaoms_console::RunningConsole;
use extraction::{EventDelivery, Extraction, Worker};
use openmemory::{Embeddings, RunningServer};
use operator::{MemoryStores, REQUEST_TIMEOUT};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::warn;

use crate::Environment;
use crate::console::ConsoleParts;
use crate::development_secrets::{self, DevelopmentSecrets, SecretsError};
use crate::metrics::Exporter;
use crate::server::{Protection, Unauthenticated};
use crate::{private, recovery, retention, server, storage, worker};

/// Default port of the webhooks.
pub(crate) const PORT: u16 = 8000;
/// Default port of the embedded OpenMemory.
const OPENMEMORY_PORT: u16 = 8080;
/// Timeout of a worker's request to the memory store.
const STORE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long running jobs may take after the process is asked to stop. Jobs that are not finished
/// run again after the next start.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(20);
/// Enough for Prometheus, which needs one connection, and a few people.
const METRICS_CONNECTIONS: usize = 16;

/// The start options.
#[derive(Debug, Clone)]
pub struct Options {
    /// Address to listen on.
    pub host: Option<IpAddr>,
    /// Port of the webhooks; 0 chooses a free one.
    pub port: Option<u16>,
    /// Port of the embedded OpenMemory; 0 chooses a free one.
    pub openmemory_port: Option<u16>,
    /// Folder of all persistent data.
    pub data_dir: PathBuf,
}

/// Why the system does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Settings are missing or invalid.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// `PORT` is not a port, or `HOST` is not an address.
    #[error("{0} has an invalid value")]
    Variable(&'static str),
    /// The data folder cannot be used.
    #[error("cannot use the data folder: {0}")]
    Data(#[source] io::Error),
    /// Secrets are missing, or development secrets cannot be used.
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
        /// The port to listen on.
        port: u16,
        /// The cause.
        source: Box<openmemory::StartError>,
    },
    /// The port of the webhooks is in use.
    #[error("cannot listen on {address}: {source}. Choose another port with --port")]
    Listen {
        /// The address to listen on.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The port of the metrics is in use.
    #[error("cannot listen on {address} for metrics: {source}. Choose another METRICS_PORT")]
    Metrics {
        /// The address to listen on.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The metrics recorder cannot be built.
    #[error("cannot collect metrics: {0}")]
    MetricsRecorder(#[from] metrics_exporter_prometheus::BuildError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// A running system. Call [`stop`](Self::stop) to end it: dropping it aborts running jobs.
pub struct System {
    address: SocketAddr,
    metrics: Option<SocketAddr>,
    openmemory: Option<RunningServer>,
    openmemory_url: String,
    development_secrets: Option<DevelopmentSecrets>,
    queue: EmbeddedQueue,
    console: ConsoleParts,
    stop: watch::Sender<bool>,
    servers: JoinSet<io::Result<()>>,
    workers: JoinSet<()>,
    housekeeping: JoinSet<()>,
}

impl System {
    /// Starts the system.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(options: &Options, environment: Environment) -> Result<Self, StartError> {
        private::create_folder(&options.data_dir).map_err(StartError::Data)?;
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
        // Binds the port first, so that a second instance that is started by mistake does not touch
        // the data of the first one.
        let listener = TcpListener::bind(address)
            .await
            .map_err(|source| StartError::Listen { address, source })?;
        let address = listener
            .local_addr()
            .map_err(|source| StartError::Listen { address, source })?;
        let (openmemory, environment) = embedded_openmemory(options, environment).await?;
        let openmemory_url = environment.get("OPENMEMORY_API_URL").unwrap_or_default();
        let store = openmemory.as_ref().map(RunningServer::service);
        let parts = Parts::build(options, &environment, store).await?;
        let (stop, stopped) = watch::channel(false);
        parts.queue.release_all().await?;
        let mut servers = JoinSet::new();
        let mut housekeeping = JoinSet::new();
        let metrics = parts
            .start_metrics(options, &mut servers, &mut housekeeping, &stopped)
            .await?;
        let workers = worker::start(parts.workers, &parts.queue, &parts.worker, &stopped);
        parts.start_housekeeping(&mut housekeeping);
        let queue = parts.queue.clone();
        let console = parts.console();
        let limits = limits(&parts.machine);
        let routes = parts.routes(&mut housekeeping);
        servers.spawn(server::serve(listener, routes, limits, stopped));
        Ok(Self {
            address,
            metrics,
            openmemory,
            openmemory_url,
            development_secrets,
            queue,
            console,
            stop,
            servers,
            workers,
            housekeeping,
        })
    }

    /// The address of the webhooks.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of `/metrics`, if it is served.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// The URL of OpenMemory, embedded or external.
    #[must_use]
    pub fn openmemory_url(&self) -> &str {
        &self.openmemory_url
    }

    /// Returns the addresses and other facts that the operator needs.
    #[must_use]
    pub fn describe(&self) -> String {
        let base = format!("http://{}", self.address);
        let kind = if self.openmemory.is_some() {
            "embedded"
        } else {
            "external"
        };
        let webhook = |path: &str, occasion: &str| format!("  POST {base}{path:25}{occasion}");
        let mut lines = vec![
            format!("ELAAOMS listens on {base}"),
            webhook(CLIENT_DATA, "when a call comes in"),
            webhook(SEARCH_MEMORY, "when the agent searches memories"),
            webhook(DO_NOT_REMEMBER, "when a caller asks not to be remembered"),
            webhook(POST_CALL, "when a call has ended"),
            format!("  GET  {base}/health"),
            format!("OpenMemory ({kind}) is at {}", self.openmemory_url),
        ];
        if let Some(address) = self.metrics {
            lines.push(format!("Metrics are on http://{address}/metrics"));
        }
        if let Some(secrets) = &self.development_secrets {
            lines.push(format!(
                "Development secrets are in {}:",
                secrets.file.display()
            ));
            lines.push(format!(
                "  {}; set your own in .env",
                secrets.names.join(", ")
            ));
        }
        lines.join("\n")
    }

    /// Starts the console on a free port of 127.0.0.1. Stop it before the system.
    ///
    /// # Errors
    /// If it cannot listen.
    pub async fn start_console(&self) -> io::Result<RunningConsole> {
        self.console.start(self.address).await
    }

    /// Waits until one of the system's servers fails.
    pub async fn failed(&mut self) -> io::Result<()> {
        match self.servers.join_next().await {
            Some(Ok(result)) => result,
            _ => Err(io::Error::other("the server panicked")),
        }
    }

    /// Stops accepting calls, finishes running jobs, and closes the files. Waiting jobs run after
    /// the next start.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        self.housekeeping.shutdown().await;
        let finished = async {
            while self.servers.join_next().await.is_some() {}
            while self.workers.join_next().await.is_some() {}
        };
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, finished)
            .await
            .is_err()
        {
            warn!("running jobs aborted; they run again after the next start");
            self.workers.shutdown().await;
        }
        self.queue.close().await;
        if let Some(openmemory) = self.openmemory {
            openmemory.shutdown().await;
        }
    }
}

/// Starts the embedded OpenMemory unless an external one is configured. Sets `OPENMEMORY_API_URL`
/// to its address.
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
            .with_embeddings(embeddings(&environment)?)
            .with_extra_ca_file(environment.get("EXTRA_CA_FILE"));
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

/// Reads how the embedded OpenMemory compares texts. The error also reports all other invalid
/// settings.
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

/// The assembled parts of the system, before it starts.
struct Parts {
    settings: Settings,
    machine: MachineSettings,
    secrets: Secrets,
    pepper: SecretString,
    data_dir: PathBuf,
    archive: FolderArchive,
    queue: EmbeddedQueue,
    openmemory: OpenMemory,
    /// The same store without pseudonyms.
    openmemory_by_id: OpenMemory,
    /// The same store for erasures.
    stores: MemoryStores,
    http: reqwest::Client,
    llm: Option<Llm>,
    worker: Worker<FolderArchive>,
    workers: usize,
}

impl Parts {
    /// Builds the parts. `store` are the routes of the embedded memory store, if there is one.
    async fn build(
        options: &Options,
        environment: &Environment,
        store: Option<Router>,
    ) -> Result<Self, StartError> {
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
        let transport = match store {
            Some(routes) => Transport::in_process(http.clone(), routes),
            None => Transport::from(http.clone()),
        };
        let client = |pseudonymous, timeout| {
            OpenMemory::new(
                transport.clone(),
                &settings.openmemory,
                secrets.clone(),
                pseudonymous,
                timeout,
            )
        };
        let openmemory = client(settings.memory.pseudonymous_callers, STORE_TIMEOUT);
        let openmemory_by_id = client(false, STORE_TIMEOUT);
        let stores = MemoryStores {
            by_number: client(false, REQUEST_TIMEOUT),
            by_pseudonym: Some(client(true, REQUEST_TIMEOUT)),
        };
        let llm = Llm::new(http.clone(), &settings.llm, secrets.clone());
        let agents = AgentsApi::new(
            http.clone(),
            settings.elevenlabs_api_url.clone(),
            secrets.clone(),
        );
        let extraction = Extraction::new(
            archive.clone(),
            openmemory.clone(),
            llm.clone(),
            agents,
            secrets.clone(),
            &settings,
        )
        .with_events(
            Outbox::new(&settings.events, queue.clone()),
            secrets.clone(),
        );
        let receivers = Receivers::new(&http, &secrets, &settings.events);
        let events = EventDelivery::new(archive.clone(), receivers, &settings.caller);
        let worker = Worker::new(extraction, events, worker::now);
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
            openmemory_by_id,
            stores,
            http,
            llm,
            worker,
            workers,
        })
    }

    /// Returns the parts that the console uses.
    fn console(&self) -> ConsoleParts {
        ConsoleParts {
            settings: self.settings.clone(),
            secrets: self.secrets.clone(),
            pepper: self.pepper.clone(),
            data_dir: self.data_dir.clone(),
            archive: self.archive.clone(),
            queue: self.queue.clone(),
            openmemory: self.openmemory.clone(),
            openmemory_by_id: self.openmemory_by_id.clone(),
            stores: self.stores.clone(),
            http: self.http.clone(),
        }
    }

    /// Serves `/metrics` if a port is set for it, and returns the address.
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
        let in_use = |source| StartError::Metrics { address, source };
        let listener = TcpListener::bind(address).await.map_err(in_use)?;
        let address = listener.local_addr().map_err(in_use)?;
        let databases = [("queue", "queue.db"), ("openmemory", "openmemory.db")]
            .map(|(name, file)| (name, options.data_dir.join(file)));
        let exporter = Exporter::start(self.queue.clone(), databases, self.llm.as_ref())?;
        housekeeping.spawn(exporter.clone().run_upkeep());
        servers.spawn(server::serve(
            listener,
            exporter.routes(),
            Limits::new(METRICS_CONNECTIONS),
            stopped.clone(),
        ));
        Ok(Some(address))
    }

    /// Starts the background tasks: queueing unfinished calls, and deleting expired ones.
    fn start_housekeeping(&self, housekeeping: &mut JoinSet<()>) {
        housekeeping.spawn(recovery::run(
            self.archive.clone(),
            self.queue.clone(),
            self.pepper.clone(),
            self.settings.caller.trust_user_id,
        ));
        housekeeping.spawn(retention::run(
            self.archive.clone(),
            self.machine.payload_retention,
        ));
    }

    /// Merges the routers that AWS Lambda runs as separate functions.
    fn routes(self, housekeeping: &mut JoinSet<()>) -> Router {
        let auth = WebhookAuth::new(self.secrets.clone(), &self.settings.auth);
        let unauthenticated = Arc::new(Unauthenticated::new(self.machine.rate_limit, auth.clone()));
        housekeeping.spawn(Arc::clone(&unauthenticated).clean_up());
        let protection = Protection {
            unauthenticated: Some(unauthenticated),
            trusted_proxies: self.machine.trusted_proxies,
            request_timeout: server::REQUEST_TIMEOUT,
        };
        let client_data =
            client_data::ClientData::new(auth.clone(), self.openmemory.clone(), &self.settings);
        let search_memory =
            search_memory::SearchMemory::new(auth.clone(), self.openmemory.clone(), &self.settings);
        let do_not_remember = do_not_remember::DoNotRemember::new(
            auth.clone(),
            self.secrets.clone(),
            self.archive.clone(),
            self.openmemory.clone(),
            &self.settings,
        );
        let post_call = post_call::PostCall::new(
            auth,
            self.secrets.clone(),
            self.archive,
            self.queue,
            &self.settings,
        );
        let data_dir = self.data_dir;
        let min_free = self
            .machine
            .min_free_disk_mb
            .saturating_mul(storage::MEGABYTE);
        let health =
            health::Health::with_storage(self.openmemory, self.llm, self.secrets, move || {
                storage::check(&data_dir, min_free)
            });
        let routes = client_data::router(client_data)
            .merge(search_memory::router(search_memory))
            .merge(do_not_remember::router(do_not_remember))
            .merge(post_call::router(post_call))
            .merge(health::router(health));
        server::webhooks(routes, protection)
    }
}

fn limits(machine: &MachineSettings) -> Limits {
    let mut limits = Limits::new(machine.max_connections);
    if let Some(max) = machine.max_connections_per_peer {
        limits.connections_per_peer = max.min(machine.max_connections);
    }
    if let Some(proxies) = machine.trusted_proxies.clone() {
        limits.is_proxy = Arc::new(move |peer| proxies.contains(Some(peer)));
    }
    limits
}

/// Reads all settings. The error reports every invalid one.
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

/// Parses a variable, or returns the default if it is not set.
pub(crate) fn variable<T: std::str::FromStr>(
    environment: &Environment,
    name: &'static str,
    default: T,
) -> Result<T, StartError> {
    environment.get(name).map_or(Ok(default), |value| {
        value.trim().parse().map_err(|_| StartError::Variable(name))
    })
}
