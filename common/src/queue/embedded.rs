//! The queue of one machine, in a SQLite file, with the semantics of SQS FIFO: jobs of one caller
//! one at a time and in order, doubles within five minutes dropped, a job that is taken and not
//! finished comes back, poison goes to the dead letters after three tries. Survives kill -9 and
//! power loss.
//!
//! Times are milliseconds since the epoch, passed in.

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
    DeadLetter, DeadLetters, Enqueued, ExtractionJob, ExtractionQueue, QueueError, Revived,
};

/// How often a job may fail before it goes to the dead letters. An outage is no failure.
pub const MAX_FAILURES: i64 = 3;
/// How long a worker may take before the job is given to another.
const LEASE: SignedDuration = SignedDuration::from_mins(15);
/// How long a deduplication id is remembered.
const DEDUPLICATION: SignedDuration = SignedDuration::from_mins(5);

/// The embedded queue; cheap to clone.
#[derive(Debug, Clone)]
pub struct EmbeddedQueue {
    pool: SqlitePool,
    pushed: Arc<Notify>,
}

/// A job taken from the queue. Finish it with one of [`EmbeddedQueue::done`],
/// [`EmbeddedQueue::postpone`] or [`EmbeddedQueue::fail`]; one that is dropped comes back when its
/// lease is over.
#[derive(Debug)]
pub struct Delivery {
    id: i64,
    /// The job, or `None` when the message cannot be read: poison.
    pub job: Option<ExtractionJob>,
    /// How often it failed before.
    pub failures: i64,
    /// How often it was put off because an upstream was away.
    pub postponements: i64,
}

/// How many jobs there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Waiting or being worked on.
    pub waiting: i64,
    /// Given up.
    pub dead: i64,
}

/// Whether what is written must be on disk before the answer.
#[derive(Debug, Clone, Copy)]
enum Durable {
    /// A job that was acknowledged, or is given up.
    Yes,
    /// A lease or the end of a job. Leases are given back at every start, and a job whose end a
    /// power cut took comes again and is found done. It is on disk with the next job, and survives
    /// the end of the process at once.
    No,
}

/// How much there is to do, as a dashboard shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Jobs waiting or being worked on.
    pub waiting: u32,
    /// Jobs given up.
    pub dead: u32,
    /// How long the oldest job has been there; nothing when there is none.
    pub oldest: Duration,
}

impl EmbeddedQueue {
    /// Opens the queue in `file`, making it when it is not there.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`] when the file cannot be opened as a queue.
    pub async fn open(file: &Path) -> Result<Self, QueueError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL: what is acknowledged to ElevenLabs is on disk.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5));
        // One connection: every operation is a short write.
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

    /// The connection, set to wait for the disk or not to.
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

    /// Gives back the jobs that a worker of an earlier process had taken. Call once at start,
    /// before any worker.
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

    /// Queues a job at `now`; a double of the last five minutes, or of one that still waits, is
    /// dropped.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`]
    pub async fn push_at(&self, enqueued: &Enqueued, now: Timestamp) -> Result<(), QueueError> {
        let body = serde_json::to_string(&enqueued.job)
            .map_err(|_| QueueError::Refused("the job cannot be written".to_owned()))?;
        let (group, id, now_ms) = (
            enqueued.group.as_str(),
            enqueued.deduplication_id.as_str(),
            now.as_millisecond(),
        );
        let mut connection = self.connection(Durable::Yes).await?;
        let mut transaction = connection.begin().await.map_err(unavailable)?;
        sqlx::query("DELETE FROM recent_deduplication_ids WHERE seen_at <= ?")
            .bind(now_ms - millis(DEDUPLICATION))
            .execute(&mut *transaction)
            .await
            .map_err(unavailable)?;
        let fresh =
            sqlx::query("INSERT OR IGNORE INTO recent_deduplication_ids (deduplication_id, seen_at) VALUES (?, ?)")
                .bind(id)
                .bind(now_ms)
                .execute(&mut *transaction)
                .await
                .map_err(unavailable)?
                .rows_affected();
        if fresh > 0 {
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

    /// Takes the oldest job that is due and whose caller has no earlier job waiting or in work.
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

    /// The job is worked off.
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

    /// An upstream is away: the job waits for `pause` and loses no try.
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

    /// The job failed by itself: it is tried again after `pause`, and goes to the dead letters when
    /// it failed [`MAX_FAILURES`] times. Says whether it did.
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

    /// How many jobs wait and how many were given up.
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

    /// How much there is to do at `now`.
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

    /// Whether a job of this name waits, is being worked on, or was given up.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`]
    pub async fn knows(&self, deduplication_id: &str) -> Result<bool, QueueError> {
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

    /// Waits until a job may have become due: one was pushed or finished, or `at_most` is over.
    pub async fn changed(&self, at_most: Duration) {
        let _ = tokio::time::timeout(at_most, self.pushed.notified()).await;
    }

    /// Closes the file; what is queued stays.
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
            reason = "SQS has a clock of its own, and so has this queue"
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
        let read = |letter: &SqliteRow| DeadLetter {
            job: serde_json::from_str(&letter.get::<String, _>("body")).ok(),
            reason: Some(letter.get("reason")),
        };
        Ok(letters.iter().map(read).collect())
    }

    async fn revive(&self, replay: u64) -> Result<Revived, QueueError> {
        let mut connection = self.connection(Durable::Yes).await?;
        let mut transaction = connection.begin().await.map_err(unavailable)?;
        let letters = sqlx::query("SELECT id, body FROM dead_letters ORDER BY id")
            .fetch_all(&mut *transaction)
            .await
            .map_err(unavailable)?;
        let mut revived = Revived::default();
        for letter in letters {
            let (id, body): (i64, String) = (letter.get("id"), letter.get("body"));
            if serde_json::from_str::<ExtractionJob>(&body).is_err() {
                revived.unreadable += 1;
                continue;
            }
            sqlx::query(
                "INSERT INTO jobs (caller_group, deduplication_id, body, pushed_at, visible_at)
                 SELECT caller_group, deduplication_id || '-replay-' || ?1, body, died_at, 0 FROM dead_letters WHERE id = ?2",
            )
            .bind(i64::try_from(replay).unwrap_or(i64::MAX))
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(unavailable)?;
            sqlx::query("DELETE FROM dead_letters WHERE id = ?")
                .bind(id)
                .execute(&mut *transaction)
                .await
                .map_err(unavailable)?;
            revived.jobs += 1;
        }
        transaction.commit().await.map_err(unavailable)?;
        self.pushed.notify_one();
        Ok(revived)
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
