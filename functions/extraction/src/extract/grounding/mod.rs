//! Grounding: a memory must be supported by what was said in the call.

pub(crate) mod call_evidence;
pub(crate) mod confirmation;
pub(crate) mod contradiction;
