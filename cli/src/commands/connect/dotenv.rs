//! The settings file of a deployment on one machine.
//!
//! A line is changed in place. Everything else stays: other lines, line ends, a byte order mark,
//! the permissions and owner of the file, and symbolic links to it.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Write};
use std::path::Path;

use common::settings::dotenv;
use tempfile::NamedTempFile;

use crate::error::Failure;
use crate::files::{FileError, resolve_links};

/// Returns the value of a setting in the file. A blank value counts as not set.
pub(super) fn read(file: &Path, name: &str) -> Result<Option<String>, Failure> {
    let value = dotenv::read(file)?.remove(name);
    Ok(value.filter(|value| !value.trim().is_empty()))
}

/// Sets a value. The write is atomic where possible. Only the owner can read a new file.
pub(super) fn write(file: &Path, name: &str, value: &str) -> Result<(), Failure> {
    let failed = FileError::write(file);
    let target = resolve_links(file);
    let (before, metadata) = match std::fs::read_to_string(&target) {
        Err(error) if error.kind() == ErrorKind::NotFound => (String::new(), None),
        read => (
            read.map_err(failed)?,
            Some(std::fs::metadata(&target).map_err(failed)?),
        ),
    };
    let text = with_setting(&before, name, value);
    put(&target, text.as_bytes(), metadata.as_ref()).map_err(failed)?;
    Ok(())
}

/// Replaces the file atomically, or rewrites it in place if it cannot be replaced.
fn put(target: &Path, text: &[u8], before: Option<&Metadata>) -> std::io::Result<()> {
    let folder = target
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let replaced = NamedTempFile::new_in(folder).and_then(|mut new| {
        new.write_all(text)?;
        before.map_or(Ok(()), |before| copy_permissions(new.as_file(), before))?;
        new.as_file().sync_all()?;
        new.persist(target).map_err(|error| error.error)?;
        Ok(())
    });
    // Rewrite the file in place if the folder is not writable, or if the file is mounted, has other
    // hard links or belongs to somebody else.
    match replaced {
        Err(_) if before.is_some() => {
            let mut file = File::options().write(true).truncate(true).open(target)?;
            file.write_all(text)?;
            file.sync_all()
        }
        replaced => replaced,
    }
}

/// Gives the new file the permissions and the owner of the old one.
fn copy_permissions(new: &File, before: &Metadata) -> std::io::Result<()> {
    new.set_permissions(before.permissions())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        if before.nlink() > 1 {
            return Err(std::io::Error::other("the file has other hard links"));
        }
        let now = new.metadata()?;
        if (now.uid(), now.gid()) != (before.uid(), before.gid()) {
            fchown(new, Some(before.uid()), Some(before.gid()))?;
        }
    }
    Ok(())
}

/// Returns the text with the setting changed in the last line that sets it, which is the one that
/// counts, or appended.
fn with_setting(text: &str, name: &str, value: &str) -> String {
    let (mark, text) = text
        .strip_prefix('\u{feff}')
        .map_or(("", text), |text| ("\u{feff}", text));
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let line = format!("{name}='{value}'");
    let sets_name = |old: &str| {
        let old = old.trim_start();
        let old = old.strip_prefix("export ").unwrap_or(old);
        old.split_once('=')
            .is_some_and(|(found, _)| found.trim() == name)
    };
    let mut lines: Vec<&str> = text.lines().collect();
    match lines.iter().rposition(|old| sets_name(old)) {
        Some(at) => lines[at] = &line,
        None => lines.push(&line),
    }
    format!("{mark}{}{end}", lines.join(end))
}

#[cfg(test)]
mod tests {
    use common::settings::dotenv::DotenvError;

    use super::*;

    #[derive(serde::Deserialize)]
    struct Case {
        name: String,
        before: String,
        set: (String, String),
        after: String,
    }

    #[test]
    fn a_line_is_changed_in_place_and_the_rest_stays() {
        let cases = include_str!("../../../../tests/cases/settings-file-updates.json");
        for Case {
            name,
            before,
            set,
            after,
        } in serde_json::from_str::<Vec<Case>>(cases).unwrap()
        {
            assert_eq!(with_setting(&before, &set.0, &set.1), after, "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_linked_file_is_written_and_keeps_its_permissions() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("etc")).unwrap();
        std::fs::write(at("etc/real.env"), "A=1\n").unwrap();
        std::fs::set_permissions(at("etc/real.env"), PermissionsExt::from_mode(0o640)).unwrap();
        symlink("etc/real.env", at("link")).unwrap();
        symlink(at("link"), at(".env")).unwrap();
        write(&at(".env"), "B", "2").unwrap();
        assert!(at(".env").is_symlink() && at("link").is_symlink());
        assert_eq!(
            std::fs::read_to_string(at("etc/real.env")).unwrap(),
            "A=1\nB='2'\n"
        );
        assert_eq!(
            std::fs::metadata(at("etc/real.env")).unwrap().mode() & 0o777,
            0o640
        );
        symlink("etc/new.env", at("dangling")).unwrap();
        write(&at("dangling"), "B", "2").unwrap();
        assert_eq!(
            std::fs::metadata(at("etc/new.env")).unwrap().mode() & 0o777,
            0o600
        );
        std::fs::hard_link(at("etc/real.env"), at("other")).unwrap();
        write(&at(".env"), "B", "3").unwrap();
        assert_eq!(
            read(&at("other"), "B").unwrap().as_deref(),
            Some("3"),
            "the other hard link still names the same file"
        );
    }

    /// Only root can change the owner of a file. For other users the file belongs to the test user
    /// throughout.
    #[cfg(unix)]
    #[test]
    fn a_written_file_keeps_its_owner() {
        use std::os::unix::fs::{MetadataExt, chown};

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        std::fs::write(&file, "A=1\n").unwrap();
        let owner = || {
            std::fs::metadata(&file)
                .map(|now| (now.uid(), now.gid()))
                .unwrap()
        };
        if owner().0 == 0 {
            chown(&file, Some(4711), Some(4712)).unwrap();
        }
        let before = owner();
        write(&file, "B", "2").unwrap();
        assert_eq!(
            (std::fs::read_to_string(&file).unwrap().as_str(), owner()),
            ("A=1\nB='2'\n", before)
        );
    }

    #[test]
    fn an_unreadable_file_does_not_count_as_empty() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(".env");
        assert_eq!(read(&file, "WEBHOOK_API_KEY").unwrap(), None);
        std::fs::write(&file, "WEBHOOK_API_KEY: key\n").unwrap();
        let failure = read(&file, "WEBHOOK_API_KEY").unwrap_err();
        assert!(failure.downcast_ref::<DotenvError>().is_some());
    }
}
