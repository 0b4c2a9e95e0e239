//! Exports and imports everything in chunks.

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::profiles::insert_profile;
use super::write::{insert, insert_receipt};
use super::{Backend, Connection, StorageError};
use crate::memory::ImportCounts;
use crate::storage::rows::{MemoryRow, ProfileRow, ReceiptRow, all};
use crate::storage::statements::{ADD_PROFILE, EXPORT_MEMORIES, EXPORT_PROFILES, EXPORT_RECEIPTS};
use crate::storage::{CHUNK_ROWS, ExportChunk};

type Out = mpsc::Sender<Result<ExportChunk, StorageError>>;

impl Backend {
    /// Sends everything in the database, as of one moment.
    pub(crate) async fn export(&self, out: &Out) -> Result<(), StorageError> {
        let mut transaction = self.snapshot().await?;
        memories(&mut transaction, out).await?;
        profiles(&mut transaction, out).await?;
        receipts(&mut transaction, out).await
    }

    /// Adds missing entries and leaves existing ones unchanged. Adds all of them or none.
    pub(crate) async fn import(
        &self,
        mut chunks: mpsc::Receiver<ExportChunk>,
        _: Timestamp,
    ) -> Result<ImportCounts, StorageError> {
        let mut transaction = self.begin().await?;
        let mut added = ImportCounts::default();
        while let Some(chunk) = chunks.recv().await {
            if matches!(chunk, ExportChunk::End) {
                transaction.commit().await?;
                return Ok(added);
            }
            add(&mut transaction, chunk, &mut added).await?;
        }
        Err(StorageError::Interrupted)
    }
}

async fn memories(connection: &mut Connection, out: &Out) -> Result<(), StorageError> {
    let mut after = 0;
    loop {
        let page = sqlx::query_as(EXPORT_MEMORIES).bind(after).bind(CHUNK_ROWS);
        let rows: Vec<MemoryRow> = page.fetch_all(&mut *connection).await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = last.seq;
        if out
            .send(Ok(ExportChunk::Memories(all(rows)?)))
            .await
            .is_err()
        {
            return Err(StorageError::Interrupted);
        }
    }
}

async fn profiles(connection: &mut Connection, out: &Out) -> Result<(), StorageError> {
    let mut after = (String::new(), String::new());
    loop {
        let page = sqlx::query_as(EXPORT_PROFILES)
            .bind(&after.0)
            .bind(&after.1)
            .bind(CHUNK_ROWS);
        let rows: Vec<ProfileRow> = page.fetch_all(&mut *connection).await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = last.export_key();
        if out
            .send(Ok(ExportChunk::Profiles(all(rows)?)))
            .await
            .is_err()
        {
            return Err(StorageError::Interrupted);
        }
    }
}

async fn receipts(connection: &mut Connection, out: &Out) -> Result<(), StorageError> {
    let mut after = (String::new(), String::new(), i64::MIN);
    loop {
        let page = sqlx::query_as(EXPORT_RECEIPTS)
            .bind(&after.0)
            .bind(&after.1)
            .bind(after.2)
            .bind(CHUNK_ROWS);
        let rows: Vec<ReceiptRow> = page.fetch_all(&mut *connection).await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = last.export_key();
        if out
            .send(Ok(ExportChunk::Receipts(all(rows)?)))
            .await
            .is_err()
        {
            return Err(StorageError::Interrupted);
        }
    }
}

async fn add(
    connection: &mut Connection,
    chunk: ExportChunk,
    added: &mut ImportCounts,
) -> Result<(), StorageError> {
    match chunk {
        ExportChunk::Memories(memories) => {
            for memory in &memories {
                added.memories += insert(connection, memory).await?;
            }
        }
        ExportChunk::Profiles(profiles) => {
            for profile in &profiles {
                added.profiles += insert_profile(connection, profile, ADD_PROFILE).await?;
            }
        }
        ExportChunk::Receipts(receipts) => {
            for kept in &receipts {
                added.receipts += insert_receipt(connection, kept).await?;
            }
        }
        ExportChunk::End => {}
    }
    Ok(())
}
