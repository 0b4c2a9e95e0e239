//! A separate database for every test.

use std::sync::Arc;

use sqlx::{Connection, Executor, SqliteConnection};
use tempfile::TempDir;

#[cfg(feature = "postgres")]
use crate::cluster;
#[cfg(feature = "dynamodb")]
use crate::table;

/// A database. A file is deleted with the last clone; a PostgreSQL database ends with its cluster.
#[derive(Clone)]
pub(crate) enum Database {
    File(Arc<TempDir>),
    #[cfg(feature = "postgres")]
    Postgres(String),
    #[cfg(feature = "dynamodb")]
    Dynamo(String),
}

impl Database {
    /// Whether the tests run on DynamoDB.
    pub(crate) fn is_dynamodb() -> bool {
        #[cfg(feature = "dynamodb")]
        return table::endpoint().is_some();
        #[cfg(not(feature = "dynamodb"))]
        return false;
    }

    /// Creates a database: in PostgreSQL if the environment names a cluster, in DynamoDB if it names
    /// an emulator, otherwise in a file.
    pub(crate) async fn fresh() -> Self {
        #[cfg(feature = "postgres")]
        if let Some(socket) = cluster::named() {
            return Self::Postgres(cluster::new_database(&socket).await);
        }
        #[cfg(feature = "dynamodb")]
        if Self::is_dynamodb() {
            return Self::Dynamo(table::create().await);
        }
        Self::File(Arc::new(tempfile::tempdir().unwrap()))
    }

    /// Runs an SQL statement. Returns whether the database understands SQL.
    pub(crate) async fn execute(&self, statement: &'static str) -> bool {
        match self {
            Self::File(_) => {
                let mut connection = SqliteConnection::connect(&self.url()).await.unwrap();
                connection.execute(statement).await.unwrap();
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => {
                let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
                connection.execute(statement).await.unwrap();
            }
            #[cfg(feature = "dynamodb")]
            Self::Dynamo(_) => return false,
        }
        true
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::File(folder) => format!(
                "sqlite://{}",
                folder.path().join("made/on/demand/memories.db").display()
            ),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => url.clone(),
            #[cfg(feature = "dynamodb")]
            Self::Dynamo(table) => format!("dynamodb://{table}"),
        }
    }
}
