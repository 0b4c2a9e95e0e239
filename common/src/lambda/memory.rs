//! Memory usage of this process.

/// Returns `AWS_LAMBDA_FUNCTION_MEMORY_SIZE` in bytes, or 0 if it is not set.
pub(super) fn size(lookup: impl Fn(&str) -> Option<String>) -> u64 {
    let megabytes =
        lookup("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").and_then(|size| size.parse::<u64>().ok());
    megabytes.unwrap_or_default() * 1024 * 1024
}

/// Returns the percentage of `size` bytes in use, if the system reports it.
pub(super) fn used_percent(size: u64) -> Option<f64> {
    if size == 0 {
        return None;
    }
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u32 = statm.split(' ').nth(1)?.parse().ok()?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "a percentage needs no higher precision"
    )]
    Some(f64::from(pages) * PAGE_SIZE / size as f64 * 100.0)
}

/// Bytes per page on both Lambda architectures.
const PAGE_SIZE: f64 = 4096.0;
