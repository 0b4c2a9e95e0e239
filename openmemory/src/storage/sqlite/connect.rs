//! Opening the file and bringing its tables up to date.

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::Sqlite;
use crate::start::StartError;

/// Connections that read at the same time.
const READERS: u32 = 4;
/// How often the file is tried, and the time between.
const ATTEMPTS: u32 = 20;
const RETRY_DELAY: Duration = Duration::from_millis(50);
/// How long a request waits for its turn before it fails.
const WAIT_TIMEOUT: Duration = Duration::from_secs(10);

impl Sqlite {
    /// Opens or creates the database file, and the folder it is in.
    pub(crate) async fn open(path: &Path) -> Result<Self, StartError> {
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            std::fs::create_dir_all(folder).map_err(StartError::Folder)?;
        }
        restrict_permissions(path).map_err(StartError::Folder)?;
        let options = options().filename(path).create_if_missing(true);
        let writer = open_with_retries(&options).await?;
        let readers = pool(READERS).connect_with(options.read_only(true)).await?;
        Ok(Self { writer, readers })
    }

    /// A database that lasts as long as this value, for tests and trials.
    pub(crate) async fn in_memory() -> Result<Self, StartError> {
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

/// Makes the file for its owner alone, or makes it so; the files that SQLite puts beside it get the
/// same permissions.
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
            // A file of another user stays as its owner wants it.
            let _ = file.set_permissions(permissions);
        }
    }
    #[cfg(not(unix))]
    options.open(path)?;
    Ok(())
}

/// Two processes that create the same file at once get in each other's way: whoever comes second
/// tries again and finds the tables made.
async fn open_with_retries(options: &SqliteConnectOptions) -> Result<SqlitePool, StartError> {
    for _ in 1..ATTEMPTS {
        if let Ok(writer) = open_writer(options).await {
            return Ok(writer);
        }
        tokio::time::sleep(RETRY_DELAY).await;
    }
    open_writer(options).await
}

async fn open_writer(options: &SqliteConnectOptions) -> Result<SqlitePool, StartError> {
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

async fn migrate(pool: &SqlitePool) -> Result<(), StartError> {
    sqlx::migrate!("./migrations/sqlite").run(pool).await?;
    Ok(())
}
