//! Parses the command line and the environment variables behind its options.

mod health_check;

use std::net::SocketAddr;

use clap::{CommandFactory, Parser, Subcommand};
use secrecy::SecretString;

pub use health_check::is_healthy;

use crate::embedding::{Embeddings, Kind, ModelSettings, Prefixes, identity};
#[cfg(feature = "local-embeddings")]
use crate::pull::Pull;
use crate::server::Settings;
use crate::storage::VectorIndex;

/// Long-term memory for voice agents: stores, searches and erases what callers said.
#[derive(Parser)]
#[command(
    name = "openmemory",
    version,
    about,
    args_conflicts_with_subcommands = true
)]
pub struct Command {
    #[command(subcommand)]
    action: Option<Action>,
    /// Database: sqlite://PATH (sqlite:///… is an absolute path),
    /// postgresql://USER:PASSWORD@HOST/NAME or dynamodb://TABLE.
    #[arg(
        long = "database",
        env = "DATABASE_URL",
        hide_env_values = true,
        default_value = "sqlite://openmemory.db"
    )]
    database: String,
    /// Address to listen on; port 0 picks a free port.
    #[arg(long, env = "OPENMEMORY_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Additional Host header to accept while listening on loopback, for a reverse proxy that
    /// passes the header on; may be given several times.
    #[arg(
        long = "allowed-host",
        env = "OPENMEMORY_ALLOWED_HOSTS",
        value_delimiter = ','
    )]
    allowed_hosts: Vec<String>,
    /// Similarity above which a new memory is a duplicate, over 0 and up to 1.
    #[arg(long, env = "SIMILARITY_THRESHOLD", default_value_t = Settings::SIMILARITY_THRESHOLD)]
    similarity_threshold: f64,
    /// Maximum active memories for each caller and agent; the least important and oldest are
    /// removed first. The same number of superseded memories is kept; the oldest are removed first.
    #[arg(long, env = "MAX_MEMORIES_PER_AGENT", default_value_t = Settings::MAX_MEMORIES_PER_AGENT)]
    max_memories_per_agent: usize,
    /// Size of the PostgreSQL connection pool.
    #[arg(long, env = "DATABASE_POOL_SIZE", default_value_t = Settings::DATABASE_POOL_SIZE)]
    database_pool_size: u32,
    /// Additional PostgreSQL connections during bursts.
    #[arg(long, env = "DATABASE_MAX_OVERFLOW", default_value_t = Settings::DATABASE_MAX_OVERFLOW)]
    database_max_overflow: u32,
    /// Vector index in PostgreSQL, for queries across callers; searches of one caller are exact
    /// without it.
    #[arg(long, env = "VECTOR_INDEX_TYPE", value_parser = vector_index)]
    vector_index_type: Option<VectorIndex>,
    /// How memories are compared with questions.
    #[arg(long, env = "EMBEDDINGS", value_enum, ignore_case = true, default_value_t = Kind::Static)]
    embeddings: Kind,
    /// Model name for "openai" (default: text-embedding-3-small) and "bedrock" (default:
    /// cohere.embed-multilingual-v3), or model folder for "local".
    #[arg(long, env = "EMBEDDING_MODEL")]
    embedding_model: Option<String>,
    /// Dimensions of the model's vectors (default: 1536 with "openai", 1024 with "bedrock").
    #[arg(long, env = "EMBEDDING_DIMENSIONS")]
    embedding_dimensions: Option<usize>,
    /// Base URL of the embedding server, without /embeddings (default: OpenAI), or of Bedrock
    /// (default: its endpoint in AWS_REGION).
    #[arg(long, env = "EMBEDDING_API_URL")]
    embedding_api_url: Option<String>,
    /// Text to put before each question that the model embeds ("openai" and "local"); "none"
    /// disables the model's own prefix.
    #[arg(long, env = "EMBEDDING_QUERY_PREFIX")]
    embedding_query_prefix: Option<String>,
    /// Text to put before each memory that the model embeds.
    #[arg(long, env = "EMBEDDING_PASSAGE_PREFIX")]
    embedding_passage_prefix: Option<String>,
    /// Hosts that may receive the key of the embedding server over plain HTTP, separated by commas.
    #[arg(long, env = "PLAIN_HTTP_HOSTS")]
    plain_http_hosts: Option<String>,
    /// Maximum requests per minute from one client address; unlimited when not set.
    #[arg(long, env = "RATE_LIMIT_PER_MINUTE")]
    rate_limit_per_minute: Option<u32>,
    /// PEM file of certificate authorities to trust besides the public ones ("openai").
    #[arg(long, env = "EXTRA_CA_FILE")]
    extra_ca_file: Option<String>,
    /// Check the health of the service on the listen address, then exit: 0 if it is healthy.
    #[arg(long)]
    check: bool,
    /// Log level: ERROR, WARNING, INFO, DEBUG, or a filter such as openmemory=debug.
    #[arg(long, env = "LOG_LEVEL", default_value = "INFO")]
    log_level: String,
}

