//! Measures what the deployed functions cost compared with an empty one, on an emulator of Lambda's
//! Runtime API.
//!
//! `docs/benchmarks.md` describes what is measured, the results, and how to run the benchmarks.

mod call;
mod cost;
mod dynamodb;
mod event;
mod function;
mod instructions;
mod linking;
mod process;
mod report;
mod runtime_api;
mod statistics;
mod timing;
mod tls;
mod upstream;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use event::Path;
use function::Program;
use upstream::{Pauses, Upstream};

/// Any error that stops a measurement.
type Failure = Box<dyn std::error::Error>;

/// Measures the functions.
#[derive(Debug, Parser)]
#[command(name = "benchmarks")]
struct Command {
    #[command(subcommand)]
    task: Task,
}

/// What to measure.
#[derive(Debug, Subcommand)]
enum Task {
    /// Measures latency, CPU time, memory and upstream calls, and writes a table and a plot.
    Times {
        #[command(flatten)]
        built: Built,
        /// Program of the empty function.
        #[arg(long)]
        hello: PathBuf,
        /// Output folder for the table (`functions.md`) and the plot (`functions.svg`).
        #[arg(long)]
        out: PathBuf,
    },
    /// Compares client-data that asks the OpenMemory function with one that has the store linked in.
    Linking {
        #[command(flatten)]
        built: Built,
        /// Program `linked-client-data`.
        #[arg(long)]
        linked: PathBuf,
    },
    /// Computes the cost of a thousand calls, as tables.
    Cost {
        #[command(flatten)]
        call: cost::Call,
    },
    /// Counts instructions and compares them with a baseline.
    Instructions {
        #[command(flatten)]
        built: Built,
        /// File of the baseline.
        #[arg(long)]
        baseline: PathBuf,
        /// Count only this function.
        #[arg(long)]
        only: Option<String>,
        /// Write the baseline instead of comparing with it.
        #[arg(long)]
        record: bool,
    },
}

/// Location of the built functions.
#[derive(Debug, Args)]
struct Built {
    /// Folder with `NAME/bootstrap` for each function.
    #[arg(long)]
    functions: PathBuf,
}

impl Built {
    fn program(&self, path: Path) -> Program {
        let file = self.functions.join(path.built_as()).join("bootstrap");
        Program {
            name: path.name(),
            path: file,
            wrapper: Vec::new(),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = match Command::parse().task {
        Task::Times { built, hello, out } => times(&built, hello, &out).await,
        Task::Linking { built, linked } => compare(&built, linked).await,
        Task::Cost { call } => {
            print!("{}", call.tables());
            Ok(())
        }
        Task::Instructions {
            built,
            baseline,
            only,
            record,
        } => count(&built, &baseline, only.as_deref(), record).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("benchmarks: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn times(built: &Built, hello: PathBuf, out: &std::path::Path) -> Result<(), Failure> {
    let upstream = Upstream::start().await?;
    let empty = Program {
        name: "hello",
        path: hello,
        wrapper: Vec::new(),
    };
    let mut rows = Vec::new();
    for path in Path::ALL {
        let program = built.program(path);
        let pair = timing::pair(path, &empty, &program, &upstream).await?;
        rows.push(report::Row {
            size: program.size()?,
            pair,
        });
    }
    let mut slow_rows = Vec::new();
    for path in Path::ALL {
        let pauses = slow(path);
        slow_rows.push((
            path,
            timing::with_slow_upstreams(path, &built.program(path), &upstream, pauses).await?,
        ));
    }
    let mut tls_rows = Vec::new();
    for path in [Path::ClientData, Path::SearchMemory] {
        tls_rows.push((
            path,
            timing::first_over_tls(&built.program(path), path, &upstream).await?,
        ));
    }
    let text = report::table(&rows, &slow_rows, &tls_rows);
    print!("{text}");
    std::fs::create_dir_all(out)?;
    std::fs::write(out.join("functions.md"), text)?;
    std::fs::write(out.join("functions.svg"), report::plot(&rows))?;
    Ok(())
}

async fn compare(built: &Built, linked: PathBuf) -> Result<(), Failure> {
    let path_of = |path| built.program(path).path;
    let client_data = path_of(Path::ClientData);
    let openmemory = path_of(Path::CallerCard);
    print!(
        "{}",
        linking::compare(client_data, openmemory, linked).await?
    );
    Ok(())
}

/// Returns upstream delays as in the performance targets.
fn slow(path: Path) -> Pauses {
    let milliseconds = Duration::from_millis;
    match path {
        Path::Extraction => Pauses {
            openmemory: milliseconds(50),
            aws: milliseconds(10),
            model: milliseconds(1000),
        },
        _ => Pauses {
            openmemory: milliseconds(50),
            aws: milliseconds(10),
            model: milliseconds(50),
        },
    }
}

async fn count(
    built: &Built,
    baseline: &std::path::Path,
    only: Option<&str>,
    record: bool,
) -> Result<(), Failure> {
    let upstream = Upstream::start().await?;
    let mut counts = BTreeMap::new();
    for path in Path::ALL
        .into_iter()
        .filter(|path| only.is_none_or(|only| only == path.name()))
    {
        counts.insert(
            path.name(),
            instructions::count(&built.program(path), path, &upstream).await?,
        );
    }
    print!("{}", instructions::format_baseline(&counts));
    if record {
        return Ok(std::fs::write(
            baseline,
            instructions::format_baseline(&counts),
        )?);
    }
    let regressions = instructions::regressions(&instructions::read_baseline(baseline)?, &counts)?;
    if regressions.is_empty() {
        Ok(())
    } else {
        Err(regressions.join("\n").into())
    }
}
