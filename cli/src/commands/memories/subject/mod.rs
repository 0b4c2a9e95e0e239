//! `elaaoms memories export --caller`: writes all data about one person into one document.

mod document;
mod file;

use std::io::{self, Write};

use common::archive::{Key, ObjectListing};
use common::call::{CallerHash, CallerId, ConversationId};
use operator::{CallerData, Person};
use serde::Serialize;
use serde_json::json;

use super::other_copies;
use crate::context::Context;
use crate::deployment::{CallStore, Deployment};
use crate::erasing;
use crate::error::Failure;
use crate::memory_server::{MemoryServer, StoreEntries};
use crate::terminal::TerminalError;
use document::Document;
use file::ArchivedFile;

/// The name and version of the document's format.
const FORMAT: &str = "elaaoms-caller/1";

/// Number of items in the document by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct DocumentCounts {
    memories: u64,
    cards: u64,
    calls: u64,
    files: u64,
    unrecognised: u64,
}

/// A call with all its archived files.
#[derive(Serialize)]
struct Call<'a> {
    conversation_id: &'a ConversationId,
    /// Webhook bodies as received, and the names of recordings.
    payloads: Vec<ArchivedFile>,
    /// Extraction records and their status files.
    records: Vec<ArchivedFile>,
}

impl DocumentCounts {
    pub(super) fn describe(&self) -> String {
        let Self {
            memories,
            cards,
            calls,
            files,
            unrecognised,
        } = self;
        format!(
            "{memories} memories, {cards} cards, {calls} calls with {files} files, {unrecognised} unrecognised bodies"
        )
    }
}

/// Writes the document. Reads the index, the archived events and the memory store before it writes
/// anything.
pub(super) async fn export(
    deployment: &Deployment,
    context: &Context,
    caller: &CallerId,
    out: &mut impl Write,
) -> Result<DocumentCounts, Failure> {
    let calls = deployment.calls()?;
    let server = MemoryServer::new(deployment)?;
    let erasing = erasing::of(deployment)?;
    let person = erasing.person(caller).await?;
    let data = erasing.find_data(&person).await?;
    let entries = server.entries_of(&person.caller, &person.names()).await?;
    let mut document = Document::begin(out).map_err(TerminalError::Output)?;
    write_header(&mut document, &person, deployment, context).map_err(TerminalError::Output)?;
    write_store_entries(&mut document, &entries).map_err(TerminalError::Output)?;
    let mut counts = DocumentCounts {
        memories: entries.memories.len() as u64,
        cards: entries.profiles.len() as u64,
        unrecognised: data.unrecognised.len() as u64,
        ..DocumentCounts::default()
    };
    write_calls(&mut document, &calls, &data, &mut counts).await?;
    let copies = other_copies::list(deployment, &data.all_calls());
    document
        .field("copies_elsewhere", &copies)
        .map_err(TerminalError::Output)?;
    document.end().map_err(TerminalError::Output)?;
    Ok(counts)
}

fn write_header(
    document: &mut Document<impl Write>,
    person: &Person,
    deployment: &Deployment,
    context: &Context,
) -> io::Result<()> {
    document.field("format", &FORMAT)?;
    document.field("exported_at", &context.now())?;
    document.field("deployment", &deployment.name())?;
    document.field("caller", &person.caller)?;
    document.field("older_spellings", &person.caller.older_spellings())?;
    let pseudonyms: Vec<&str> = person.hashes.iter().map(CallerHash::as_str).collect();
    document.field("pseudonyms", &pseudonyms)?;
    document.field(
        "audit",
        &json!({
            "subject": person.subject(),
            "note": "Audit entries about this person contain this pseudonym, but neither the number nor anything that was said.",
        }),
    )
}

fn write_store_entries(
    document: &mut Document<impl Write>,
    entries: &StoreEntries,
) -> io::Result<()> {
    document.field("memories_are_complete", &entries.is_complete)?;
    for (name, entries) in [
        ("memories", &entries.memories),
        ("cards", &entries.profiles),
        ("storage_receipts", &entries.receipts),
    ] {
        let mut list = document.list(name)?;
        for entry in entries {
            list.item(entry)?;
        }
        list.end()?;
    }
    Ok(())
}

async fn write_calls(
    document: &mut Document<impl Write>,
    calls: &CallStore,
    data: &CallerData,
    counts: &mut DocumentCounts,
) -> Result<(), Failure> {
    let mut list = document.list("calls").map_err(TerminalError::Output)?;
    for conversation in &data.all_calls() {
        let payloads = files(calls, &Key::payloads_of(conversation)).await?;
        let records = files(calls, &Key::extractions_of(conversation)).await?;
        counts.files += (payloads.len() + records.len()) as u64;
        list.item(&Call {
            conversation_id: conversation,
            payloads,
            records,
        })
        .map_err(TerminalError::Output)?;
    }
    counts.calls = list.end().map_err(TerminalError::Output)?;
    let mut list = document
        .list("unrecognised")
        .map_err(TerminalError::Output)?;
    for key in &data.unrecognised {
        for file in files(calls, key.as_str()).await? {
            list.item(&file).map_err(TerminalError::Output)?;
        }
    }
    list.end().map_err(TerminalError::Output)?;
    Ok(())
}

/// Reads all files under a prefix, sorted by key.
async fn files(calls: &CallStore, prefix: &str) -> Result<Vec<ArchivedFile>, Failure> {
    let mut objects = calls.list_objects(prefix).await?;
    objects.sort_by(|one, other| one.key.cmp(&other.key));
    let mut files = Vec::with_capacity(objects.len());
    for object in objects {
        files.extend(ArchivedFile::read(calls, object).await?);
    }
    Ok(files)
}
