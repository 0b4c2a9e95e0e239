//! The program under test.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::client::Client;
use crate::engine::Database;

pub(crate) struct Server {
    process: Child,
    address: String,
}

impl Server {
    pub(crate) fn start(database: &Database) -> Self {
        // `cargo build` with the same profile puts the program in the parent folder.
        let program = std::env::current_exe()
            .unwrap()
            .parent()
            .unwrap()
            .with_file_name("openmemory");
        let mut process = Command::new(program)
            .args(["--listen", "127.0.0.1:0", "--log-level", "ERROR"])
            .args(["--database", &database.url])
            .envs(database.variables.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut output)
            .unwrap();
        let address = output.trim().rsplit('/').next().unwrap().to_owned();
        assert!(!address.is_empty(), "the program did not start");
        Self { process, address }
    }

    pub(crate) fn client(&self) -> Client {
        Client {
            address: self.address.clone(),
        }
    }

    /// CPU time used so far. On a shared machine it is more meaningful than wall time.
    pub(crate) fn cpu_milliseconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        // User and system time, in hundredths of a second.
        [11, 12]
            .iter()
            .map(|at| fields[*at].parse::<f64>().unwrap() * 10.0)
            .sum()
    }

    pub(crate) fn resident_megabytes(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        line.trim()
            .trim_end_matches("kB")
            .trim()
            .parse::<u64>()
            .unwrap()
            / 1_024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
