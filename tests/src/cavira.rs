//! The public OpenMemory (CaviraOSS) as it was recorded, its traps included: it drops what
//! resembles anybody's row, cuts what is added after 200 characters, scores by chance, finds before
//! it filters, and gives deleted memories back.

mod rows;
mod server;

pub use rows::Row;
pub use server::{Build, Cavira};
