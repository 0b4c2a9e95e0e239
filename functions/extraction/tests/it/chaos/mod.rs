//! The chaos test: 300 calls, a third of them delivered twice, arrive out of order. The store and
//! the provider fail at random, and workers are killed at random. Afterwards everything is stored
//! exactly once. Runs with either queue.

mod embedded;
#[cfg(feature = "lambda")]
mod sqs;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::archive::Archive;
use common::call::{AgentId, CallerId, ConversationId};
use common::memory::Importance;
use common::openmemory::Search;
use common::queue::{Enqueued, ExtractionJob};
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, Request, ResponseTemplate};

use crate::harness::{AGENT, Bench, answer, call, claim, openai};

const CALLS: usize = 300;
const CALLERS: usize = 40;
/// The percentage of store requests that fail before being forwarded, and of those that fail after.
const FAILURE_PERCENT: u32 = 3;
const CONCURRENCY: usize = 8;
const SEED: u64 = 20_261_123;

fn number_of(caller: usize) -> String {
    format!("+1202555{:04}", 1000 + caller)
}

fn caller_of(call: usize) -> usize {
    call % CALLERS
}

/// Workers die far more than three times per call here.
const ATTEMPTS: (&str, &str) = ("LLM_MAX_ATTEMPTS", "50");

/// Returns a word that only this call contains.
fn word_of(call: usize) -> String {
    format!("parcel{call:03}x")
}

fn second_of(call: usize) -> i64 {
    1_000_000 + i64::try_from(call).unwrap() * 1000
}

fn sample_call(index: usize) -> Value {
    let word = word_of(index);
    let mut call = call(
        &format!("conv_{index}"),
        second_of(index),
        &[
            "What is it?",
            &format!("It is about {word} and its sender."),
        ],
    );
    call["data"]["metadata"]["phone_call"]["external_number"] = json!(number_of(caller_of(index)));
    call
}

/// How many paid answers the provider gave for each word.
type Paid = Arc<Mutex<HashMap<String, usize>>>;

async fn flaky_provider<A: Archive>(bench: &Bench<A>, paid: Paid) {
    let random = Mutex::new(fastrand::Rng::with_seed(SEED));
    let respond = move |request: &Request| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let (_, transcript) = body.rsplit_once("<transcript>").unwrap();
        let start = transcript.find("parcel").unwrap();
        let word = transcript[start..start + "parcel000x".len()].to_owned();
        match random.lock().unwrap().u32(0..100) {
            0..10 => ResponseTemplate::new(500),
            10..15 => ResponseTemplate::new(429).insert_header("retry-after", "0"),
            luck => {
                *paid.lock().unwrap().entry(word.clone()).or_default() += 1;
                let content = format!("The caller waits for {word}.");
                let mut answer = answer(&[claim(&content, 1, &format!("It is about {word}"))]);
                answer["summary"] = json!(format!("About {word}."));
                openai(&answer.to_string()).set_delay(Duration::from_millis(u64::from(luck % 10)))
            }
        }
    };
    Mock::given(method("POST"))
        .respond_with(respond)
        .mount(&bench.provider)
        .await;
}

/// Returns every call, and a third of them twice, out of order.
async fn deliveries<A: Archive>(bench: &Bench<A>, random: &mut fastrand::Rng) -> Vec<Enqueued> {
    let mut order: Vec<usize> = (0..CALLS)
        .chain((0..CALLS).filter(|call| call % 3 == 0))
        .collect();
    random.shuffle(&mut order);
    let mut deliveries = Vec::new();
    for (index, call) in order.into_iter().enumerate() {
        let ExtractionJob {
            conversation_id,
            payload,
            ..
        } = bench.store_call(&sample_call(call)).await;
        let group = CallerId::from_phone(&number_of(caller_of(call)))
            .unwrap()
            .hash(&"pepper".into());
        let job = ExtractionJob::new(conversation_id, payload);
        // Duplicates have their own deduplication id, as if they arrived after SQS' window of five
        // minutes.
        deliveries.push(Enqueued {
            deduplication_id: format!("{call}-{index}"),
            ..Enqueued::after_call(job, group)
        });
    }
    deliveries
}

/// Checks that everything is stored once, that each card is of the latest call, and that answers
/// were paid for twice only after a kill.
async fn check(real: &Bench, paid: &Paid, killed: usize) {
    assert!(killed > 20, "chaos, with {killed} killed");
    let paid = paid.lock().unwrap().clone();
    let paid_again: usize = paid.values().map(|times| times - 1).sum();
    println!("{killed} killed, {paid_again} of {CALLS} paid again");
    assert_eq!(paid.len(), CALLS);
    assert!(
        paid_again <= killed,
        "{paid_again} paid again, {killed} killed"
    );
    for caller in 0..CALLERS {
        check_caller(real, caller).await;
    }
}

async fn check_caller(bench: &Bench, caller: usize) {
    let id = CallerId::from_phone(&number_of(caller)).unwrap();
    let search = Search {
        caller: &id,
        agent: None,
        query: "",
        min_importance: Importance::MIN,
        limit: 100,
        include_superseded: false,
        distinct: false,
    };
    let mut contents: Vec<String> = bench
        .store
        .search(search)
        .await
        .unwrap()
        .into_iter()
        .map(|memory| memory.content)
        .collect();
    contents.sort();
    let calls: Vec<usize> = (0..CALLS)
        .filter(|call| caller_of(*call) == caller)
        .collect();
    let expected: Vec<String> = calls
        .iter()
        .map(|call| format!("The caller waits for {}.", word_of(*call)))
        .collect();
    assert_eq!(contents, expected);
    let card = bench
        .store
        .card(&AgentId::parse(AGENT).unwrap(), &id)
        .await
        .unwrap()
        .unwrap();
    let latest = calls.last().unwrap();
    assert_eq!(
        card.last_conversation_id,
        Some(ConversationId::parse(format!("conv_{latest}")).unwrap())
    );
    assert_eq!(card.last_summary, format!("About {}.", word_of(*latest)));
}
