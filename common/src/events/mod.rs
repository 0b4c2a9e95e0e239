//! Outgoing events: what happened to memories, calls and callers, for an operator's other systems.
//!
//! An event names things by id. [`Outbox`] puts events into the queue as jobs of their own, so they
//! are delivered at least once, in order for each caller, and become dead letters like other jobs.
//! [`Webhook`] and [`EventBus`] deliver them.

mod bus;
mod delivery_error;
mod event;
mod job;
mod operator;
mod outage;
mod outbox;
mod receivers;
mod signature;
mod webhook;

pub use bus::EventBus;
pub use delivery_error::DeliveryError;
pub use event::{
    Event, EventContent, EventData, EventId, ExtractedCall, ForgottenCaller, MemoryContent,
    StoredMemory, SupersededMemory,
};
pub use job::{ContentSource, EventBatch, EventJob, EventTarget};
pub use operator::OperatorMemory;
pub use outbox::Outbox;
pub use receivers::Receivers;
pub use signature::{InvalidSigningSecret, SigningSecret};
pub use webhook::{Receipt, Webhook};
