//! The queue of one machine, in a SQLite file, with the semantics of SQS FIFO. Jobs of one group
//! run one at a time and in order. Duplicates within five minutes are dropped. A job whose worker
//! dies is delivered again, and one that fails three times goes to the dead letters. The queue
//! survives kill -9 and power loss.
//!
//! Times in the database are milliseconds since the epoch. The current time is an argument.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{Connection, Row, Sqlite};
use tokio::sync::Notify;

use super::{
    DeadLetter, DeadLetters, Enqueued, ExtractionQueue, Job, QueueError, RequeueSummary, replay_id,
};

/// Failures after which a job goes to the dead letters. An outage is not a failure.
pub const MAX_FAILURES: i64 = 3;
/// Time after which an unfinished job is given to another worker.
const LEASE: SignedDuration = SignedDuration::from_mins(15);
/// How long a deduplication id is stored.
const DEDUPLICATION_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// The embedded queue. Cheap to clone.
#[derive(Debug, Clone)]
pub struct EmbeddedQueue {
    pool: SqlitePool,
    pushed: Arc<Notify>,
}

/// A job taken from the queue. Finish it with [`EmbeddedQueue::done`], [`EmbeddedQueue::postpone`]
/// or [`EmbeddedQueue::fail`]. A dropped delivery is delivered again when its lease ends.
#[derive(Debug)]
pub struct Delivery {
    id: i64,
    /// The job, or `None` if the message is unreadable.
    pub job: Option<Job>,
    /// Number of earlier failures.
    pub failures: i64,
    /// How often the job was postponed because of an outage.
    pub postponements: i64,
}

/// The number of jobs and dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Jobs that wait or run.
    pub waiting: i64,
    /// Dead letters.
    pub dead: i64,
}

/// Whether a write must be on disk before the call returns.
#[derive(Debug, Clone, Copy)]
enum Durable {
    /// For acknowledged jobs and dead letters.
    Yes,
    /// For leases and finished jobs. Every start releases all leases. A job whose deletion a power
    /// cut lost runs again and is found done. Such a write is flushed with the next job, and
    /// survives the end of the process in any case.
    No,
}

/// The load of the queue for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Jobs that wait or run.
    pub waiting: u32,
    /// Dead letters.
    pub dead: u32,
    /// Age of the oldest job. Zero if there is none.
    pub oldest: Duration,
}

