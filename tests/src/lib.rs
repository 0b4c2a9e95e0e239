//! elaaoms-tests
