//! Lists callers by a scan, because partitions are pseudonyms and no index lists them.
//!
//! The items of a partition follow one another, so a caller is complete when the next partition
//! begins. A cursor is the key of the last item that was read of a complete caller.

use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use jiff::Timestamp;

use super::error::failed;
use super::fields::{Fields, text};
use super::keys::{HEAD, Item, MEMORIES, PK, PROFILES, Partition, SK};
use super::link_item::{LINKS, Links};
use super::memory_item::{AGENT, CALLER, EXPIRES_AT, SUPERSEDED_BY, UPDATED_AT};
use super::profile_item::{CREATED_AT, DATA};
use super::query::projection;
use super::scan::next_start;
use super::{Dynamo, StorageError};
use crate::memory::{CallerId, CallerPage, CallerQuery, CallerSummary, Link, Profile};

/// Parts of the table that one request reads, unless a caller is not complete then. DynamoDB reads
/// 1 MB for each.
const MAX_PARTS: usize = 16;
/// What a summary needs of memories and profiles.
const FIELDS: [&str; 10] = [
    PK,
    SK,
    CALLER,
    AGENT,
    CREATED_AT,
    UPDATED_AT,
    EXPIRES_AT,
    SUPERSEDED_BY,
    DATA,
    LINKS,
];
/// The owner of agents' own profiles.
pub(super) const NOBODY: &str = "*";

impl Dynamo {
    /// Lists one page of the callers that have active memories or profiles, in the order of the
    /// table. The page ends after [`MAX_PARTS`], even if it is shorter than its limit.
    pub(crate) async fn callers(
        &self,
        query: &CallerQuery,
        now: Timestamp,
    ) -> Result<CallerPage, StorageError> {
        let mut listing = Listing::new(query, now);
        let mut start = query.after.as_deref().map(start_after);
        for part in 1.. {
            let page = self
                .caller_items()
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(failed)?;
            start = next_start(&page);
            for item in page.items.unwrap_or_default() {
                if listing.add(&item, part > MAX_PARTS)? {
                    return Ok(listing.page);
                }
            }
            if start.is_none() {
                break;
            }
        }
        listing.finish_caller();
        Ok(listing.page)
    }

    /// A scan for memories and profiles.
    fn caller_items(&self) -> ScanFluentBuilder {
        let (expression, names) = projection(&FIELDS);
        let scan = self
            .client
            .scan()
            .table_name(&self.table)
            .consistent_read(true)
            .filter_expression(
                "begins_with(SK, :memories) OR begins_with(SK, :profiles) OR attribute_exists(#links)",
            )
            .expression_attribute_names("#links", LINKS)
            .expression_attribute_values(":memories", text(MEMORIES))
            .expression_attribute_values(":profiles", text(PROFILES))
            .projection_expression(expression);
        names.into_iter().fold(scan, |scan, (alias, name)| {
            scan.expression_attribute_names(alias, name)
        })
    }
}

/// A page that is being read.
struct Listing<'a> {
    query: &'a CallerQuery,
    now: Timestamp,
    page: CallerPage,
    /// The partition of the last caller of the page before.
    skipped: Option<String>,
    current: Option<Current>,
}

/// The caller whose items are being read.
struct Current {
    partition: String,
    /// The key of the last item.
    cursor: String,
    summary: CallerSummary,
    linked: Vec<Link>,
    is_active: bool,
}

impl<'a> Listing<'a> {
    fn new(query: &'a CallerQuery, now: Timestamp) -> Self {
        let last = query.after.as_deref().map(start_after);
        Self {
            query,
            now,
            page: CallerPage::default(),
            skipped: last.as_ref().and_then(partition),
            current: None,
        }
    }

    /// Adds an item. Returns whether the page is complete: before this item begins another caller
    /// and the page is full, or `ends_here`.
    fn add(&mut self, item: &Item, ends_here: bool) -> Result<bool, StorageError> {
        let fields = Fields::new(item, "caller");
        let partition = fields.text(PK)?;
        if self.skipped.as_deref() == Some(partition) {
            return Ok(false);
        }
        let begins_another = self
            .current
            .as_ref()
            .is_some_and(|current| current.partition != partition);
        if begins_another {
            let cursor = self.finish_caller();
            if ends_here || self.page.callers.len() >= self.query.limit {
                self.page.next = cursor;
                return Ok(true);
            }
        }
        let caller = CallerId::stored(fields.text(CALLER)?.to_owned());
        let current = self.current.get_or_insert_with(|| Current {
            partition: partition.to_owned(),
            cursor: String::new(),
            summary: CallerSummary::new(caller),
            linked: Vec::new(),
            is_active: false,
        });
        current.cursor = format!("{partition} {}", fields.text(SK)?);
        current.add(item, self.now)?;
        Ok(false)
    }

    fn is_wanted(&self, current: &Current) -> bool {
        self.query.matches(&current.summary) || current.is_linked_from(&self.query.text)
    }

    /// Moves the current caller to the page if it is to be listed. Returns its cursor.
    fn finish_caller(&mut self) -> Option<String> {
        let current = self.current.take()?;
        let is_caller = current.summary.caller_id.as_str() != NOBODY;
        if current.is_active && is_caller && self.is_wanted(&current) {
            self.page.callers.push(current.summary);
        }
        Some(current.cursor)
    }
}

impl Current {
    /// Whether a linked id begins with a text.
    fn is_linked_from(&self, text: &str) -> bool {
        self.linked
            .iter()
            .any(|link| link.caller_id.as_str().starts_with(text))
    }

    /// Adds a memory or a profile, unless it has expired or is superseded.
    fn add(&mut self, item: &Item, now: Timestamp) -> Result<(), StorageError> {
        let fields = Fields::new(item, "caller");
        if fields.text(SK)? == HEAD {
            self.linked = Links::from_item(item)?.own;
            return Ok(());
        }
        let has_expired = fields
            .optional_time(EXPIRES_AT)?
            .is_some_and(|expiry| expiry <= now);
        if has_expired || item.contains_key(SUPERSEDED_BY) {
            return Ok(());
        }
        self.is_active = true;
        if fields.text(SK)?.starts_with(MEMORIES) {
            self.summary.add_memories(1, fields.time(CREATED_AT)?);
        } else {
            self.summary.add_profile(&Profile::try_from(item)?);
        }
        Ok(())
    }
}

/// The key in a cursor. A text of another form is taken for a partition.
fn start_after(cursor: &str) -> Item {
    let parts = cursor
        .split_once(' ')
        .filter(|(partition, sort_key)| !partition.is_empty() && !sort_key.is_empty());
    let (partition, sort_key) = parts.unwrap_or((cursor, HEAD));
    Partition::stored(partition.to_owned()).key(sort_key)
}

fn partition(key: &Item) -> Option<String> {
    Fields::new(key, "key").optional_text(PK).map(str::to_owned)
}

#[cfg(test)]
mod tests;
