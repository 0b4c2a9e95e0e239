//! A console for tests: a store in this process, an empty folder, an audit trail in memory.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use common::archive::folder::FolderArchive;
use common::audit::AuditEntry;
use common::call::CallerId;
use common::openmemory::{OpenMemory, Transport};
use common::secrets::{SecretSet, Secrets};
use common::settings::Settings;
use futures_util::future::BoxFuture;
use http::{Request, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::{AuditSink, Backend, Console, EraseCaller, HealthReport, SharedArchive, SharedQueue};

pub(crate) const PORT: u16 = 8700;
pub(crate) const HOST: &str = "127.0.0.1:8700";
pub(crate) const ORIGIN: &str = "http://127.0.0.1:8700";
/// A caller whose name is markup.
pub(crate) const CALLER: &str = "+12025550142";
/// Another number of the same person.
pub(crate) const LINKED: &str = "+12025550188";
pub(crate) const MARKUP: &str = "<img src=x onerror=alert(1)>";

/// A console, and what it wrote.
pub(crate) struct Bench {
    pub(crate) console: Console,
    pub(crate) actions: Arc<Mutex<Vec<&'static str>>>,
    exports: Arc<AtomicUsize>,
    _folder: tempfile::TempDir,
}

impl Bench {
    /// A console of a store with one memory.
    pub(crate) fn new() -> Self {
        Self::with_memories(1)
    }

    /// A console of a store with this many memories of one caller.
    pub(crate) fn with_memories(count: usize) -> Self {
        Self::build(store(count), &[], None)
    }

    /// A console of a store that cannot link callers.
    pub(crate) fn without_links() -> Self {
        Self::build(store_with(1, &[]), &[], None)
    }

    /// A console of a store in which this many callers have the name of [`CALLER`], and callers can
    /// be linked. The store also listens on a port, because exports are streams.
    pub(crate) async fn with_namesakes(count: usize) -> Self {
        let exports = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&exports);
        let document = namesakes(count);
        let export = move || {
            counted.fetch_add(1, Ordering::Relaxed);
            std::future::ready(Json(document.clone()))
        };
        let store = store_with(1, &["link-callers"])
            .route("/api/v1/export", get(export))
            .route(
                "/api/v1/callers/{id}/identities",
                get(identities).post(identities),
            );
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, store.clone()).into_future());
        Self {
            exports,
            ..Self::build(store, &[("OPENMEMORY_API_URL", &url)], None)
        }
    }

    /// A console of a deployment that sends events.
    pub(crate) fn with_receiver(queue: Option<SharedQueue>) -> Self {
        let settings = &[("EVENTS_URL", "https://events.example.com/")];
        Self::build(store(1), settings, queue)
    }

    fn build(store: Router, extra: &[(&str, &str)], queue: Option<SharedQueue>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let actions = Arc::new(Mutex::new(Vec::new()));
        let url = [("OPENMEMORY_API_URL", "http://127.0.0.1:1")];
        let settings = Settings::read(|name| {
            let mut set = extra.iter().chain(&url);
            set.find(|(set, _)| *set == name)
                .map(|(_, value)| (*value).to_owned())
        })
        .unwrap();
        let secrets = Secrets::fixed(SecretSet::default());
        let http = common::http_client::build().unwrap();
        let openmemory = OpenMemory::new(
            Transport::in_process(http, store),
            &settings.openmemory,
            secrets.clone(),
            false,
            Duration::from_secs(5),
        );
        let archive = FolderArchive::open(folder.path(), None).unwrap();
        let backend = Backend {
            deployment: "test".to_owned(),
            openmemory_by_id: openmemory.clone(),
            openmemory,
            settings,
            secrets,
            pepper: "pepper".into(),
            archive: SharedArchive::new(archive),
            queue,
            health: Arc::new(Healthy),
            audit: Arc::new(Recorded(Arc::clone(&actions))),
            erase_caller: Arc::new(Erased),
            clock: || Timestamp::UNIX_EPOCH,
        };
        Self {
            console: Console::new(backend, PORT),
            actions,
            exports: Arc::default(),
            _folder: folder,
        }
    }

    /// How often the store was exported.
    pub(crate) fn exports(&self) -> usize {
        self.exports.load(Ordering::Relaxed)
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Response {
        self.console.routes().oneshot(request).await.unwrap()
    }

    /// Exchanges the token and returns the cookie.
    pub(crate) async fn enter(&self) -> String {
        let url = self.console.url();
        let path = url.strip_prefix(ORIGIN).unwrap();
        let response = self
            .send(get_request(path).body(Body::empty()).unwrap())
            .await;
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// Returns the status and the body of a page.
    pub(crate) async fn page(&self, cookie: &str, path: &str) -> (u16, String) {
        let request = get_request(path).header("cookie", cookie);
        read(self.send(request.body(Body::empty()).unwrap()).await).await
    }

    /// Posts a form from a page of the console.
    pub(crate) async fn post(&self, cookie: &str, path: &str, form: &str) -> (u16, String) {
        let csrf = self.console.access().csrf();
        let request = Request::post(path)
            .header("host", HOST)
            .header("origin", ORIGIN)
            .header("cookie", cookie)
            .body(Body::from(format!("csrf={csrf}&{form}")));
        read(self.send(request.unwrap()).await).await
    }

    /// The path of the caller's page.
    pub(crate) fn caller_path(&self) -> String {
        let caller = common::call::CallerId::from_phone(CALLER).unwrap();
        format!("/callers/{}", self.console.person_of(&caller).pseudonym())
    }
}

pub(crate) fn get_request(path: &str) -> http::request::Builder {
    Request::get(path).header("host", HOST)
}

pub(crate) async fn read(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// A store with one caller and this many memories. The first one is markup.
fn store(count: usize) -> Router {
    let identities = json!({"caller_id": CALLER, "identities": [{"caller_id": CALLER, "linked_at": null},
        {"caller_id": LINKED, "linked_at": "2026-11-01T10:00:00Z", "linked_by": "operator"}]});
    store_with(count, &["link-callers"])
        .route("/api/v1/callers/{id}/identities", get(answer(identities)))
}

/// The same store without the routes of links.
fn store_with(count: usize, extra: &[&str]) -> Router {
    let mut extensions = vec![
        "list-callers",
        "edit-memory",
        "list-caller",
        "forget-caller",
        "supersede",
    ];
    extensions.extend(extra);
    let health = json!({"status": "healthy", "extensions": extensions});
    let callers = json!({"callers": [{"caller_id": CALLER, "memories": 1,
        "last_seen": "2026-11-01T10:00:00Z", "names": [MARKUP]}]});
    let rows: Vec<Value> = (1..=count).map(memory).collect();
    let memories = json!({ "memories": rows });
    let edited = json!({"memory": memories["memories"][0]});
    let stored = json!({"results": [{"memory_id": "mem_new", "action": "stored"}]});
    Router::new()
        .route("/health", get(answer(health)))
        .route("/api/v1/callers", get(answer(callers)))
        .route(
            "/api/v1/callers/{id}/memories",
            get(answer(memories.clone())),
        )
        .route(
            "/api/v1/agents/{agent}/callers/{id}/memories",
            get(answer(memories)),
        )
        .route("/api/v1/memories/batch", post(answer(stored)))
        .route(
            "/api/v1/memories/{id}",
            delete(answer(json!({}))).patch(answer(edited)),
        )
        .fallback(|| async { (StatusCode::NOT_FOUND, Json(json!({"error": {}}))) })
}

/// Answers that an id is not linked.
async fn identities(Path(id): Path<String>) -> Json<Value> {
    Json(json!({"caller_id": id, "identities": [{"caller_id": id}]}))
}

/// An export with cards of [`CALLER`] and this many others with the same full name.
fn namesakes(count: usize) -> Value {
    let others = (0..count).map(|number| format!("+12025550{}", 188 + number));
    let card =
        |caller: String| json!({"caller_id": caller, "profile_data": {"caller_name": "Dana Reed"}});
    let cards: Vec<Value> = others.chain([CALLER.to_owned()]).map(card).collect();
    json!({"memories": [], "profiles": cards})
}

fn memory(number: usize) -> Value {
    let content = match number {
        1 => MARKUP.to_owned(),
        _ => "word ".repeat(60),
    };
    json!({"memory_id": format!("mem_{number}"), "content": content, "importance": 5,
        "metadata": {"caller_id": CALLER, "agent_id": "agent_1", "category": "factual"}})
}

/// Returns a handler that always gives this answer.
fn answer(value: Value) -> impl Fn() -> std::future::Ready<Json<Value>> + Clone {
    move || std::future::ready(Json(value.clone()))
}

struct Healthy;

impl HealthReport for Healthy {
    fn report(&self) -> BoxFuture<'_, Result<Value, String>> {
        Box::pin(std::future::ready(Ok(json!({"status": "healthy"}))))
    }
}

/// Erases nothing.
struct Erased;

impl EraseCaller for Erased {
    fn erase<'a>(&'a self, caller: &'a CallerId) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(std::future::ready(Ok(format!(
            "Erased {}.",
            caller.masked()
        ))))
    }

    fn opt_out<'a>(&'a self, caller: &'a CallerId) -> BoxFuture<'a, Result<String, String>> {
        self.erase(caller)
    }

    fn opt_in<'a>(&'a self, caller: &'a CallerId) -> BoxFuture<'a, Result<String, String>> {
        self.erase(caller)
    }
}

struct Recorded(Arc<Mutex<Vec<&'static str>>>);

impl AuditSink for Recorded {
    fn write(&self, entry: AuditEntry) -> BoxFuture<'_, Result<(), String>> {
        self.0.lock().unwrap().push(entry.action);
        Box::pin(std::future::ready(Ok(())))
    }
}
