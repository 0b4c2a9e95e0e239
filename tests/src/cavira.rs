//! A fake of the public OpenMemory (CaviraOSS) that behaves as recorded from the real one, with its
//! pitfalls. It drops rows that resemble any other user's row, truncates added rows after 200
//! characters, returns scores that cannot be compared between searches, limits the results before
//! it filters by user, and returns deleted memories from its cache.

mod rows;
mod server;

pub use rows::Row;
pub use server::{Build, Cavira};
