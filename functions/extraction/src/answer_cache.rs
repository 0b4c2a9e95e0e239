//! The model's answers for the parts of a split call, cached in the archive until the record is
//! written. A job delivered again pays only for the missing parts. After that they are useless and
//! are deleted with their call.

use std::ops::Range;

use bytes::Bytes;
use common::archive::{Archive, ArchiveError, Key};
use common::llm::Usage;
use common::memory::MemoryId;
use common::queue::ExtractionJob;
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::deadline::Deadline;

/// The cached answers of one job.
pub(crate) struct AnswerCache<'a, A> {
    deadline: Deadline<'a, A>,
    job: &'a ExtractionJob,
}

/// One answer and the request it belongs to.
///
/// Contains personal data, so it does not implement `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct CachedAnswer {
    /// Hash of everything the answer depends on: extractor, model, words. An answer with another
    /// hash belongs to another request.
    pub(crate) question: String,
    /// The known memories, in the order of the numbers by which the answer refers to them.
    pub(crate) known: Vec<MemoryId>,
    /// The answer as the model gave it. `None` if it was cut off at the token limit, so that the
    /// part is split again, or if a paid verification gave no answer.
    #[serde(default)]
    pub(crate) text: Option<String>,
    /// The tokens that the answer used.
    pub(crate) usage: Usage,
}

impl<'a, A: Archive> AnswerCache<'a, A> {
    pub(crate) fn new(deadline: Deadline<'a, A>, job: &'a ExtractionJob) -> Self {
        Self { deadline, job }
    }

    /// Returns the cached answer for a part, if it belongs to this request and can be read.
    pub(crate) async fn part(
        &self,
        part: &Range<usize>,
        question: &str,
    ) -> Result<Option<CachedAnswer>, ArchiveError> {
        self.read(&self.job.part(part), question).await
    }

    /// Returns the cached answer of the verification, like [`Self::part`].
    pub(crate) async fn verification(
        &self,
        question: &str,
    ) -> Result<Option<CachedAnswer>, ArchiveError> {
        self.read(&self.job.check(), question).await
    }

    async fn read(&self, key: &Key, question: &str) -> Result<Option<CachedAnswer>, ArchiveError> {
        let stored = self.deadline.archive.get(key).await?;
        Ok(stored
            .and_then(|bytes| serde_json::from_slice::<CachedAnswer>(&bytes).ok())
            .filter(|cached| cached.question == question))
    }

    /// Caches the answer for a part. A failure is only logged, because the answer is paid for and
    /// can still be used.
    pub(crate) async fn put_part(&self, part: &Range<usize>, answer: &CachedAnswer) {
        self.put(&self.job.part(part), answer).await;
    }

    /// Caches the answer of the verification, like [`Self::put_part`].
    pub(crate) async fn put_verification(&self, answer: &CachedAnswer) {
        self.put(&self.job.check(), answer).await;
    }

    async fn put(&self, key: &Key, answer: &CachedAnswer) {
        let Ok(bytes) = serde_json::to_vec(answer) else {
            return;
        };
        if let Err(error) = self.write(key, Bytes::from(bytes)).await {
            let conversation_id = &self.job.conversation_id;
            warn!(%conversation_id, reason = %error, "model answer could not be cached");
        }
    }

    async fn write(&self, key: &Key, body: Bytes) -> Result<(), ArchiveError> {
        self.deadline.archive.put(key, body).await?;
        self.deadline.limit(key).await.map(|_| ())
    }
}
