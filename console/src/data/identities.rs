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
