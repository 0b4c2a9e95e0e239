//! What the functions cost as they are deployed, beside one that does nothing, on an emulator of
//! Lambda's Runtime API.
//!
//! `docs/benchmarks.md` says what is measured, what came out, and how to take the figures yourself.

mod call;
mod cost;
mod event;
mod function;
mod instructions;
mod process;
mod report;
mod runtime_api;
mod secure;
mod statistics;
mod timing;
mod upstream;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use event::Path;
use function::Program;
use upstream::{Pauses, Upstream};

/// Whatever stops a measurement; its text says what.
type Failure = Box<dyn std::error::Error>;

/// Measures the functions.
#[derive(Debug, Parser)]
#[command(name = "benchmarks")]
struct Command {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Times, processor time, memory and upstream calls, as a table and a plot.
    Times {
        #[command(flatten)]
        built: Built,
        /// The empty function.
        #[arg(long)]
        hello: PathBuf,
        /// Where the table is written as `functions.md` and the plot as `functions.svg`.
        #[arg(long)]
        out: PathBuf,
    },
    /// What a thousand calls cost, as tables.
    Cost {
        #[command(flatten)]
        call: cost::Call,
    },
    /// Instructions, held against a recorded baseline.
    Instructions {
        #[command(flatten)]
        built: Built,
        /// The file of the baseline.
        #[arg(long)]
        baseline: PathBuf,
        /// Only this function.
        #[arg(long)]
        only: Option<String>,
        /// Write the baseline instead of comparing with it.
        #[arg(long)]
        record: bool,
    },
}

#[derive(Debug, Args)]
struct Built {
    /// Where `NAME/bootstrap` of each function is.
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
    let mut waits = Vec::new();
    for path in Path::ALL {
        let pauses = slow(path);
        waits.push((
            path,
            timing::waiting(path, &built.program(path), &upstream, pauses).await?,
        ));
    }
    let mut secured = Vec::new();
    for path in [Path::ClientData, Path::SearchMemory] {
        secured.push((
            path,
            timing::first_over_tls(&built.program(path), path, &upstream).await?,
        ));
    }
    let text = report::table(&rows, &waits, &secured);
    print!("{text}");
    std::fs::create_dir_all(out)?;
    std::fs::write(out.join("functions.md"), text)?;
    std::fs::write(out.join("functions.svg"), report::plot(&rows))?;
    Ok(())
}

/// Upstreams as slow as in the targets.
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
    print!("{}", instructions::written(&counts));
    if record {
        return Ok(std::fs::write(baseline, instructions::written(&counts))?);
    }
    let grown = instructions::grown(&instructions::baseline(baseline)?, &counts)?;
    if grown.is_empty() {
        Ok(())
    } else {
        Err(grown.join("\n").into())
    }
}
