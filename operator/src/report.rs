//! Tells an operator how far a long operation is.

/// Counts one completed step. Dropping it ends the display.
pub type Step = Box<dyn Fn() + Send + Sync>;

/// Shows an operator how far an operation is.
pub trait Report: Send + Sync + 'static {
    /// Begins a display of steps that `label` names. `steps` is their number, if it is known.
    fn progress(&self, steps: Option<u64>, label: &'static str) -> Step;

    /// Tells the operator something that the result does not say.
    fn note(&self, text: String);
}

/// Shows nothing.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Report for Silent {
    fn progress(&self, _steps: Option<u64>, _label: &'static str) -> Step {
        Box::new(|| {})
    }

    fn note(&self, _text: String) {}
}
