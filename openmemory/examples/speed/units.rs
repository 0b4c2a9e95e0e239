//! Capacity units of requests to DynamoDB, by the rules that AWS publishes:
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>

const READ_BYTES: usize = 4_096;
const WRITE_BYTES: usize = 1_024;

/// The units of reading `bytes`: of one item, or of all items of a page of a query. Reading nothing
/// costs as much as reading the smallest item.
pub(crate) fn read(bytes: usize, is_consistent: bool) -> f64 {
    let units = bytes.div_ceil(READ_BYTES).max(1) as f64;
    if is_consistent { units } else { units / 2.0 }
}

/// The units of one write. The larger of the sizes before and after counts: that of a deleted item
/// before, that of a new one after.
pub(crate) fn write(before: usize, after: usize, is_transaction: bool) -> u64 {
    let units = before.max(after).div_ceil(WRITE_BYTES).max(1) as u64;
    if is_transaction { 2 * units } else { units }
}

/// The examples of the page.
#[cfg(test)]
mod tests {
    use super::*;

    const KB: usize = 1_024;

    #[test]
    fn an_item_is_rounded_up_to_four_kilobytes() {
        assert_eq!(read(3_500, true), read(4 * KB, true));
        assert_eq!(read(8 * KB, true), 2.0);
        assert_eq!(read(8 * KB, false), 1.0);
        assert_eq!(read(10 * KB, true), 3.0);
    }

    #[test]
    fn a_batch_rounds_each_item_and_a_query_the_sum() {
        let batch = read(3 * KB / 2, true) + read(13 * KB / 2, true);
        assert_eq!(batch, 12.0 / 4.0);
        assert_eq!(read(408 * KB / 10, true), 44.0 / 4.0);
        assert_eq!(read(1_500 * 64, true), 24.0);
    }

    #[test]
    fn a_read_of_nothing_costs_the_minimum() {
        assert_eq!(read(0, true), 1.0);
        assert_eq!(read(0, false), 0.5);
    }

    #[test]
    fn a_write_is_rounded_up_to_one_kilobyte_and_doubled_in_a_transaction() {
        assert_eq!(write(0, 512, false), 1);
        assert_eq!(write(0, 3 * KB / 2, false), 2);
        assert_eq!(write(0, 2 * KB, true), 4);
        assert_eq!(write(0, 500, false) + write(0, 7 * KB / 2, false), 5);
    }

    #[test]
    fn the_larger_size_of_an_update_counts() {
        assert_eq!(write(3 * KB, KB, false), 3);
        assert_eq!(write(KB, 3 * KB, false), 3);
        assert_eq!(write(0, 0, true), 2);
    }
}
