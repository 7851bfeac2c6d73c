//! How many items may fail (developer guide, "Tolerated failure threshold for Distributed Map state").

use super::work::Work;
use crate::record::MapRun;

/// Whether more items have failed than may. A percentage is of all items, so that it says something only when all have been read.
fn is_exceeded(record: &MapRun) -> bool {
    let failed = record.items.failed + record.items.timed_out;
    let by_count = |count: u64| failed > count;
    let by_percentage = |percentage: f64| {
        record.all_read
            && record.items_read > 0
            && failed as f64 * 100.0 > percentage * record.items_read as f64
    };
    match (record.tolerated_failure_count, record.tolerated_failure_percentage) {
        (None, None) => failed > 0,
        (count, percentage) => count.is_some_and(by_count) || percentage.is_some_and(by_percentage),
    }
}

impl Work<'_> {
    /// Fails the map run if too many items have.
    pub(super) fn check_tolerance(&mut self) {
        if is_exceeded(&self.record) {
            self.fail(
                "States.ExceedToleratedFailureThreshold".to_owned(),
                "The specified tolerated failure threshold was exceeded".to_owned(),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::EndCounts;

    #[test]
    fn a_count_a_percentage_or_both_may_be_exceeded() {
        let check = |count, percentage, failed, timed_out, (items_read, all_read), expected: bool| {
            let record = MapRun {
                tolerated_failure_count: count,
                tolerated_failure_percentage: percentage,
                items: EndCounts { failed, timed_out, aborted: 7, succeeded: 1 },
                items_read,
                all_read,
                ..MapRun::default()
            };
            assert_eq!(is_exceeded(&record), expected, "{record:?}");
        };
        check(None, None, 0, 0, (10, true), false);
        check(None, None, 1, 0, (10, true), true);
        check(None, None, 0, 1, (10, false), true);
        check(Some(1), None, 1, 0, (10, true), false);
        check(Some(1), None, 1, 1, (10, true), true);
        check(Some(0), None, 1, 0, (10, true), true);
        check(None, Some(10.0), 1, 0, (10, true), false);
        check(None, Some(10.0), 2, 0, (10, true), true);
        check(None, Some(10.0), 2, 0, (10, false), false);
        check(None, Some(0.0), 1, 0, (10, true), true);
        check(None, Some(100.0), 10, 0, (10, true), false);
        check(Some(5), Some(10.0), 2, 0, (10, true), true);
        check(Some(1), Some(50.0), 2, 0, (10, true), true);
        check(None, Some(0.0), 0, 0, (0, true), false);
    }
}
