//! Everything out, and back in, piece by piece.

use tokio::sync::mpsc;

use super::profiles::insert_profile;
use super::write::{insert, keep};
use super::{Connection, Own, StorageError};
use crate::memory::ImportCounts;
use crate::storage::rows::{MemoryRow, ProfileRow, ReceiptRow, all};
use crate::storage::statements::{ADD_PROFILE, EXPORT_MEMORIES, EXPORT_PROFILES, EXPORT_RECEIPTS};
use crate::storage::{PIECE_ROWS, Piece};

type Out = mpsc::Sender<Result<Piece, StorageError>>;

impl Own {
    /// All that is kept at one moment.
    pub(crate) async fn export(&self, out: &Out) -> Result<(), StorageError> {
        let mut transaction = self.snapshot().await?;
        memories(&mut transaction, out).await?;
        profiles(&mut transaction, out).await?;
        receipts(&mut transaction, out).await
    }

    /// Adds what is not there yet and leaves the rest as it is; all of it or nothing.
    pub(crate) async fn import(
        &self,
        mut pieces: mpsc::Receiver<Piece>,
    ) -> Result<ImportCounts, StorageError> {
        let mut transaction = self.begin().await?;
        let mut added = ImportCounts::default();
        while let Some(piece) = pieces.recv().await {
            if matches!(piece, Piece::End) {
                transaction.commit().await?;
                return Ok(added);
            }
            add(&mut transaction, piece, &mut added).await?;
        }
        Err(StorageError::Interrupted)
    }
}

async fn memories(connection: &mut Connection, out: &Out) -> Result<(), StorageError> {
    let mut after = 0;
    loop {
        let page = sqlx::query_as(EXPORT_MEMORIES).bind(after).bind(PIECE_ROWS);
        let rows: Vec<MemoryRow> = page.fetch_all(&mut *connection).await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = last.seq;
        if out.send(Ok(Piece::Memories(all(rows)?))).await.is_err() {
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
            .bind(PIECE_ROWS);
        let rows: Vec<ProfileRow> = page.fetch_all(&mut *connection).await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = last.place();
        if out.send(Ok(Piece::Profiles(all(rows)?))).await.is_err() {
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
            .bind(PIECE_ROWS);
        let rows: Vec<ReceiptRow> = page.fetch_all(&mut *connection).await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = last.place();
        if out.send(Ok(Piece::Receipts(all(rows)?))).await.is_err() {
            return Err(StorageError::Interrupted);
        }
    }
}

async fn add(
    connection: &mut Connection,
    piece: Piece,
    added: &mut ImportCounts,
) -> Result<(), StorageError> {
    match piece {
        Piece::Memories(memories) => {
            for memory in &memories {
                added.memories += insert(connection, memory).await?;
            }
        }
        Piece::Profiles(profiles) => {
            for profile in &profiles {
                added.profiles += insert_profile(connection, profile, ADD_PROFILE).await?;
            }
        }
        Piece::Receipts(receipts) => {
            for kept in &receipts {
                added.receipts += keep(connection, kept).await?;
            }
        }
        Piece::End => {}
    }
    Ok(())
}
