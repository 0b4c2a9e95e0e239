//! Reads metrics of a process from `/proc`.

use std::fs;
use std::time::Duration;

/// Returns the CPU time of all threads of a process.
pub(crate) fn cpu(pid: u32) -> Option<Duration> {
    let nanoseconds = |thread: fs::DirEntry| -> Option<u64> {
        fs::read_to_string(thread.path().join("schedstat"))
            .ok()?
            .split(' ')
            .next()?
            .parse()
            .ok()
    };
    let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    Some(Duration::from_nanos(
        threads.filter_map(Result::ok).filter_map(nanoseconds).sum(),
    ))
}

/// Returns the peak memory of a process, in mebibytes.
pub(crate) fn peak_mebibytes(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace()
        .next()?
        .parse::<f64>()
        .ok()
        .map(|kibibytes| kibibytes / 1024.0)
}
