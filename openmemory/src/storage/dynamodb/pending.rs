//! Memories without a vector. Finding them scans the table, so only a server's worker does.

use futures_util::future::try_join_all;

use super::error::{failed, single};
use super::fields::{Fields, bytes, text};
use super::keys::{self, Item, MEMORIES, Partition, SK};
use super::memory_item::{CONTENT, MEMORY_ID, Pointer, SPACE, VECTOR};
use super::{Dynamo, StorageError, quantized};
use crate::memory::{MemoryId, Vector};
use crate::storage::{PendingEmbedding, Place};

/// Items that are read at once. Those after the last returned one are read again.
const PAGE: i32 = 100;

impl Dynamo {
    /// Loads active memories after the place `after` that have no vector of this space.
    pub(crate) async fn without_vector(
        &self,
        space: &str,
        after: Option<&Place>,
        most: i64,
    ) -> Result<Vec<PendingEmbedding>, StorageError> {
        let most = usize::try_from(most).unwrap_or_default();
        let mut pending = Vec::new();
        let mut start = after.and_then(start_after);
        loop {
            let page = self
                .client
                .scan()
                .table_name(&self.table)
                .limit(PAGE)
                .filter_expression(WITHOUT_VECTOR)
                .expression_attribute_names("#space", SPACE)
                .expression_attribute_values(":prefix", text(MEMORIES))
                .expression_attribute_values(":space", text(space))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(failed)?;
            start = super::scan::next_start(&page);
            for item in page.items.unwrap_or_default() {
                pending.push(pending_embedding(&item)?);
            }
            if start.is_none() || pending.len() >= most {
                pending.truncate(most);
                return Ok(pending);
            }
        }
    }

    /// Stores vectors for memories that still exist.
    pub(crate) async fn put_vectors(
        &self,
        vectors: Vec<(MemoryId, Vector)>,
    ) -> Result<(), StorageError> {
        let pointers = self
            .get(vectors.iter().map(|(id, _)| keys::pointer(id)))
            .await?;
        let puts =
            vectors.iter().map(
                async |(id, vector)| match pointers.get(&keys::pointer(id)) {
                    Some(item) => self.put_vector(id, vector, &Pointer::try_from(item)?).await,
                    None => Ok(()),
                },
            );
        try_join_all(puts).await?;
        Ok(())
    }

    /// Stores a vector, unless the memory was deleted or moved. The worker finds a moved one again.
    async fn put_vector(
        &self,
        id: &MemoryId,
        vector: &Vector,
        pointer: &Pointer,
    ) -> Result<(), StorageError> {
        let result = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(pointer.partition.key(&keys::memory(pointer.seq))))
            .update_expression("SET #space = :space, #vector = :vector")
            .condition_expression("#id = :id")
            .expression_attribute_names("#space", SPACE)
            .expression_attribute_names("#vector", VECTOR)
            .expression_attribute_names("#id", MEMORY_ID)
            .expression_attribute_values(":space", text(&*vector.space))
            .expression_attribute_values(":vector", bytes(quantized::encode(vector)))
            .expression_attribute_values(":id", text(id.as_str()))
            .send()
            .await;
        single(result).map(drop)
    }
}

fn pending_embedding(item: &Item) -> Result<PendingEmbedding, StorageError> {
    let fields = Fields::new(item, "memory");
    Ok(PendingEmbedding {
        place: Place::Key {
            partition: fields.text(keys::PK)?.to_owned(),
            sort_key: fields.text(SK)?.to_owned(),
        },
        id: MemoryId::parse(fields.text(MEMORY_ID)?).map_err(|_| fields.error())?,
        content: fields.text(CONTENT)?.to_owned(),
    })
}

fn start_after(place: &Place) -> Option<Item> {
    match place {
        Place::Key {
            partition,
            sort_key,
        } => Some(Partition::stored(partition.clone()).key(sort_key)),
        Place::Sequence(_) => None,
    }
}

const WITHOUT_VECTOR: &str = "begins_with(SK, :prefix) AND attribute_not_exists(superseded_by) \
    AND (attribute_not_exists(#space) OR #space <> :space)";
