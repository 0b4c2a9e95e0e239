//! How much of its memory this process uses.

/// `AWS_LAMBDA_FUNCTION_MEMORY_SIZE` in bytes, or 0 where nobody set it.
pub(super) fn size(lookup: impl Fn(&str) -> Option<String>) -> u64 {
    let megabytes =
        lookup("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").and_then(|size| size.parse::<u64>().ok());
    megabytes.unwrap_or_default() * 1024 * 1024
}

/// The share of `size` bytes in use, in percent, where the system tells it.
pub(super) fn used_percent(size: u64) -> Option<f64> {
    if size == 0 {
        return None;
    }
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u32 = statm.split(' ').nth(1)?.parse().ok()?;
    #[expect(clippy::cast_precision_loss, reason = "a percentage needs no more")]
    Some(f64::from(pages) * PAGE / size as f64 * 100.0)
}

/// Bytes of a page on both of Lambda's processors.
const PAGE: f64 = 4096.0;
