//! Asks the service and the baselines about the same memories.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use openmemory::{Embeddings, PlainVectors, Settings, open, router};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::baselines::{Bm25, by_cosine, fuse};
use crate::labelled::{Caller, LabelledMemory, Question};
use crate::padding;

/// Number of memories considered in each ranking.
pub(crate) const DEPTH: usize = 20;
const BATCH_SIZE: usize = 100;
/// Relevance from which the service claims to answer.
const CLAIM_THRESHOLD: f64 = 0.7;

/// The result of one question.
pub(crate) struct QuestionResult {
    pub(crate) caller: String,
    pub(crate) query: String,
    pub(crate) groups: Vec<String>,
    pub(crate) is_answerable: bool,
    pub(crate) service: Outcome,
    /// Outcome of each baseline, by name. Without vectors, there is only BM25.
    pub(crate) baselines: Vec<(&'static str, Outcome)>,
    /// Whether one of the first five memories claims to answer, and whether a right one does.
    pub(crate) claims: bool,
    pub(crate) claims_correctly: bool,
    pub(crate) took: Duration,
}

/// How well one ranking did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Rank of the first right memory among the first [`DEPTH`], from 0.
    pub(crate) rank: Option<usize>,
    pub(crate) is_empty: bool,
}

/// All results of a set of callers.
pub(crate) struct Measurement {
    pub(crate) asked: Vec<QuestionResult>,
    /// How many memories were sent, and how many separate ones the service stored.
    pub(crate) sent: usize,
    pub(crate) kept: usize,
    /// Peak memory of this process after the service has answered, in MB; `None` if the system does
    /// not report it. The vectors of the baselines are computed later.
    pub(crate) peak_memory: Option<f64>,
}

impl Outcome {
    pub(crate) fn new(ranking: &[usize], right: &[usize]) -> Self {
        let rank = ranking
            .iter()
            .take(DEPTH)
            .position(|memory| right.contains(memory));
        Self {
            rank,
            is_empty: ranking.is_empty(),
        }
    }
}

/// A caller with all memories.
struct History<'a> {
    caller: &'a Caller,
    small_talk: Vec<LabelledMemory>,
}

impl History<'_> {
    fn memories(&self) -> impl Iterator<Item = &LabelledMemory> {
        self.caller.memories.iter().chain(&self.small_talk)
    }
}

/// Stores all memories, with small talk until each caller has `at_least`, asks all questions, and
/// then runs the baselines.
pub(crate) async fn run(
    callers: &[Caller],
    embeddings: &Embeddings,
    at_least: usize,
) -> Measurement {
    let history = |caller| History {
        caller,
        small_talk: padding::memories(caller, at_least),
    };
    let histories: Vec<History<'_>> = callers.iter().map(history).collect();
    let mut measured = run_service(&histories, embeddings).await;
    run_baselines(&histories, embeddings, &mut measured.asked).await;
    measured
}

