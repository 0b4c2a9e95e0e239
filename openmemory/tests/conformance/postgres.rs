//! PostgreSQL is held to the same: this program runs once more, on a cluster of its own.

use std::io::Write;
use std::process::Command;

use crate::cluster::{Cluster, SOCKET, is_required, named, programs};

#[test]
fn the_whole_suite_holds_on_postgresql() {
    if named().is_some() {
        return;
    }
    let Some(programs) = programs() else {
        let message = "SKIPPED on PostgreSQL: no PostgreSQL with pgvector here; openmemory/tests/postgres/run installs it";
        assert!(!is_required(), "{message}");
        // Not through `println!`, which cargo keeps to itself when a test passes.
        writeln!(std::io::stderr(), "{message}").unwrap();
        return;
    };
    let cluster = Cluster::start(&programs);
    let run = Command::new(std::env::current_exe().unwrap())
        .env(SOCKET, cluster.socket())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    let summary = said
        .lines()
        .rfind(|line| line.starts_with("test result"))
        .unwrap_or_default();
    writeln!(std::io::stderr(), "on PostgreSQL: {summary}").unwrap();
    assert!(run.status.success(), "{said}");
}
