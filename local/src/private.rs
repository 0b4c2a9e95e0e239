//! Files that only the owner may read: they hold what callers said.

use std::io;
use std::path::Path;

/// Permissions of group and others.
const OTHERS: u32 = 0o077;

/// Makes a folder that only its owner may enter, and takes the permissions of others away from one
/// that is there.
///
/// # Errors
/// When it cannot be made, or somebody else's permissions cannot be changed.
pub(crate) fn folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    close_to_others(path)
}

#[cfg(unix)]
fn close_to_others(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut permissions = std::fs::metadata(path)?.permissions();
    if permissions.mode() & OTHERS == 0 {
        return Ok(());
    }
    permissions.set_mode(permissions.mode() & !OTHERS);
    match std::fs::set_permissions(path, permissions) {
        // A volume that belongs to another user, such as one of a container: its owner decides.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            tracing::warn!(folder = %path.display(), "other users can enter the data folder, and it belongs to another user");
            Ok(())
        }
        done => done,
    }
}

#[cfg(not(unix))]
fn close_to_others(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_is_closed_to_others_whether_it_was_there_or_not() {
        let root = tempfile::tempdir().unwrap();
        let (new, open) = (root.path().join("a/b"), root.path().join("open"));
        std::fs::create_dir(&open).unwrap();
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o755)).unwrap();
        for path in [new, open] {
            folder(&path).unwrap();
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o700,
                "{}",
                path.display()
            );
        }
    }
}
