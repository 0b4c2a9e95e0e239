//! Progress display of long operations: on a terminal only, and only after the first second.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long an operation must run before its progress is shown.
const DELAY: Duration = Duration::from_secs(1);
/// Redraws of the progress bar per second.
const REDRAWS_PER_SECOND: u8 = 10;

/// A progress bar when the number of steps is known, otherwise a spinner.
pub(crate) struct Progress {
    bar: ProgressBar,
    started: Instant,
}

impl Progress {
    /// Creates a progress display. `label` names the counted items, such as `calls`.
    pub(crate) fn new(steps: Option<u64>, label: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(steps, ProgressDrawTarget::hidden());
        let template = match steps {
            Some(_) => "{bar:32} {pos}/{len} {prefix} {elapsed_precise}",
            None => "{spinner} {pos} {prefix} {elapsed_precise}",
        };
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.set_prefix(label);
        Self {
            bar,
            started: Instant::now(),
        }
    }

    /// Counts one completed step.
    pub(crate) fn step(&self) {
        self.bar.inc(1);
        // The bar draws to standard error; indicatif checks whether that is a terminal.
        if self.bar.is_hidden() && self.started.elapsed() >= DELAY {
            self.bar
                .set_draw_target(ProgressDrawTarget::stderr_with_hz(REDRAWS_PER_SECOND));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
