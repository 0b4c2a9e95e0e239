//! Links as attributes of the item `@`. The main id of a person lists its links; a linked id names
//! the main id. Neither expires.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::StorageError;
use super::fields::{EXPIRES, Fields, text};
use super::keys::Item;
use super::memory_item::CALLER;
use crate::memory::{CallerId, Link};

/// The main id, in the item of a linked id.
pub(super) const MAIN: &str = "main_id";
/// The links, in the item of the main id.
pub(super) const LINKS: &str = "links";

/// What the item `@` of a caller says about links. `Debug` hides the ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Links {
    /// The main id, if this id is linked.
    pub(super) main: Option<CallerId>,
    /// The links to this id, if it is the main id of a person.
    pub(super) own: Vec<Link>,
}

#[derive(Serialize, Deserialize)]
struct LinkBody {
    caller_id: String,
    linked_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    linked_by: Option<String>,
}

impl Links {
    pub(super) fn from_item(item: &Item) -> Result<Self, StorageError> {
        let fields = Fields::new(item, "link");
        let main = fields.optional_text(MAIN);
        Ok(Self {
            main: main.map(|main| CallerId::stored(main.to_owned())),
            own: match fields.optional_text(LINKS) {
                Some(json) => read(json, fields.text(CALLER)?).ok_or_else(|| fields.error())?,
                None => Vec::new(),
            },
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.main.is_none() && self.own.is_empty()
    }

    /// Adds the attributes to an item `@`.
    pub(super) fn add_to(&self, item: &mut Item) -> Result<(), StorageError> {
        if self.is_empty() {
            return Ok(());
        }
        item.remove(EXPIRES);
        if let Some(main) = &self.main {
            item.insert(MAIN.to_owned(), text(main.as_str()));
        }
        if let Some(link) = self.own.first() {
            item.insert(CALLER.to_owned(), text(link.main_id.as_str()));
            item.insert(LINKS.to_owned(), text(self.json()?));
        }
        Ok(())
    }

    fn json(&self) -> Result<String, StorageError> {
        let bodies: Vec<LinkBody> = self.own.iter().map(LinkBody::from).collect();
        serde_json::to_string(&bodies).map_err(|_| StorageError::Unreadable("link"))
    }
}

impl From<&Link> for LinkBody {
    fn from(link: &Link) -> Self {
        Self {
            caller_id: link.caller_id.as_str().to_owned(),
            linked_at: link.linked_at,
            linked_by: link.linked_by.clone(),
        }
    }
}

fn read(json: &str, main: &str) -> Option<Vec<Link>> {
    let bodies: Vec<LinkBody> = serde_json::from_str(json).ok()?;
    let links = bodies.into_iter().map(|body| Link {
        caller_id: CallerId::stored(body.caller_id),
        main_id: CallerId::stored(main.to_owned()),
        linked_at: body.linked_at,
        linked_by: body.linked_by,
    });
    Some(links.collect())
}
