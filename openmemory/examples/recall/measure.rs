//! Asking the service, and its rivals, about the same memories.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use openmemory::{Embeddings, PlainVectors, Settings, open, router};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::labelled::{Caller, Question, Remembered};
use crate::padding;
use crate::rivals::{Bm25, by_cosine, fuse};

/// How many memories of each ranking are looked at.
pub(crate) const DEPTH: usize = 20;
const MOST_AT_ONCE: usize = 100;
/// From here on a relevance claims to answer.
const CLAIM: f64 = 0.7;

/// What one question came to.
pub(crate) struct Asked {
    pub(crate) caller: String,
    pub(crate) query: String,
    pub(crate) groups: Vec<String>,
    pub(crate) is_answerable: bool,
    pub(crate) service: Outcome,
    /// By name; without vectors only BM25.
    pub(crate) rivals: Vec<(&'static str, Outcome)>,
    /// Whether one of the best five claims to answer, and whether a right one does.
    pub(crate) claims: bool,
    pub(crate) claims_rightly: bool,
    pub(crate) took: Duration,
}

/// How well one ranking did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The place of the first right memory among the first [`DEPTH`], from 0.
    pub(crate) place: Option<usize>,
    pub(crate) is_empty: bool,
}

/// All that was asked about some callers.
pub(crate) struct Measured {
    pub(crate) asked: Vec<Asked>,
    /// How many memories were sent, and how many of them the service keeps apart.
    pub(crate) sent: usize,
    pub(crate) kept: usize,
    /// The most memory that this process had used when the service had answered, in MB; `None`
    /// where the system does not tell. Vectors of the rivals come later.
    pub(crate) peak_memory: Option<f64>,
}

impl Outcome {
    pub(crate) fn of(ranking: &[usize], right: &[usize]) -> Self {
        let place = ranking
            .iter()
            .take(DEPTH)
            .position(|memory| right.contains(memory));
        Self {
            place,
            is_empty: ranking.is_empty(),
        }
    }
}

/// A caller with everything that is remembered of them.
struct History<'a> {
    caller: &'a Caller,
    small_talk: Vec<Remembered>,
}

impl History<'_> {
    fn memories(&self) -> impl Iterator<Item = &Remembered> {
        self.caller.memories.iter().chain(&self.small_talk)
    }
}

/// Stores all memories, and small talk until each caller has `at_least`, asks all questions, and
/// then the rivals.
pub(crate) async fn run(callers: &[Caller], embeddings: &Embeddings, at_least: usize) -> Measured {
    let history = |caller| History {
        caller,
        small_talk: padding::memories(caller, at_least),
    };
    let histories: Vec<History<'_>> = callers.iter().map(history).collect();
    let mut measured = ask_service(&histories, embeddings).await;
    ask_rivals(&histories, embeddings, &mut measured.asked).await;
    measured
}

async fn ask_service(histories: &[History<'_>], embeddings: &Embeddings) -> Measured {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", folder.path().join("recall.db").display());
    let settings = Settings::new(database, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .with_embeddings(embeddings.clone());
    let state = open(&settings).await.unwrap();
    let service = router(state.clone());
    let mut measured = Measured {
        asked: Vec::new(),
        sent: 0,
        kept: 0,
        peak_memory: None,
    };
    for history in histories {
        let memories: Vec<&Remembered> = history.memories().collect();
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

/// Adds the outcomes of the rivals to questions that the service was asked.
async fn ask_rivals(histories: &[History<'_>], embeddings: &Embeddings, asked: &mut [Asked]) {
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
            asked.rivals.push(("BM25", Outcome::of(&by_words, &right)));
            if let Some((plain, vectors)) = &vectors {
                let by_vectors =
                    by_cosine(&plain.question(&question.query).await.unwrap(), vectors);
                asked
                    .rivals
                    .push(("cosine", Outcome::of(&by_vectors, &right)));
                asked
                    .rivals
                    .push(("fusion", Outcome::of(&fuse(&by_words, &by_vectors), &right)));
            }
        }
    }
}

/// The places of the memories that each stored memory stands for, by its id.
type Ids = HashMap<String, Vec<usize>>;

async fn store(service: &Router, caller: &str, memories: &[&Remembered]) -> Ids {
    let mut ids = Ids::new();
    let mut places = 0..;
    for part in memories.chunks(MOST_AT_ONCE) {
        let item = |memory: &&Remembered| {
            json!({ "agent_id": "recall", "caller_id": caller, "content": memory.text,
                "importance": memory.importance, "metadata": { "timestamp": memory.timestamp() } })
        };
        let batch = json!({ "memories": part.iter().map(item).collect::<Vec<_>>() });
        let stored = post(service, "/api/v1/memories/batch", &batch).await;
        for result in stored["results"].as_array().unwrap() {
            let id = result["memory_id"].as_str().unwrap().to_owned();
            ids.entry(id).or_default().extend(places.next());
        }
    }
    ids
}

/// The request is the one that search-memory sends, but for the number of memories.
async fn ask(service: &Router, caller: &Caller, question: &Question, ids: &Ids) -> Asked {
    let body = json!({ "caller_id": caller.id, "query": question.query, "limit": DEPTH, "min_relevance": 0 });
    let started = Instant::now();
    let found = post(service, "/api/v1/memories/search", &body).await;
    let took = started.elapsed();
    let found = found["memories"].as_array().unwrap();
    let is_right = |memory: &Value| {
        let places = &ids[memory["memory_id"].as_str().unwrap()];
        places
            .iter()
            .any(|place| question.right.contains(&(place + 1)))
    };
    let claims = |memory: &Value| {
        memory["relevance_score"]
            .as_f64()
            .is_some_and(|relevance| relevance >= CLAIM)
    };
    Asked {
        caller: caller.id.clone(),
        query: question.query.clone(),
        groups: caller.groups(question),
        is_answerable: !question.right.is_empty(),
        service: Outcome {
            place: found.iter().position(is_right),
            is_empty: found.is_empty(),
        },
        rivals: Vec::new(),
        claims: found.iter().take(5).any(claims),
        claims_rightly: found
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
    fn the_place_is_that_of_the_first_right_memory_among_the_first_twenty() {
        let ranking: Vec<usize> = (100..200).collect();
        let place = |right: &[usize]| Outcome::of(&ranking, right).place;
        assert_eq!(place(&[150, 107, 119]), Some(7));
        assert_eq!(place(&[119]), Some(19));
        assert_eq!(place(&[120]), None);
        assert_eq!(place(&[]), None);
        assert!(Outcome::of(&[], &[1]).is_empty && !Outcome::of(&ranking, &[]).is_empty);
    }
}
