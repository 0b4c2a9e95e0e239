//! Simulates a day of a million calls with the real code and an accelerated clock: a wave of calls,
//! webhooks that ElevenLabs sends again, workers that die, and an hour in which neither the
//! provider nor the memory store answers. Checks that every call is extracted exactly once, and
//! measures the backlog and its drain.
//!
//! `cargo run -p elaaoms-tests --example scale -- [SHARE] [CONCURRENCY] [PLOT]`
//!
//! `SHARE` divides calls, callers and workers (default 100: ten thousand calls). `CONCURRENCY` is
//! the `ExtractionConcurrency` of the undivided system (default 296). `PLOT` is an SVG to write.
//!
//! Real are the webhook, the client of SQS, the batches of the extraction function, the extraction
//! and the memory store on SQLite. Simulated are time, SQS and Lambda, the model and the archive.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a simulation may panic")]
#![expect(clippy::print_stdout, reason = "the simulation prints its results")]

mod archive;
mod clock;
mod faults;
mod function;
mod measurement;
mod model;
mod plan;
mod plot;
mod queue;
mod report;
mod simulation;
mod sqs;
mod store;
mod system;
mod traffic;
mod wire;

use plan::Plan;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: usize| {
        arguments
            .next()
            .map_or(default, |text| text.parse().unwrap())
    };
    let plan = Plan::million(number(100), number(296));
    let result = simulation::run(&plan).await;
    println!("{}", report::table(&plan, &result));
    if let Some(file) = arguments.next() {
        std::fs::write(file, plot::svg(&plan, &result)).unwrap();
    }
}

#[cfg(test)]
mod tests;
