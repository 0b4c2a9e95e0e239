//! An HTTP client that opens a new connection for each call, as a Lambda function does after a
//! pause.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

pub(crate) struct Client {
    pub(crate) address: String,
}

impl Client {
    pub(crate) fn get(&self, path: &str) -> Value {
        self.send("GET", path, "")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        self.send("POST", path, &body.to_string())
    }

    pub(crate) fn delete(&self, path: &str) {
        self.send("DELETE", path, "");
    }

    fn send(&self, method: &str, path: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_nodelay(true).unwrap();
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.0\r\ncontent-length: {length}");
        let request = format!("{head}\r\ncontent-type: application/json\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let is_success = head.lines().next().is_some_and(|line| line.contains(" 20"));
        assert!(is_success, "{method} {path}: {answer}");
        serde_json::from_str(body).unwrap_or_default()
    }
}
