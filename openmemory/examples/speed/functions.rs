//! The requests that the functions send to the store for one call, as `common::openmemory` sends
//! them. The caller has 50 memories and an American number: every request also names the two
//! spellings under which earlier versions stored it.

use serde_json::{Value, json};

use crate::client::Client;
use crate::recorder::Recorder;
use crate::usage::Usage;

const AGENT: &str = "agent_7101k5zvyjhmfg983brhmhkd98n6";
const CALLER: &str = "+12025550142";
const OLDER_SPELLINGS: [&str; 2] = ["12025550142", "0012025550142"];
/// Memories of the caller before the call, and those that the call adds.
const KNOWN: usize = 50;
const NEW: usize = 10;

/// Sends the requests of one invocation.
type Call = fn(&Client);

/// What one invocation of a function costs.
pub(crate) struct FunctionUsage {
    pub(crate) function: &'static str,
    /// Requests to the store.
    pub(crate) requests: usize,
    pub(crate) usage: Usage,
}

/// Measures one call: the greeting, a search and the extraction. No function has cached the agent's
/// profile.
pub(crate) fn measure(client: &Client, recorder: &Recorder) -> [FunctionUsage; 3] {
    (0..KNOWN)
        .step_by(NEW)
        .for_each(|first| store_batch(client, first));
    put_profile(client, CALLER, &card());
    put_profile(client, "*", &agent_profile());
    let functions: [(_, _, Call); 3] = [
        ("client-data", 3, client_data),
        ("search-memory", 2, search_memory),
        ("extraction", 5, extraction),
    ];
    functions.map(|(function, requests, call)| {
        recorder.take();
        call(client);
        FunctionUsage {
            function,
            requests,
            usage: recorder.take(),
        }
    })
}

/// The card, the agent's profile, and the memories of all agents.
fn client_data(client: &Client) {
    get_card(client);
    get_agent_profile(client);
    search(client, "", json!({ "limit": 10, "distinct": true }));
}

/// The memories that answer a question, and the card.
fn search_memory(client: &Client) {
    let fields = json!({ "limit": 20, "min_relevance": 0.0, "include_superseded": true });
    search(client, "When does she want the delivery?", fields);
    get_card(client);
}

/// The known memories, the card and the agent's profile; then a batch of new memories, and a card.
fn extraction(client: &Client) {
    search(client, "", json!({ "limit": 100 }));
    get_card(client);
    get_agent_profile(client);
    store_batch(client, KNOWN);
    put_profile(client, CALLER, &card());
}

fn search(client: &Client, query: &str, fields: Value) {
    let mut body = fields;
    body["caller_id"] = json!(CALLER);
    body["caller_aliases"] = json!(OLDER_SPELLINGS);
    body["query"] = json!(query);
    body["filters"] = json!({ "min_importance": 1 });
    client.post("/api/v1/memories/search", &body);
}

fn get_card(client: &Client) {
    let [one, other] = OLDER_SPELLINGS;
    let caller = CALLER.replace('+', "%2B");
    client.get(&format!(
        "/api/v1/agents/{AGENT}/callers/{caller}?caller_aliases={one}&caller_aliases={other}"
    ));
}

fn get_agent_profile(client: &Client) {
    client.get(&format!("/api/v1/agents/{AGENT}/callers/*"));
}

fn put_profile(client: &Client, caller: &str, data: &Value) {
    let mut body = json!({
        "agent_id": AGENT, "caller_id": caller, "profile_data": data, "ttl_hours": 8_760,
    });
    if caller == CALLER {
        body["caller_aliases"] = json!(OLDER_SPELLINGS);
    }
    client.post("/api/v1/agents", &body);
}

fn store_batch(client: &Client, first: usize) {
    let memories: Vec<Value> = (first..first + NEW).map(memory).collect();
    client.post("/api/v1/memories/batch", &json!({ "memories": memories }));
}

fn memory(at: usize) -> Value {
    let content = format!("Wants order {at} delivered on Saturday morning, because of work.");
    let quote = format!("could you bring order {at} on Saturday morning? I work during the week");
    json!({
        "agent_id": AGENT, "caller_id": CALLER, "caller_aliases": OLDER_SPELLINGS,
        "content": content, "importance": 6, "idempotency_key": format!("conv_{at}:{at}"),
        "metadata": {
            "conversation_id": format!("conv_8901k5zvyk2ne3btgv0epbvr{:04}", at / NEW),
            "timestamp": "2026-11-30T09:26:41Z", "channel": "phone", "importance": 6,
            "category": "preference", "tags": ["delivery", "order"],
            "entities": ["delivery", "order"],
            "search_hints": ["delivery day", "when is she at home", "weekend delivery"],
            "source": "stated", "extractor": "2/amazon.nova-lite-v1:0", "turn": 12, "quote": quote,
        },
    })
}

/// A card with the ten lines of memories that an agent receives when a call begins.
fn card() -> Value {
    let memories: Vec<String> = (0..10)
        .map(|at| format!("- [2026-11-30] Wants order {at} delivered on Saturday morning."))
        .collect();
    json!({
        "caller_name": "Maria", "language": "en", "memory_context": memories.join("\n"),
        "greeting": "Hello Maria, welcome back! Did the order arrive on Saturday?",
        "last_summary": "Maria moved the delivery of her order to Saturday morning.",
        "last_call_at": "2026-11-30T09:26:41Z", "open_issues": ["Delivery on Saturday morning"],
        "last_conversation_id": "conv_8901k5zvyk2ne3btgv0epbvr0004",
    })
}

fn agent_profile() -> Value {
    json!({
        "name": "Support", "first_message": "Hello, how can I help you?", "language": "en",
        "refresh_after": "2026-12-01T09:26:41Z",
    })
}
