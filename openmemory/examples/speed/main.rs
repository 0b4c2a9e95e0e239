//! Measures the real program on every engine: latency and CPU time of searches and stores, and what
//! the calls of the functions cost in DynamoDB.
//!
//! `openmemory/benchmarks/speed/run` builds the program, starts PostgreSQL and an emulator of
//! DynamoDB, and runs this. Names of engines, and `functions`, as arguments limit the run to these
//! tables. Without the script, only SQLite is measured:
//!
//! `cargo build --profile measure -p openmemory && cargo run --profile measure -p openmemory
//! --example speed`

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark may panic")]

mod access;
mod callers;
mod client;
#[path = "../../tests/postgres/cluster.rs"]
#[expect(dead_code, reason = "the script starts the cluster")]
mod cluster;
mod engine;
mod functions;
mod item_size;
mod latency;
mod recorder;
mod report;
mod server;
#[path = "../../tests/dynamodb/table.rs"]
mod table;
mod units;
mod usage;

use tokio::runtime::Runtime;

use engine::{Database, Engine};
use latency::Size;
use recorder::Recorder;
use server::Server;
use usage::Usage;

const SIZES: [Size; 4] = [
    Size::new(1, 100),
    Size::new(1, 1_000),
    Size::new(1, 10_000),
    Size::new(1_000, 100),
];

/// The argument that selects the table of the functions.
const FUNCTIONS: &str = "functions";

fn main() {
    let runtime = Runtime::new().unwrap();
    let names: Vec<String> = std::env::args().skip(1).collect();
    let is_selected = |name: &str| names.is_empty() || names.iter().any(|own| own == name);
    let engines: Vec<Engine> = Engine::ALL
        .into_iter()
        .filter(|engine| is_selected(engine.name()))
        .collect();
    if !engines.is_empty() {
        print_engines(&runtime, &engines);
    }
    if is_selected(FUNCTIONS) {
        print_functions(&runtime);
    }
}

fn print_engines(runtime: &Runtime, engines: &[Engine]) {
    report::print_latency_head();
    let mut operations = Vec::new();
    for engine in engines {
        if !engine.is_running() {
            report::print_skipped(*engine);
            continue;
        }
        for size in SIZES {
            let database = runtime.block_on(engine.new_database());
            report::print_latency(*engine, size, &latency::measure(&database, size));
            if *engine == Engine::DynamoDb {
                operations.push((size, operation_usage(runtime, &database, size)));
            }
        }
    }
    report::print_operations(&operations);
}

fn print_functions(runtime: &Runtime) {
    if !Engine::DynamoDb.is_running() {
        println!("\n{FUNCTIONS}: skipped, because DynamoDB was not started");
        return;
    }
    let database = runtime.block_on(Engine::DynamoDb.new_database());
    let (server, recorder) = recorded(runtime, &database);
    report::print_functions(&functions::measure(&server.client(), &recorder));
}

/// Restarts the program with the recorder in front of DynamoDB. Returns the usage of a search and of
/// a store.
fn operation_usage(runtime: &Runtime, database: &Database, size: Size) -> [Usage; 2] {
    let (server, recorder) = recorded(runtime, database);
    latency::search(&server.client(), size, 0);
    let search = recorder.take();
    latency::store(&server.client(), size, 0);
    [search, recorder.take()]
}

fn recorded(runtime: &Runtime, database: &Database) -> (Server, Recorder) {
    let endpoint = table::endpoint().unwrap();
    let recorder = runtime.block_on(Recorder::start(endpoint));
    let server = Server::start(&database.with_endpoint(recorder.endpoint()));
    recorder.take();
    (server, recorder)
}