impl EmbeddedQueue {
    /// Opens the queue in `file` and creates the file if it is missing.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`] if the file cannot be opened as a queue.
    pub async fn open(file: &Path) -> Result<Self, QueueError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL: a job acknowledged to ElevenLabs is on disk.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5));
        // One connection is enough: every operation is a short write.
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await
            .map_err(unavailable)?;
        sqlx::migrate!("migrations/queue")
            .run(&pool)
            .await
            .map_err(|error| QueueError::Unavailable(error.to_string()))?;
        Ok(Self {
            pool,
            pushed: Arc::default(),
        })
    }

    /// Returns the connection, set to wait for the disk or not.
    async fn connection(&self, durable: Durable) -> Result<PoolConnection<Sqlite>, QueueError> {
        let mut connection = self.pool.acquire().await.map_err(unavailable)?;
        let level = match durable {
            Durable::Yes => "PRAGMA synchronous = FULL",
            Durable::No => "PRAGMA synchronous = NORMAL",
        };
        sqlx::query(level)
            .execute(&mut *connection)
            .await
            .map_err(unavailable)?;
        Ok(connection)
    }

    /// Releases the jobs that a worker of an earlier process had taken. Call it once at start,
    /// before any worker runs.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`]
    pub async fn release_all(&self) -> Result<(), QueueError> {
        sqlx::query("UPDATE jobs SET leased_until = 0")
            .execute(&self.pool)
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    /// Adds a job at `now`. Drops a duplicate of a job from the last five minutes or of one that
    /// still waits.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`]
    pub async fn push_at(&self, enqueued: &Enqueued, now: Timestamp) -> Result<(), QueueError> {
        let body = serde_json::to_string(&enqueued.job)
            .map_err(|_| QueueError::Refused("the job cannot be serialized".to_owned()))?;
        let group = enqueued.group.as_str();
        let id = enqueued.deduplication_id.as_str();
        let now_ms = now.as_millisecond();
        let mut connection = self.connection(Durable::Yes).await?;
        let mut transaction = connection.begin().await.map_err(unavailable)?;
        sqlx::query("DELETE FROM recent_deduplication_ids WHERE seen_at <= ?")
            .bind(now_ms - millis(DEDUPLICATION_WINDOW))
            .execute(&mut *transaction)
            .await
            .map_err(unavailable)?;
        let is_new =
            sqlx::query("INSERT OR IGNORE INTO recent_deduplication_ids (deduplication_id, seen_at) VALUES (?, ?)")
                .bind(id)
                .bind(now_ms)
                .execute(&mut *transaction)
                .await
                .map_err(unavailable)?
                .rows_affected();
        if is_new > 0 {
            sqlx::query(
                "INSERT INTO jobs (caller_group, deduplication_id, body, pushed_at, visible_at)
                 SELECT ?1, ?2, ?3, ?4, ?4 WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE deduplication_id = ?2)",
            )
            .bind(group)
            .bind(id)
            .bind(body)
            .bind(now_ms)
            .execute(&mut *transaction)
            .await
            .map_err(unavailable)?;
        }
        transaction.commit().await.map_err(unavailable)?;
        self.pushed.notify_waiters();
        self.pushed.notify_one();
        Ok(())
    }

    /// Takes the oldest due job whose group has no earlier job in the queue.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`]
    pub async fn take(&self, now: Timestamp) -> Result<Option<Delivery>, QueueError> {
        let row = sqlx::query(
            "UPDATE jobs SET leased_until = ?1 WHERE id = (
                 SELECT id FROM jobs AS candidate
                 WHERE visible_at <= ?2 AND leased_until <= ?2
                   AND NOT EXISTS (SELECT 1 FROM jobs AS earlier
                                   WHERE earlier.caller_group = candidate.caller_group AND earlier.id < candidate.id)
                 ORDER BY id LIMIT 1)
             RETURNING id, body, failures, postponements",
        )
        .bind(now.as_millisecond() + millis(LEASE))
        .bind(now.as_millisecond())
        .fetch_optional(&mut *self.connection(Durable::No).await?)
        .await
        .map_err(unavailable)?;
        row.as_ref()
            .map(Delivery::read)
            .transpose()
            .map_err(unavailable)
    }

    /// Removes a finished job.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`]
    pub async fn done(&self, delivery: &Delivery) -> Result<(), QueueError> {
        sqlx::query("DELETE FROM jobs WHERE id = ?")
            .bind(delivery.id)
            .execute(&mut *self.connection(Durable::No).await?)
            .await
            .map_err(unavailable)?;
        self.pushed.notify_one();
        Ok(())
    }

    /// Postpones a job by `pause` because of an outage. This does not count as a failure.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`]
    pub async fn postpone(
        &self,
        delivery: &Delivery,
        pause: Duration,
        now: Timestamp,
    ) -> Result<(), QueueError> {
        self.put_back(
            delivery,
            pause,
            now,
            "UPDATE jobs SET leased_until = 0, visible_at = ?, postponements = postponements + 1 WHERE id = ?",
        )
        .await
    }

    /// Records a failure of a job. The job is retried after `pause`, or goes to the dead letters
    /// after [`MAX_FAILURES`] failures. Returns whether it went to the dead letters.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`]
    pub async fn fail(
        &self,
        delivery: &Delivery,
        reason: &str,
        pause: Duration,
        now: Timestamp,
    ) -> Result<bool, QueueError> {
        if delivery.failures + 1 < MAX_FAILURES {
            self.put_back(
                delivery,
                pause,
                now,
                "UPDATE jobs SET leased_until = 0, visible_at = ?, failures = failures + 1 WHERE id = ?",
            )
            .await?;
            return Ok(false);
        }
        let mut connection = self.connection(Durable::Yes).await?;
        let mut transaction = connection.begin().await.map_err(unavailable)?;
        sqlx::query(
            "INSERT INTO dead_letters (caller_group, deduplication_id, body, reason, died_at)
             SELECT caller_group, deduplication_id, body, ?, ? FROM jobs WHERE id = ?",
        )
        .bind(reason)
        .bind(now.as_millisecond())
        .bind(delivery.id)
        .execute(&mut *transaction)
        .await
        .map_err(unavailable)?;
        sqlx::query("DELETE FROM jobs WHERE id = ?")
            .bind(delivery.id)
            .execute(&mut *transaction)
            .await
            .map_err(unavailable)?;
        transaction.commit().await.map_err(unavailable)?;
        self.pushed.notify_one();
        Ok(true)
    }

    /// Returns the number of jobs and of dead letters.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`]
    pub async fn depth(&self) -> Result<Depth, QueueError> {
        let row =
            sqlx::query("SELECT (SELECT count(*) FROM jobs) AS waiting, (SELECT count(*) FROM dead_letters) AS dead")
                .fetch_one(&self.pool)
                .await
                .map_err(unavailable)?;
        Ok(Depth {
            waiting: row.get("waiting"),
            dead: row.get("dead"),
        })
    }

    /// Returns the load at `now`.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`]
    pub async fn load(&self, now: Timestamp) -> Result<Load, QueueError> {
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM jobs) AS waiting, (SELECT count(*) FROM dead_letters) AS dead,
                    (SELECT min(pushed_at) FROM jobs) AS oldest",
        )
        .fetch_one(&self.pool)
        .await
        .map_err(unavailable)?;
        let count = |name| u32::try_from(row.get::<i64, _>(name)).unwrap_or(u32::MAX);
        let age = row
            .get::<Option<i64>, _>("oldest")
            .map_or(0, |pushed_at| now.as_millisecond() - pushed_at);
        let oldest = Duration::from_millis(u64::try_from(age).unwrap_or_default());
        Ok(Load {
            waiting: count("waiting"),
            dead: count("dead"),
            oldest,
        })
    }

    /// Returns whether a job with this deduplication id waits, runs, or is a dead letter.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`]
    pub async fn contains(&self, deduplication_id: &str) -> Result<bool, QueueError> {
        let row = sqlx::query(
            "SELECT EXISTS (SELECT 1 FROM jobs WHERE deduplication_id = ?1)
                 OR EXISTS (SELECT 1 FROM dead_letters WHERE deduplication_id = ?1) AS known",
        )
        .bind(deduplication_id)
        .fetch_one(&self.pool)
        .await
        .map_err(unavailable)?;
        Ok(row.get("known"))
    }

    /// Waits until a job was added or finished, at most `at_most`. Then a job may be due.
    pub async fn changed(&self, at_most: Duration) {
        let _ = tokio::time::timeout(at_most, self.pushed.notified()).await;
    }

    /// Closes the file. Queued jobs stay in it.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn put_back(
        &self,
        delivery: &Delivery,
        pause: Duration,
        now: Timestamp,
        statement: &'static str,
    ) -> Result<(), QueueError> {
        let pause = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX / 2);
        sqlx::query(statement)
            .bind(now.as_millisecond() + pause)
            .bind(delivery.id)
            .execute(&self.pool)
            .await
            .map_err(unavailable)?;
        Ok(())
    }
}

