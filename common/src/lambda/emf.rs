//! Metrics in CloudWatch's embedded metric format (EMF): one line on standard output per
//! invocation, without a network call.
//!
//! We implement the recorder for the `metrics` facade ourselves. The published EMF recorder puts
//! all labels into one dimension set, so there would be a metric per error kind and none to alarm
//! on. Here labels stay in the code. Metrics have the dimensions Stack and Function, and the sums
//! over all functions have only Stack. With `MONITORING=essential`, only the sums of a few metrics
//! are sent, because CloudWatch charges for each metric and combination of dimensions.

mod document;
mod names;

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

use super::memory;
use crate::measure;
use crate::settings::MonitoringSettings;
use document::Document;
use names::{METRICS, positions};

/// Interval between two measurements of memory usage.
const MEMORY_INTERVAL: Duration = Duration::from_secs(30);
/// Most values of one metric that CloudWatch accepts in one line.
const MAX_VALUES: usize = 100;

/// The metrics of this process since the last line.
#[derive(Debug)]
pub struct Emf {
    settings: MonitoringSettings,
    function: &'static str,
    memory_size: u64,
    memory_read: Mutex<Option<Instant>>,
    is_warm: AtomicBool,
    cells: Vec<Arc<Cell>>,
}

/// The measurements of one metric: a sum or a list of values.
#[derive(Debug, Default)]
struct Cell {
    sum: AtomicU64,
    values: Mutex<Vec<f64>>,
}

impl Emf {
    /// Installs the recorder for this function. From now on it collects everything the process
    /// measures.
    pub fn install(
        settings: MonitoringSettings,
        function: &'static str,
        memory_size: u64,
    ) -> &'static Self {
        let emf: &'static Self = Box::leak(Box::new(Self::new(settings, function, memory_size)));
        // A second installation, as in tests, keeps the first recorder.
        let _ = metrics::set_global_recorder(emf);
        emf
    }

    fn new(settings: MonitoringSettings, function: &'static str, memory_size: u64) -> Self {
        Self {
            settings,
            function,
            memory_size,
            memory_read: Mutex::default(),
            is_warm: AtomicBool::new(false),
            cells: METRICS.iter().map(|_| Arc::default()).collect(),
        }
    }

    /// Returns the function's name.
    pub fn function(&self) -> &'static str {
        self.function
    }

    /// Writes the measurements since the last call, if any. Call it at the end of each invocation.
    pub fn end_of_invocation(&self) {
        if !self.is_warm.swap(true, Ordering::Relaxed) {
            measure::cold_start();
        }
        self.measure_memory();
        if let Some(line) = self.line(now()) {
            // Standard output is Lambda's log. If it fails, there is nowhere to report that.
            let _ = std::io::stdout().lock().write_all(line.as_bytes());
        }
    }

    fn measure_memory(&self) {
        let mut last = self
            .memory_read
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() >= MEMORY_INTERVAL) {
            *last = Some(Instant::now());
            if let Some(percent) = memory::peak_percent(self.memory_size) {
                measure::memory_used(percent);
            }
        }
    }

    /// Returns the line and resets every metric.
    fn line(&self, now: Timestamp) -> Option<String> {
        let MonitoringSettings { stack, monitoring } = &self.settings;
        let mut document = Document::new(*monitoring, stack, self.function, now);
        for (metric, cell) in METRICS.iter().zip(&self.cells) {
            document.add(
                metric,
                cell.sum.swap(0, Ordering::Relaxed),
                cell.take_values(),
            );
        }
        document.into_line()
    }

    /// Returns the metrics that a measurement with this key counts towards.
    fn cells(&self, key: &Key) -> Option<Arc<Cells>> {
        let cells: Vec<_> = positions(key)
            .filter_map(|at| self.cells.get(at))
            .map(Arc::clone)
            .collect();
        (!cells.is_empty()).then(|| Arc::new(Cells(cells)))
    }
}

/// The metrics that one measurement counts towards. A response with status 503 counts as a request
/// and as a 5xx.
struct Cells(Vec<Arc<Cell>>);

impl Cell {
    fn take_values(&self) -> Vec<f64> {
        std::mem::take(&mut *self.values.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn push(&self, value: f64) {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        if values.len() < MAX_VALUES {
            values.push(value);
        }
    }

    fn replace(&self, value: f64) {
        *self.values.lock().unwrap_or_else(PoisonError::into_inner) = vec![value];
    }
}

impl Recorder for Emf {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        self.cells(key)
            .map_or_else(Counter::noop, Counter::from_arc)
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        self.cells(key).map_or_else(Gauge::noop, Gauge::from_arc)
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        self.cells(key)
            .map_or_else(Histogram::noop, Histogram::from_arc)
    }
}

impl metrics::CounterFn for Cells {
    fn increment(&self, value: u64) {
        self.0
            .iter()
            .for_each(|cell| _ = cell.sum.fetch_add(value, Ordering::Relaxed));
    }

    fn absolute(&self, value: u64) {
        self.0
            .iter()
            .for_each(|cell| _ = cell.sum.fetch_max(value, Ordering::Relaxed));
    }
}

impl metrics::HistogramFn for Cells {
    fn record(&self, value: f64) {
        self.0.iter().for_each(|cell| cell.push(value));
    }
}

/// A gauge reports only its last value.
impl metrics::GaugeFn for Cells {
    fn increment(&self, value: f64) {
        self.0.iter().for_each(|cell| cell.push(value));
    }

    fn decrement(&self, value: f64) {
        self.0.iter().for_each(|cell| cell.push(-value));
    }

    fn set(&self, value: f64) {
        self.0.iter().for_each(|cell| cell.replace(value));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a metric carries the time of its measurement"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests;
