//! Exports everything by parallel scans. An export is not a snapshot: what changes meanwhile may be
//! included or not.

use futures_util::future::try_join_all;
use tokio::sync::mpsc;

use super::error::failed;
use super::keys::{Item, MEMORIES, PROFILES, RECEIPTS};
use super::link_item::{LINKS, Links};
use super::memory_item::StoredMemory;
use super::scan::{SEGMENTS, next_start};
use super::{Dynamo, StorageError};
use crate::memory::{Link, Memory, Profile, SavedReceipt};
use crate::storage::ExportChunk;

type Out = mpsc::Sender<Result<ExportChunk, StorageError>>;
type ToChunk = fn(&[Item]) -> Result<ExportChunk, StorageError>;

impl Dynamo {
    /// Sends everything in the table. The memories of one caller are in order of creation.
    pub(crate) async fn export(&self, out: &Out) -> Result<(), StorageError> {
        self.export_kind(MEMORIES, memories, out).await?;
        self.export_kind(PROFILES, profiles, out).await?;
        self.export_kind(RECEIPTS, receipts, out).await?;
        self.export_links(out).await
    }

    async fn export_kind(
        &self,
        prefix: &str,
        to_chunk: ToChunk,
        out: &Out,
    ) -> Result<(), StorageError> {
        let segments =
            (0..SEGMENTS).map(|segment| self.export_segment(prefix, segment, to_chunk, out));
        try_join_all(segments).await?;
        Ok(())
    }

    async fn export_links(&self, out: &Out) -> Result<(), StorageError> {
        let mut start = None;
        loop {
            let page = self
                .client
                .scan()
                .table_name(&self.table)
                .consistent_read(true)
                .filter_expression("attribute_exists(#links)")
                .expression_attribute_names("#links", LINKS)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(failed)?;
            start = next_start(&page);
            let items = page.items.unwrap_or_default();
            if !items.is_empty() && out.send(Ok(links(&items)?)).await.is_err() {
                return Err(StorageError::Interrupted);
            }
            if start.is_none() {
                return Ok(());
            }
        }
    }

    async fn export_segment(
        &self,
        prefix: &str,
        segment: i32,
        to_chunk: ToChunk,
        out: &Out,
    ) -> Result<(), StorageError> {
        let mut start = None;
        loop {
            let page = self
                .scan(prefix, segment)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(failed)?;
            start = next_start(&page);
            let items = page.items.unwrap_or_default();
            if !items.is_empty() && out.send(Ok(to_chunk(&items)?)).await.is_err() {
                return Err(StorageError::Interrupted);
            }
            if start.is_none() {
                return Ok(());
            }
        }
    }
}

fn memories(items: &[Item]) -> Result<ExportChunk, StorageError> {
    let memories = items
        .iter()
        .map(|item| Ok(StoredMemory::try_from(item)?.memory));
    let memories: Result<Vec<Memory>, StorageError> = memories.collect();
    memories.map(ExportChunk::Memories)
}

fn profiles(items: &[Item]) -> Result<ExportChunk, StorageError> {
    let profiles: Result<Vec<Profile>, StorageError> =
        items.iter().map(Profile::try_from).collect();
    profiles.map(ExportChunk::Profiles)
}

fn links(items: &[Item]) -> Result<ExportChunk, StorageError> {
    let mut links: Vec<Link> = Vec::new();
    for item in items {
        links.extend(Links::from_item(item)?.own);
    }
    Ok(ExportChunk::Links(links))
}

fn receipts(items: &[Item]) -> Result<ExportChunk, StorageError> {
    let receipts: Result<Vec<SavedReceipt>, StorageError> =
        items.iter().map(SavedReceipt::try_from).collect();
    receipts.map(ExportChunk::Receipts)
}
