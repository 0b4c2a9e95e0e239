//! Erases a caller by the rules of the crate `operator`, and says what was done.

use common::archive::ObjectListing;
use common::call::CallerId;
use futures_util::future::BoxFuture;
use operator::{Erasing, NOTHING_IS_STORED, opted_in};

/// Erases all data of a caller.
pub trait EraseCaller: Send + Sync + 'static {
    /// Erases the caller and writes the audit entry. Returns what was erased, in one sentence.
    fn erase<'a>(&'a self, caller: &'a CallerId) -> BoxFuture<'a, Result<String, String>>;

    /// Erases the caller, and stores nothing of later calls. Writes the audit entries. Returns what
    /// was done, in a sentence or two.
    fn opt_out<'a>(&'a self, caller: &'a CallerId) -> BoxFuture<'a, Result<String, String>>;

    /// Remembers the caller again and writes the audit entry. Returns what was done, in one
    /// sentence.
    fn opt_in<'a>(&'a self, caller: &'a CallerId) -> BoxFuture<'a, Result<String, String>>;
}

impl<A: ObjectListing> EraseCaller for Erasing<A> {
    fn erase<'a>(&'a self, caller: &'a CallerId) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(async move {
            let forgotten = self.forget_and_audit(caller).await;
            let forgotten = forgotten.map_err(|error| error.to_string())?;
            Ok(forgotten.counts.describe(&caller.masked()))
        })
    }

    fn opt_out<'a>(&'a self, caller: &'a CallerId) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(async move {
            let forgotten = self.opt_out_and_audit(caller).await;
            let forgotten = forgotten.map_err(|error| error.to_string())?;
            let erased = forgotten.counts.describe(&caller.masked());
            Ok(format!("{erased} {NOTHING_IS_STORED}"))
        })
    }

    fn opt_in<'a>(&'a self, caller: &'a CallerId) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(async move {
            let done = self.opt_in_and_audit(caller).await;
            done.map_err(|error| error.to_string())?;
            Ok(opted_in(&caller.masked()))
        })
    }
}
