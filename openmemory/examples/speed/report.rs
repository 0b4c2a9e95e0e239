//! Prints the results as Markdown tables.

use crate::engine::Engine;
use crate::functions::FunctionUsage;
use crate::latency::{Latency, Size};
use crate::usage::Usage;

pub(crate) fn print_latency_head() {
    println!(
        "| engine | memories | callers | search p50 | search p95 | store p50 | store p95 | CPU a search | CPU a store | resident | filled in |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
}

pub(crate) fn print_latency(engine: Engine, size: Size, latency: &Latency) {
    let [search, store] = [&latency.search, &latency.store];
    println!(
        "| {} | {} | {} | {:.1} ms | {:.1} ms | {:.1} ms | {:.1} ms | {:.1} ms | {:.1} ms | {} MB | {} s |",
        engine.name(),
        size.memories(),
        size.callers,
        search.percentile(50),
        search.percentile(95),
        store.percentile(50),
        store.percentile(95),
        search.cpu_milliseconds,
        store.cpu_milliseconds,
        latency.resident_megabytes,
        latency.filled_in.as_secs(),
    );
}

/// Says that an engine was not measured.
pub(crate) fn print_skipped(engine: Engine) {
    println!(
        "| {} | skipped: it was not started | | | | | | | | | |",
        engine.name()
    );
}

/// Prints the usage of one search and one store in DynamoDB at each size.
pub(crate) fn print_operations(operations: &[(Size, [Usage; 2])]) {
    if operations.is_empty() {
        return;
    }
    println!("\n| memories | callers | operation | requests | read units | write units |");
    println!("|---|---|---|---|---|---|");
    for (size, usages) in operations {
        for (operation, usage) in ["search", "store"].into_iter().zip(usages) {
            println!(
                "| {} | {} | {operation} | {usage} | {} | {} |",
                size.memories(),
                size.callers,
                usage.read_units,
                usage.write_units
            );
        }
    }
}

/// Prints what one invocation of each function costs in DynamoDB.
pub(crate) fn print_functions(functions: &[FunctionUsage]) {
    println!(
        "\n| function | requests to the store | requests to DynamoDB | read units | write units |"
    );
    println!("|---|---|---|---|---|");
    for FunctionUsage {
        function,
        requests,
        usage,
    } in functions
    {
        println!(
            "| {function} | {requests} | {usage} | {} | {} |",
            usage.read_units, usage.write_units
        );
    }
}
