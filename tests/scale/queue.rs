//! SQS FIFO in virtual time: groups, visibility, deduplication, receive counts, redrive to the
//! dead-letter queue, and retention, with the values of the template.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use serde_json::{Value, json};

/// `VisibilityTimeout`
pub(crate) const VISIBILITY: Duration = Duration::from_secs(1800);
/// `MessageRetentionPeriod`
pub(crate) const RETENTION: Duration = Duration::from_secs(1_209_600);
/// `maxReceiveCount`
const MAX_RECEIVES: u32 = 1000;
/// How long SQS drops messages with the same deduplication id.
const DEDUPLICATION: Duration = Duration::from_secs(300);

/// A queue and the number of its dead letters.
#[derive(Debug)]
pub(crate) struct Queue {
    /// Messages by their place in the queue.
    messages: BTreeMap<u64, Message>,
    /// When each group last accepted a deduplication id.
    recent: HashMap<(String, String), Duration>,
    sent: u64,
    window: usize,
    /// Deliveries so far.
    pub(crate) receives: u64,
    /// Most deliveries of one message.
    pub(crate) most_receives: u32,
    /// Messages that were delivered too often.
    pub(crate) dead: usize,
    /// Messages that reached the end of their retention.
    pub(crate) expired: usize,
}

#[derive(Debug)]
struct Message {
    group: String,
    deduplication_id: String,
    body: String,
    sent_at: Duration,
    visible_at: Duration,
    receives: u32,
}

impl Queue {
    /// Creates a queue that looks for deliverable messages among the `window` oldest ones.
    pub(crate) fn new(window: usize) -> Self {
        Self {
            messages: BTreeMap::new(),
            recent: HashMap::new(),
            sent: 0,
            window,
            receives: 0,
            most_receives: 0,
            dead: 0,
            expired: 0,
        }
    }

    /// Adds a message, unless its group accepted the same deduplication id less than five minutes
    /// ago.
    pub(crate) fn send(&mut self, body: &str, group: &str, deduplication_id: &str, now: Duration) {
        let id = (group.to_owned(), deduplication_id.to_owned());
        if self
            .recent
            .get(&id)
            .is_some_and(|accepted| now < *accepted + DEDUPLICATION)
        {
            return;
        }
        self.recent.insert(id, now);
        self.sent += 1;
        let message = Message {
            group: group.to_owned(),
            deduplication_id: deduplication_id.to_owned(),
            body: body.to_owned(),
            sent_at: now,
            visible_at: now,
            receives: 0,
        };
        self.messages.insert(self.sent, message);
    }

    /// Delivers the oldest message that may be delivered, as a record of a Lambda event. While a
    /// message is hidden, the later ones of its group wait.
    pub(crate) fn receive(&mut self, now: Duration) -> Option<Value> {
        self.drop_expired(now);
        while let Some(number) = self.deliverable(now) {
            let message = self.messages.get_mut(&number)?;
            if message.receives >= MAX_RECEIVES {
                self.messages.remove(&number);
                self.dead += 1;
                continue;
            }
            message.receives += 1;
            message.visible_at = now + VISIBILITY;
            self.receives += 1;
            self.most_receives = self.most_receives.max(message.receives);
            return Some(message.record(number));
        }
        None
    }

    /// Hides a received message for a while.
    pub(crate) fn hide(&mut self, receipt: &str, pause: Duration, now: Duration) {
        if let Some(message) = self.received(receipt) {
            message.visible_at = now + pause;
        }
    }

    /// Deletes a received message.
    pub(crate) fn delete(&mut self, receipt: &str) {
        if self.received(receipt).is_some() {
            self.messages.remove(&number(receipt));
        }
    }

    /// Returns the number of messages, hidden ones included.
    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    fn deliverable(&self, now: Duration) -> Option<u64> {
        let mut groups = HashSet::new();
        let oldest = self.messages.iter().take(self.window);
        oldest
            .filter(|(_, message)| groups.insert(message.group.as_str()))
            .find(|(_, message)| message.visible_at <= now)
            .map(|(number, _)| *number)
    }

    fn drop_expired(&mut self, now: Duration) {
        while let Some(oldest) = self.messages.first_entry() {
            if now < oldest.get().sent_at + RETENTION {
                return;
            }
            oldest.remove();
            self.expired += 1;
        }
    }

    /// Returns the message of a receipt, unless it was delivered again since.
    fn received(&mut self, receipt: &str) -> Option<&mut Message> {
        let number = number(receipt);
        let message = self.messages.get_mut(&number)?;
        (message.receipt(number) == receipt).then_some(message)
    }
}

impl Message {
    fn record(&self, number: u64) -> Value {
        let attributes = json!({
            "MessageGroupId": self.group,
            "MessageDeduplicationId": self.deduplication_id,
            "ApproximateReceiveCount": self.receives.to_string(),
        });
        json!({
            "messageId": number.to_string(),
            "receiptHandle": self.receipt(number),
            "body": self.body,
            "attributes": attributes,
        })
    }

    fn receipt(&self, number: u64) -> String {
        format!("{number}-{}", self.receives)
    }
}

fn number(receipt: &str) -> u64 {
    receipt.split('-').next().unwrap().parse().unwrap()
}

#[cfg(test)]
mod tests;
