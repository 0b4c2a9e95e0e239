//! Writes an export chunk by chunk.

use jiff::Timestamp;
use serde::Serialize;

use super::{FORMAT, LinkEntry, MemoryEntry, ProfileEntry, ReceiptEntry};
use crate::storage::ExportChunk;

/// Writes an export as one JSON object, chunk by chunk.
pub(crate) struct ExportWriter {
    section: usize,
    is_empty: bool,
}

/// Text that opens each list, and that closes the last one.
const SECTIONS: [&str; 5] = [
    "\"memories\":[",
    "],\"profiles\":[",
    "],\"idempotency_keys\":[",
    "],\"links\":[",
    "]}",
];

impl ExportWriter {
    /// Writes the beginning of an export.
    pub(crate) fn begin(now: Timestamp, out: &mut Vec<u8>) -> Self {
        let head = format!(
            "{{\"status\":\"success\",\"format\":\"{FORMAT}\",\"exported_at\":\"{now}\",{}",
            SECTIONS[0]
        );
        out.extend_from_slice(head.as_bytes());
        Self {
            section: 0,
            is_empty: true,
        }
    }

    /// Appends a chunk. Chunks must come in the order of their sections.
    pub(crate) fn write_chunk(
        &mut self,
        chunk: &ExportChunk,
        out: &mut Vec<u8>,
    ) -> serde_json::Result<()> {
        match chunk {
            ExportChunk::Memories(memories) => {
                self.entries(0, memories.iter().map(MemoryEntry::from), out)
            }
            ExportChunk::Profiles(profiles) => {
                self.entries(1, profiles.iter().map(ProfileEntry::from), out)
            }
            ExportChunk::Receipts(receipts) => {
                self.entries(2, receipts.iter().map(ReceiptEntry::from), out)
            }
            ExportChunk::Links(links) => self.entries(3, links.iter().map(LinkEntry::from), out),
            ExportChunk::End => {
                self.advance(4, out);
                Ok(())
            }
        }
    }

    fn entries<E: Serialize>(
        &mut self,
        section: usize,
        entries: impl Iterator<Item = E>,
        out: &mut Vec<u8>,
    ) -> serde_json::Result<()> {
        self.advance(section, out);
        for entry in entries {
            if !std::mem::take(&mut self.is_empty) {
                out.push(b',');
            }
            serde_json::to_writer(&mut *out, &entry)?;
        }
        Ok(())
    }

    fn advance(&mut self, section: usize, out: &mut Vec<u8>) {
        while self.section < section {
            self.section += 1;
            self.is_empty = true;
            out.extend_from_slice(SECTIONS[self.section].as_bytes());
        }
    }
}