async fn run_service(histories: &[History<'_>], embeddings: &Embeddings) -> Measurement {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", folder.path().join("recall.db").display());
    let settings = Settings::new(database, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .with_embeddings(embeddings.clone());
    let state = open(&settings).await.unwrap();
    let service = router(state.clone());
    let mut measured = Measurement {
        asked: Vec::new(),
        sent: 0,
        kept: 0,
        peak_memory: None,
    };
    for history in histories {
        let memories: Vec<&LabelledMemory> = history.memories().collect();
        let ids = store(&service, &history.caller.id, &memories).await;
        measured.sent += memories.len();
        measured.kept += ids.len();
        for question in &history.caller.questions {
            measured
                .asked
                .push(ask(&service, history.caller, question, &ids).await);
        }
    }
    state.close().await;
    measured.peak_memory = peak_memory();
    measured
}

/// Adds the outcomes of the baselines to the results of the service.
async fn run_baselines(
    histories: &[History<'_>],
    embeddings: &Embeddings,
    asked: &mut [QuestionResult],
) {
    let plain = PlainVectors::open(embeddings).await.unwrap();
    let mut asked = asked.iter_mut();
    for history in histories {
        let texts: Vec<&str> = history
            .memories()
            .map(|memory| memory.text.as_str())
            .collect();
        let bm25 = Bm25::new(texts.iter().copied());
        let vectors = match &plain {
            Some(plain) => Some((plain, plain.memories(&texts).await.unwrap())),
            None => None,
        };
        for (question, asked) in history.caller.questions.iter().zip(&mut asked) {
            let right: Vec<usize> = question.right.iter().map(|number| number - 1).collect();
            let by_words = bm25.rank(&question.query);
            asked
                .baselines
                .push(("BM25", Outcome::new(&by_words, &right)));
            if let Some((plain, vectors)) = &vectors {
                let by_vectors =
                    by_cosine(&plain.question(&question.query).await.unwrap(), vectors);
                asked
                    .baselines
                    .push(("cosine", Outcome::new(&by_vectors, &right)));
                asked.baselines.push((
                    "fusion",
                    Outcome::new(&fuse(&by_words, &by_vectors), &right),
                ));
            }
        }
    }
}

/// Indices of the sent memories that each stored memory represents, by its id.
type Ids = HashMap<String, Vec<usize>>;

async fn store(service: &Router, caller: &str, memories: &[&LabelledMemory]) -> Ids {
    let mut ids = Ids::new();
    let mut indices = 0..;
    for part in memories.chunks(BATCH_SIZE) {
        let item = |memory: &&LabelledMemory| {
            json!({ "agent_id": "recall", "caller_id": caller, "content": memory.text,
                "importance": memory.importance, "metadata": { "timestamp": memory.timestamp() } })
        };
        let batch = json!({ "memories": part.iter().map(item).collect::<Vec<_>>() });
        let stored = post(service, "/api/v1/memories/batch", &batch).await;
        for result in stored["results"].as_array().unwrap() {
            let id = result["memory_id"].as_str().unwrap().to_owned();
            ids.entry(id).or_default().extend(indices.next());
        }
    }
    ids
}

/// Sends the same request as search-memory, except for the number of memories.
async fn ask(service: &Router, caller: &Caller, question: &Question, ids: &Ids) -> QuestionResult {
    let body = json!({ "caller_id": caller.id, "query": question.query, "limit": DEPTH, "min_relevance": 0 });
    let started = Instant::now();
    let found = post(service, "/api/v1/memories/search", &body).await;
    let took = started.elapsed();
    let found = found["memories"].as_array().unwrap();
    let is_right = |memory: &Value| {
        let indices = &ids[memory["memory_id"].as_str().unwrap()];
        indices
            .iter()
            .any(|index| question.right.contains(&(index + 1)))
    };
    let claims = |memory: &Value| {
        memory["relevance_score"]
            .as_f64()
            .is_some_and(|relevance| relevance >= CLAIM_THRESHOLD)
    };
    QuestionResult {
        caller: caller.id.clone(),
        query: question.query.clone(),
        groups: caller.groups(question),
        is_answerable: !question.right.is_empty(),
        service: Outcome {
            rank: found.iter().position(is_right),
            is_empty: found.is_empty(),
        },
        baselines: Vec::new(),
        claims: found.iter().take(5).any(claims),
        claims_correctly: found
            .iter()
            .take(5)
            .any(|memory| claims(memory) && is_right(memory)),
        took,
    }
}

async fn post(service: &Router, path: &str, body: &Value) -> Value {
    let request = Request::post(path)
        .body(Body::from(body.to_string()))
        .unwrap();
    let response = service.clone().oneshot(request).await.unwrap();
    assert!(
        response.status().is_success(),
        "{path}: {}",
        response.status()
    );
    serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
}

fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1_024.0 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rank_is_that_of_the_first_right_memory_among_twenty() {
        let ranking: Vec<usize> = (100..200).collect();
        let rank = |right: &[usize]| Outcome::new(&ranking, right).rank;
        assert_eq!(rank(&[150, 107, 119]), Some(7));
        assert_eq!(rank(&[119]), Some(19));
        assert_eq!(rank(&[120]), None);
        assert_eq!(rank(&[]), None);
        assert!(Outcome::new(&[], &[1]).is_empty && !Outcome::new(&ranking, &[]).is_empty);
    }
}
