//! Makes the data folder accessible to its owner only, because it holds what callers said.

use std::io;
use std::path::Path;

/// The permission bits of group and others.
const GROUP_AND_OTHERS: u32 = 0o077;

/// Creates a folder that only its owner can access. Removes the permissions of group and others
/// from an existing folder.
///
/// # Errors
/// If the folder cannot be created or its permissions cannot be changed.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    restrict_to_owner(path)
}

#[cfg(unix)]
fn restrict_to_owner(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut permissions = std::fs::metadata(path)?.permissions();
    if permissions.mode() & GROUP_AND_OTHERS == 0 {
        return Ok(());
    }
    permissions.set_mode(permissions.mode() & !GROUP_AND_OTHERS);
    match std::fs::set_permissions(path, permissions) {
        // The folder belongs to another user, such as a container's volume. Its owner decides.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            tracing::warn!(
                folder = %path.display(),
                "the data folder belongs to another user, and other users can access it"
            );
            Ok(())
        }
        result => result,
    }
}

#[cfg(not(unix))]
fn restrict_to_owner(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_new_or_existing_folder_is_made_accessible_to_its_owner_only() {
        let root = tempfile::tempdir().unwrap();
        let new = root.path().join("a/b");
        let existing = root.path().join("existing");
        std::fs::create_dir(&existing).unwrap();
        std::fs::set_permissions(&existing, std::fs::Permissions::from_mode(0o755)).unwrap();
        for path in [new, existing] {
            create_folder(&path).unwrap();
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o700,
                "{}",
                path.display()
            );
        }
    }
}