impl ExtractionQueue for EmbeddedQueue {
    async fn push(&self, job: Enqueued) -> Result<(), QueueError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the queue has its own clock, as SQS does"
        )]
        self.push_at(&job, Timestamp::now()).await
    }
}

impl DeadLetters for EmbeddedQueue {
    async fn list(&self) -> Result<Vec<DeadLetter>, QueueError> {
        let letters = sqlx::query("SELECT body, reason FROM dead_letters ORDER BY id")
            .fetch_all(&self.pool)
            .await
            .map_err(unavailable)?;
        Ok(letters.iter().map(DeadLetter::from).collect())
    }

    async fn requeue(&self, replay: u64) -> Result<RequeueSummary, QueueError> {
        let mut connection = self.connection(Durable::Yes).await?;
        let mut transaction = connection.begin().await.map_err(unavailable)?;
        let letters =
            sqlx::query("SELECT id, deduplication_id, body FROM dead_letters ORDER BY id")
                .fetch_all(&mut *transaction)
                .await
                .map_err(unavailable)?;
        let mut summary = RequeueSummary::default();
        for letter in letters {
            let id: i64 = letter.get("id");
            let body: String = letter.get("body");
            if serde_json::from_str::<Job>(&body).is_err() {
                summary.unreadable += 1;
                continue;
            }
            sqlx::query(
                "INSERT INTO jobs (caller_group, deduplication_id, body, pushed_at, visible_at)
                 SELECT caller_group, ?1, body, died_at, 0 FROM dead_letters WHERE id = ?2",
            )
            .bind(replay_id(letter.get("deduplication_id"), replay))
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(unavailable)?;
            sqlx::query("DELETE FROM dead_letters WHERE id = ?")
                .bind(id)
                .execute(&mut *transaction)
                .await
                .map_err(unavailable)?;
            summary.jobs += 1;
        }
        transaction.commit().await.map_err(unavailable)?;
        self.pushed.notify_one();
        Ok(summary)
    }
}

impl From<&SqliteRow> for DeadLetter {
    fn from(row: &SqliteRow) -> Self {
        Self {
            job: serde_json::from_str(&row.get::<String, _>("body")).ok(),
            reason: Some(row.get("reason")),
        }
    }
}

impl Delivery {
    fn read(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let body: String = row.try_get("body")?;
        Ok(Self {
            id: row.try_get("id")?,
            job: serde_json::from_str(&body).ok(),
            failures: row.try_get("failures")?,
            postponements: row.try_get("postponements")?,
        })
    }
}

fn millis(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn unavailable(error: sqlx::Error) -> QueueError {
    QueueError::Unavailable(error.to_string())
}

#[cfg(test)]
mod tests;
