//! What only an operator asks of the memory store: to forget somebody, to give everything out, to take it in. Either dialect
//! will do.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::Path;
use std::time::Duration;

use common::call::CallerId;
use common::openmemory::{Forgotten, Imported, OpenMemory};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::deployment::Deployment;
use crate::failure::Failure;

/// An export is as long as it is; this only ends a connection that is dead.
const LIMIT: Duration = Duration::from_secs(3600);

/// The memory store of a deployment.
pub(crate) struct MemoryServer {
    by_number: OpenMemory,
    /// Where there is a pepper, callers may be pseudonyms there, or may have been.
    by_pseudonym: Option<OpenMemory>,
}

impl MemoryServer {
    pub(crate) fn of(deployment: &Deployment) -> Result<Self, Failure> {
        let by_pseudonym =
            deployment.get("CALLER_ID_PEPPER").map(|_| deployment.openmemory_as(true, LIMIT)).transpose()?;
        Ok(Self { by_number: deployment.openmemory_as(false, LIMIT)?, by_pseudonym })
    }

    /// Forgets a caller under every name, whatever `PSEUDONYMOUS_CALLERS` is now: it may have been otherwise before.
    pub(crate) async fn forget(&self, caller: &CallerId) -> Result<Forgotten, Failure> {
        let mut removed = Forgotten::default();
        for store in std::iter::once(&self.by_number).chain(&self.by_pseudonym) {
            let one = store.forget_caller(caller).await?;
            removed.memories += one.memories;
            removed.cards += one.cards;
        }
        Ok(removed)
    }

    /// Writes everything that the store holds, piece by piece as it comes; how many bytes.
    pub(crate) async fn export(&self, out: &mut impl Write) -> Result<u64, Failure> {
        let mut export = self.by_number.export().await?;
        let mut bytes = 0;
        while let Some(piece) = export.next().await? {
            out.write_all(&piece).map_err(Failure::Output)?;
            bytes += piece.len() as u64;
        }
        Ok(bytes)
    }

    /// Takes an export in; what is there already stays.
    pub(crate) async fn import(&self, export: Vec<u8>) -> Result<Imported, Failure> {
        Ok(self.by_number.import(export.into()).await?)
    }
}

/// How much an export holds.
pub(crate) struct Remembered {
    pub(crate) memories: u64,
    /// Cards, and the profiles of agents.
    pub(crate) profiles: u64,
}

/// Counts what is in an export.
pub(crate) fn remembered_in(export: &Path) -> Result<Remembered, Failure> {
    #[derive(Deserialize)]
    struct Lists {
        memories: Vec<IgnoredAny>,
        profiles: Vec<IgnoredAny>,
    }
    let file = File::open(export).map_err(|error| Failure::File { file: export.to_owned(), error })?;
    let lists: Lists = serde_json::from_reader(BufReader::new(file)).map_err(|_| Failure::ExportBroke)?;
    Ok(Remembered { memories: lists.memories.len() as u64, profiles: lists.profiles.len() as u64 })
}
