//! Captures the log of every system in this process, with our own crates at the most verbose level,
//! and searches each line for the private data and secrets of the tests.

use std::io;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use common::telemetry::OWN_CRATES;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::{PEPPER, SIGNING_SECRET, WEBHOOK_KEY};

/// Words from the payloads, names and numbers of their people, and all secrets of the tests.
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
    // Numbers of invented people, in different notations.
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
/// Ids of ElevenLabs. They contain private words, but may be logged.
const IDS: [&str; 2] = ["conv_5501tomas1first", "conv_5501tomas2second"];

/// A captured log.
#[derive(Debug, Default)]
pub struct Log(Mutex<Captured>);

#[derive(Debug, Default)]
struct Captured {
    lines: Vec<String>,
    /// The lines with private data, each with the words that it contains.
    leaks: Vec<String>,
}

impl Log {
    /// Returns the log of this process. Captures the events of all threads from the first call on.
    ///
    /// # Panics
    /// If another subscriber is installed.
    pub fn of_this_process() -> &'static Self {
        static LOG: OnceLock<&Log> = OnceLock::new();
        LOG.get_or_init(|| {
            let log: &'static Self = Box::leak(Box::default());
            tracing::subscriber::set_global_default(subscriber(log)).unwrap();
            log
        })
    }

    /// Returns the lines that contain private data.
    #[must_use]
    pub fn leaks(&self) -> Vec<String> {
        self.captured().leaks.clone()
    }

    /// Returns whether a line contains all of these words.
    #[must_use]
    pub fn says(&self, words: &[&str]) -> bool {
        self.captured()
            .lines
            .iter()
            .any(|line| words.iter().all(|word| line.contains(word)))
    }

    /// Returns the number of lines that contain all of these words.
    #[must_use]
    pub fn count(&self, words: &[&str]) -> usize {
        self.captured()
            .lines
            .iter()
            .filter(|line| words.iter().all(|word| line.contains(word)))
            .count()
    }

    fn captured(&self) -> MutexGuard<'_, Captured> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns a subscriber that writes JSON to this log, like the programs do.
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

/// Returns the private words that a text contains. Ignores the timestamp of a log line and random
/// ids, because their digits may equal part of an invented number by chance.
#[must_use]
pub fn private_in(text: &str) -> Vec<&'static str> {
    let text = IDS
        .iter()
        .fold(without_random_ids(without_timestamp(text)), |text, id| {
            text.replace(id, "")
        });
    PRIVATE
        .into_iter()
        .filter(|word| text.contains(word))
        .collect()
}

/// Removes the ids of requests and traces: 32 hexadecimal digits.
fn without_random_ids(text: &str) -> String {
    text.split_inclusive(|c: char| !c.is_ascii_hexdigit())
        .map(|part| {
            let digits = part.trim_end_matches(|c: char| !c.is_ascii_hexdigit());
            if digits.len() == 32 {
                &part[32..]
            } else {
                part
            }
        })
        .collect()
}

/// Removes the timestamp at the start of a log line. Returns any other text unchanged.
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
    /// Receives one event per call.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(bytes).into_owned();
        let private = private_in(&line);
        let mut captured = self.captured();
        if !private.is_empty() {
            captured.leaks.push(format!("{private:?} in {line}"));
        }
        captured.lines.push(line);
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
    fn only_the_timestamp_of_a_line_is_ignored() {
        let line = r#"{"timestamp":"2026-11-29T03:27:09.202555Z","level":"INFO","message":"call extracted"}"#;
        assert!(private_in(line).is_empty());
        let line = r#"{"timestamp":"2026-11-29T03:27:09.000000Z","level":"INFO","message":"call of 2025550123"}"#;
        assert_eq!(private_in(line), ["202555", "5550123"]);
    }

    #[test]
    fn random_ids_are_ignored() {
        let id = "0123456789abcdef0123456202555abc";
        assert!(private_in(&format!(r#"{{"request_id":"req_{id}"}}"#)).is_empty());
        assert!(private_in(id).is_empty());
        assert_eq!(private_in(&format!("{id}0")), ["202555"]);
    }
}
