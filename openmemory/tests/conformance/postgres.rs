//! Runs this test program a second time, on a PostgreSQL cluster.

use std::io::Write;
use std::process::Command;

use crate::cluster::{Cluster, SOCKET, is_required, named, programs};
use crate::database::Database;

#[test]
fn the_whole_suite_passes_on_postgresql() {
    if named().is_some() || Database::is_dynamodb() {
        return;
    }
    let Some(programs) = programs() else {
        let message = "SKIPPED on PostgreSQL: PostgreSQL with pgvector is not installed; run openmemory/tests/postgres/run";
        assert!(!is_required(), "{message}");
        // Cargo hides the output of `println!` in passing tests.
        writeln!(std::io::stderr(), "{message}").unwrap();
        return;
    };
    let cluster = Cluster::start(&programs);
    let run = Command::new(std::env::current_exe().unwrap())
        .env(SOCKET, cluster.socket())
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&run.stdout);
    let summary = output
        .lines()
        .rfind(|line| line.starts_with("test result"))
        .unwrap_or_default();
    writeln!(std::io::stderr(), "on PostgreSQL: {summary}").unwrap();
    assert!(run.status.success(), "{output}");
}
