//! Measures time. Each function runs next to the empty one, because only their ratio is meaningful
//! on other machines.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Failure;
use crate::event::Path;
use crate::function::{Program, StoreTransport};
use crate::statistics::Sample;
use crate::upstream::{Pauses, Upstream};

/// Processes started for each function. The two kinds alternate.
const ROUNDS: u32 = 15;
/// Invocations before the measurement.
const WARM_UP: u32 = 50;
/// Measured invocations of each process.
const MEASURED: u32 = 300;
/// Invocations with slow upstreams.
const SLOW_INVOCATIONS: u32 = 40;

/// The measurements of one function.
#[derive(Debug, Default)]
pub(crate) struct Times {
    /// Time from start to first poll, in milliseconds.
    pub(crate) init: Sample,
    /// Time of the first invocation, in milliseconds.
    pub(crate) first: Sample,
    /// CPU time per invocation, in microseconds, one value for each process.
    pub(crate) cpu: Sample,
    /// Time from event to response, in microseconds.
    pub(crate) answer: Sample,
    /// Peak memory, in mebibytes.
    pub(crate) memory: Sample,
    /// Log output per invocation, in bytes.
    pub(crate) logged: Sample,
}

/// A function compared with the empty one.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) path: Path,
    pub(crate) empty: Times,
    pub(crate) ours: Times,
    /// Ratio of the start times, one value for each round. `cpu_ratio` is the same for CPU time.
    pub(crate) init_ratio: Sample,
    pub(crate) cpu_ratio: Sample,
    /// Calls to each upstream, per invocation.
    pub(crate) calls: BTreeMap<&'static str, f64>,
}

/// Measures a function and the empty one alternately, with upstreams that answer at once.
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

/// Results of one process.
pub(crate) struct Round {
    init: f64,
    cpu: f64,
    calls: BTreeMap<&'static str, f64>,
}

/// Measures one process.
pub(crate) async fn round(
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
    for _ in 0..WARM_UP {
        running.invoke(path.event()).await?;
    }
    upstream.take_counts();
    let before = running.cpu()?;
    let logged = running.logged()?;
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
    running.stop().await?;
    Ok(Round { init, cpu, calls })
}

/// The first invocation of a process that connects to its memory store over TLS, in milliseconds:
/// the response time including handshakes on both sides, and the function's own CPU time.
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
        let mut running = ours
            .start_with_transport(upstream, StoreTransport::Tls)
            .await?;
        let before = running.cpu()?;
        first
            .answer
            .push(milliseconds(running.invoke(path.event()).await?));
        first.cpu.push(milliseconds(running.cpu()? - before));
        running.stop().await?;
    }
    Ok(first)
}

/// Measures response times with slow upstreams, in milliseconds.
pub(crate) async fn with_slow_upstreams(
    path: Path,
    ours: &Program,
    upstream: &Upstream,
    pauses: Pauses,
) -> Result<Sample, Failure> {
    upstream.pause(pauses);
    let mut running = ours.start(upstream).await?;
    running.invoke(path.event()).await?;
    let mut answers = Sample::default();
    for _ in 0..SLOW_INVOCATIONS {
        answers.push(milliseconds(running.invoke(path.event()).await?));
    }
    running.stop().await?;
    upstream.pause(Pauses::default());
    Ok(answers)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
