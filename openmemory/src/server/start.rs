//! Opens the service: database, embedding and settings.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::settings::{InvalidSetting, Settings};
use crate::api::AppState;
use crate::embedding::{EmbedError, Embedder, Embeddings, Table};
use crate::service::{EmbeddingWorker, MemoryService};
#[cfg(feature = "dynamodb")]
use crate::storage::Dynamo;
#[cfg(feature = "postgres")]
use crate::storage::Postgres;
use crate::storage::{Engine, OpenError, Sqlite};

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The database cannot be opened.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The URL names PostgreSQL, but this program was built without it.
    #[error("this program was built without PostgreSQL; use sqlite://PATH")]
    NoPostgres,
    /// The URL names DynamoDB, but this program was built without it.
    #[error("this program was built without DynamoDB; build it with --features dynamodb")]
    NoDynamoDb,
    /// A setting is outside its range.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),
    /// The chosen embedding is not available.
    #[error("the embedding cannot be used: {0}")]
    Embedding(#[from] EmbedError),
    /// The address is in use or not allowed.
    #[error("cannot listen on that address: {0}")]
    Listen(#[source] io::Error),
}

/// Checks the settings, then opens and migrates the database.
///
/// The database URL is one of:
/// - `sqlite://PATH`: a file, created with its folder if missing; `sqlite:///…` is an absolute path.
/// - `sqlite::memory:`: a database that ends with the process.
/// - `postgresql://…`.
/// - `dynamodb://TABLE`: region and credentials come from the environment.
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
        .filter(|_| engine.finds_pending())
        .map(|embedder| Arc::new(EmbeddingWorker::start(engine.clone(), embedder)));
    let clock = settings.clock().clone();
    let memories = MemoryService::new(engine, rules, clock, embedder, worker).with_table(table);
    Ok(AppState::new(
        memories,
        settings.api_key().cloned(),
        settings.requests_per_minute(),
    ))
}

/// The bundled word vectors, if the settings select them.
fn table(embeddings: &Embeddings) -> Result<Option<&'static Table>, EmbedError> {
    match embeddings {
        Embeddings::Static => Table::bundled().map(Some).ok_or(EmbedError::Table),
        Embeddings::Lexical
        | Embeddings::OpenAi(_)
        | Embeddings::Bedrock(_)
        | Embeddings::Local(_) => Ok(None),
    }
}

async fn engine(settings: &Settings, embedder: Option<&Embedder>) -> Result<Engine, StartError> {
    let url = settings.database_url();
    match database(url)? {
        Database::File(path) => Ok(Engine::Sqlite(Sqlite::open(&path).await?)),
        Database::Memory => Ok(Engine::Sqlite(Sqlite::in_memory().await?)),
        #[cfg(feature = "dynamodb")]
        Database::Dynamo(table) => {
            let dynamo = Dynamo::open(settings.dynamo(table)?).await?;
            Ok(Engine::Dynamo(dynamo))
        }
        #[cfg(not(feature = "dynamodb"))]
        Database::Dynamo(_) => Err(StartError::NoDynamoDb),
        #[cfg(feature = "postgres")]
        Database::Postgres => {
            let meaning =
                embedder.map(|embedder| (Arc::clone(embedder.space()), embedder.dimensions()));
            let postgres = Postgres::open(url, settings.postgres(meaning)?).await?;
            Ok(Engine::Postgres(postgres))
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
    Dynamo(String),
}

fn database(url: &str) -> Result<Database, OpenError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Database::Postgres);
    }
    if let Some(table) = url.strip_prefix("dynamodb://") {
        return match table {
            "" => Err(OpenError::Url),
            table => Ok(Database::Dynamo(table.to_owned())),
        };
    }
    let location = url.strip_prefix("sqlite:").ok_or(OpenError::Url)?;
    let path_and_query = location.strip_prefix("//").unwrap_or(location);
    let path = path_and_query
        .split_once('?')
        .map_or(path_and_query, |(path, _)| path);
    match path {
        "" | "/" => Err(OpenError::Url),
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
            plain_http_hosts: None,
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

    #[test]
    fn a_dynamodb_url_names_a_table() {
        assert_eq!(
            database("dynamodb://memories").unwrap(),
            Database::Dynamo("memories".to_owned())
        );
        assert!(database("dynamodb://").is_err());
    }
}
