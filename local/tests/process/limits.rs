//! Slow, numerous and unauthenticated clients, and calls in progress during a shutdown.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use reqwest::StatusCode;

use crate::harness::{CALL, Process, SECRETS, TIMEOUT, signature_of};

/// Opens a connection on which a test writes raw HTTP.
fn connect(process: &Process) -> TcpStream {
    let stream = TcpStream::connect(process.base.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream
}

/// Waits until the process has read the head of a request with `expect: 100-continue`, and waits
/// for the body.
fn wait_until_head_is_read(stream: &mut TcpStream) {
    let response = response_on(stream);
    assert!(response.starts_with("HTTP/1.1 100"), "{response}");
}

/// Waits until the process accepts no new connections.
fn wait_until_refused(process: &Process) {
    let address = process.base.strip_prefix("http://").unwrap();
    let started = Instant::now();
    let is_refused = || {
        TcpStream::connect(address).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
    };
    while !is_refused() {
        assert!(
            started.elapsed() < TIMEOUT,
            "connections are still accepted"
        );
        thread::sleep(Duration::from_millis(10));
    }
}

/// Reads up to 512 bytes of the response; empty if there is none.
fn response_on(stream: &mut TcpStream) -> String {
    let mut response = [0; 512];
    let length = stream.read(&mut response).unwrap_or(0);
    String::from_utf8_lossy(&response[..length]).into_owned()
}

#[tokio::test]
async fn a_call_that_is_being_received_is_archived_before_the_process_exits() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&folder, &[]);
    let mut stream = connect(&process);
    let length = CALL.len();
    let signature = signature_of(CALL);
    let head = format!(
        "POST /webhook/post-call HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\nelevenlabs-signature: {signature}\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    wait_until_head_is_read(&mut stream);
    stream.write_all(&CALL[..length / 2]).unwrap();
    // The parent process has exited, which must not end this process early.
    process.close_stdout();
    process.terminate();
    wait_until_refused(&process);
    stream.write_all(&CALL[length / 2..]).unwrap();
    let response = response_on(&mut stream);
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    process.wait();
}

#[tokio::test]
async fn a_client_that_sends_its_headers_too_slowly_is_disconnected() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&folder, &[]);
    let mut stream = connect(&process);
    stream.write_all(b"GET /health HTTP/1.1\r\nhost:").unwrap();
    let mut rest = Vec::new();
    let closed = tokio::task::spawn_blocking(move || stream.read_to_end(&mut rest))
        .await
        .unwrap();
    assert!(
        closed.is_ok() || closed.unwrap_err().kind() == ErrorKind::ConnectionReset,
        "still open after {TIMEOUT:?}"
    );
    process.ask_to_stop();
}

#[tokio::test]
async fn headers_that_are_too_large_are_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&folder, &[]);
    let request = process
        .http
        .get(format!("{}/health", process.base))
        .header("x-padding", "x".repeat(20_000));
    assert_eq!(
        request.send().await.unwrap().status(),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
    );
    process.ask_to_stop();
}

#[tokio::test]
async fn too_many_headers_are_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&folder, &[]);
    let send_headers = |count: usize| {
        let request = process.http.get(format!("{}/health", process.base));
        (0..count)
            .fold(request, |request, line| {
                request.header(format!("x-line-{line}"), "x")
            })
            .send()
    };
    assert_eq!(send_headers(90).await.unwrap().status(), StatusCode::OK);
    assert_eq!(
        send_headers(101).await.unwrap().status(),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
    );
    process.ask_to_stop();
}

#[tokio::test]
async fn an_idle_connection_is_closed_for_a_new_one_and_an_active_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&folder, &[("MAX_CONNECTIONS", "1")]);
    let mut idle = connect(&process);
    idle.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n")
        .unwrap();
    assert!(response_on(&mut idle).starts_with("HTTP/1.1 200"));
    let mut active = connect(&process);
    let key = SECRETS[1].1;
    let head = format!(
        "POST /webhook/client-data HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\nx-api-key: {key}\r\ncontent-length: 2\r\n\r\n"
    );
    active.write_all(head.as_bytes()).unwrap();
    wait_until_head_is_read(&mut active);
    active.write_all(b"{").unwrap();
    let mut next = connect(&process);
    next.set_read_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    next.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n")
        .unwrap();
    assert_eq!(
        response_on(&mut next),
        "",
        "there is room for one connection"
    );
    active.write_all(b"}").unwrap();
    assert!(response_on(&mut active).starts_with("HTTP/1.1 200"));
    next.set_read_timeout(Some(TIMEOUT)).unwrap();
    assert!(response_on(&mut next).starts_with("HTTP/1.1 200"));
    process.ask_to_stop();
}

