//! A model's answers for the parts of a split call, kept until the record is written: a job that
//! comes again pays only for the parts that are missing. Afterwards they are of no use and go with
//! the call they belong to.

use std::ops::Range;

use bytes::Bytes;
use common::archive::{Archive, ArchiveError, Key};
use common::llm::Usage;
use common::memory::MemoryId;
use common::queue::ExtractionJob;
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::deadline::Deadline;

/// Where the answers of one job are kept.
pub(crate) struct KeptAnswers<'a, A> {
    deadline: Deadline<'a, A>,
    job: &'a ExtractionJob,
}

/// One answer, and what it answers. Personal: it has no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct KeptAnswer {
    /// The hash of whatever the answer depends on: extractor, model, words. Another one is another
    /// question's.
    pub(crate) question: String,
    /// The known memories in the order of the numbers that the answer names them by.
    pub(crate) known: Vec<MemoryId>,
    /// The answer as the model gave it; nothing when it was cut off at the token limit, so that its
    /// halves are asked for, or when a check was paid for and gave none.
    #[serde(default)]
    pub(crate) text: Option<String>,
    /// What it cost.
    pub(crate) usage: Usage,
}

impl<'a, A: Archive> KeptAnswers<'a, A> {
    pub(crate) fn new(deadline: Deadline<'a, A>, job: &'a ExtractionJob) -> Self {
        Self { deadline, job }
    }

    /// The answer for a part, if it was given to this question. One that cannot be read was not.
    pub(crate) async fn of(
        &self,
        part: &Range<usize>,
        question: &str,
    ) -> Result<Option<KeptAnswer>, ArchiveError> {
        self.at(&self.job.part(part), question).await
    }

    /// The answer to whether the call supports its memories, as [`Self::of`].
    pub(crate) async fn of_check(
        &self,
        question: &str,
    ) -> Result<Option<KeptAnswer>, ArchiveError> {
        self.at(&self.job.check(), question).await
    }

    async fn at(&self, key: &Key, question: &str) -> Result<Option<KeptAnswer>, ArchiveError> {
        let kept = self.deadline.archive.get(key).await?;
        let kept = kept.and_then(|bytes| serde_json::from_slice::<KeptAnswer>(&bytes).ok());
        Ok(kept.filter(|kept| kept.question == question))
    }

    /// Keeps an answer. It is paid for already, so a failure to keep it does not lose it.
    pub(crate) async fn keep(&self, part: &Range<usize>, answer: &KeptAnswer) {
        self.keep_at(&self.job.part(part), answer).await;
    }

    /// Keeps the answer to whether the call supports its memories, as [`Self::keep`].
    pub(crate) async fn keep_check(&self, answer: &KeptAnswer) {
        self.keep_at(&self.job.check(), answer).await;
    }

    async fn keep_at(&self, key: &Key, answer: &KeptAnswer) {
        let Ok(bytes) = serde_json::to_vec(answer) else {
            return;
        };
        if let Err(error) = self.put(key, Bytes::from(bytes)).await {
            warn!(conversation_id = %self.job.conversation_id, reason = %error, "an answer of the model is not kept");
        }
    }

    async fn put(&self, key: &Key, body: Bytes) -> Result<(), ArchiveError> {
        self.deadline.archive.put(key, body).await?;
        self.deadline.limit(key).await.map(|_| ())
    }
}
