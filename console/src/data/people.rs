//! The callers of whom something is remembered.

use std::collections::BTreeMap;

use common::archive::{Key, ObjectListing};
use common::openmemory::{CallerPage, CallerQuery, OpenMemoryError};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use super::{CONCURRENT_READS, PAGE_SIZE, Person};
use crate::Console;
use crate::error::PageError;

/// How many empty pages of the store are skipped, so that a page of the console ends.
const MAX_EMPTY_PAGES: usize = 100;

/// A caller in the list.
pub(crate) struct ListedPerson {
    pub(crate) person: Person,
    pub(crate) names: Vec<String>,
    pub(crate) channels: Vec<String>,
    /// Number of memories; `None` if the store did not list the caller.
    pub(crate) memories: Option<u64>,
    pub(crate) last_seen: Option<Timestamp>,
}

/// A page of callers.
#[derive(Default)]
pub(crate) struct People {
    pub(crate) people: Vec<ListedPerson>,
    /// The pseudonym after which the next page begins; `None` on the last page.
    pub(crate) next: Option<String>,
    /// Whether the list comes from the archive, because the store cannot list callers.
    pub(crate) is_from_archive: bool,
}

/// Returns a page of callers. `query` is the beginning of an id or a part of a name; `after` is the
/// pseudonym with which the page before ended.
pub(crate) async fn people(
    console: &Console,
    query: &str,
    after: Option<&str>,
) -> Result<People, PageError> {
    match people_of_store(console, query, after).await {
        Err(PageError::Store(OpenMemoryError::MissingExtension(_))) if query.is_empty() => {
            people_of_archive(console, after).await
        }
        people => people,
    }
}

async fn people_of_store(
    console: &Console,
    query: &str,
    after: Option<&str>,
) -> Result<People, PageError> {
    let cursor = after.and_then(|after| console.directory().cursor(query, after));
    let page = page_of_store(console, query, cursor).await?;
    let people: Vec<ListedPerson> = page
        .callers
        .into_iter()
        .filter_map(|listed| {
            Some(ListedPerson {
                person: console.person_listed_as(&listed.id)?,
                names: listed.names,
                channels: listed.channels,
                memories: Some(listed.memories),
                last_seen: listed.last_seen,
            })
        })
        .collect();
    // The store's cursor may contain a number, so it appears in no URL.
    let next = people
        .last()
        .zip(page.next)
        .map(|(last, cursor)| console.directory().keep_cursor(query, &last.person, cursor));
    Ok(People {
        people,
        next,
        is_from_archive: false,
    })
}

/// Requests pages until one has callers. A store may return empty ones before the last page.
async fn page_of_store(
    console: &Console,
    query: &str,
    mut cursor: Option<String>,
) -> Result<CallerPage, PageError> {
    let store = &console.backend().openmemory_by_id;
    for _ in 0..MAX_EMPTY_PAGES {
        let page = store
            .callers(CallerQuery {
                text: query,
                after: cursor.as_deref(),
                limit: PAGE_SIZE,
            })
            .await?;
        if !page.callers.is_empty() || page.next.is_none() {
            return Ok(page);
        }
        cursor = page.next;
    }
    Err(PageError::invalid(
        "The store has too many callers for this search. Search by number.",
    ))
}

/// Lists the callers of archived calls.
async fn people_of_archive(console: &Console, after: Option<&str>) -> Result<People, PageError> {
    let index = console.backend().archive.list_objects("callers/").await?;
    let mut last_calls: BTreeMap<String, Timestamp> = BTreeMap::new();
    for object in &index {
        if let Some(pseudonym) = pseudonym_of(&object.key) {
            let last = last_calls.entry(pseudonym.to_owned()).or_insert(object.at);
            *last = object.at.max(*last);
        }
    }
    let mut of_page: Vec<(String, Timestamp)> = last_calls
        .into_iter()
        .filter(|(pseudonym, _)| after.is_none_or(|after| pseudonym.as_str() > after))
        .take(PAGE_SIZE + 1)
        .collect();
    let has_more = of_page.len() > PAGE_SIZE;
    of_page.truncate(PAGE_SIZE);
    let next = of_page.last().filter(|_| has_more).cloned();
    let people: Vec<Option<ListedPerson>> = stream::iter(of_page)
        .map(|(pseudonym, at)| async move {
            match console.person(&pseudonym).await {
                Ok(person) => Ok(Some(ListedPerson {
                    person,
                    names: Vec::new(),
                    channels: Vec::new(),
                    memories: None,
                    last_seen: Some(at),
                })),
                // The index can outlive the calls.
                Err(PageError::UnknownCaller) => Ok(None),
                Err(error) => Err(error),
            }
        })
        .buffered(CONCURRENT_READS)
        .try_collect()
        .await?;
    Ok(People {
        people: people.into_iter().flatten().collect(),
        next: next.map(|(pseudonym, _)| pseudonym),
        is_from_archive: true,
    })
}

fn pseudonym_of(key: &Key) -> Option<&str> {
    key.as_str().split('/').nth(1)
}
