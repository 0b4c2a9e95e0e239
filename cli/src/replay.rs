//! `elaaoms replay`: conversations go back into the queue, under a name of their own so that no queue takes them for
//! doubles. What was extracted before is left as it is, unless it is to be redone.

use common::archive::folder::FolderArchive;
use common::archive::s3::S3Archive;
use common::archive::{Key, PayloadKind, Payloads};
use common::aws;
use common::call::ConversationId;
use common::elevenlabs::event::Event;
use common::queue::embedded::EmbeddedQueue;
use common::queue::sqs::{SqsDeadLetters, SqsQueue};
use common::queue::{DeadLetters, Enqueued, ExtractionJob, ExtractionQueue, Revived};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use secrecy::SecretString;

use crate::command::ReplayArguments;
use crate::failure::Failure;

/// What was put back, in words.
pub(crate) async fn replay(
    arguments: &ReplayArguments,
    now: Timestamp,
    lookup: impl Fn(&str) -> Option<String> + Copy,
) -> Result<String, Failure> {
    let version = u64::try_from(now.as_second()).unwrap_or_default();
    let Some((bucket, queue)) = arguments.bucket.as_ref().zip(arguments.queue.as_ref()) else {
        return on_one_machine(arguments, version, lookup).await;
    };
    let config = aws::config(common::http_client::build()?, lookup);
    let queue = SqsQueue::new(&config, queue.clone());
    if arguments.dlq {
        let dead = arguments.dead_letter_queue.clone().ok_or(Failure::NoDeadLetterQueue)?;
        return Ok(told(SqsDeadLetters::new(&config, dead, queue).revive(version).await?));
    }
    let pepper = lookup("CALLER_ID_PEPPER").ok_or(Failure::NoSecret("CALLER_ID_PEPPER"))?;
    let replay = Replay { archive: S3Archive::new(&config, bucket), queue, pepper: pepper.into(), version, lookup };
    replay.run(arguments).await
}

async fn on_one_machine(
    arguments: &ReplayArguments,
    version: u64,
    lookup: impl Fn(&str) -> Option<String> + Copy,
) -> Result<String, Failure> {
    let file = arguments.data_dir.join("queue.db");
    if !file.is_file() {
        return Err(Failure::NoData(arguments.data_dir.clone()));
    }
    let queue = EmbeddedQueue::open(&file).await?;
    if arguments.dlq {
        return Ok(told(queue.revive(version).await?));
    }
    let payloads = lookup("ELEVENLABS_POST_CALL_PAYLOAD_PATH").filter(|path| !path.trim().is_empty()).map(Into::into);
    let archive = FolderArchive::open(&arguments.data_dir, payloads)
        .map_err(|error| Failure::File { file: arguments.data_dir.clone(), error })?;
    let pepper = pepper(arguments, lookup).ok_or(Failure::NoSecret("CALLER_ID_PEPPER"))?;
    Replay { archive, queue, pepper, version, lookup }.run(arguments).await
}

/// As set, or as `elaaoms-local` made it for development.
fn pepper(arguments: &ReplayArguments, lookup: impl Fn(&str) -> Option<String>) -> Option<SecretString> {
    let made = || {
        let file = arguments.data_dir.join("development-secrets.env");
        let mut lines = dotenvy::from_path_iter(file).ok()?.filter_map(Result::ok);
        lines.find(|(name, _)| name == "CALLER_ID_PEPPER").map(|(_, value)| value)
    };
    lookup("CALLER_ID_PEPPER").filter(|value| !value.trim().is_empty()).or_else(made).map(SecretString::from)
}

struct Replay<A, Q, L> {
    archive: A,
    queue: Q,
    pepper: SecretString,
    version: u64,
    lookup: L,
}

/// How many conversations went which way.
#[derive(Default)]
struct Counts {
    queued: usize,
    done: usize,
    nobody: usize,
    gone: usize,
}

impl<A: Payloads, Q: ExtractionQueue, L: Fn(&str) -> Option<String>> Replay<A, Q, L> {
    async fn run(&self, arguments: &ReplayArguments) -> Result<String, Failure> {
        let mut counts = Counts::default();
        for payload in self.chosen(arguments).await? {
            self.put_back(payload, arguments, &mut counts).await?;
        }
        Ok(counts.told())
    }

    async fn chosen(&self, arguments: &ReplayArguments) -> Result<Vec<Key>, Failure> {
        if !arguments.conversations.is_empty() {
            return arguments.conversations.iter().map(|id| payload_of(id)).collect();
        }
        let since = arguments.since.as_deref().map(time).transpose()?;
        let mut payloads = self.archive.payloads(since).await?;
        payloads.retain(Key::is_transcription);
        payloads.sort();
        Ok(payloads)
    }

    async fn put_back(&self, payload: Key, arguments: &ReplayArguments, counts: &mut Counts) -> Result<(), Failure> {
        let Some(body) = self.archive.get(&payload).await? else {
            counts.gone += 1;
            return Ok(());
        };
        let trusts = (self.lookup)("TRUST_USER_ID").is_some_and(|value| value.trim().eq_ignore_ascii_case("true"));
        let Event::Transcription(call) = Event::read(&body) else { return Ok(()) };
        let Some(caller) = call.caller(trusts) else {
            counts.nobody += 1;
            return Ok(());
        };
        let job = ExtractionJob {
            redo: arguments.redo.then_some(self.version),
            ..ExtractionJob::new(call.conversation_id.clone(), payload)
        };
        if self.archive.contains(&job.done()).await? {
            counts.done += 1;
            return Ok(());
        }
        self.queue.push(Enqueued::replayed(job, caller.hash(&self.pepper), self.version)).await?;
        counts.queued += 1;
        Ok(())
    }
}

impl Counts {
    /// In words.
    fn told(&self) -> String {
        let Self { queued, done, nobody, gone } = self;
        format!(
            "Put back: {queued}. Extracted before and left alone: {done}. Without a caller: {nobody}. Not kept: {gone}."
        )
    }
}

fn told(revived: Revived) -> String {
    format!("Put back: {}. Not to be read and left where they are: {}.", revived.jobs, revived.unreadable)
}

fn payload_of(conversation: &str) -> Result<Key, Failure> {
    let id = ConversationId::parse(conversation).map_err(|_| Failure::NoConversation(conversation.to_owned()))?;
    Ok(Key::payload(&id, &PayloadKind::Transcription))
}

/// A day begins at midnight in UTC.
fn time(text: &str) -> Result<Timestamp, Failure> {
    let day = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    text.parse().ok().or_else(day).ok_or_else(|| Failure::NoDate(text.to_owned()))
}

#[cfg(test)]
mod tests;
