//! Whether the disk that calls are kept on has room.

use std::path::Path;

use health::Check;

/// Checks that so many bytes are free where the folder is.
pub(crate) fn check(folder: &Path, least: u64) -> Check {
    match rustix::fs::statvfs(folder) {
        Ok(disk) => free(disk.f_bavail.saturating_mul(disk.f_frsize), least),
        Err(error) => Check::Failed(format!("The data folder cannot be used: {error}.")),
    }
}

fn free(bytes: u64, least: u64) -> Check {
    if bytes >= least {
        return Check::Healthy;
    }
    Check::Failed(format!(
        "The disk of the data folder is full: {} MB are left.",
        bytes / MEGABYTE
    ))
}

/// Bytes.
pub(crate) const MEGABYTE: u64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_said_to_be_full() {
        assert_eq!(free(64 * MEGABYTE, 64 * MEGABYTE), Check::Healthy);
        let full = Check::Failed("The disk of the data folder is full: 3 MB are left.".to_owned());
        assert_eq!(free(3 * MEGABYTE + 1, 64 * MEGABYTE), full);
        assert_eq!(check(Path::new("."), 0), Check::Healthy);
        assert!(matches!(
            check(Path::new("/missing/folder"), 0),
            Check::Failed(_)
        ));
    }
}
