//! Compares two ways from a ringing call to the memory store in DynamoDB: client-data asks the
//! OpenMemory function, or has the store linked into it.

use std::path::PathBuf;

use crate::Failure;
use crate::event::Path;
use crate::function::Program;
use crate::statistics::Sample;
use crate::timing::{Times, round};
use crate::upstream::Upstream;

/// Processes started of each program. They alternate.
const ROUNDS: u32 = 15;

/// The measurements of a program.
struct Row {
    what: &'static str,
    program: Program,
    path: Path,
    times: Times,
}

/// Measures the three programs and returns a table.
pub(crate) async fn compare(
    client_data: PathBuf,
    openmemory: PathBuf,
    linked: PathBuf,
) -> Result<String, Failure> {
    let upstream = Upstream::start().await?;
    let mut rows = [
        Row::new("client-data", client_data, Path::ClientData),
        Row::new("OpenMemory function", openmemory, Path::CallerCard),
        Row::new("client-data with the store", linked, Path::ClientData),
    ];
    for _ in 0..ROUNDS {
        for row in &mut rows {
            round(&row.program, row.path, &upstream, &mut row.times).await?;
        }
    }
    table(&rows)
}

impl Row {
    fn new(what: &'static str, path: PathBuf, event: Path) -> Self {
        let program = Program {
            name: what,
            path,
            wrapper: Vec::new(),
        };
        Self {
            what,
            program,
            path: event,
            times: Times::default(),
        }
    }

    fn line(&self) -> Result<String, Failure> {
        let Times {
            init,
            first,
            cpu,
            answer,
            memory,
            ..
        } = &self.times;
        Ok(format!(
            "| {} | {:.2} ms | {:.2} ms | {:.0} µs | {:.0} µs | {:.1} MiB | {:.2} MB |\n",
            self.what,
            init.median(),
            first.median(),
            answer.median(),
            cpu.median(),
            memory.most(),
            self.program.size()? as f64 / 1e6,
        ))
    }
}

fn table(rows: &[Row; 3]) -> Result<String, Failure> {
    let mut text = String::from(
        "| program | start to first poll | first invocation | later invocation | its CPU time | memory | size |\n|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        text.push_str(&row.line()?);
    }
    let [client_data, openmemory, linked] = rows;
    text.push_str(&totals("over HTTP", &[client_data, openmemory]));
    text.push_str(&totals("linked", &[linked]));
    Ok(text)
}

/// Adds up what a caller waits for, without the way between two functions.
fn totals(what: &str, rows: &[&Row]) -> String {
    let total = |part: fn(&Times) -> &Sample| -> f64 {
        rows.iter().map(|row| part(&row.times).median()).sum()
    };
    let cold = total(|times| &times.init) + total(|times| &times.first);
    let warm = total(|times| &times.answer);
    format!("\n{what}: cold {cold:.2} ms, warm {warm:.0} µs\n")
}
