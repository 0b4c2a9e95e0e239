//! A deployment on AWS: its stack, its secrets, and the operator's credentials.

mod arguments;
mod credentials;
mod error;
mod region;
mod samconfig;
mod session;
mod stack;

pub(crate) use arguments::StackArguments;
pub(crate) use session::AwsSession;
pub(crate) use stack::Stack;
