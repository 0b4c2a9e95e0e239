//! The engines, and new databases on those that are running.

use tempfile::TempDir;

use crate::{cluster, table};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
    DynamoDb,
}

/// What the program needs to open a database. Dropping it deletes a SQLite file.
pub(crate) struct Database {
    pub(crate) url: String,
    pub(crate) variables: Vec<(&'static str, String)>,
    _folder: Option<TempDir>,
}

impl Engine {
    pub(crate) const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::DynamoDb];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::DynamoDb => "DynamoDB",
        }
    }

    /// Whether the script has started what the engine needs.
    pub(crate) fn is_running(self) -> bool {
        match self {
            Self::Sqlite => true,
            Self::Postgres => cluster::named().is_some(),
            Self::DynamoDb => table::endpoint().is_some(),
        }
    }

    pub(crate) async fn new_database(self) -> Database {
        match self {
            Self::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let file = folder.path().join("speed.db");
                Database {
                    url: format!("sqlite://{}", file.display()),
                    variables: Vec::new(),
                    _folder: Some(folder),
                }
            }
            Self::Postgres => {
                let socket = cluster::named().unwrap();
                Database::at(cluster::new_database(&socket).await)
            }
            Self::DynamoDb => {
                let mut database = Database::at(format!("dynamodb://{}", table::create().await));
                database.variables = vec![("DYNAMODB_KEY_PEPPER", table::PEPPER.to_owned())];
                database
            }
        }
    }
}

impl Database {
    /// The same database behind another endpoint of DynamoDB.
    pub(crate) fn with_endpoint(&self, endpoint: &str) -> Self {
        let mut variables = self.variables.clone();
        variables.push(("AWS_ENDPOINT_URL_DYNAMODB", endpoint.to_owned()));
        Self {
            url: self.url.clone(),
            variables,
            _folder: None,
        }
    }

    fn at(url: String) -> Self {
        Self {
            url,
            variables: Vec::new(),
            _folder: None,
        }
    }
}
