//! Exports and imports everything in chunks.

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::super::lock::lock_links;
use super::adopt::{Move, move_rows};
use super::links::insert_link;
use super::profiles::insert_profile;
use super::write::{insert, insert_receipt};
use super::{Backend, Connection, StorageError};
use crate::memory::{Callers, ImportCounts, Link};
use crate::storage::rows::{LinkRow, MemoryRow, ProfileRow, ReceiptRow, all};
use crate::storage::statements::{
    ADD_PROFILE, EXPORT_LINKS, EXPORT_MEMORIES, EXPORT_PROFILES, EXPORT_RECEIPTS, UNSETTLED_LINKS,
};
use crate::storage::{CHUNK_ROWS, ExportChunk};

type Out = mpsc::Sender<Result<ExportChunk, StorageError>>;

impl Backend {
    /// Sends everything in the database, as of one moment.
    pub(crate) async fn export(&self, out: &Out) -> Result<(), StorageError> {
        let mut transaction = self.snapshot().await?;
        memories(&mut transaction, out).await?;
        profiles(&mut transaction, out).await?;
        receipts(&mut transaction, out).await?;
        links(&mut transaction, out).await
    }

    /// Adds missing entries and leaves existing ones unchanged. Adds all of them or none.
    pub(crate) async fn import(
        &self,
        mut chunks: mpsc::Receiver<ExportChunk>,
        now: Timestamp,
    ) -> Result<ImportCounts, StorageError> {
        let mut transaction = self.begin().await?;
        lock_links(&mut transaction).await?;
        let mut added = ImportCounts::default();
        while let Some(chunk) = chunks.recv().await {
            if matches!(chunk, ExportChunk::End) {
                settle_links(&mut transaction, now).await?;
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

async fn links(connection: &mut Connection, out: &Out) -> Result<(), StorageError> {
    let mut after = String::new();
    loop {
        let page = sqlx::query_as(EXPORT_LINKS).bind(&after).bind(CHUNK_ROWS);
        let rows: Vec<LinkRow> = page.fetch_all(&mut *connection).await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after.clone_from(&last.caller_id);
        if out.send(Ok(ExportChunk::Links(all(rows)?))).await.is_err() {
            return Err(StorageError::Interrupted);
        }
    }
}

/// Moves what was imported under a linked id to the main id.
async fn settle_links(connection: &mut Connection, now: Timestamp) -> Result<(), StorageError> {
    let rows: Vec<LinkRow> = sqlx::query_as(UNSETTLED_LINKS)
        .fetch_all(&mut *connection)
        .await?;
    for link in all::<_, Link>(rows)? {
        let rows = Move::new(&Callers::from(link.caller_id), link.main_id);
        move_rows(connection, &rows, now).await?;
    }
    Ok(())
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
        ExportChunk::Links(links) => {
            for link in &links {
                added.links += insert_link(connection, link).await?;
            }
        }
        ExportChunk::End => {}
    }
    Ok(())
}
