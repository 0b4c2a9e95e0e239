//! Opens the service: database, embedding and settings.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use secrecy::SecretString;

use crate::api::DatabaseStatus;
use crate::embedding::{EmbedError, Embedder, Embeddings, Table, Worker};
use crate::memory_service::MemoryService;
use crate::rate_limit::RateLimit;
use crate::request_metrics::RequestMetrics;
use crate::settings::Settings;
#[cfg(feature = "postgres")]
use crate::storage::Postgres;
use crate::storage::{Engine, Sqlite};

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The database URL has an unknown form.
    #[error(
        "the database URL must be sqlite://PATH (sqlite:///data/openmemory.db) or postgresql://USER@HOST/NAME"
    )]
    DatabaseUrl,
    /// The URL names PostgreSQL, but this program was built without it.
    #[error("this program was built without PostgreSQL; use sqlite://PATH")]
    NoPostgres,
    /// A setting is outside its range.
    #[error("{name} {reason}")]
    Setting {
        /// The environment variable of the setting.
        name: &'static str,
        /// The values it accepts.
        reason: &'static str,
    },
    /// The folder of the database file cannot be created.
    #[error("the folder of the database cannot be created: {0}")]
    Folder(#[source] io::Error),
    /// The database cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Database(#[from] sqlx::Error),
    /// A migration failed.
    #[error("the database cannot be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The chosen embedding is not available.
    #[error("the embedding cannot be used: {0}")]
    Embedding(#[from] EmbedError),
    /// The address is in use or not allowed.
    #[error("cannot listen on that address: {0}")]
    Listen(#[source] io::Error),
}

/// The state of an opened service, shared by all handlers of [`router`](crate::router). Cheap to
/// clone.
#[derive(Clone, Debug)]
pub struct AppState {
    pub(crate) memories: MemoryService,
    pub(crate) api_key: Option<Arc<SecretString>>,
    pub(crate) started: Instant,
    pub(crate) database: Arc<DatabaseStatus>,
    pub(crate) metrics: Arc<RequestMetrics>,
    pub(crate) rate_limit: Option<Arc<RateLimit>>,
}

impl AppState {
    /// Stops background work and closes the database.
    pub async fn close(&self) {
        self.memories.close().await;
    }
}

/// Checks the settings, then opens and migrates the database.
///
/// The database URL is one of:
/// - `sqlite://PATH`: a file, created with its folder if missing; `sqlite:///…` is an absolute path.
/// - `sqlite::memory:`: a database that ends with the process.
/// - `postgresql://…`.
///
/// # Errors
/// [`StartError`] says what is wrong.
pub async fn open(settings: &Settings) -> Result<AppState, StartError> {
    let rules = settings.rules()?;
    let embedder = Embedder::open(settings.embeddings(), settings.extra_ca_file()).await?;
    let table = table(settings.embeddings())?;
    let engine = engine(settings, embedder.as_ref()).await?;
    let worker = embedder
        .clone()
        .map(|embedder| Arc::new(Worker::start(engine.clone(), embedder)));
    Ok(AppState {
        memories: MemoryService::new(engine, rules, embedder, worker).with_table(table),
        api_key: settings.api_key().cloned().map(Arc::new),
        started: Instant::now(),
        database: Arc::default(),
        metrics: Arc::default(),
        rate_limit: settings
            .requests_per_minute()
            .map(|most| Arc::new(RateLimit::new(most))),
    })
}

/// The bundled word vectors, if the settings select them.
fn table(embeddings: &Embeddings) -> Result<Option<&'static Table>, EmbedError> {
    match embeddings {
        Embeddings::Static => Table::bundled().map(Some).ok_or(EmbedError::Table),
        Embeddings::Lexical | Embeddings::OpenAi(_) | Embeddings::Local(_) => Ok(None),
    }
}

async fn engine(settings: &Settings, embedder: Option<&Embedder>) -> Result<Engine, StartError> {
    let url = settings.database_url();
    match database(url)? {
        Database::File(path) => Sqlite::open(&path).await.map(Engine::Sqlite),
        Database::Memory => Sqlite::in_memory().await.map(Engine::Sqlite),
        #[cfg(feature = "postgres")]
        Database::Postgres => {
            let meaning =
                embedder.map(|embedder| (Arc::clone(embedder.space()), embedder.dimensions()));
            Postgres::open(url, settings.postgres(meaning)?)
                .await
                .map(Engine::Postgres)
        }
        #[cfg(not(feature = "postgres"))]
        Database::Postgres => {
            let _ = embedder;
            Err(StartError::NoPostgres)
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Database {
    File(PathBuf),
    Memory,
    Postgres,
}

fn database(url: &str) -> Result<Database, StartError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Database::Postgres);
    }
    let location = url.strip_prefix("sqlite:").ok_or(StartError::DatabaseUrl)?;
    let path_and_query = location.strip_prefix("//").unwrap_or(location);
    let path = path_and_query
        .split_once('?')
        .map_or(path_and_query, |(path, _)| path);
    match path {
        "" | "/" => Err(StartError::DatabaseUrl),
        ":memory:" => Ok(Database::Memory),
        path => Ok(Database::File(PathBuf::from(path))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedding::{Prefixes, RemoteModel};

    #[tokio::test]
    async fn an_unreadable_extra_ca_file_prevents_the_start() {
        let model = RemoteModel {
            url: "https://models.example/v1".to_owned(),
            key: None,
            name: "a-model".to_owned(),
            dimensions: 2,
            prefixes: Prefixes::default(),
        };
        let settings = Settings::new("sqlite::memory:", ([127, 0, 0, 1], 0).into())
            .with_embeddings(Embeddings::OpenAi(model))
            .with_extra_ca_file(Some("/nowhere/ca.pem".to_owned()));
        let message = open(&settings).await.unwrap_err().to_string();
        assert!(
            message.contains("EXTRA_CA_FILE: /nowhere/ca.pem: "),
            "{message}"
        );
        assert!(
            open(&settings.with_extra_ca_file(Some(" ".to_owned())))
                .await
                .is_ok()
        );
    }

    #[test]
    fn a_sqlite_path_is_relative_or_absolute() {
        assert_eq!(
            database("sqlite:///data/om.db").unwrap(),
            Database::File("/data/om.db".into())
        );
        assert_eq!(
            database("sqlite://om.db").unwrap(),
            Database::File("om.db".into())
        );
        assert_eq!(database("sqlite::memory:").unwrap(), Database::Memory);
    }

    #[test]
    fn both_postgresql_schemes_are_accepted_and_other_databases_are_rejected() {
        assert_eq!(
            database("postgresql://u:p@db/om").unwrap(),
            Database::Postgres
        );
        assert_eq!(database("postgres://db/om").unwrap(), Database::Postgres);
        assert!(
            database("mysql://u:p@db")
                .unwrap_err()
                .to_string()
                .contains("sqlite://PATH")
        );
        assert!(database("sqlite://").is_err());
    }
}
