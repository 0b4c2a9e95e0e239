//! elaaoms-local
