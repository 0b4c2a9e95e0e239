//! Clients of a memory store of either dialect, and helpers to use them.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use common::call::{AgentId, CallerId, ConversationId};
use common::memory::{
    Category, Change, Importance, Memory, MemoryId, NewMemory, Retention, Source,
};
use common::openmemory::{OpenMemory, Page, Provenance, Search, StoreOutcome};
use common::secrets::{SecretSet, Secrets};
use common::settings::{DialectSetting, OpenMemorySettings};
use elaaoms_tests::cavira::{Build, Cavira};

/// Generates a test of each scenario for each dialect. The client detects the dialect.
macro_rules! in_both_dialects {
    ($($scenario:ident),* $(,)?) => {
        mod v1 {
            $(#[tokio::test]
            async fn $scenario() {
                let server = elaaoms_tests::Store::start().await;
                super::$scenario(&$crate::harness::client_for(&server.url(), common::settings::DialectSetting::Auto, "")).await;
            })*
        }
        mod cavira {
            $(#[tokio::test]
            async fn $scenario() {
                let (_server, client) = $crate::harness::start_cavira().await;
                super::$scenario(&client).await;
            })*
        }
    };
}

/// Starts a fake of the public OpenMemory; returns it with a client.
pub(crate) async fn start_cavira() -> (Cavira, OpenMemory) {
    let server = Cavira::start(Build::V130).await;
    let client = client_for(&server.url(), DialectSetting::Auto, server.key());
    (server, client)
}

pub(crate) fn client_for(url: &str, dialect: DialectSetting, key: &str) -> OpenMemory {
    build_client(url, dialect, key, Retention::default())
}

/// Returns a client whose memories expire.
pub(crate) fn client_with_retention(url: &str, key: &str, retention: Retention) -> OpenMemory {
    build_client(url, DialectSetting::Auto, key, retention)
}

fn build_client(url: &str, dialect: DialectSetting, key: &str, retention: Retention) -> OpenMemory {
    let settings = OpenMemorySettings {
        url: url.parse().unwrap(),
        dialect,
        signer: None,
        similarity_threshold: 0.85,
        retention,
    };
    let secrets = SecretSet::read(|name| (name == "OPENMEMORY_API_KEY").then(|| key.to_owned()));
    let http = common::http_client::build().unwrap();
    OpenMemory::new(
        http,
        &settings,
        Secrets::fixed(secrets),
        false,
        Duration::from_secs(5),
    )
}

pub(crate) fn caller(last: u32) -> CallerId {
    CallerId::from_phone(&format!("+1202555{last:04}")).unwrap()
}

pub(crate) fn agent(name: &str) -> AgentId {
    AgentId::parse(name).unwrap()
}

pub(crate) fn new_memory(content: &str) -> NewMemory {
    NewMemory {
        content: content.to_owned(),
        category: Category::Factual,
        importance: Importance::MIDDLE,
        entities: Vec::new(),
        search_hints: Vec::new(),
        turn: None,
        quote: None,
        said_at: None,
        speaker: None,
        source: Source::Transcript,
        change: Change::New,
        idempotency_key: key_of(content),
    }
}

/// Returns a short key, whatever the length of the content, like those of the extraction.
fn key_of(content: &str) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("key-{:x}", hasher.finish())
}

pub(crate) async fn remember(
    client: &OpenMemory,
    caller: &CallerId,
    agent_id: &str,
    memories: &[NewMemory],
) -> Vec<StoreOutcome> {
    let agent = agent(agent_id);
    let conversation = ConversationId::parse("conv_1").unwrap();
    let at = "2026-11-20T10:00:00Z".parse().unwrap();
    let provenance = Provenance {
        agent: &agent,
        caller,
        conversation: Some(&conversation),
        at,
        channel: None,
        extractor: "tests",
    };
    client.remember(&provenance, memories).await.unwrap()
}

pub(crate) async fn find(client: &OpenMemory, caller: &CallerId, query: &str) -> Vec<Memory> {
    let search = Search {
        caller,
        agent: None,
        query,
        min_importance: Importance::MIN,
        limit: 100,
        include_superseded: false,
        distinct: false,
    };
    client.search(search).await.unwrap()
}

/// Returns the contents of a caller's memories, sorted alphabetically.
pub(crate) async fn contents(client: &OpenMemory, caller: &CallerId) -> Vec<String> {
    let mut contents = Vec::new();
    for page in 0.. {
        let memories = client
            .list(
                None,
                caller,
                Page {
                    offset: page * 100,
                    limit: 100,
                },
            )
            .await
            .unwrap();
        let is_last = memories.len() < 100;
        contents.extend(memories.into_iter().map(|memory| memory.content));
        if is_last {
            break;
        }
    }
    contents.sort();
    contents
}

pub(crate) fn ids(outcomes: &[StoreOutcome]) -> Vec<&MemoryId> {
    outcomes.iter().map(StoreOutcome::id).collect()
}
