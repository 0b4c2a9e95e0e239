//! Why a database cannot be opened.

use std::io;

/// Why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The database URL has an unknown form.
    #[error(
        "the database URL must be sqlite://PATH (sqlite:///data/openmemory.db), postgresql://USER@HOST/NAME or dynamodb://TABLE"
    )]
    Url,
    /// The folder of the database file cannot be created.
    #[error("the folder of the database cannot be created: {0}")]
    Folder(#[source] io::Error),
    /// The database cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Database(#[from] sqlx::Error),
    /// A migration failed.
    #[error("the database cannot be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The DynamoDB table was written with another pepper.
    #[error(
        "the table was written with another DYNAMODB_KEY_PEPPER; with this one, no caller would be found"
    )]
    Pepper,
    /// The DynamoDB table has a format that this program does not support.
    #[error("the table was written by a newer version of this program")]
    TableFormat,
    /// The DynamoDB table cannot be opened.
    #[error("the DynamoDB table cannot be opened: {0}")]
    Table(String),
}
