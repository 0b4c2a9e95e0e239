//! Opening the service, and why that may fail.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use secrecy::SecretString;

use crate::memories::Memories;
use crate::settings::Settings;
use crate::storage::Sqlite;

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The database's address has no form that is known.
    #[error("the database must be given as sqlite://PATH, for example sqlite:///data/openmemory.db")]
    DatabaseUrl,
    /// PostgreSQL was asked for.
    #[error("PostgreSQL is not supported by this version yet; give sqlite://PATH")]
    PostgresComesLater,
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
    /// The address cannot be listened on.
    #[error("cannot listen on that address: {0}")]
    Listen(#[source] io::Error),
}

/// An opened service: what [`router`](crate::router) needs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AppState {
    pub(crate) memories: Memories,
    pub(crate) api_key: Option<Arc<SecretString>>,
    pub(crate) started: Instant,
}

impl AppState {
    /// Finishes what is under way and closes the database.
    pub async fn close(&self) {
        self.memories.close().await;
    }
}

/// Opens the database, brings its tables up to date, and checks the settings.
///
/// The database is `sqlite://PATH` (`sqlite:///…` is an absolute path), or `sqlite::memory:` for one that
/// ends with the process. The file and its folder are created. [`StartError`] says what is wrong.
pub async fn open(settings: &Settings) -> Result<AppState, StartError> {
    let rules = settings.rules()?;
    let engine = match engine(settings.database_url())? {
        Engine::File(path) => Sqlite::open(&path).await?,
        Engine::Memory => Sqlite::in_memory().await?,
    };
    Ok(AppState {
        memories: Memories::new(engine, rules),
        api_key: settings.api_key().cloned().map(Arc::new),
        started: Instant::now(),
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Engine {
    File(PathBuf),
    Memory,
}

fn engine(url: &str) -> Result<Engine, StartError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Err(StartError::PostgresComesLater);
    }
    let path = url.strip_prefix("sqlite:").ok_or(StartError::DatabaseUrl)?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    match path {
        "" | "/" => Err(StartError::DatabaseUrl),
        ":memory:" => Ok(Engine::Memory),
        path => Ok(Engine::File(PathBuf::from(path))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_a_file_absolute_or_not() {
        assert_eq!(engine("sqlite:///data/om.db").unwrap(), Engine::File("/data/om.db".into()));
        assert_eq!(engine("sqlite://om.db").unwrap(), Engine::File("om.db".into()));
        assert_eq!(engine("sqlite::memory:").unwrap(), Engine::Memory);
    }

    #[test]
    fn other_databases_are_refused_with_a_reason() {
        assert!(engine("postgresql://u:p@db/om").unwrap_err().to_string().contains("PostgreSQL"));
        assert!(engine("mysql://db").unwrap_err().to_string().contains("sqlite://PATH"));
        assert!(engine("sqlite://").is_err());
    }
}
