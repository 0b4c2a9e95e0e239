//! Progress of a download, shown on the terminal.

use std::io::{IsTerminal, Write};

/// A progress line on standard error, shown only if that is a terminal.
pub(super) struct Progress {
    is_shown: bool,
    line: String,
}

impl Progress {
    pub(super) fn new(is_enabled: bool) -> Self {
        Self {
            is_shown: is_enabled && std::io::stderr().is_terminal(),
            line: String::new(),
        }
    }

    /// Shows how much of a file has been downloaded.
    pub(super) fn show(&mut self, file: &str, done: u64, total: Option<u64>) {
        let line = line(file, done, total);
        if self.is_shown && line != self.line {
            let width = self.line.chars().count();
            // Keep downloading even if the terminal is gone.
            let _ = write!(std::io::stderr(), "\r{line:width$}");
            let _ = std::io::stderr().flush();
            self.line = line;
        }
    }

    /// Ends the line of a finished file.
    pub(super) fn end(&mut self) {
        if self.is_shown && !self.line.is_empty() {
            let _ = writeln!(std::io::stderr());
            self.line.clear();
        }
    }
}

fn line(file: &str, done: u64, total: Option<u64>) -> String {
    match total {
        Some(total) => {
            let share = (done * 100).checked_div(total).unwrap_or(100);
            format!("{file}  {} of {}  {share} %", size(done), size(total))
        }
        None => format!("{file}  {}", size(done)),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_bytes_and_percentage() {
        assert_eq!(
            line("a.bin", 235_000_000, Some(470_000_000)),
            "a.bin  235 MB of 470 MB  50 %"
        );
        assert_eq!(
            line("a.json", 612, Some(612)),
            "a.json  612 B of 612 B  100 %"
        );
        assert_eq!(line("a.json", 0, Some(0)), "a.json  0 B of 0 B  100 %");
        assert_eq!(line("a.json", 17_000, None), "a.json  17 kB");
    }
}