#[tokio::test]
async fn half_open_connections_of_one_peer_lock_nobody_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&folder, &[("MAX_CONNECTIONS", "100")]);
    let mut half_open = Vec::new();
    for _ in 0..150 {
        let mut stream = connect(&process);
        stream
            .write_all(b"POST /webhook/post-call HTTP/1.1\r\nhost:")
            .unwrap();
        half_open.push(stream);
    }
    let request = process
        .http
        .post(format!("{}/webhook/client-data", process.base))
        .header("x-api-key", SECRETS[1].1);
    // Without room, the request would wait until the half-open connections time out after 15
    // seconds.
    let response = request
        .body("{}")
        .timeout(Duration::from_secs(10))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    drop(half_open);
    process.ask_to_stop();
}

#[tokio::test]
async fn bodies_that_withhold_their_last_byte_take_little_memory_and_delay_no_call() {
    const LENGTH: usize = 6 * 1024 * 1024;
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&folder, &[]);
    let before = process.memory();
    let forged = signature_of(b"another body");
    let head = format!(
        "POST /webhook/post-call HTTP/1.1\r\nhost: x\r\nelevenlabs-signature: {forged}\r\ncontent-length: {LENGTH}\r\n\r\n"
    );
    let body: Arc<[u8]> = vec![b' '; LENGTH - 1].into();
    let attackers: Vec<_> = (0..40).map(|_| connect(&process)).collect();
    let attackers: Vec<_> = attackers
        .into_iter()
        .map(|mut stream| {
            let head = head.clone();
            let body = Arc::clone(&body);
            std::thread::spawn(move || {
                stream
                    .set_write_timeout(Some(Duration::from_secs(2)))
                    .unwrap();
                let written = stream
                    .write_all(head.as_bytes())
                    .and_then(|()| stream.write_all(&body));
                (written, stream)
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(process.post_call(CALL).await, StatusCode::OK);
    let attackers: Vec<_> = attackers
        .into_iter()
        .map(|attacker| attacker.join().unwrap())
        .collect();
    let used = process.memory().saturating_sub(before);
    println!("{} MB for 40 bodies of 6 MiB", used / 1_000_000);
    assert!(used < 64_000_000, "{used}");
    drop(attackers);
    process.ask_to_stop();
}

#[tokio::test]
async fn forged_current_signatures_are_counted_and_then_rejected_unread() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(
        &folder,
        &[("RATE_LIMIT_PER_MINUTE", "1"), ("RATE_LIMIT_BURST", "3")],
    );
    let forged = signature_of(b"another body");
    let url = format!("{}/webhook/post-call", process.base);
    let send = || {
        process
            .http
            .post(&url)
            .header("elevenlabs-signature", &forged)
            .body("{}")
            .send()
    };
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(send().await.unwrap().status());
    }
    assert_eq!(statuses[..4], [StatusCode::UNAUTHORIZED; 4]);
    assert_eq!(statuses[4..], [StatusCode::TOO_MANY_REQUESTS; 2]);
    process.ask_to_stop();
}

#[tokio::test]
async fn a_client_with_too_many_unauthenticated_requests_is_limited_and_locks_nobody_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(
        &folder,
        &[("RATE_LIMIT_PER_MINUTE", "1"), ("RATE_LIMIT_BURST", "3")],
    );
    let url = |path: &str| format!("{}{path}", process.base);
    let send_unauthenticated = || {
        process
            .http
            .post(url("/webhook/post-call"))
            .body("{}")
            .send()
    };
    for _ in 0..3 {
        assert_eq!(
            send_unauthenticated().await.unwrap().status(),
            StatusCode::UNAUTHORIZED
        );
    }
    let limited = send_unauthenticated().await.unwrap();
    assert_eq!(limited.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u32 = limited.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    let wrong_key = process
        .http
        .post(url("/webhook/client-data"))
        .header("x-api-key", "guessed")
        .body("{}");
    assert_eq!(
        wrong_key.send().await.unwrap().status(),
        StatusCode::TOO_MANY_REQUESTS
    );
    // Authenticated requests from the same address still pass.
    assert_eq!(process.post_call(CALL).await, StatusCode::OK);
    let right_key = process
        .http
        .post(url("/webhook/client-data"))
        .header("x-api-key", SECRETS[1].1)
        .body("{}");
    assert_eq!(right_key.send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(
        process
            .http
            .get(url("/health"))
            .send()
            .await
            .unwrap()
            .status(),
        StatusCode::OK
    );
    process.ask_to_stop();
}
