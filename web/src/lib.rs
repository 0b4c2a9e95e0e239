//! The HTTP rules that every program of this workspace shares: one client, one rule for sending
//! keys, one comparison of keys, and one format of trace ids.

pub mod address;
pub mod client;
pub mod key;
pub mod trace;
