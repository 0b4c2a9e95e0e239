//! Checks the last extraction (when it ended and with which result), and whether calls wait too
//! long for theirs.

use std::collections::{BTreeMap, BTreeSet};

use common::archive::{Archive, Key, ObjectListing, StoredObject};
use common::call::ConversationId;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::finding::Finding;
use crate::deployment::{CallStore, Deployment, DeploymentError};
use crate::error::Failure;

const CHECK: &str = "extraction";
/// How long a call may wait before there is a warning.
const MAX_WAIT: SignedDuration = SignedDuration::from_hours(1);

pub(super) async fn check(deployment: &Deployment) -> Vec<Finding> {
    let calls = match deployment.calls() {
        Ok(calls) => calls,
        Err(failure) => return vec![without_calls(&failure)],
    };
    check_calls(&calls, deployment.context.now())
        .await
        .unwrap_or_else(|failure| vec![Finding::failed(CHECK, &failure)])
}

/// Before its first call, a machine has no data folder.
fn without_calls(failure: &Failure) -> Finding {
    match failure.downcast_ref() {
        Some(DeploymentError::NoCallData(folder)) => {
            Finding::skipped(CHECK, format!("no calls in {} yet", folder.display()))
        }
        _ => Finding::failed(CHECK, failure),
    }
}

async fn check_calls(calls: &CallStore, now: Timestamp) -> Result<Vec<Finding>, Failure> {
    let records = calls.list_objects("extractions/").await?;
    let index = calls.list_objects("callers/").await?;
    let tombstones = calls.list_objects("erased/").await?;
    let finished: BTreeSet<ConversationId> = records
        .iter()
        .chain(&tombstones)
        .filter(|object| object.key.is_done() || object.key.is_tombstone())
        .filter_map(|object| object.key.conversation())
        .collect();
    let waiting: Vec<&StoredObject> = index
        .iter()
        .filter(|object| {
            object
                .key
                .conversation()
                .is_some_and(|conversation| !finished.contains(&conversation))
        })
        .collect();
    let last = match records
        .iter()
        .filter(|object| object.key.is_done())
        .max_by_key(|object| object.at)
    {
        Some(last) => outcome(calls, last, &records).await?,
        None if index.is_empty() => Finding::skipped(CHECK, "no call with a caller yet"),
        None => Finding::warning(
            CHECK,
            "no call has been extracted yet",
            "see the queue check and /health",
        ),
    };
    Ok(std::iter::once(last)
        .chain(overdue(&waiting, now))
        .collect())
}

/// Whether a key is an extraction record, and not the model's response for a part of the call.
fn is_record(key: &Key) -> bool {
    key.as_str().ends_with(".json") && !key.as_str().contains(".part-")
}

/// An extraction record, as far as it is inspected: nothing that was said.
#[derive(Deserialize)]
struct Record {
    provider: String,
    model: Option<String>,
    declined: Option<String>,
    memories: Vec<IgnoredAny>,
    #[serde(default)]
    withheld: BTreeMap<String, usize>,
}

/// Describes the result of the last extraction.
async fn outcome(
    calls: &CallStore,
    done: &StoredObject,
    records: &[StoredObject],
) -> Result<Finding, Failure> {
    // A call that was extracted again has several records.
    let of_call = |object: &&StoredObject| {
        is_record(&object.key) && object.key.conversation() == done.key.conversation()
    };
    let body = match records
        .iter()
        .filter(of_call)
        .max_by_key(|object| object.at)
    {
        Some(record) => calls.get(&record.key).await?,
        None => None,
    };
    let conversation = done
        .key
        .conversation()
        .map(|id| id.to_string())
        .unwrap_or_default();
    let when = format!(
        "last extraction ended at {} ({conversation})",
        done.at.strftime("%Y-%m-%d %H:%M UTC")
    );
    // A call without a caller has no record.
    let Some(record) = body.and_then(|body| serde_json::from_slice::<Record>(&body).ok()) else {
        return Ok(Finding::fine(
            CHECK,
            format!("{when}: no caller to remember"),
        ));
    };
    let by = record.model.unwrap_or(record.provider);
    let mut message = format!("{when}: {} memories by {by}", record.memories.len());
    if !record.withheld.is_empty() {
        let withheld: Vec<String> = record
            .withheld
            .iter()
            .map(|(kind, count)| format!("{kind} {count}"))
            .collect();
        message += &format!("; withheld as private: {}", withheld.join(", "));
    }
    Ok(match record.declined {
        None => Finding::fine(CHECK, message),
        Some(reason) => Finding::warning(
            CHECK,
            format!(
                "{message}; the model was not used ({reason}), so they come from ElevenLabs' analysis"
            ),
            format!("`elaaoms replay {conversation} --redo` once the model is available"),
        ),
    })
}

fn overdue(waiting: &[&StoredObject], now: Timestamp) -> Option<Finding> {
    let oldest = waiting.iter().map(|object| object.at).min()?;
    if now.duration_since(oldest) < MAX_WAIT {
        return None;
    }
    let message = format!(
        "{} calls are not extracted, the oldest since {}",
        waiting.len(),
        oldest.strftime("%Y-%m-%d %H:%M UTC")
    );
    Some(Finding::warning(
        CHECK,
        message,
        "queued calls are extracted automatically; `elaaoms replay --missing` queues the others",
    ))
}
