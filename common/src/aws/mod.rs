//! Configuration of the AWS SDK: see [`web::aws`]. All clients share one configuration and the
//! process's HTTP client.

#[cfg(any(feature = "s3", feature = "sqs"))]
mod error;
#[cfg(test)]
#[cfg(all(feature = "s3", feature = "sqs"))]
pub(crate) mod testing;

#[cfg(any(feature = "s3", feature = "sqs"))]
pub(crate) use error::AwsError;

pub use web::aws::config;
