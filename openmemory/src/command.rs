//! The command line, and the same by environment variables.

use std::net::SocketAddr;

use clap::{Parser, Subcommand};
use secrecy::SecretString;

use crate::embedding::{
    DEFAULT_DIMENSIONS, DEFAULT_MODEL, DEFAULT_URL, Embeddings, Kind, Prefixes, RemoteModel,
};
#[cfg(feature = "local-embeddings")]
use crate::pull::Pull;
use crate::settings::Settings;
use crate::storage::VectorIndex;

/// Long-term memory for voice agents: stores, finds and forgets what callers said.
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
    /// Database: sqlite://PATH (sqlite:///… is an absolute path) or
    /// postgresql://USER:PASSWORD@HOST/NAME.
    #[arg(
        long = "database",
        env = "DATABASE_URL",
        hide_env_values = true,
        default_value = "sqlite://openmemory.db"
    )]
    database: String,
    /// Address to listen on; port 0 takes any free one.
    #[arg(long, env = "OPENMEMORY_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Name under which a service on loopback may be asked, as a reverse proxy passes it on; may be
    /// given several times.
    #[arg(
        long = "allowed-host",
        env = "OPENMEMORY_ALLOWED_HOSTS",
        value_delimiter = ','
    )]
    allowed_hosts: Vec<String>,
    /// Likeness above which a memory repeats another, over 0 and up to 1.
    #[arg(long, env = "SIMILARITY_THRESHOLD", default_value_t = Settings::SIMILARITY_THRESHOLD)]
    similarity_threshold: f64,
    /// Most memories of one caller and agent; the least important and oldest go first. As many
    /// superseded ones are kept beside them; the oldest go first.
    #[arg(long, env = "MAX_MEMORIES_PER_AGENT", default_value_t = Settings::MAX_MEMORIES_PER_AGENT)]
    max_memories_per_agent: usize,
    /// Connections to PostgreSQL.
    #[arg(long, env = "DATABASE_POOL_SIZE", default_value_t = Settings::DATABASE_POOL_SIZE)]
    database_pool_size: u32,
    /// Connections to PostgreSQL beyond those, in a burst.
    #[arg(long, env = "DATABASE_MAX_OVERFLOW", default_value_t = Settings::DATABASE_MAX_OVERFLOW)]
    database_max_overflow: u32,
    /// Index that PostgreSQL keeps over all vectors, for questions across callers; a caller's own
    /// are found exactly.
    #[arg(long, env = "VECTOR_INDEX_TYPE", value_parser = vector_index)]
    vector_index_type: Option<VectorIndex>,
    /// By what memories and questions are compared.
    #[arg(long, env = "EMBEDDINGS", value_enum, ignore_case = true, default_value_t = Kind::Static)]
    embeddings: Kind,
    /// With "openai" the model's name, with "local" its folder.
    #[arg(long, env = "EMBEDDING_MODEL", default_value = DEFAULT_MODEL)]
    embedding_model: String,
    /// Numbers in a vector of the model ("openai").
    #[arg(long, env = "EMBEDDING_DIMENSIONS", default_value_t = DEFAULT_DIMENSIONS)]
    embedding_dimensions: usize,
    /// Address of the embedding server, before /embeddings.
    #[arg(long, env = "EMBEDDING_API_URL", default_value = DEFAULT_URL)]
    embedding_api_url: String,
    /// Text before a question that the model embeds ("openai" and "local"); "none" for none where
    /// the model has one.
    #[arg(long, env = "EMBEDDING_QUERY_PREFIX")]
    embedding_query_prefix: Option<String>,
    /// Text before a memory that the model embeds.
    #[arg(long, env = "EMBEDDING_PASSAGE_PREFIX")]
    embedding_passage_prefix: Option<String>,
    /// Most requests of one client address in a minute; none is refused without it.
    #[arg(long, env = "RATE_LIMIT_PER_MINUTE")]
    rate_limit_per_minute: Option<u32>,
    /// Ask the service that listens there how it is, and end: 0 when it is well.
    #[arg(long)]
    check: bool,
    /// What is logged: ERROR, WARNING, INFO, DEBUG, or a filter such as openmemory=debug.
    #[arg(long, env = "LOG_LEVEL", default_value = "INFO")]
    log_level: String,
}

/// What it does instead of serving.
#[derive(Subcommand)]
enum Action {
    /// Sentence models for EMBEDDINGS=local.
    #[cfg(feature = "local-embeddings")]
    Model {
        #[command(subcommand)]
        action: ModelAction,
    },
}

#[cfg(feature = "local-embeddings")]
#[derive(Subcommand)]
enum ModelAction {
    /// Download a model of the BERT or XLM-RoBERTa kind from a Hugging Face hub.
    Pull(Pull),
}

impl Command {
    /// What the environment asks for, without a command line.
    ///
    /// # Errors
    /// The variable that is wrong.
    pub fn of_environment() -> Result<Self, clap::Error> {
        Self::try_parse_from(["openmemory"])
    }

    /// Whether only a running service is to be asked how it is.
    pub fn is_check(&self) -> bool {
        self.check
    }

    /// The model that is to be downloaded, if that is all that is asked for.
    #[cfg(feature = "local-embeddings")]
    pub fn pull(&self) -> Option<&Pull> {
        match &self.action {
            Some(Action::Model {
                action: ModelAction::Pull(pull),
            }) => Some(pull),
            None => None,
        }
    }

    /// The settings it asks for.
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
    }

    fn embeddings(&self) -> Embeddings {
        self.embeddings.with(RemoteModel {
            url: self.embedding_api_url.clone(),
            key: key("EMBEDDING_API_KEY"),
            name: self.embedding_model.clone(),
            dimensions: self.embedding_dimensions,
            prefixes: Prefixes::from_settings(
                self.embedding_query_prefix.clone(),
                self.embedding_passage_prefix.clone(),
            ),
        })
    }

    /// The log filter, with the names that other systems use for levels understood.
    pub fn log_filter(&self) -> String {
        match self.log_level.to_ascii_lowercase().as_str() {
            "warning" => "warn".to_owned(),
            "critical" | "fatal" => "error".to_owned(),
            level => level.to_owned(),
        }
    }
}

/// A key. It comes from the environment alone: every user of a machine sees command lines.
#[expect(
    clippy::disallowed_methods,
    reason = "clap reads the other settings, and would make an argument of it"
)]
fn key(name: &str) -> Option<SecretString> {
    std::env::var(name).ok().map(SecretString::from)
}

fn vector_index(text: &str) -> Result<VectorIndex, &'static str> {
    VectorIndex::parse(text).ok_or("must be ivfflat or hnsw")
}

#[cfg(feature = "local-embeddings")]
#[expect(clippy::unnecessary_wraps, reason = "the form of a clap value parser")]
pub(crate) fn secret(text: &str) -> Result<SecretString, std::convert::Infallible> {
    Ok(SecretString::from(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Command::command().debug_assert();
    }

    #[test]
    fn levels_have_their_usual_names() {
        let command = Command::parse_from(["openmemory", "--log-level", "WARNING"]);
        assert_eq!(command.log_filter(), "warn");
    }
}
