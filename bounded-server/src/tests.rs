use axum::body::Bytes;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;

const SHORT: Duration = Duration::from_millis(100);

struct TestServer {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

async fn start(limits: Limits) -> TestServer {
    let routes = Router::new()
        .route("/", get(async || "here"))
        .route("/words", post(async |words: Bytes| words));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, routes, limits, async {
        drop(stopped.await)
    }));
    TestServer {
        address,
        stop,
        server,
    }
}

impl TestServer {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn get(&self) -> String {
        let mut stream = self.connect().await;
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        read_to_end(&mut stream).await
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.server.await.unwrap();
    }
}

/// Reads until the server closes the connection.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let read = timeout(Duration::from_secs(10), stream.read_to_string(&mut text)).await;
    read.expect("the server closes the connection")
        .map_or_else(|_| String::new(), |_| text)
}

#[tokio::test]
async fn half_open_connections_make_room_for_a_new_one() {
    let server = start(Limits {
        connections_per_peer: 64,
        ..Limits::new(64)
    })
    .await;
    let mut half_open = Vec::new();
    for _ in 0..64 {
        let mut stream = server.connect().await;
        stream
            .write_all(b"POST /words HTTP/1.1\r\nhost")
            .await
            .unwrap();
        half_open.push(stream);
    }
    for _ in 0..3 {
        assert!(server.get().await.ends_with("here"));
    }
    let closed = read_to_end(&mut half_open[0]).await;
    assert_eq!(closed, "", "the longest idle connection was closed");
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_pauses_too_long_is_cut_off() {
    let server = start(Limits {
        body_pause: SHORT,
        ..Limits::new(2)
    })
    .await;
    let mut stream = server.connect().await;
    stream
        .write_all(b"POST /words HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nwo")
        .await
        .unwrap();
    let response = read_to_end(&mut stream).await;
    assert!(response.starts_with("HTTP/1.1 400"), "{response}");
    server.stop().await;
}

#[tokio::test]
async fn a_head_that_takes_too_long_is_cut_off() {
    let server = start(Limits {
        header_time: SHORT,
        ..Limits::new(2)
    })
    .await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nho").await.unwrap();
    assert!(!read_to_end(&mut stream).await.contains("200"));
    server.stop().await;
}

#[tokio::test]
async fn under_pressure_a_new_connection_has_less_time_for_its_head() {
    let server = start(Limits {
        connections_per_peer: 4,
        header_time_under_pressure: SHORT,
        ..Limits::new(4)
    })
    .await;
    let mut early = server.connect().await;
    let _second = server.connect().await;
    let mut late = server.connect().await;
    late.write_all(b"GET / HTTP/1.1\r\nho").await.unwrap();
    assert!(!read_to_end(&mut late).await.contains("200"));
    early
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    assert!(
        read_to_end(&mut early).await.ends_with("here"),
        "an earlier connection keeps its time"
    );
    server.stop().await;
}

#[tokio::test]
async fn a_request_in_progress_is_finished_before_the_server_stops() {
    let server = start(Limits::new(2)).await;
    let mut stream = server.connect().await;
    stream
        .write_all(
            b"POST /words HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\n\
              content-length: 5\r\n\r\n",
        )
        .await
        .unwrap();
    let mut response = [0; 64];
    let length = stream.read(&mut response).await.unwrap();
    assert!(response[..length].starts_with(b"HTTP/1.1 100"));
    stream.write_all(b"wo").await.unwrap();
    let TestServer { stop, server, .. } = server;
    stop.send(()).unwrap();
    stream.write_all(b"rds").await.unwrap();
    assert!(read_to_end(&mut stream).await.ends_with("words"));
    server.await.unwrap();
}
