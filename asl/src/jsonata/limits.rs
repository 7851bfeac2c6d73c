//! What one evaluation of an expression may cost. Holds numbers only.

use std::time::Duration;

/// Bounds on one evaluation. The defaults let pass what AWS lets pass, and stop the rest within seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Nested levels of evaluation: calls, operators and blocks each take one or two. AWS stops at about 100 levels
    /// of its own count, which are fewer than ours.
    pub depth_max: usize,
    /// Nodes of the expression's tree that may be evaluated within functions and other loops, and values that functions
    /// may look through there. Counted, not timed, so that an expression ends the same way on any machine.
    pub steps_max: u64,
    /// How long one evaluation may take. A backstop for what isn't counted: searches with regular expressions, walks
    /// along the fields of long lists, comparisons of large values.
    pub time_max: Duration,
    /// Items of a sequence. AWS lets `[1..873782]` pass and refuses one item more.
    pub sequence_items_max: usize,
    /// Bytes of one value, with a number as 8: AWS's longest sequence (873,782 numbers) just fits. A text of 2^22
    /// characters passes on AWS, one of 2^23 doesn't.
    pub value_bytes_max: usize,
    /// Bytes of all values built during one evaluation, garbage included.
    pub total_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            depth_max: 1_000,
            steps_max: 10_000_000,
            time_max: Duration::from_secs(5),
            sequence_items_max: 873_782,
            value_bytes_max: 873_782 * 8 + 64,
            total_bytes_max: 256 * 1024 * 1024,
        }
    }
}
