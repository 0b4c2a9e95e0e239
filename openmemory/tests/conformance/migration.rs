//! Moves everything from each engine to each other one, with an export and an import.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::database::Database;
use crate::service::{ALICE, BOB, Service, memory};
use crate::{table, transfer};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Sqlite,
    #[cfg(feature = "postgres")]
    Postgres,
    Dynamo,
}

/// The engines of this run: PostgreSQL only if it is installed.
struct Engines {
    #[cfg(feature = "postgres")]
    cluster: Option<crate::cluster::Cluster>,
}

impl Engines {
    fn start() -> Self {
        Self {
            #[cfg(feature = "postgres")]
            cluster: crate::cluster::programs()
                .map(|programs| crate::cluster::Cluster::start(&programs)),
        }
    }

    fn kinds(&self) -> Vec<Kind> {
        let mut kinds = vec![Kind::Sqlite, Kind::Dynamo];
        #[cfg(feature = "postgres")]
        if self.cluster.is_some() {
            kinds.push(Kind::Postgres);
        }
        kinds
    }

    async fn service(&self, kind: Kind) -> Service {
        let database = match kind {
            Kind::Sqlite => Database::File(Arc::new(tempfile::tempdir().unwrap())),
            #[cfg(feature = "postgres")]
            Kind::Postgres => {
                let socket = self.cluster.as_ref().unwrap().socket();
                Database::Postgres(crate::cluster::new_database(&socket).await)
            }
            Kind::Dynamo => Database::Dynamo(table::create().await),
        };
        Service::on(database, |settings| settings).await
    }
}

#[test]
fn moving_between_two_engines_and_back_loses_nothing() {
    if !Database::is_dynamodb() {
        return;
    }
    let engines = Engines::start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        for from in engines.kinds() {
            for to in engines.kinds().into_iter().filter(|to| *to != from) {
                there_and_back(&engines, from, to).await;
            }
        }
    });
}

async fn there_and_back(engines: &Engines, from: Kind, to: Kind) {
    let source = engines.service(from).await;
    transfer::fill(&source).await;
    source.store(BOB, "Plays chess").await;
    let before = everything(&source).await;
    assert_eq!(before["export"]["memories"].as_array().unwrap().len(), 4);
    let target = moved(&source, engines.service(to).await).await;
    assert_eq!(everything(&target).await, before, "{from:?} to {to:?}");
    let back = moved(&target, engines.service(from).await).await;
    assert_eq!(everything(&back).await, before, "{to:?} to {from:?}");
    // A repetition still reinforces the memory that was moved.
    let repeated = back
        .post("/api/v1/memories", memory(ALICE, "Has a dog"))
        .await;
    assert_eq!(repeated["action"], "reinforced");
}

async fn moved(source: &Service, target: Service) -> Service {
    let export = transfer::export(source).await;
    let answer = target.post("/api/v1/import", export).await;
    assert_eq!(
        (&answer["memories_imported"], &answer["profiles_imported"]),
        (&json!(4), &json!(1))
    );
    target
}

/// The export in a fixed order, and what callers find.
async fn everything(service: &Service) -> Value {
    let mut export = transfer::export(service).await;
    let memories = export["memories"].as_array_mut().unwrap();
    memories.sort_by_key(|memory| memory["memory_id"].to_string());
    let card = format!("/api/v1/agents/support/callers/{ALICE}");
    json!({
        "export": export,
        "alice": service.search(ALICE, "Where does she live?").await,
        "bob": service.search(BOB, "chess").await,
        "card": service.get(&card).await.1,
    })
}
