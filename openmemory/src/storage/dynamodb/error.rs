//! Errors of DynamoDB, and which of them a write repeats.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;

use super::StorageError;

/// Why a request to DynamoDB failed. It contains no keys and no attributes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DynamoError {
    /// The request failed, also when it was repeated.
    #[error("{0}")]
    Request(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Other requests changed the caller all the time.
    #[error("too many concurrent changes to one caller")]
    Contention,
    /// DynamoDB had no capacity for the items of a batch.
    #[error("the table is throttled")]
    Throttled,
}

/// What became of a write that depends on a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Yes,
    /// The condition was not met, or another request was changing the items.
    Conflict,
}

/// Converts an error of any operation.
pub(super) fn failed<E>(error: SdkError<E>) -> StorageError
where
    E: std::error::Error + Send + Sync + 'static,
{
    DynamoError::Request(Box::new(error)).into()
}

/// Sorts the result of a transaction.
pub(super) fn transaction<T>(
    result: Result<T, SdkError<TransactWriteItemsError>>,
) -> Result<Written, StorageError> {
    let error = match result {
        Ok(_) => return Ok(Written::Yes),
        Err(error) => error,
    };
    let is_conflict = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => cancelled
            .cancellation_reasons()
            .iter()
            .filter_map(|reason| reason.code())
            .all(is_repeatable),
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => true,
        _ => false,
    };
    conflict_or(error, is_conflict)
}

/// Sorts the result of a write of one item.
pub(super) fn single<T, E>(result: Result<T, SdkError<E>>) -> Result<Written, StorageError>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let error = match result {
        Ok(_) => return Ok(Written::Yes),
        Err(error) => error,
    };
    let is_conflict = matches!(
        error.code(),
        Some("ConditionalCheckFailedException" | "TransactionConflictException")
    );
    conflict_or(error, is_conflict)
}

fn conflict_or<E>(error: SdkError<E>, is_conflict: bool) -> Result<Written, StorageError>
where
    E: std::error::Error + Send + Sync + 'static,
{
    if is_conflict {
        Ok(Written::Conflict)
    } else {
        Err(failed(error))
    }
}

/// The reasons for which a cancelled transaction may succeed later.
fn is_repeatable(reason: &str) -> bool {
    matches!(
        reason,
        "None"
            | "ConditionalCheckFailed"
            | "TransactionConflict"
            | "ThrottlingError"
            | "ProvisionedThroughputExceeded"
    )
}
