//! Fuzzes the memory-store client with any response: each is either read or rejected, and results
//! stay within the requested limits.
#![no_main]

use std::sync::OnceLock;
use std::time::Duration;

use common::call::{AgentId, CallerId};
use common::memory::Importance;
use common::openmemory::{OpenMemory, Page, Search};
use common::secrets::{SecretSet, Secrets};
use common::settings::Settings;
use elaaoms_fuzz::Upstream;
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};

/// Everything that all inputs share, created once.
struct Harness {
    runtime: Runtime,
    upstream: Upstream,
    store: OpenMemory,
}

static HARNESS: OnceLock<Harness> = OnceLock::new();

impl Harness {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let upstream = runtime.block_on(Upstream::start());
        let url = upstream.url();
        let lookup = |name: &str| (name == "OPENMEMORY_API_URL").then(|| url.clone());
        let settings = Settings::read(lookup).unwrap();
        let secrets = Secrets::fixed(SecretSet::read(lookup));
        let http = common::http_client::build().unwrap();
        let store = OpenMemory::new(
            http,
            &settings.openmemory,
            secrets,
            false,
            Duration::from_secs(5),
        );
        Self {
            runtime,
            upstream,
            store,
        }
    }
}

fuzz_target!(|answer: &[u8]| {
    let Harness {
        runtime,
        upstream,
        store,
    } = HARNESS.get_or_init(Harness::new);
    upstream.set_answer(answer);
    let agent = AgentId::parse("agent_1").unwrap();
    let caller = CallerId::from_phone("+12025550142").unwrap();
    let search = Search {
        caller: &caller,
        agent: Some(&agent),
        query: "tree",
        min_importance: Importance::MIN,
        limit: 5,
        distinct: true,
    };
    runtime.block_on(async {
        if let Ok(memories) = store.search(search).await {
            assert!(memories.len() <= 5);
            assert!(memories.iter().all(|memory| memory.relevance.is_finite()));
        }
        let _ = store.card(&agent, &caller).await;
        let _ = store
            .list(
                Some(&agent),
                &caller,
                Page {
                    offset: 0,
                    limit: 10,
                },
            )
            .await;
        let _ = store.health().await;
    });
});
