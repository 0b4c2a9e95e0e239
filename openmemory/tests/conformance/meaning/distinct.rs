//! Distinct memories are never merged, however similar their vectors are.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use wiremock::{MockServer, Request};

use super::{embedded, server};
use crate::database::Database;
use crate::service::{Service, memory};

/// Models with cosines from -0.1 to 1, from 0.98 to 1, and 1 for any two texts.
const MODELS: [&str; 3] = ["first", "narrow", "everything is alike"];

/// The memories of each caller.
type Told = BTreeMap<String, Vec<String>>;

/// The memories of the recall benchmark, and pairs of similar but different facts, each pair for
/// its own caller.
fn told() -> Told {
    let recall: Value =
        serde_json::from_str(include_str!("../../../benchmarks/recall/callers.json")).unwrap();
    let callers = recall["callers"].as_array().unwrap().iter().map(|caller| {
        let texts = caller["memories"]
            .as_array()
            .unwrap()
            .iter()
            .map(|memory| memory["text"].as_str().unwrap());
        texts.map(str::to_owned).collect()
    });
    let pairs = include_str!("../../../benchmarks/likeness/pairs.txt")
        .lines()
        .filter_map(|line| {
            let rest = line
                .strip_prefix("! ")
                .or_else(|| line.strip_prefix("!> "))?;
            let (_, pair) = rest.split_once(' ')?;
            Some(pair.split(" | ").map(str::to_owned).collect())
        });
    callers
        .chain(pairs)
        .enumerate()
        .map(|(at, texts)| (format!("+1202555{at:04}"), texts))
        .collect()
}

async fn tell(service: &Service, told: &Told) {
    let memories: Vec<Value> = told
        .iter()
        .flat_map(|(caller, texts)| texts.iter().map(|text| memory(caller, text)))
        .collect();
    for part in memories.chunks(100) {
        for result in service.batch(part.to_vec()).await {
            assert_eq!(result["action"], "stored", "{result}");
        }
    }
}

/// The memories that the service has stored for each caller.
async fn kept(service: &Service, told: &Told) -> Told {
    let mut kept = Told::new();
    for caller in told.keys() {
        let (_, answer) = service
            .get(&format!("/api/v1/callers/{caller}/memories?limit=1000"))
            .await;
        let memories = answer["memories"].as_array().unwrap();
        let texts = memories
            .iter()
            .map(|memory| memory["content"].as_str().unwrap().to_owned());
        kept.insert(caller.clone(), texts.collect());
    }
    kept
}

/// Waits for the vector of the last memory. Vectors are computed in the order of the memories.
async fn waits_until_the_last_has_its_vector(server: &MockServer, model: &str, told: &Told) {
    let last = told.last_key_value().unwrap().1.last().unwrap();
    let is_asked = |request: &Request| {
        let body: Value = request.body_json().unwrap();
        body["model"] == model
            && body["input"]
                .as_array()
                .unwrap()
                .iter()
                .any(|text| text == last)
    };
    // Up to two minutes.
    for _ in 0..480 {
        if server
            .received_requests()
            .await
            .unwrap()
            .iter()
            .any(is_asked)
        {
            // The worker stores the vector shortly after the response.
            return tokio::time::sleep(Duration::from_millis(200)).await;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    panic!("the last memory got no vector");
}

fn sorted(mut told: Told) -> Told {
    told.values_mut().for_each(|texts| texts.sort());
    told
}

#[tokio::test]
async fn no_distinct_memory_is_merged_or_dropped_under_models_of_any_scale() {
    let (server, told) = (server().await, told());
    for model in MODELS {
        let service = Service::with(embedded(&server, model)).await;
        tell(&service, &told).await;
        assert_eq!(
            sorted(kept(&service, &told).await),
            sorted(told.clone()),
            "{model}"
        );
    }
}

#[tokio::test]
async fn recomputing_vectors_with_another_model_merges_and_drops_nothing() {
    let (server, told, database) = (server().await, told(), Database::fresh().await);
    tell(
        &Service::on(database.clone(), embedded(&server, MODELS[0])).await,
        &told,
    )
    .await;
    for model in &MODELS[1..] {
        let service = Service::on(database.clone(), embedded(&server, model)).await;
        waits_until_the_last_has_its_vector(&server, model, &told).await;
        assert_eq!(
            sorted(kept(&service, &told).await),
            sorted(told.clone()),
            "{model}"
        );
        let (caller, texts) = told.first_key_value().unwrap();
        let said_again = service.store(caller, &texts[0]).await;
        assert_eq!(
            said_again["action"], "reinforced",
            "words still tell a repetition"
        );
    }
}
