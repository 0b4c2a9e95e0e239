//! Checks that the archive's disk has free space.

use std::path::Path;

use health::Check;

/// A megabyte in bytes.
pub(crate) const MEGABYTE: u64 = 1_000_000;

/// Checks that the folder's disk has at least this many bytes free.
pub(crate) fn check(folder: &Path, min_free: u64) -> Check {
    match rustix::fs::statvfs(folder) {
        Ok(disk) => check_free(disk.f_bavail.saturating_mul(disk.f_frsize), min_free),
        Err(error) => Check::Failed(format!("The data folder cannot be used: {error}.")),
    }
}

fn check_free(free: u64, min_free: u64) -> Check {
    if free >= min_free {
        return Check::Healthy;
    }
    Check::Failed(format!(
        "The disk of the data folder is full: {} MB are left.",
        free / MEGABYTE
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_reported() {
        assert_eq!(check_free(64 * MEGABYTE, 64 * MEGABYTE), Check::Healthy);
        let full = Check::Failed("The disk of the data folder is full: 3 MB are left.".to_owned());
        assert_eq!(check_free(3 * MEGABYTE + 1, 64 * MEGABYTE), full);
        assert_eq!(check(Path::new("."), 0), Check::Healthy);
        assert!(matches!(
            check(Path::new("/missing/folder"), 0),
            Check::Failed(_)
        ));
    }
}
