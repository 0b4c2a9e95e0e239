//! The console of the process in the hands of a browser.

use serde_json::json;

use crate::harness::{
    AGENT, CALL, CONVERSATION, Process, SECRETS, TIMEOUT, TOMAS, wait_for_extraction,
};

/// Another number of the same caller.
const OTHER_NUMBER: &str = "+12025550188";

/// A session of the console.
struct Browser<'a> {
    process: &'a Process,
    origin: String,
    cookie: String,
}

impl<'a> Browser<'a> {
    /// Opens the URL that the process printed.
    async fn open(process: &'a Process) -> Self {
        let url = process.console.as_ref().unwrap();
        let entered = process.http.get(url).send().await.unwrap();
        assert_eq!(entered.status().as_u16(), 200, "{url}");
        let cookie = entered.headers()["set-cookie"].to_str().unwrap();
        Self {
            process,
            origin: url.split_once("/?").unwrap().0.to_owned(),
            cookie: cookie.split(';').next().unwrap().to_owned(),
        }
    }

    async fn page(&self, path: &str) -> String {
        let request = self.process.http.get(format!("{}{path}", self.origin));
        let response = request.header("cookie", &self.cookie).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200, "{path}");
        response.text().await.unwrap()
    }

    /// Submits a form with the token of a page. Returns the page that follows.
    async fn submit(&self, path: &str, page: &str, fields: &str) -> String {
        let token = between(page, "name=\"csrf\" value=\"", "\"");
        let request = self
            .process
            .http
            .post(format!("{}{path}", self.origin))
            .header("origin", &self.origin)
            .header("cookie", &self.cookie)
            .timeout(TIMEOUT)
            .body(format!("csrf={token}&{fields}"));
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert_eq!(status.as_u16(), 200, "{path}: {text}");
        text
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let found = text.split_once(start);
    assert!(found.is_some(), "no {start} in {text}");
    let (_, rest) = found.unwrap();
    rest.split(end).next().unwrap()
}

/// Links the other number in the store.
async fn link(process: &Process) {
    let url = format!("{}/api/v1/callers/{TOMAS}/identities", process.store);
    let request = process.http.post(url.replace('+', "%2B"));
    let request = request
        .bearer_auth(SECRETS[3].1)
        .header("content-type", "application/json")
        .body(json!({"caller_id": OTHER_NUMBER, "linked_by": "operator"}).to_string());
    let response = request.send().await.unwrap();
    assert!(response.status().is_success(), "{}", response.status());
}

async fn export(process: &Process) -> String {
    let url = format!("{}/api/v1/export", process.store);
    let request = process.http.get(url).bearer_auth(SECRETS[3].1);
    let response = request.send().await.unwrap();
    assert!(response.status().is_success(), "{}", response.status());
    response.text().await.unwrap()
}

/// Returns the path of the only caller's page.
async fn caller_path(browser: &Browser<'_>) -> String {
    let callers = browser.page("/callers").await;
    let pseudonym = between(&callers, "\"row\"><a href=\"/callers/", "\"");
    format!("/callers/{pseudonym}")
}

async fn with_a_linked_caller(folder: &tempfile::TempDir) -> Process {
    let process = Process::start_with_console(folder, &[]);
    assert_eq!(process.post_call(CALL).await.as_u16(), 200);
    wait_for_extraction(folder).await;
    link(&process).await;
    let export = export(&process).await;
    assert!(export.contains(TOMAS) && export.contains(OTHER_NUMBER));
    process
}

/// Asserts that neither the store nor the data folder names the caller.
async fn assert_erased(folder: &tempfile::TempDir, process: &Process) {
    let export = export(process).await;
    let data = folder.path().join("data");
    for number in [TOMAS, OTHER_NUMBER] {
        assert!(!export.contains(number), "{export}");
    }
    for kind in ["payloads", "extractions", "callers"] {
        let kept = files(&data.join(kind));
        assert_eq!(kept, Vec::<std::path::PathBuf>::new());
    }
    assert!(data.join(format!("erased/{CONVERSATION}")).exists());
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => vec![path],
        })
        .collect()
}

fn audit_trail(folder: &tempfile::TempDir) -> String {
    std::fs::read_to_string(folder.path().join("data/audit.log")).unwrap()
}

#[tokio::test]
async fn the_console_forgets_a_caller_with_all_linked_ids() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = with_a_linked_caller(&folder).await;
    let browser = Browser::open(&process).await;
    let path = format!("{}/forget", caller_path(&browser).await);
    let page = browser.page(&path).await;
    assert!(page.contains("+120******88"), "{page}");
    let erased = browser.submit(&path, &page, "confirm=yes").await;
    assert!(erased.contains("Erased +120******23: "), "{erased}");
    assert!(erased.contains(" and 1 calls with "), "{erased}");
    assert_erased(&folder, &process).await;
    let trail = audit_trail(&folder);
    let entry = trail.lines().find(|line| line.contains("\"forget\""));
    let entry = entry.unwrap_or_else(|| panic!("no entry in {trail}"));
    assert!(entry.contains("\"outcome\":\"done\""), "{entry}");
    assert!(!trail.contains(TOMAS) && !trail.contains(OTHER_NUMBER));
    process.ask_to_stop();
}

#[tokio::test]
async fn opting_out_and_in_on_the_console_covers_all_linked_ids() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = with_a_linked_caller(&folder).await;
    let browser = Browser::open(&process).await;
    let caller = caller_path(&browser).await;
    let path = format!("{caller}/opt-out");
    let page = browser.page(&path).await;
    let done = browser.submit(&path, &page, "confirm=yes").await;
    assert!(done.contains("Nothing of later calls is stored."), "{done}");
    assert_erased(&folder, &process).await;
    assert_eq!(wishes(&folder), [true, true]);
    let path = format!("{caller}/opt-in");
    let done = browser.submit(&path, &page, "").await;
    assert!(done.contains("are remembered again."), "{done}");
    assert_eq!(wishes(&folder), [false, false]);
    let trail = audit_trail(&folder);
    for action in ["opt-out", "forget", "opt-in"] {
        assert!(trail.contains(&format!("\"{action}\"")), "{trail}");
    }
    assert!(!trail.contains(AGENT));
    process.ask_to_stop();
}

/// Returns whether each number is not to be remembered.
fn wishes(folder: &tempfile::TempDir) -> [bool; 2] {
    [TOMAS, OTHER_NUMBER].map(|number| {
        let caller = common::call::CallerId::from_phone(number).unwrap();
        let pseudonym = caller.hash(&SECRETS[2].1.into());
        let file = format!("data/erased/caller-{}", pseudonym.as_str());
        let body = std::fs::read(folder.path().join(file)).unwrap();
        let tombstone = common::archive::CallerTombstone::read(&body).unwrap();
        tombstone.opted_out().is_some()
    })
}
