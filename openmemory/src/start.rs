//! Opening the service, and why that may fail.

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

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The database's address has no form that is known.
    #[error(
        "the database must be given as sqlite://PATH (sqlite:///data/openmemory.db) or postgresql://USER@HOST/NAME"
    )]
    DatabaseUrl,
    /// PostgreSQL was asked for, and this program was built without it.
    #[error("this program was built without PostgreSQL; give sqlite://PATH")]
    NoPostgres,
    /// A setting is outside its range.
    #[error("{name} {reason}")]
    Setting {
        /// The setting's variable.
        name: &'static str,
        /// What it must be.
        reason: &'static str,
    },
    /// The folder of the database file cannot be made.
    #[error("the folder of the database cannot be created: {0}")]
    Folder(#[source] io::Error),
    /// The database cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Database(#[from] sqlx::Error),
    /// The tables cannot be brought up to date.
    #[error("the database cannot be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The embedding that was chosen cannot be had.
    #[error("the embedding cannot be used: {0}")]
    Embedding(#[from] EmbedError),
    /// The address cannot be listened on.
    #[error("cannot listen on that address: {0}")]
    Listen(#[source] io::Error),
}

/// An opened service: what [`router`](crate::router) needs. Cheap to clone.
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
    /// Finishes what is under way and closes the database.
    pub async fn close(&self) {
        self.memories.close().await;
    }
}

/// Opens the database, brings its tables up to date, and checks the settings.
///
/// The database is `sqlite://PATH` (`sqlite:///…` is an absolute path; the file and its folder are
/// created), `sqlite::memory:` for one that ends with the process, or `postgresql://…`.
/// [`StartError`] says what is wrong.
pub async fn open(settings: &Settings) -> Result<AppState, StartError> {
    let rules = settings.rules()?;
    let embedder = Embedder::open(settings.embeddings()).await?;
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

/// The bundled word vectors, where they were chosen.
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
    let path = url.strip_prefix("sqlite:").ok_or(StartError::DatabaseUrl)?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    match path {
        "" | "/" => Err(StartError::DatabaseUrl),
        ":memory:" => Ok(Database::Memory),
        path => Ok(Database::File(PathBuf::from(path))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_a_file_absolute_or_not() {
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
    fn postgresql_has_two_spellings_and_other_databases_are_refused_with_a_reason() {
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
