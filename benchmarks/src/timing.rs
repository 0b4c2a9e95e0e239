//! Seconds: each function beside the empty one in the same run, because only their ratio means
//! anything elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Failure;
use crate::event::Path;
use crate::function::{Over, Program};
use crate::statistics::Sample;
use crate::upstream::{Pauses, Upstream};

/// Processes that are started for each function; the two kinds take turns.
const ROUNDS: u32 = 15;
/// Invocations before it is measured.
const WARM: u32 = 50;
/// Invocations of each process that are measured.
const MEASURED: u32 = 300;
/// Invocations over upstreams that take their time.
const WAITED: u32 = 40;

/// What was measured of one function.
#[derive(Debug, Default)]
pub(crate) struct Times {
    /// Start to first poll, in milliseconds.
    pub(crate) init: Sample,
    /// The first invocation, in milliseconds.
    pub(crate) first: Sample,
    /// Processor time of an invocation, in microseconds, one value for each process.
    pub(crate) cpu: Sample,
    /// From event to answer, in microseconds.
    pub(crate) answer: Sample,
    /// Most memory, in mebibytes.
    pub(crate) memory: Sample,
    /// What an invocation writes to the log, in bytes.
    pub(crate) logged: Sample,
}

/// A function beside the empty one.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) path: Path,
    pub(crate) empty: Times,
    pub(crate) ours: Times,
    /// The ratio of both, one value for each round.
    pub(crate) init_ratio: Sample,
    pub(crate) cpu_ratio: Sample,
    /// Calls to each upstream, per invocation.
    pub(crate) calls: BTreeMap<&'static str, f64>,
}

/// Measures a function and the empty one by turns, over upstreams that answer at once.
pub(crate) async fn pair(
    path: Path,
    empty: &Program,
    ours: &Program,
    upstream: &Upstream,
) -> Result<Pair, Failure> {
    let mut pair = Pair {
        path,
        empty: Times::default(),
        ours: Times::default(),
        init_ratio: Sample::default(),
        cpu_ratio: Sample::default(),
        calls: BTreeMap::new(),
    };
    for _ in 0..ROUNDS {
        let floor = round(empty, Path::Health, upstream, &mut pair.empty).await?;
        let measured = round(ours, path, upstream, &mut pair.ours).await?;
        pair.init_ratio.push(measured.init / floor.init);
        pair.cpu_ratio.push(measured.cpu / floor.cpu);
        pair.calls = measured.calls;
    }
    Ok(pair)
}

struct Round {
    init: f64,
    cpu: f64,
    calls: BTreeMap<&'static str, f64>,
}

async fn round(
    program: &Program,
    path: Path,
    upstream: &Upstream,
    times: &mut Times,
) -> Result<Round, Failure> {
    let mut running = program.start(upstream).await?;
    let init = milliseconds(running.init);
    times.init.push(init);
    times
        .first
        .push(milliseconds(running.invoke(path.event()).await?));
    for _ in 0..WARM {
        running.invoke(path.event()).await?;
    }
    upstream.take_counts();
    let (before, logged) = (running.cpu()?, running.logged()?);
    for _ in 0..MEASURED {
        times
            .answer
            .push(microseconds(running.invoke(path.event()).await?));
    }
    let cpu = microseconds(running.cpu()? - before) / f64::from(MEASURED);
    times.cpu.push(cpu);
    times
        .logged
        .push((running.logged()? - logged) as f64 / f64::from(MEASURED));
    times.memory.push(running.peak_mebibytes()?);
    let calls = upstream.take_counts().into_iter();
    let calls = calls
        .map(|(name, count)| (name, f64::from(count) / f64::from(MEASURED)))
        .collect();
    running.end().await?;
    Ok(Round { init, cpu, calls })
}

/// The first invocation of a process that asks its memory store over TLS, in milliseconds: how long
/// it takes with handshakes on both sides, and the processor time that it takes the function
/// itself.
#[derive(Debug, Default)]
pub(crate) struct FirstOverTls {
    pub(crate) answer: Sample,
    pub(crate) cpu: Sample,
}

/// Measures first invocations over TLS.
pub(crate) async fn first_over_tls(
    ours: &Program,
    path: Path,
    upstream: &Upstream,
) -> Result<FirstOverTls, Failure> {
    let mut first = FirstOverTls::default();
    for _ in 0..ROUNDS {
        let mut running = ours.start_asking(upstream, Over::Tls).await?;
        let before = running.cpu()?;
        first
            .answer
            .push(milliseconds(running.invoke(path.event()).await?));
        first.cpu.push(milliseconds(running.cpu()? - before));
        running.end().await?;
    }
    Ok(first)
}

/// How long answers take, in milliseconds, when upstreams take their time.
pub(crate) async fn waiting(
    path: Path,
    ours: &Program,
    upstream: &Upstream,
    pauses: Pauses,
) -> Result<Sample, Failure> {
    upstream.pause(pauses);
    let mut running = ours.start(upstream).await?;
    running.invoke(path.event()).await?;
    let mut answers = Sample::default();
    for _ in 0..WAITED {
        answers.push(milliseconds(running.invoke(path.event()).await?));
    }
    running.end().await?;
    upstream.pause(Pauses::default());
    Ok(answers)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
