//! Receipts as items.

use jiff::Timestamp;

use super::StorageError;
use super::fields::{EXPIRES, Fields, expiry, number, text};
use super::keys::{Item, Keys};
use super::memory_item::CALLER;
use crate::memory::{CallerId, IdempotencyKey, SavedReceipt};
use crate::storage::ReceiptBody;

const KEY: &str = "key";
const POSITION: &str = "position";
const RECEIPT: &str = "receipt";

/// The key of the receipt that is saved under an idempotency key of a caller.
pub(super) fn key(caller: &CallerId, key: &IdempotencyKey, keys: &Keys) -> Item {
    keys.partition(caller).key(&keys.receipt(key))
}

/// A receipt that DynamoDB may delete at `expires_at`.
pub(super) fn to_item(
    saved: &SavedReceipt,
    keys: &Keys,
    expires_at: Option<Timestamp>,
) -> Result<Item, StorageError> {
    let receipt = serde_json::to_string(&ReceiptBody::from(saved))
        .map_err(|_| StorageError::Unreadable("receipt"))?;
    let mut item = key(&saved.caller_id, &saved.key, keys);
    item.extend(
        [
            (CALLER, text(saved.caller_id.as_str())),
            (KEY, text(&saved.key.key)),
            (POSITION, number(saved.key.position)),
            (RECEIPT, text(receipt)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    if let Some(expires_at) = expires_at {
        item.insert(EXPIRES.to_owned(), expiry(expires_at));
    }
    Ok(item)
}

impl TryFrom<&Item> for SavedReceipt {
    type Error = StorageError;

    fn try_from(item: &Item) -> Result<Self, StorageError> {
        let fields = Fields::new(item, "receipt");
        let body: ReceiptBody =
            serde_json::from_str(fields.text(RECEIPT)?).map_err(|_| fields.error())?;
        Ok(Self {
            caller_id: CallerId::stored(fields.text(CALLER)?.to_owned()),
            key: IdempotencyKey {
                key: fields.text(KEY)?.to_owned(),
                position: fields.number(POSITION)?,
            },
            fingerprint: body.fingerprint(),
            receipt: body.try_into().map_err(|_| fields.error())?,
        })
    }
}
