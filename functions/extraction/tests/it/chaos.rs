//! Three hundred calls, a third of them delivered twice, out of order, over a store and a provider that fail at random,
//! by workers that are killed at random: afterwards everything is there exactly once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::call::{AgentId, CallerId, ConversationId};
use common::memory::Importance;
use common::openmemory::Search;
use common::queue::embedded::{Delivery, EmbeddedQueue};
use common::queue::{Enqueued, ExtractionJob};
use extraction::{ExtractionError, Outcome};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use wiremock::matchers::method;
use wiremock::{Mock, Request, ResponseTemplate};

use crate::harness::{AGENT, Bench, answer, call, claim, now, openai};

const CALLS: usize = 300;
const CALLERS: usize = 40;
/// Of a hundred requests to the store, so many fail before and so many after it has done what was asked.
const FAILING: u32 = 3;
const AT_ONCE: usize = 8;
const SEED: u64 = 20_261_123;

fn number_of(caller: usize) -> String {
    format!("+1202555{:04}", 1000 + caller)
}

fn caller_of(call: usize) -> usize {
    call % CALLERS
}

/// A word that only this call says.
fn word_of(call: usize) -> String {
    format!("parcel{call:03}x")
}

fn second_of(call: usize) -> i64 {
    1_000_000 + i64::try_from(call).unwrap() * 1000
}

fn the_call(index: usize) -> Value {
    let word = word_of(index);
    let mut call = call(
        &format!("conv_{index}"),
        second_of(index),
        &["What is it?", &format!("It is about {word} and its sender.")],
    );
    call["data"]["metadata"]["phone_call"]["external_number"] = json!(number_of(caller_of(index)));
    call
}

/// How often the provider answered, and was paid, for each word.
type Paid = Arc<Mutex<HashMap<String, usize>>>;

async fn flaky_provider(bench: &Bench, paid: Paid) {
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
    Mock::given(method("POST")).respond_with(respond).mount(&bench.provider).await;
}

async fn queue_calls(bench: &Bench, queue: &EmbeddedQueue, random: &mut fastrand::Rng) {
    let mut order: Vec<usize> = (0..CALLS).chain((0..CALLS).filter(|call| call % 3 == 0)).collect();
    random.shuffle(&mut order);
    for (index, call) in order.into_iter().enumerate() {
        let ExtractionJob { conversation_id, payload, .. } = bench.keep(&the_call(call)).await;
        let group = CallerId::from_phone(&number_of(caller_of(call))).unwrap().hash(&"pepper".into());
        let job = ExtractionJob::new(conversation_id, payload);
        // Doubles come under a name of their own, as they do when they come later than five minutes.
        let enqueued = Enqueued { deduplication_id: format!("{call}-{index}"), job, group };
        queue.push_at(&enqueued, now()).await.unwrap();
    }
}

/// What became of one delivery.
enum Ended {
    Ran(Delivery, Result<Outcome, ExtractionError>),
    Killed,
}

async fn work(bench: Arc<Bench>, delivery: Delivery, kill_after: Option<Duration>) -> Ended {
    let job = delivery.job.clone().unwrap();
    let run = bench.run(&job);
    match kill_after {
        None => {
            let result = run.await;
            Ended::Ran(delivery, result)
        }
        Some(after) => match tokio::time::timeout(after, run).await {
            Ok(result) => Ended::Ran(delivery, result),
            Err(_) => Ended::Killed,
        },
    }
}

/// Works everything off, killing some, and says how many were killed.
async fn work_off(bench: &Arc<Bench>, queue: &EmbeddedQueue, random: &mut fastrand::Rng) -> usize {
    let (mut clock, mut killed, mut working) = (now(), 0, JoinSet::new());
    let mut deliveries = 0;
    loop {
        assert!(deliveries < 20 * CALLS, "jobs come again without end");
        while working.len() < AT_ONCE {
            let Some(delivery) = queue.take(clock).await.unwrap() else { break };
            deliveries += 1;
            let kill_after = (random.u32(0..100) < 25).then(|| Duration::from_millis(random.u64(0..40)));
            working.spawn(work(Arc::clone(bench), delivery, kill_after));
        }
        match working.join_next().await {
            Some(Ok(Ended::Ran(delivery, result))) => finish(queue, &delivery, result, clock).await,
            Some(Ok(Ended::Killed)) => killed += 1,
            Some(Err(panicked)) => panic!("{panicked}"),
            None if queue.depth().await.unwrap().waiting == 0 => return killed,
            // Nobody works: time passes until pauses and the leases of the killed are over.
            None => clock = clock.checked_add(SignedDuration::from_mins(16)).unwrap(),
        }
    }
}

async fn finish(
    queue: &EmbeddedQueue,
    delivery: &Delivery,
    result: Result<Outcome, ExtractionError>,
    clock: Timestamp,
) {
    match result {
        Ok(_) => queue.done(delivery).await.unwrap(),
        Err(error) if error.is_outage() => queue.postpone(delivery, Duration::from_secs(1), clock).await.unwrap(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_chaos_every_call_is_remembered_exactly_once() {
    let (bench, real, _flaky) = Bench::over_flaky_store(FAILING, SEED).await;
    let bench = Arc::new(bench);
    let paid = Paid::default();
    flaky_provider(&bench, Arc::clone(&paid)).await;
    let queue = EmbeddedQueue::open(&bench.folder.path().join("queue.db")).await.unwrap();
    let mut random = fastrand::Rng::with_seed(SEED);
    queue_calls(&bench, &queue, &mut random).await;
    let killed = work_off(&bench, &queue, &mut random).await;

    assert!(killed > 20, "chaos, with {killed} killed");
    assert_eq!(queue.depth().await.unwrap().dead, 0);
    let paid = paid.lock().unwrap().clone();
    let paid_again: usize = paid.values().map(|times| times - 1).sum();
    assert_eq!(paid.len(), CALLS);
    assert!(paid_again <= killed, "{paid_again} paid again, {killed} killed");
    for caller in 0..CALLERS {
        check_caller(&real, caller).await;
    }
}

async fn check_caller(bench: &Bench, caller: usize) {
    let id = CallerId::from_phone(&number_of(caller)).unwrap();
    let search = Search { caller: &id, agent: None, query: "", min_importance: Importance::MIN, limit: 100 };
    let mut contents: Vec<String> =
        bench.store.search(search).await.unwrap().into_iter().map(|memory| memory.content).collect();
    contents.sort();
    let calls: Vec<usize> = (0..CALLS).filter(|call| caller_of(*call) == caller).collect();
    let expected: Vec<String> = calls.iter().map(|call| format!("The caller waits for {}.", word_of(*call))).collect();
    assert_eq!(contents, expected);
    let card = bench.store.card(&AgentId::parse(AGENT).unwrap(), &id).await.unwrap().unwrap();
    let latest = calls.last().unwrap();
    assert_eq!(card.last_conversation_id, Some(ConversationId::parse(format!("conv_{latest}")).unwrap()));
    assert_eq!(card.last_summary, format!("About {}.", word_of(*latest)));
}
