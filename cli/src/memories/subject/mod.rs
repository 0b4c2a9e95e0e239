//! `elaaoms memories export --caller`: everything that is kept of one person, in one document.

mod document;
mod file;
mod remembered;

pub(super) use remembered::StoreEntries;

use std::io::{self, Write};

use common::archive::{Key, ObjectListing};
use common::call::{CallerHash, CallerId, ConversationId};
use serde::Serialize;
use serde_json::json;

use super::kept::{KeptOfCaller, Person};
use super::{MemoryServer, elsewhere};
use crate::context::Context;
use crate::deployment::{CallStore, Deployment};
use crate::failure::Failure;
use document::Document;
use file::KeptFile;

/// The version of the document's shape.
const FORMAT: &str = "elaaoms-caller/1";

/// How much the document holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Exported {
    memories: u64,
    cards: u64,
    calls: u64,
    files: u64,
    unrecognised: u64,
}

/// A call with everything that was received and made of it.
#[derive(Serialize)]
struct Call<'a> {
    conversation_id: &'a ConversationId,
    /// Bodies as they were received, and recordings by name.
    payloads: Vec<KeptFile>,
    /// What was made of them: extraction records and their marks.
    records: Vec<KeptFile>,
}

impl Exported {
    pub(super) fn described(&self) -> String {
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

/// Writes the document. Nothing is written before the index, the kept events and the memory store
/// were read.
pub(super) async fn export(
    deployment: &Deployment,
    context: &Context,
    caller: &CallerId,
    out: &mut impl Write,
) -> Result<Exported, Failure> {
    let (calls, server) = (deployment.calls()?, MemoryServer::of(deployment)?);
    let person = Person::new(caller, deployment)?;
    let kept = person.kept(deployment, &server).await?;
    let entries = server.entries_of(&person).await?;
    let mut document = Document::begin(out).map_err(Failure::Output)?;
    head(&mut document, &person, deployment, context).map_err(Failure::Output)?;
    remembered(&mut document, &entries).map_err(Failure::Output)?;
    let mut exported = Exported {
        memories: entries.memories.len() as u64,
        cards: entries.profiles.len() as u64,
        unrecognised: kept.unrecognised.len() as u64,
        ..Exported::default()
    };
    write_calls(&mut document, &calls, &kept, &mut exported).await?;
    let copies = elsewhere::copies(deployment, &kept.all_calls());
    document
        .field("copies_elsewhere", &copies)
        .map_err(Failure::Output)?;
    document.end().map_err(Failure::Output)?;
    Ok(exported)
}

fn head(
    document: &mut Document<impl Write>,
    person: &Person<'_>,
    deployment: &Deployment,
    context: &Context,
) -> io::Result<()> {
    document.field("format", &FORMAT)?;
    document.field("exported_at", &context.now())?;
    document.field("deployment", &deployment.name())?;
    document.field("caller", person.caller)?;
    document.field("older_spellings", &person.caller.older_spellings())?;
    let pseudonyms: Vec<&str> = person.hashes.iter().map(CallerHash::as_str).collect();
    document.field("pseudonyms", &pseudonyms)?;
    document.field(
        "audit",
        &json!({
            "subject": person.subject(),
            "note": "Audit entries about this person carry this pseudonym, and neither the number nor any words.",
        }),
    )
}

fn remembered(document: &mut Document<impl Write>, entries: &StoreEntries) -> io::Result<()> {
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
    kept: &KeptOfCaller,
    exported: &mut Exported,
) -> Result<(), Failure> {
    let mut list = document.list("calls").map_err(Failure::Output)?;
    for conversation in &kept.all_calls() {
        let payloads = files(calls, &Key::payloads_of(conversation)).await?;
        let records = files(calls, &Key::extractions_of(conversation)).await?;
        exported.files += (payloads.len() + records.len()) as u64;
        list.item(&Call {
            conversation_id: conversation,
            payloads,
            records,
        })
        .map_err(Failure::Output)?;
    }
    exported.calls = list.end().map_err(Failure::Output)?;
    let mut list = document.list("unrecognised").map_err(Failure::Output)?;
    for key in &kept.unrecognised {
        for file in files(calls, key.as_str()).await? {
            list.item(&file).map_err(Failure::Output)?;
        }
    }
    list.end().map_err(Failure::Output)?;
    Ok(())
}

async fn files(calls: &CallStore, prefix: &str) -> Result<Vec<KeptFile>, Failure> {
    let mut kept = calls.list_objects(prefix).await?;
    kept.sort_by(|one, other| one.key.cmp(&other.key));
    let mut files = Vec::with_capacity(kept.len());
    for kept in kept {
        files.extend(KeptFile::read(calls, kept).await?);
    }
    Ok(files)
}
