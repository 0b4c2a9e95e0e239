//! Callers that may be one person. They are read from an export of the whole store, which takes a
//! while in a large one, so later pages show what the first page read.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf, Bytes};
use common::openmemory::OpenMemory;
use common::suggestions::{self, Suggestion, UnreadableExport};
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::Console;
use crate::error::PageError;

/// How many pieces of the export wait to be read.
const MAX_WAITING_PIECES: usize = 4;

/// The suggestions of the whole store.
pub(crate) struct Suggestions {
    pub(crate) all: Vec<Suggestion>,
    pub(crate) read_at: Timestamp,
}

/// The suggestions that were read last.
#[derive(Default)]
pub(crate) struct KeptSuggestions(Mutex<Option<Arc<Suggestions>>>);

impl KeptSuggestions {
    /// Drops the suggestions, because callers were linked.
    pub(crate) fn drop_all(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn get(&self) -> Option<Arc<Suggestions>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn keep(&self, suggestions: &Arc<Suggestions>) {
        let kept = Some(Arc::clone(suggestions));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }
}

/// Returns the suggestions of the store. The first page, with index 0, reads the store.
pub(crate) async fn suggestions(
    console: &Console,
    page: usize,
) -> Result<Arc<Suggestions>, PageError> {
    if let Some(kept) = console.suggestions().get().filter(|_| page > 0) {
        return Ok(kept);
    }
    let backend = console.backend();
    let suggestions = Arc::new(Suggestions {
        all: read(&backend.openmemory_by_id).await?,
        read_at: backend.now(),
    });
    console.suggestions().keep(&suggestions);
    Ok(suggestions)
}

async fn read(store: &OpenMemory) -> Result<Vec<Suggestion>, PageError> {
    let mut export = store.export().await?;
    let (sender, receiver) = mpsc::channel(MAX_WAITING_PIECES);
    let pieces = Pieces {
        receiver,
        piece: Bytes::new(),
    };
    let reading = tokio::task::spawn_blocking(move || suggestions::read(pieces));
    while let Some(piece) = export.next().await? {
        if sender.send(piece).await.is_err() {
            // The reader has met an error and says which.
            break;
        }
    }
    drop(sender);
    Ok(reading.await.map_err(|_| UnreadableExport)??)
}

/// The export as it arrives, so that it is never in memory as a whole.
struct Pieces {
    receiver: mpsc::Receiver<Bytes>,
    piece: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.receiver.blocking_recv() {
                Some(piece) => self.piece = piece,
                None => return Ok(0),
            }
        }
        let count = self.piece.as_ref().read(buffer)?;
        self.piece.advance(count);
        Ok(count)
    }
}
