//! The log of every system of this process, at the level at which our own crates say most, searched
//! line by line for the people and secrets of the tests.

use std::io;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use common::telemetry::OWN_CRATES;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::{PEPPER, SIGNING_SECRET, WEBHOOK_KEY};

/// Words of the payloads, their people's names and numbers, and every secret of the tests.
const PRIVATE: [&str; 51] = [
    "Tomas",
    "Berglind",
    "Inés",
    "Carballo",
    "quince",
    "Quince",
    "Hazel",
    "Orchard",
    "GF-4410",
    "after six",
    "trunk",
    "embrague",
    "furgoneta",
    "fig tree",
    "beehives",
    "shade",
    "balcony",
    "lemon",
    "director",
    "Saturday",
    "Velkov",
    "Quist",
    "Menoor",
    "Lindqvist",
    "Sandor",
    "Deming",
    "Aldana",
    "Mirela",
    "Okafor",
    "Castell",
    "Grabow",
    "4471902",
    "8361#",
    "scripted answer",
    "member-8812",
    "sk-flowerpot",
    "key-of-the-model",
    SIGNING_SECRET,
    WEBHOOK_KEY,
    PEPPER,
    // Numbers of invented people, whoever they are and however they are written.
    "+1202555",
    "1202555",
    "202555",
    "202-555",
    "202 555",
    "+1555123",
    "15551234567",
    "+3491555",
    "34915550",
    "5550145",
    "5550123",
];
/// Ids of ElevenLabs, which may stand in a log.
const IDS: [&str; 2] = ["conv_5501tomas1first", "conv_5501tomas2second"];

/// What was logged, and what of it should not have been.
#[derive(Debug, Default)]
pub struct Log(Mutex<Heard>);

#[derive(Debug, Default)]
struct Heard {
    lines: Vec<String>,
    leaks: Vec<String>,
}

impl Log {
    /// The log of this process. Every thread is heard from the first call on.
    ///
    /// # Panics
    /// When somebody else listens.
    pub fn of_this_process() -> &'static Self {
        static LOG: OnceLock<&Log> = OnceLock::new();
        LOG.get_or_init(|| {
            let log: &'static Self = Box::leak(Box::default());
            tracing::subscriber::set_global_default(subscriber(log)).unwrap();
            log
        })
    }

    /// The lines that hold what is private.
    #[must_use]
    pub fn leaks(&self) -> Vec<String> {
        self.heard().leaks.clone()
    }

    /// Whether one line holds all of these words.
    #[must_use]
    pub fn says(&self, words: &[&str]) -> bool {
        self.heard()
            .lines
            .iter()
            .any(|line| words.iter().all(|word| line.contains(word)))
    }

    /// How many lines hold all of these words.
    #[must_use]
    pub fn count(&self, words: &[&str]) -> usize {
        self.heard()
            .lines
            .iter()
            .filter(|line| words.iter().all(|word| line.contains(word)))
            .count()
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What writes JSON as the programs do, into this log.
pub fn subscriber(log: &'static Log) -> impl tracing::Subscriber + Send + Sync {
    let filter = OWN_CRATES.iter().fold("warn".to_owned(), |filter, name| {
        format!("{filter},{name}=trace")
    });
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(log)
        .finish()
}

/// The private words that a text holds. The time of a log line is left out: its microseconds are
/// any six digits, and sooner or later they are those of an invented number.
#[must_use]
pub fn private_in(text: &str) -> Vec<&'static str> {
    let text = IDS
        .iter()
        .fold(without_timestamp(text).to_owned(), |text, id| {
            text.replace(id, "")
        });
    PRIVATE
        .into_iter()
        .filter(|word| text.contains(word))
        .collect()
}

/// What follows the time with which a line of the log starts; a text that starts otherwise, whole.
fn without_timestamp(line: &str) -> &str {
    let after = line
        .strip_prefix(r#"{"timestamp":""#)
        .and_then(|rest| rest.split_once('"'));
    after.map_or(line, |(_, rest)| rest)
}

impl<'a> MakeWriter<'a> for &'static Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self
    }
}

impl io::Write for &'static Log {
    /// One event each.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(bytes).into_owned();
        let private = private_in(&line);
        let mut heard = self.heard();
        if !private.is_empty() {
            heard.leaks.push(format!("{private:?} in {line}"));
        }
        heard.lines.push(line);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::private_in;

    #[test]
    fn the_time_of_a_line_is_not_a_phone_number_and_everything_after_it_may_be_one() {
        let line = r#"{"timestamp":"2026-11-29T03:27:09.202555Z","level":"INFO","message":"call extracted"}"#;
        assert!(private_in(line).is_empty());
        let line = r#"{"timestamp":"2026-11-29T03:27:09.000000Z","level":"INFO","message":"call of 2025550123"}"#;
        assert_eq!(private_in(line), ["202555", "5550123"]);
    }
}
