//! Opens the database file and migrates its tables.

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::Sqlite;
use crate::storage::OpenError;

/// Number of concurrent read connections.
const READERS: u32 = 4;
/// Number of attempts to open the file.
const ATTEMPTS: u32 = 20;
const RETRY_DELAY: Duration = Duration::from_millis(50);
/// How long a request waits for a connection or a lock before it fails.
const WAIT_TIMEOUT: Duration = Duration::from_secs(10);

impl Sqlite {
    /// Opens or creates the database file, and its folder.
    pub(crate) async fn open(path: &Path) -> Result<Self, OpenError> {
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            std::fs::create_dir_all(folder).map_err(OpenError::Folder)?;
        }
        restrict_permissions(path).map_err(OpenError::Folder)?;
        let options = options().filename(path).create_if_missing(true);
        let writer = open_with_retries(&options).await?;
        let readers = pool(READERS).connect_with(options.read_only(true)).await?;
        Ok(Self { writer, readers })
    }

    /// Opens a database in memory, for tests and trials. It lasts as long as this value.
    pub(crate) async fn in_memory() -> Result<Self, OpenError> {
        let options = options().in_memory(true);
        let writer = pool(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await?;
        migrate(&writer).await?;
        Ok(Self {
            readers: writer.clone(),
            writer,
        })
    }
}

/// Creates the file for its owner alone, or removes the permissions of others. SQLite gives its
/// additional files the same permissions.
fn restrict_permissions(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let file = options.mode(0o600).open(path)?;
        let mut permissions = file.metadata()?.permissions();
        if permissions.mode() & 0o077 != 0 {
            permissions.set_mode(permissions.mode() & !0o077);
            // If the file belongs to another user, its permissions stay as they are.
            let _ = file.set_permissions(permissions);
        }
    }
    #[cfg(not(unix))]
    options.open(path)?;
    Ok(())
}

/// Opens the file, with retries. If two processes create it at once, one of them may fail; its next
/// attempt finds the tables.
async fn open_with_retries(options: &SqliteConnectOptions) -> Result<SqlitePool, OpenError> {
    for _ in 1..ATTEMPTS {
        if let Ok(writer) = open_writer(options).await {
            return Ok(writer);
        }
        tokio::time::sleep(RETRY_DELAY).await;
    }
    open_writer(options).await
}

async fn open_writer(options: &SqliteConnectOptions) -> Result<SqlitePool, OpenError> {
    let writer = pool(1).connect_with(options.clone()).await?;
    migrate(&writer).await?;
    Ok(writer)
}

fn options() -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(WAIT_TIMEOUT)
        .pragma("secure_delete", "ON")
        .pragma("temp_store", "MEMORY")
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(WAIT_TIMEOUT)
}

async fn migrate(pool: &SqlitePool) -> Result<(), OpenError> {
    sqlx::migrate!("./migrations/sqlite").run(pool).await?;
    Ok(())
}
