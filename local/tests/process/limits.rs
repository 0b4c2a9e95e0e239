//! Slow, many and unproven clients, and what becomes of calls under way when it is asked to stop.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;

use crate::harness::{CALL, Process, SECRETS, signature_of};

/// A connection that a test speaks HTTP on by hand.
fn connect(process: &Process) -> TcpStream {
    let stream = TcpStream::connect(process.base.strip_prefix("http://").unwrap()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    stream
}

fn answer_on(stream: &mut TcpStream) -> String {
    let mut answer = [0; 512];
    let length = stream.read(&mut answer).unwrap_or(0);
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test]
async fn a_call_that_is_being_received_is_kept_before_the_process_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&folder, &[]);
    let mut stream = connect(&process);
    let (length, signature) = (CALL.len(), signature_of(CALL));
    let head = format!(
        "POST /webhook/post-call HTTP/1.1\r\nhost: x\r\nelevenlabs-signature: {signature}\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&CALL[..length / 2]).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    // Whoever started it is gone: that must not end it early.
    process.stop_listening();
    process.terminate();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let refused = TcpStream::connect(process.base.strip_prefix("http://").unwrap());
    assert_eq!(
        refused.unwrap_err().kind(),
        ErrorKind::ConnectionRefused,
        "it takes no more calls"
    );
    stream.write_all(&CALL[length / 2..]).unwrap();
    let answer = answer_on(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    process.wait();
}

#[tokio::test]
async fn who_is_slow_to_say_what_they_want_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&folder, &[]);
    let mut stream = connect(&process);
    stream.write_all(b"GET /health HTTP/1.1\r\nhost:").unwrap();
    let mut rest = Vec::new();
    let ended = tokio::task::spawn_blocking(move || stream.read_to_end(&mut rest))
        .await
        .unwrap();
    assert!(
        ended.is_ok() || ended.unwrap_err().kind() == ErrorKind::ConnectionReset,
        "still open after 30 seconds"
    );
    process.ask_to_stop();
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
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
async fn a_head_with_too_many_lines_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&folder, &[]);
    let lines = |count: usize| {
        let request = process.http.get(format!("{}/health", process.base));
        (0..count)
            .fold(request, |request, line| {
                request.header(format!("x-line-{line}"), "x")
            })
            .send()
    };
    assert_eq!(lines(90).await.unwrap().status(), StatusCode::OK);
    assert_eq!(
        lines(101).await.unwrap().status(),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
    );
    process.ask_to_stop();
}

#[tokio::test]
async fn an_idle_connection_makes_room_for_a_new_one_and_one_in_use_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&folder, &[("MAX_CONNECTIONS", "1")]);
    let mut idle = connect(&process);
    idle.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
        .unwrap();
    assert!(answer_on(&mut idle).starts_with("HTTP/1.1 200"));
    let mut in_use = connect(&process);
    let key = SECRETS[1].1;
    let head = format!(
        "POST /webhook/client-data HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-length: 2\r\n\r\n{{"
    );
    in_use.write_all(head.as_bytes()).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut next = connect(&process);
    next.set_read_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    next.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
        .unwrap();
    assert_eq!(answer_on(&mut next), "", "there is room for one");
    in_use.write_all(b"}").unwrap();
    assert!(answer_on(&mut in_use).starts_with("HTTP/1.1 200"));
    next.set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    assert!(answer_on(&mut next).starts_with("HTTP/1.1 200"));
    process.ask_to_stop();
}

#[tokio::test]
async fn half_open_connections_of_one_peer_keep_nobody_out() {
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
    let ring = process
        .http
        .post(format!("{}/webhook/client-data", process.base))
        .header("x-api-key", SECRETS[1].1);
    // Without room, the request would wait until the heads are given up after 15 seconds.
    let answer = ring
        .body("{}")
        .timeout(Duration::from_secs(10))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
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
            let (head, body) = (head.clone(), Arc::clone(&body));
            std::thread::spawn(move || {
                stream
                    .set_write_timeout(Some(Duration::from_secs(2)))
                    .unwrap();
                let withheld = stream
                    .write_all(head.as_bytes())
                    .and_then(|()| stream.write_all(&body));
                (withheld, stream)
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(process.hang_up(CALL).await, StatusCode::OK);
    let attackers: Vec<_> = attackers
        .into_iter()
        .map(|attacker| attacker.join().unwrap())
        .collect();
    let taken = process.memory().saturating_sub(before);
    println!("{} MB for 40 bodies of 6 MiB", taken / 1_000_000);
    assert!(taken < 64_000_000, "{taken}");
    drop(attackers);
    process.ask_to_stop();
}

#[tokio::test]
async fn forged_timely_signatures_are_counted_and_refused_unread() {
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
async fn a_stranger_who_knocks_too_often_is_slowed_down_and_silences_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(
        &folder,
        &[("RATE_LIMIT_PER_MINUTE", "1"), ("RATE_LIMIT_BURST", "3")],
    );
    let url = |path: &str| format!("{}{path}", process.base);
    let knock = || {
        process
            .http
            .post(url("/webhook/post-call"))
            .body("{}")
            .send()
    };
    for _ in 0..3 {
        assert_eq!(knock().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
    let refused = knock().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u32 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    let wrong = process
        .http
        .post(url("/webhook/client-data"))
        .header("x-api-key", "guessed")
        .body("{}");
    assert_eq!(
        wrong.send().await.unwrap().status(),
        StatusCode::TOO_MANY_REQUESTS
    );
    // The same address has proof now.
    assert_eq!(process.hang_up(CALL).await, StatusCode::OK);
    let key = process
        .http
        .post(url("/webhook/client-data"))
        .header("x-api-key", SECRETS[1].1)
        .body("{}");
    assert_eq!(key.send().await.unwrap().status(), StatusCode::OK);
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
