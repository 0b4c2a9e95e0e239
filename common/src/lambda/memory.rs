//! Memory usage of this process. The peak counts: Lambda ends an invocation that exceeds the limit
//! at any moment.

/// Returns `AWS_LAMBDA_FUNCTION_MEMORY_SIZE` in bytes, or 0 if it is not set.
pub(super) fn size(lookup: impl Fn(&str) -> Option<String>) -> u64 {
    let megabytes =
        lookup("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").and_then(|size| size.parse::<u64>().ok());
    megabytes.unwrap_or_default() * 1024 * 1024
}

/// Returns the percentage of `size` bytes that this process has used at its peak, if the system
/// reports it.
pub(super) fn peak_percent(size: u64) -> Option<f64> {
    if size == 0 {
        return None;
    }
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = f64::from(peak_kilobytes(&status)?);
    #[expect(
        clippy::cast_precision_loss,
        reason = "a percentage needs no higher precision"
    )]
    Some(kilobytes * 1024.0 / size as f64 * 100.0)
}

/// Reads the peak resident size from the kernel's report, in kilobytes (proc(5), "VmHWM").
fn peak_kilobytes(status: &str) -> Option<u32> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_the_kernels_report() {
        let status = "Name:\tbootstrap\nVmHWM:\t   12345 kB\nVmRSS:\t    9999 kB\n";
        assert_eq!(peak_kilobytes(status), Some(12_345));
        assert_eq!(peak_kilobytes("VmRSS:\t    9999 kB\n"), None);
    }

    #[test]
    fn without_a_limit_there_is_no_percentage() {
        assert_eq!(peak_percent(0), None);
    }
}
