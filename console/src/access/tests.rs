use axum::body::Body;
use http::Request;

use crate::testing::{Bench, CALLER, HOST, MARKUP, ORIGIN, get_request, read};

#[tokio::test]
async fn a_page_needs_the_cookie_and_this_host() {
    let bench = Bench::new();
    assert_eq!(bench.page("", "/callers").await.0, 403);
    assert_eq!(
        bench
            .page("elaaoms_console_8700=guessed", "/callers")
            .await
            .0,
        403
    );
    let cookie = bench.enter().await;
    assert_eq!(bench.page(&cookie, "/callers").await.0, 200);
    for host in [
        "evil.example",
        "evil.example:8700",
        "127.0.0.1:8701",
        "127.0.0.1",
        "127.0.0.1.evil.example:8700",
    ] {
        let request = Request::get("/callers")
            .header("host", host)
            .header("cookie", &cookie);
        let response = bench.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status().as_u16(), 421, "{host}");
    }
    let without_host = Request::get("/callers").header("cookie", &cookie);
    let response = bench.send(without_host.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status().as_u16(), 421);
}

#[tokio::test]
async fn a_token_opens_the_console_once() {
    let bench = Bench::new();
    let url = bench.console.url();
    let path = url.strip_prefix(ORIGIN).unwrap();
    let enter = |path: &str| get_request(path).body(Body::empty()).unwrap();
    let wrong = bench.send(enter("/?token=guessed")).await;
    assert_eq!(wrong.status().as_u16(), 403);
    assert!(!wrong.headers().contains_key("set-cookie"));
    let first = bench.send(enter(path)).await;
    assert_eq!(first.status().as_u16(), 200);
    let cookie = first.headers()["set-cookie"].to_str().unwrap();
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let again = bench.send(enter(path)).await;
    assert_eq!(again.status().as_u16(), 403);
    assert!(!again.headers().contains_key("set-cookie"));
    assert!(!bench.console.url().contains("token"));
}

#[tokio::test]
async fn a_form_needs_this_origin_and_the_token_of_the_session() {
    let bench = Bench::new();
    let cookie = bench.enter().await;
    let path = format!("{}/reveal", bench.caller_path());
    let csrf = bench.console.access().csrf();
    let right = format!("csrf={csrf}");
    for (origin, form, expected) in [
        (Some(ORIGIN), right.as_str(), 200),
        (Some("http://evil.example"), right.as_str(), 403),
        (Some("http://127.0.0.1:8701"), right.as_str(), 403),
        (Some("null"), right.as_str(), 403),
        (None, right.as_str(), 403),
        (Some(ORIGIN), "", 403),
        (Some(ORIGIN), "csrf=guessed", 403),
    ] {
        let mut request = Request::post(&path)
            .header("host", HOST)
            .header("cookie", &cookie);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let response = bench
            .send(request.body(Body::from(form.to_owned())).unwrap())
            .await;
        assert_eq!(response.status().as_u16(), expected, "{origin:?} {form}");
    }
}

#[tokio::test]
async fn a_request_from_another_site_is_refused() {
    let bench = Bench::new();
    let cookie = bench.enter().await;
    for (site, expected) in [
        ("same-origin", 200),
        ("none", 200),
        ("same-site", 403),
        ("cross-site", 403),
    ] {
        let request = get_request("/callers")
            .header("cookie", &cookie)
            .header("sec-fetch-site", site);
        let response = bench.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status().as_u16(), expected, "{site}");
    }
}

#[tokio::test]
async fn every_response_has_the_protecting_headers() {
    let bench = Bench::new();
    for path in ["/callers", "/assets/console.css", "/nowhere", "/"] {
        let response = bench
            .send(get_request(path).body(Body::empty()).unwrap())
            .await;
        let headers = response.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}");
        assert!(!policy.contains("script-src") && !policy.contains("unsafe"));
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        assert!(!headers.contains_key("access-control-allow-origin"));
    }
}

#[tokio::test]
async fn markup_in_names_and_memories_is_escaped() {
    let bench = Bench::new();
    let cookie = bench.enter().await;
    let path = bench.caller_path();
    for path in ["/callers", &path, &format!("{path}/memory?id=mem_1")] {
        let (status, html) = bench.page(&cookie, path).await;
        assert_eq!(status, 200, "{path}: {html}");
        assert!(!html.contains(MARKUP), "{path}: {html}");
        assert!(html.contains("onerror"), "{path}: {html}");
    }
    let (status, html) = bench.post(&cookie, "/callers", "q=%3Cscript%3E").await;
    assert!(status == 200 && !html.contains("<script>"), "{html}");
}

#[tokio::test]
async fn a_number_is_shown_only_on_request_and_the_request_is_audited() {
    let bench = Bench::new();
    let cookie = bench.enter().await;
    let path = bench.caller_path();
    let digits = CALLER.trim_start_matches('+');
    for path in ["/callers", &path] {
        let (_, html) = bench.page(&cookie, path).await;
        assert!(!html.contains(digits), "{html}");
    }
    assert_eq!(*bench.actions.lock().unwrap(), ["list", "show"]);
    let (status, html) = bench.post(&cookie, &format!("{path}/reveal"), "").await;
    assert!(status == 200 && html.contains(digits), "{html}");
    assert!(bench.actions.lock().unwrap().contains(&"reveal"));
    let (_, html) = bench.page(&cookie, &path).await;
    assert!(!html.contains(digits), "the next page is masked again");
}

#[tokio::test]
async fn a_search_for_a_number_leads_to_its_pseudonym() {
    let bench = Bench::new();
    let cookie = bench.enter().await;
    let csrf = bench.console.access().csrf();
    let request = Request::post("/callers")
        .header("host", HOST)
        .header("origin", ORIGIN)
        .header("cookie", &cookie)
        .body(Body::from(format!("csrf={csrf}&q=%2B1+202+555+0142")));
    let response = bench.send(request.unwrap()).await;
    assert_eq!(response.headers()["location"], bench.caller_path().as_str());
    assert_eq!(read(response).await.0, 303);
}

#[tokio::test]
async fn an_irrevocable_action_needs_the_ticked_box() {
    let bench = Bench::new();
    let cookie = bench.enter().await;
    let path = format!("{}/delete", bench.caller_path());
    let (status, _) = bench.post(&cookie, &path, "id=mem_1").await;
    assert_eq!(status, 400);
    let (status, _) = bench.post(&cookie, &path, "id=mem_2&confirm=yes").await;
    assert_eq!(status, 404, "the memory of another caller");
    assert!(bench.actions.lock().unwrap().is_empty());
    let pin = format!("{}/pin", bench.caller_path());
    let (status, _) = bench.post(&cookie, &pin, "id=mem_1&pinned=yes").await;
    assert_eq!(status, 303);
    assert_eq!(*bench.actions.lock().unwrap(), ["pin"]);
}
