//! The HTTP rules that every program of this workspace shares: one client, one rule for sending
//! keys, and one comparison of keys.

pub mod address;
pub mod client;
pub mod key;
