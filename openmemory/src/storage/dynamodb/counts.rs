//! The number of an agent's active memories of one caller, by expiry. Pure.
//!
//! A plain number would be wrong as soon as a memory expires. The memories of one call expire
//! together, so there are few different times.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::memory::Memory;

/// With more different expiries than this, memories are counted by a query.
const MAX_EXPIRIES: usize = 500;
/// Bytes of an expiry and its count.
const ENTRY_BYTES: usize = 12;
/// Stands for memories that do not expire.
const NEVER: i64 = i64::MAX;

/// Counts by expiry, in microseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ActiveCounts(BTreeMap<i64, u32>);

impl ActiveCounts {
    /// Counts an active memory.
    pub(super) fn add(&mut self, memory: &Memory) {
        let expiry = memory.expires_at.map_or(NEVER, Timestamp::as_microsecond);
        let count = self.0.entry(expiry).or_default();
        *count = count.saturating_add(1);
    }

    /// How many memories are active at a time.
    pub(super) fn at(&self, now: Timestamp) -> u64 {
        let later = now.as_microsecond().saturating_add(1);
        self.0
            .range(later..)
            .map(|(_, count)| u64::from(*count))
            .sum()
    }

    /// Encodes the counts, or returns nothing if a query has to count.
    pub(super) fn encode(&self) -> Vec<u8> {
        if self.0.len() > MAX_EXPIRIES {
            return Vec::new();
        }
        let entry = |(expiry, count): (&i64, &u32)| {
            let mut bytes = [0; ENTRY_BYTES];
            bytes[..8].copy_from_slice(&expiry.to_be_bytes());
            bytes[8..].copy_from_slice(&count.to_be_bytes());
            bytes
        };
        self.0.iter().flat_map(entry).collect()
    }

    /// Decodes counts; `None` if a query has to count.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return None;
        }
        bytes
            .chunks(ENTRY_BYTES)
            .map(|entry| {
                let (expiry, count) = entry.split_first_chunk::<8>()?;
                let count = u32::from_be_bytes(count.try_into().ok()?);
                Some((i64::from_be_bytes(*expiry), count))
            })
            .collect::<Option<_>>()
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(entries: impl IntoIterator<Item = (i64, u32)>) -> ActiveCounts {
        ActiveCounts(entries.into_iter().collect())
    }

    fn at(microsecond: i64) -> Timestamp {
        Timestamp::from_microsecond(microsecond).unwrap()
    }

    #[test]
    fn an_expired_memory_no_longer_counts() {
        let counts = counts([(5, 2), (9, 1), (NEVER, 4)]);
        assert_eq!(counts.at(at(4)), 7);
        assert_eq!(counts.at(at(5)), 5);
        assert_eq!(counts.at(at(100)), 4);
    }

    #[test]
    fn counts_are_encoded_without_loss_unless_there_are_too_many() {
        let some = counts([(5, 2), (NEVER, 4)]);
        assert_eq!(ActiveCounts::decode(&some.encode()), Some(some));
        let many = counts((0..501).map(|expiry| (expiry, 1)));
        assert_eq!(ActiveCounts::decode(&many.encode()), None);
        assert_eq!(ActiveCounts::decode(&[1, 2, 3]), None);
    }
}
