//! Transferred calls: they are stored for, and erased from, every agent that took part.

use common::archive::{Archive, Key};
use common::call::AgentId;
use common::memory::CallerCard;
use common::openmemory::Page;
use common::queue::ExtractionJob;
use extraction::Outcome;
use serde_json::{Value, json};

use crate::harness::{AGENT, Bench, answer, call, caller, claim, openai};

const SECOND: &str = "agent_2";
const EXPRESS: &str = "The caller always wants express shipping.";
const LEATHER: &str = "The caller only buys vegan leather.";

fn transferred() -> Value {
    let turns = [
        "How?",
        "I always want express shipping, and I only buy vegan leather.",
    ];
    let mut call = call("conv_1", 1_000_000, &turns);
    call["data"]["visited_agents"] = json!([{"agent_id": AGENT}, {"agent_id": SECOND}]);
    call
}

fn express() -> Value {
    claim(EXPRESS, 1, "I always want express shipping")
}

fn leather() -> Value {
    claim(LEATHER, 1, "I only buy vegan leather")
}

async fn memories_of(bench: &Bench, agent: &str) -> Vec<String> {
    let agent = AgentId::parse(agent).unwrap();
    let memories = bench
        .store
        .list(
            Some(&agent),
            &caller(),
            Page {
                offset: 0,
                limit: 10,
            },
        )
        .await
        .unwrap();
    memories.into_iter().map(|memory| memory.content).collect()
}

async fn has_card(bench: &Bench, agent: &str) -> bool {
    bench
        .store
        .card(&AgentId::parse(agent).unwrap(), &caller())
        .await
        .unwrap()
        .is_some()
}

async fn card(bench: &Bench, agent: &str) -> CallerCard {
    bench
        .store
        .card(&AgentId::parse(agent).unwrap(), &caller())
        .await
        .unwrap()
        .unwrap()
}

async fn extracted_call() -> (Bench, ExtractionJob) {
    let bench = Bench::openai().await;
    bench
        .provider_answers(openai(&answer(&[express()]).to_string()))
        .await;
    let job = bench.store_call(&transferred()).await;
    bench.run(&job).await.unwrap();
    for agent in [AGENT, SECOND] {
        assert_eq!(memories_of(&bench, agent).await, [EXPRESS], "{agent}");
        assert!(has_card(&bench, agent).await, "{agent}");
    }
    (bench, job)
}

#[tokio::test]
async fn a_redo_of_a_transferred_call_corrects_the_memories_of_every_agent() {
    let (bench, job) = extracted_call().await;
    bench
        .provider_answers(openai(&answer(&[leather()]).to_string()))
        .await;
    for version in [7, 8] {
        bench
            .run(&ExtractionJob {
                redo: Some(version),
                ..job.clone()
            })
            .await
            .unwrap();
        for agent in [AGENT, SECOND] {
            assert_eq!(
                memories_of(&bench, agent).await,
                [LEATHER],
                "{agent}, version {version}"
            );
        }
    }
}

#[tokio::test]
async fn erasing_a_transferred_call_deletes_the_memories_of_every_agent() {
    let (bench, job) = extracted_call().await;
    bench
        .archive
        .put(&Key::erased(&job.conversation_id), bytes::Bytes::new())
        .await
        .unwrap();
    assert_eq!(bench.run(&job).await.unwrap(), Outcome::Erased);
    for agent in [AGENT, SECOND] {
        assert_eq!(
            memories_of(&bench, agent).await,
            Vec::<String>::new(),
            "{agent}"
        );
        assert!(!has_card(&bench, agent).await, "{agent}");
    }
}

#[tokio::test]
async fn erasing_a_transferred_call_keeps_each_agents_memories_of_other_calls() {
    let (bench, job) = extracted_call().await;
    let mut later = call("conv_2", 2_000_000, &["How?", "I only buy vegan leather."]);
    later["data"]["agent_id"] = json!(SECOND);
    bench
        .provider_answers(openai(&answer(&[leather()]).to_string()))
        .await;
    bench.extract(&later).await.unwrap();
    bench
        .archive
        .put(&Key::erased(&job.conversation_id), bytes::Bytes::new())
        .await
        .unwrap();
    assert_eq!(bench.run(&job).await.unwrap(), Outcome::Erased);
    assert_eq!(memories_of(&bench, AGENT).await, Vec::<String>::new());
    assert_eq!(memories_of(&bench, SECOND).await, [LEATHER]);
    assert!(has_card(&bench, SECOND).await);
}

#[tokio::test]
async fn a_memory_only_the_agent_of_the_call_may_store_is_not_shared() {
    const ALLERGY: &str = "The caller is allergic to latex.";
    let allowed = format!("{AGENT}:health");
    let bench = Bench::with("openai", &[("STORE_SENSITIVE", &allowed)]).await;
    let turns = [
        "How?",
        "I always want express shipping. I am allergic to latex, and my gloves have not come.",
    ];
    let mut call = call("conv_1", 1_000_000, &turns);
    call["data"]["visited_agents"] = json!([{"agent_id": AGENT}, {"agent_id": SECOND}]);
    let mut answer = answer(&[express(), claim(ALLERGY, 1, "I am allergic to latex")]);
    answer["summary"] =
        json!("The caller wants express shipping. The caller is allergic to latex.");
    answer["open_issues"] = json!([
        "The gloves have not come.",
        "The caller is allergic to latex and needs gloves without it."
    ]);
    bench.provider_answers(openai(&answer.to_string())).await;
    bench.extract(&call).await.unwrap();

    let mut own = memories_of(&bench, AGENT).await;
    own.sort();
    assert_eq!(own, [EXPRESS, ALLERGY]);
    assert_eq!(memories_of(&bench, SECOND).await, [EXPRESS]);
    let (own, others) = (card(&bench, AGENT).await, card(&bench, SECOND).await);
    assert!(
        own.last_summary.contains("latex") && own.open_issues.len() == 2,
        "{:?}",
        own.open_issues
    );
    assert_eq!(others.last_summary, "The caller wants express shipping.");
    assert!(
        !others
            .open_issues
            .iter()
            .any(|issue| issue.contains("allergic")),
        "{:?}",
        others.open_issues
    );
    assert!(
        others
            .open_issues
            .contains(&"The gloves have not come.".to_owned()),
        "{:?}",
        others.open_issues
    );
    assert!(
        !others.memory_context.contains("latex"),
        "{}",
        others.memory_context
    );
}
