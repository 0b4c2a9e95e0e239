//! The port over a server of either dialect.

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

/// Runs each scenario once for each dialect, which is found out by itself.
macro_rules! in_both_dialects {
    ($($scenario:ident),* $(,)?) => {
        mod v1 {
            $(#[tokio::test]
            async fn $scenario() {
                let server = elaaoms_tests::Store::start().await;
                super::$scenario(&$crate::bench::port(&server.url(), common::settings::DialectSetting::Auto, "")).await;
            })*
        }
        mod cavira {
            $(#[tokio::test]
            async fn $scenario() {
                let (_server, port) = $crate::bench::over_cavira().await;
                super::$scenario(&port).await;
            })*
        }
    };
}

pub(crate) async fn over_cavira() -> (Cavira, OpenMemory) {
    let server = Cavira::start(Build::V130).await;
    let port = port(&server.url(), DialectSetting::Auto, server.key());
    (server, port)
}

pub(crate) fn port(url: &str, dialect: DialectSetting, key: &str) -> OpenMemory {
    with_retention(url, dialect, key, Retention::default())
}

/// A port that lets what was said expire.
pub(crate) fn kept_for(url: &str, key: &str, retention: Retention) -> OpenMemory {
    with_retention(url, DialectSetting::Auto, key, retention)
}

fn with_retention(
    url: &str,
    dialect: DialectSetting,
    key: &str,
    retention: Retention,
) -> OpenMemory {
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

pub(crate) fn said(content: &str) -> NewMemory {
    NewMemory {
        content: content.to_owned(),
        category: Category::Factual,
        importance: Importance::MIDDLE,
        entities: Vec::new(),
        search_hints: Vec::new(),
        turn: None,
        quote: None,
        said_at: None,
        source: Source::Transcript,
        change: Change::New,
        idempotency_key: key_of(content),
    }
}

/// Short, whatever the length of the content, as extraction makes them.
fn key_of(content: &str) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("key-{:x}", hasher.finish())
}

pub(crate) async fn remember(
    port: &OpenMemory,
    caller: &CallerId,
    told: &str,
    memories: &[NewMemory],
) -> Vec<StoreOutcome> {
    let (agent, conversation) = (agent(told), ConversationId::parse("conv_1").unwrap());
    let at = "2026-11-20T10:00:00Z".parse().unwrap();
    let provenance = Provenance {
        agent: &agent,
        caller,
        conversation: &conversation,
        at,
        channel: None,
        extractor: "tests",
    };
    port.remember(&provenance, memories).await.unwrap()
}

pub(crate) async fn found(port: &OpenMemory, caller: &CallerId, query: &str) -> Vec<Memory> {
    let search = Search {
        caller,
        agent: None,
        query,
        min_importance: Importance::MIN,
        limit: 100,
        include_superseded: false,
        distinct: false,
    };
    port.search(search).await.unwrap()
}

/// The words of a caller's memories, in the order of the alphabet.
pub(crate) async fn all(port: &OpenMemory, caller: &CallerId) -> Vec<String> {
    let mut contents = Vec::new();
    for page in 0.. {
        let memories = port
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

pub(crate) fn ids(remembered: &[StoreOutcome]) -> Vec<&MemoryId> {
    remembered.iter().map(StoreOutcome::id).collect()
}
