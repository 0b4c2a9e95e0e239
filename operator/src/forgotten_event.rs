//! Announces that a caller was forgotten, so that receivers of events can forget the caller too.

use common::call::CallerHash;
use common::events::{Event, EventData, EventId, ForgottenCaller, Outbox};
use common::queue::QueueError;
use jiff::Timestamp;

/// Queues `caller.forgotten` for each pseudonym of the caller, if the deployment sends events.
/// Receivers may know the caller under the pseudonym of an earlier spelling.
pub(crate) async fn announce(
    outbox: &Outbox,
    pseudonyms: &[CallerHash],
    now: Timestamp,
) -> Result<(), QueueError> {
    for caller in pseudonyms {
        outbox.send(caller, None, &[event(caller, now)]).await?;
    }
    Ok(())
}

fn event(caller: &CallerHash, at: Timestamp) -> Event {
    let data = EventData::CallerForgotten(ForgottenCaller {
        caller: caller.clone(),
    });
    let parts = [data.type_name(), caller.as_str(), &at.to_string()];
    Event {
        id: EventId::derived_from(&parts),
        timestamp: at,
        data,
    }
}
