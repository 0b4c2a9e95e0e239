//! The last extraction: when, and what came of it. And calls that no extraction has come to.

use std::collections::{BTreeMap, BTreeSet};

use common::archive::{Archive, Key, ObjectListing, StoredObject};
use common::call::ConversationId;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::finding::Finding;
use crate::deployment::{CallStore, Deployment};
use crate::failure::Failure;

const CHECK: &str = "extraction";
/// How long a call may wait before somebody should look.
const LONG: SignedDuration = SignedDuration::from_hours(1);

pub(super) async fn check(deployment: &Deployment) -> Vec<Finding> {
    let calls = match deployment.calls() {
        Ok(calls) => calls,
        Err(Failure::NoCallData(folder)) => {
            return vec![Finding::skipped(
                CHECK,
                format!("no call was kept yet in {}", folder.display()),
            )];
        }
        Err(failure) => return vec![Finding::failed(CHECK, &failure)],
    };
    asked(&calls, deployment.context.now())
        .await
        .unwrap_or_else(|failure| vec![Finding::failed(CHECK, &failure)])
}

async fn asked(calls: &CallStore, now: Timestamp) -> Result<Vec<Finding>, Failure> {
    let records = calls.list_objects("extractions/").await?;
    let index = calls.list_objects("callers/").await?;
    let tombstones = calls.list_objects("erased/").await?;
    let over = records
        .iter()
        .chain(&tombstones)
        .filter(|kept| is_done(&kept.key) || kept.key.is_tombstone());
    let over: BTreeSet<ConversationId> = over.filter_map(|kept| kept.key.conversation()).collect();
    let waits = |kept: &&StoredObject| {
        kept.key
            .conversation()
            .is_some_and(|conversation| !over.contains(&conversation))
    };
    let waiting: Vec<&StoredObject> = index.iter().filter(waits).collect();
    let last = match records
        .iter()
        .filter(|kept| is_done(&kept.key))
        .max_by_key(|kept| kept.at)
    {
        Some(last) => outcome(calls, last, &records).await?,
        None if index.is_empty() => Finding::skipped(CHECK, "no call with a caller was kept yet"),
        None => Finding::warning(
            CHECK,
            "no call was ever extracted",
            "see the queue below, and /health",
        ),
    };
    Ok(std::iter::once(last).chain(late(&waiting, now)).collect())
}

fn is_done(key: &Key) -> bool {
    key.as_str().ends_with(".done")
}

/// What was made of a call, and no answer for a part of it.
fn is_record(key: &Key) -> bool {
    key.as_str().ends_with(".json") && !key.as_str().contains(".part-")
}

/// A record, as far as it is looked at: nothing of what was said.
#[derive(Deserialize)]
struct Record {
    provider: String,
    model: Option<String>,
    declined: Option<String>,
    memories: Vec<IgnoredAny>,
    #[serde(default)]
    withheld: BTreeMap<String, usize>,
}

async fn outcome(
    calls: &CallStore,
    done: &StoredObject,
    records: &[StoredObject],
) -> Result<Finding, Failure> {
    // Of a call that was extracted again there are several.
    let of_call = |kept: &&StoredObject| {
        is_record(&kept.key) && kept.key.conversation() == done.key.conversation()
    };
    let body = match records.iter().filter(of_call).max_by_key(|kept| kept.at) {
        Some(record) => calls.get(&record.key).await?,
        None => None,
    };
    let conversation = done
        .key
        .conversation()
        .map(|id| id.to_string())
        .unwrap_or_default();
    let when = format!(
        "the last one ended at {} ({conversation})",
        done.at.strftime("%Y-%m-%d %H:%M UTC")
    );
    // A call without a caller ends without a record.
    let Some(record) = body.and_then(|body| serde_json::from_slice::<Record>(&body).ok()) else {
        return Ok(Finding::fine(CHECK, format!("{when}: nobody to remember")));
    };
    let by = record.model.unwrap_or(record.provider);
    let withheld = record
        .withheld
        .iter()
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect::<Vec<_>>()
        .join(", ");
    let withheld = if withheld.is_empty() {
        withheld
    } else {
        format!("; withheld as private: {withheld}")
    };
    let told = format!(
        "{when}: {} memories by {by}{withheld}",
        record.memories.len()
    );
    Ok(match record.declined {
        None => Finding::fine(CHECK, told),
        Some(reason) => Finding::warning(
            CHECK,
            format!(
                "{told}; the model was not heard ({reason}), so they rest on ElevenLabs' analysis"
            ),
            format!("`elaaoms replay {conversation} --redo` once the model answers"),
        ),
    })
}

fn late(waiting: &[&StoredObject], now: Timestamp) -> Option<Finding> {
    let oldest = waiting.iter().map(|kept| kept.at).min()?;
    if now.duration_since(oldest) < LONG {
        return None;
    }
    let told = format!(
        "{} calls are not extracted, the oldest since {}",
        waiting.len(),
        oldest.strftime("%Y-%m-%d %H:%M UTC")
    );
    Some(Finding::warning(
        CHECK,
        told,
        "what waits in the queue comes by itself; `elaaoms replay --missing` queues the rest",
    ))
}
