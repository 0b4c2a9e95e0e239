//! `elaaoms console` in the hands of a browser.

use std::process::Stdio;

use elaaoms_tests::Deployment;
use elaaoms_tests::payload::{self, TOMAS};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

use crate::harness::command;

/// A running console, and the cookie of its session.
struct Browser {
    http: reqwest::Client,
    origin: String,
    url: String,
    cookie: String,
    _console: Child,
}

impl Browser {
    /// Starts a console and opens the URL that it prints.
    async fn open(deployment: &Deployment) -> Self {
        let mut command = command(deployment, &["console", "--no-open"]);
        let mut console = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let out = BufReader::new(console.stdout.take().unwrap());
        let url = out.lines().next_line().await.unwrap().unwrap();
        let http = common::http_client::build().unwrap();
        let entered = http.get(&url).send().await.unwrap();
        assert_eq!(entered.status().as_u16(), 200, "{url}");
        let cookie = entered.headers()["set-cookie"].to_str().unwrap();
        Self {
            cookie: cookie.split(';').next().unwrap().to_owned(),
            origin: url.split_once("/?").unwrap().0.to_owned(),
            http,
            url,
            _console: console,
        }
    }

    async fn page(&self, path: &str) -> String {
        let request = self.http.get(format!("{}{path}", self.origin));
        let response = request.header("cookie", &self.cookie).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200, "{path}");
        response.text().await.unwrap()
    }

    /// Submits a form with the token of a page. Returns the page that follows.
    async fn submit(&self, path: &str, page: &str, fields: &str) -> String {
        let token = between(page, "name=\"csrf\" value=\"", "\"");
        let request = self
            .http
            .post(format!("{}{path}", self.origin))
            .header("origin", &self.origin)
            .header("cookie", &self.cookie)
            .body(format!("csrf={token}&{fields}"));
        let response = request.send().await.unwrap();
        assert!(
            response.status().as_u16() < 400,
            "{path}: {}",
            response.status()
        );
        response.text().await.unwrap()
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text
        .split_once(start)
        .unwrap_or_else(|| panic!("no {start} in {text}"));
    rest.split(end).next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_shows_and_changes_memories_and_audits_each_page() {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("first-call")).await;
    let browser = Browser::open(&deployment).await;
    let again = browser.http.get(&browser.url).send().await.unwrap();
    assert_eq!(again.status().as_u16(), 403, "the token is used up");

    let callers = browser.page("/callers").await;
    let pseudonym = between(&callers, "\"row\"><a href=\"/callers/", "\"");
    let path = format!("/callers/{pseudonym}");
    let caller = browser.page(&path).await;
    assert!(caller.contains("GF-4410"), "{caller}");
    let call = between(&caller, "<a href=\"/calls/", "\"");
    let call = browser.page(&format!("/calls/{call}")).await;
    assert!(call.contains("class=\"transcript\""), "{call}");

    let memory = between(&caller, "/memory?id=", "\"");
    let page = browser.page(&format!("{path}/memory?id={memory}")).await;
    let fields = format!("id={memory}&pinned=yes");
    browser.submit(&format!("{path}/pin"), &page, &fields).await;
    let pinned = browser.page(&path).await;
    assert!(pinned.contains("tag pinned"), "{pinned}");

    for page in [&callers, &caller, &call, &page, &pinned] {
        assert!(!page.contains(TOMAS.trim_start_matches('+')), "{page}");
    }
    let revealed = browser.submit(&format!("{path}/reveal"), &caller, "").await;
    assert!(revealed.contains(TOMAS), "{revealed}");
    let trail = deployment.kept("audit.log").unwrap();
    let trail = String::from_utf8(trail.to_vec()).unwrap();
    for action in ["list", "show", "call", "pin", "reveal"] {
        assert!(
            trail.contains(&format!("\"action\":\"{action}\"")),
            "{action}: {trail}"
        );
    }
    assert!(trail.contains(pseudonym) && !trail.contains(TOMAS));
}