/// Actions other than running the service.
#[derive(Subcommand)]
enum Action {
    /// Manage sentence models for EMBEDDINGS=local.
    #[cfg(feature = "local-embeddings")]
    Model {
        #[command(subcommand)]
        action: ModelAction,
    },
}

#[cfg(feature = "local-embeddings")]
#[derive(Subcommand)]
enum ModelAction {
    /// Download a BERT or XLM-RoBERTa model from a Hugging Face hub.
    Pull(Pull),
}

impl Command {
    /// Reads the settings from the environment alone, for a program without arguments. `lookup`
    /// finds a variable wherever that program keeps it.
    ///
    /// # Errors
    /// Names the first variable with an invalid value.
    pub fn from_variables(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, clap::Error> {
        let command = Self::command();
        let arguments = command.get_arguments().filter_map(|argument| {
            let value = lookup(argument.get_env()?.to_str()?)?;
            Some(format!("--{}={value}", argument.get_long()?))
        });
        Self::try_parse_from(std::iter::once("openmemory".to_owned()).chain(arguments))
    }

    /// Whether to check a running service instead of starting one (`--check`).
    pub fn is_check(&self) -> bool {
        self.check
    }

    /// The options of `model pull`, if that is the action.
    #[cfg(feature = "local-embeddings")]
    pub fn pull(&self) -> Option<&Pull> {
        match &self.action {
            Some(Action::Model {
                action: ModelAction::Pull(pull),
            }) => Some(pull),
            None => None,
        }
    }

    /// Converts the options into settings.
    pub fn settings(&self) -> Settings {
        Settings::new(self.database.as_str(), self.listen)
            .with_api_key(key("OPENMEMORY_API_KEY"))
            .with_allowed_hosts(self.allowed_hosts.clone())
            .with_similarity_threshold(self.similarity_threshold)
            .with_max_memories_per_agent(self.max_memories_per_agent)
            .with_pool(self.database_pool_size, self.database_max_overflow)
            .with_vector_index(self.vector_index_type)
            .with_embeddings(self.embeddings())
            .with_rate_limit(self.rate_limit_per_minute)
            .with_extra_ca_file(self.extra_ca_file.clone())
            .with_dynamodb_key_pepper(key("DYNAMODB_KEY_PEPPER"))
    }

    fn embeddings(&self) -> Embeddings {
        let name = self.embedding_model.clone().filter(|name| !name.is_empty());
        self.embeddings.with(ModelSettings {
            url: self.embedding_api_url.clone().filter(|url| !url.is_empty()),
            key: key("EMBEDDING_API_KEY"),
            identity: identity(name.as_deref(), variable),
            name,
            dimensions: self.embedding_dimensions,
            prefixes: Prefixes::from_settings(
                self.embedding_query_prefix.clone(),
                self.embedding_passage_prefix.clone(),
            ),
            plain_http_hosts: self.plain_http_hosts.clone(),
        })
    }

    /// The log filter. Translates the level names of other systems, such as `WARNING`.
    pub fn log_filter(&self) -> String {
        match self.log_level.to_ascii_lowercase().as_str() {
            "warning" => "warn".to_owned(),
            "critical" | "fatal" => "error".to_owned(),
            level => level.to_owned(),
        }
    }
}

/// Reads a secret from the environment. Secrets are never command-line arguments, because every
/// user of a machine can see command lines.
fn key(name: &str) -> Option<SecretString> {
    variable(name).map(SecretString::from)
}

#[expect(
    clippy::disallowed_methods,
    reason = "clap reads the other settings, but would also accept an argument"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn vector_index(text: &str) -> Result<VectorIndex, &'static str> {
    VectorIndex::parse(text).ok_or("must be ivfflat or hnsw")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_definition_is_valid() {
        Command::command().debug_assert();
    }

    #[test]
    fn warning_is_accepted_as_a_log_level() {
        let command = Command::parse_from(["openmemory", "--log-level", "WARNING"]);
        assert_eq!(command.log_filter(), "warn");
    }

    #[test]
    fn variables_are_found_wherever_the_program_keeps_them() {
        let lookup = |name: &str| match name {
            "SIMILARITY_THRESHOLD" => Some("0.5".to_owned()),
            "EMBEDDING_MODEL" => Some(String::new()),
            "EMBEDDING_QUERY_PREFIX" => Some("query: ".to_owned()),
            _ => None,
        };
        let command = Command::from_variables(lookup).unwrap();
        assert_eq!(command.similarity_threshold.to_string(), "0.5");
        assert_eq!(command.embedding_query_prefix.as_deref(), Some("query: "));
        let wrong = |name: &str| (name == "EMBEDDINGS").then(|| "magic".to_owned());
        let error = Command::from_variables(wrong).err().unwrap();
        assert!(error.to_string().contains("--embeddings"), "{error}");
    }
}
