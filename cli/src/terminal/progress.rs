//! Progress of what takes longer than a moment: on a terminal only, and only once it has taken a
//! second.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Before that nothing is shown.
const A_MOMENT: Duration = Duration::from_secs(1);
/// How often a terminal is drawn on, times a second.
const RATE: u8 = 10;

/// A bar with a number of steps, or a spinner where the number is not known.
pub(crate) struct Progress {
    bar: ProgressBar,
    started: Instant,
}

impl Progress {
    /// `what` is a short word for what is counted, such as `calls`.
    pub(crate) fn new(steps: Option<u64>, what: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(steps, ProgressDrawTarget::hidden());
        let form = match steps {
            Some(_) => "{bar:32} {pos}/{len} {prefix} {elapsed_precise}",
            None => "{spinner} {pos} {prefix} {elapsed_precise}",
        };
        bar.set_style(
            ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.set_prefix(what);
        Self {
            bar,
            started: Instant::now(),
        }
    }

    /// One step more.
    pub(crate) fn step(&self) {
        self.bar.inc(1);
        // Drawn on standard error, where indicatif finds out whether it is a terminal.
        if self.bar.is_hidden() && self.started.elapsed() >= A_MOMENT {
            self.bar
                .set_draw_target(ProgressDrawTarget::stderr_with_hz(RATE));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
