//! The HTTP rules that every program of this workspace shares: one client, one rule for sending
//! keys, one comparison of keys, and one format of trace ids. The feature `aws` adds the AWS SDK
//! over the same client, and `signed` signs requests without the SDK.

pub mod address;
#[cfg(feature = "aws")]
pub mod aws;
pub mod client;
pub mod key;
#[cfg(feature = "signed")]
pub mod signed;
pub mod trace;
