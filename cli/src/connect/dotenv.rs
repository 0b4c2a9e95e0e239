//! The file of settings that a deployment on one machine reads. A line is changed in place; everything else stays as it is.

use std::io::{ErrorKind, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::failure::Failure;

/// The value of a setting in the file; a blank one is not set.
pub(super) fn read(file: &Path, name: &str) -> Option<String> {
    let mut lines = dotenvy::from_path_iter(file).ok()?.filter_map(Result::ok);
    lines.find(|(found, value)| found == name && !value.trim().is_empty()).map(|(_, value)| value)
}

/// Sets a value. The file appears whole or not at all, readable for its owner alone.
pub(super) fn write(file: &Path, name: &str, value: &str) -> Result<(), Failure> {
    let failed = |error| Failure::Write { file: file.to_owned(), error };
    let before = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        read => read.map_err(failed)?,
    };
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut new = NamedTempFile::new_in(folder).map_err(failed)?;
    new.write_all(with(&before, name, value).as_bytes()).map_err(failed)?;
    new.as_file().sync_all().map_err(failed)?;
    new.persist(file).map_err(|error| failed(error.error))?;
    Ok(())
}

fn with(text: &str, name: &str, value: &str) -> String {
    let line = format!("{name}='{value}'");
    let is_it = |old: &str| {
        let old = old.trim_start();
        let old = old.strip_prefix("export ").unwrap_or(old);
        old.split_once('=').is_some_and(|(found, _)| found.trim() == name)
    };
    let mut lines: Vec<&str> = text.lines().collect();
    match lines.iter().position(|old| is_it(old)) {
        Some(at) => lines[at] = &line,
        None => lines.push(&line),
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_changed_in_place_and_the_rest_stays() {
        let text = "# mine\nA=1\nexport B = old\n";
        assert_eq!(with(text, "B", "new"), "# mine\nA=1\nB='new'\n");
        assert_eq!(with(text, "C", "new"), "# mine\nA=1\nexport B = old\nC='new'\n");
    }
}
