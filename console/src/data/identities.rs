//! The ids of one person.

use common::openmemory::{Identity, OpenMemoryError};

use super::Person;
use crate::Console;
use crate::error::PageError;

/// Returns the ids of the person to whom a caller belongs, the main one first; `None` if the store
/// does not support links.
pub(crate) async fn identities(
    console: &Console,
    person: &Person,
) -> Result<Option<Vec<Identity>>, PageError> {
    let store = person.store(console.backend());
    match store.identities(person.id()).await {
        Ok(identities) => Ok(Some(identities.ids)),
        Err(OpenMemoryError::MissingExtension(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Returns the other ids of a person, as pages show them. They are erased together.
pub(crate) async fn linked_labels(
    console: &Console,
    person: &Person,
) -> Result<Vec<String>, PageError> {
    let ids = identities(console, person).await?.unwrap_or_default();
    let linked = ids
        .iter()
        .filter_map(|id| console.person_listed_as(&id.id))
        .filter(|other| other.pseudonym() != person.pseudonym());
    Ok(linked.map(|other| other.label()).collect())
}
