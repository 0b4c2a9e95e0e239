//! Opens the table.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::types::AttributeValue;
use secrecy::SecretString;

use super::Dynamo;
use super::commit::Backoff;
use super::error::{Written, single};
use super::fields::{Fields, number, text};
use super::keys::{Item, Keys, table_info};
use super::locks::Locks;
use super::scan::CachedCount;
use crate::storage::OpenError;

/// Options of a table.
#[derive(Clone, Debug)]
pub(crate) struct DynamoOptions {
    pub(crate) table: String,
    /// The key of pseudonyms.
    pub(crate) pepper: SecretString,
    /// A PEM file of certificate authorities to trust besides the public ones.
    pub(crate) extra_ca_file: Option<String>,
    /// Whether background work may scan the table.
    pub(crate) may_scan: bool,
}

/// The format of the items that this program writes.
const FORMAT: u32 = 1;
const FORMAT_NAME: &str = "format";
const CHECK_NAME: &str = "pepper_check";

/// Attempts of a request that is throttled or fails.
const ATTEMPTS: u32 = 5;
/// The longest delay before the second attempt. DynamoDB answers in milliseconds.
const FIRST_DELAY: Duration = Duration::from_millis(50);

impl Dynamo {
    /// Opens a table and checks that it was written with this pepper. A new table gets the check
    /// value of the pepper.
    pub(crate) async fn open(options: DynamoOptions) -> Result<Self, OpenError> {
        let http = web::client::builder(options.extra_ca_file.as_deref())
            .map_err(|error| OpenError::Table(error.to_string()))?
            .build()
            .map_err(|error| OpenError::Table(error.to_string()))?;
        let engine = Self::new(Client::from_conf(config(http, variable).build()), options);
        engine.check_table().await?;
        Ok(engine)
    }

    /// Does not look at the table.
    pub(super) fn new(client: Client, options: DynamoOptions) -> Self {
        Self {
            client,
            table: options.table,
            keys: Keys::new(options.pepper),
            locks: Locks::new(),
            may_scan: options.may_scan,
            active_memories: CachedCount::default(),
        }
    }

    async fn check_table(&self) -> Result<(), OpenError> {
        let mut backoff = Backoff::new();
        loop {
            if let Some(item) = self.table_info().await? {
                return check(&item, &self.keys);
            }
            let written = self.write_table_info().await?;
            if written == Written::Yes {
                return Ok(());
            }
            // Another instance has just written it.
            backoff
                .after_conflict()
                .await
                .map_err(|error| OpenError::Table(error.to_string()))?;
        }
    }

    async fn table_info(&self) -> Result<Option<Item>, OpenError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(table_info()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| OpenError::Table(DisplayErrorContext(error).to_string()))?;
        Ok(output.item)
    }

    async fn write_table_info(&self) -> Result<Written, OpenError> {
        let mut item = table_info();
        item.insert(FORMAT_NAME.to_owned(), number(FORMAT));
        item.insert(CHECK_NAME.to_owned(), text(self.keys.check_value()));
        let result = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(PK)")
            .send()
            .await;
        single(result).map_err(|error| OpenError::Table(error.to_string()))
    }
}

/// The configuration of the client. The SDK repeats what is throttled or fails after a random
/// delay, and all attempts share one time limit.
pub(super) fn config(
    http: reqwest::Client,
    lookup: impl Fn(&str) -> Option<String>,
) -> aws_sdk_dynamodb::config::Builder {
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(FIRST_DELAY);
    let endpoint = lookup("AWS_ENDPOINT_URL_DYNAMODB").filter(|url| !url.is_empty());
    let shared = web::aws::config(http, lookup);
    let config = aws_sdk_dynamodb::config::Builder::from(&shared).retry_config(retries);
    match endpoint {
        Some(url) => config.endpoint_url(url),
        None => config,
    }
}

fn check(item: &Item, keys: &Keys) -> Result<(), OpenError> {
    let fields = Fields::new(item, "table");
    if fields.optional_number(FORMAT_NAME) != Some(FORMAT) {
        return Err(OpenError::TableFormat);
    }
    let expected = AttributeValue::S(keys.check_value());
    if item.get(CHECK_NAME) == Some(&expected) {
        Ok(())
    } else {
        Err(OpenError::Pepper)
    }
}

/// Reads a variable that AWS SDKs read.
#[expect(
    clippy::disallowed_methods,
    reason = "as in every AWS SDK, region and endpoint are variables, not settings of this service"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
