//! The command line, and the same by environment variables.

use std::net::SocketAddr;

use clap::Parser;
use secrecy::SecretString;

use crate::settings::Settings;

/// Long-term memory for voice agents: stores, finds and forgets what callers said.
#[derive(Parser)]
#[command(name = "openmemory", version, about)]
pub struct Command {
    /// Database: sqlite://PATH (sqlite:///… is an absolute path) or postgresql://USER:PASSWORD@HOST/NAME.
    #[arg(long = "database", env = "DATABASE_URL", hide_env_values = true, default_value = "sqlite://openmemory.db")]
    database: String,
    /// Address to listen on; port 0 takes any free one.
    #[arg(long, env = "OPENMEMORY_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Key that every call has to carry (all calls are let in without one).
    #[arg(long, env = "OPENMEMORY_API_KEY", hide_env_values = true, value_parser = secret)]
    api_key: Option<SecretString>,
    /// Likeness above which a memory repeats another, over 0 and up to 1.
    #[arg(long, env = "SIMILARITY_THRESHOLD", default_value_t = Settings::SIMILARITY_THRESHOLD)]
    similarity_threshold: f64,
    /// Most memories of one caller and agent; the least important and oldest go first.
    #[arg(long, env = "MAX_MEMORIES_PER_AGENT", default_value_t = Settings::MAX_MEMORIES_PER_AGENT)]
    max_memories_per_agent: usize,
    /// Connections to PostgreSQL.
    #[arg(long, env = "DATABASE_POOL_SIZE", default_value_t = Settings::DATABASE_POOL_SIZE)]
    database_pool_size: u32,
    /// Connections to PostgreSQL beyond those, in a burst.
    #[arg(long, env = "DATABASE_MAX_OVERFLOW", default_value_t = Settings::DATABASE_MAX_OVERFLOW)]
    database_max_overflow: u32,
    /// What is logged: ERROR, WARNING, INFO, DEBUG, or a filter such as openmemory=debug.
    #[arg(long, env = "LOG_LEVEL", default_value = "INFO")]
    log_level: String,
}

impl Command {
    /// The settings it asks for.
    pub fn settings(&self) -> Settings {
        Settings::new(self.database.as_str(), self.listen)
            .with_api_key(self.api_key.clone())
            .with_similarity_threshold(self.similarity_threshold)
            .with_max_memories_per_agent(self.max_memories_per_agent)
            .with_pool(self.database_pool_size, self.database_max_overflow)
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

#[expect(clippy::unnecessary_wraps, reason = "the form of a clap value parser")]
fn secret(text: &str) -> Result<SecretString, std::convert::Infallible> {
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
