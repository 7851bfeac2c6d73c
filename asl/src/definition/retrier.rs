//! `Retry`: after which errors a state is tried again, how often and when.

use serde_json::Value;

use super::fields::Fields;
use crate::limits::{MAX_DELAY_SECONDS_MAX, NUMBER_MAX};
use crate::location::Location;
use crate::wording;

/// One entry of `Retry`.
#[derive(Debug, Clone, PartialEq)]
pub struct Retrier {
    /// `ErrorEquals`: the names of errors, at least one; `States.ALL` stands alone and in the last entry.
    pub error_equals: Vec<String>,
    /// `IntervalSeconds`: before the first retry; 1 where it is absent. AWS takes 0 as well (measured; see the module
    /// `wording`).
    pub interval_seconds: u64,
    /// `MaxAttempts`: retries, not counting the first try; 3 where it is absent, 0 for never.
    pub max_attempts: u64,
    /// `BackoffRate`: the factor by which the interval grows with each retry, at least 1.0; 2.0 where it is
    /// absent.
    pub backoff_rate: f64,
    /// `MaxDelaySeconds`: what the interval never grows beyond.
    pub max_delay_seconds: Option<u64>,
    /// `JitterStrategy`
    pub jitter_strategy: JitterStrategy,
}

/// Whether the time before a retry is random.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum JitterStrategy {
    /// `NONE`: exactly the interval.
    #[default]
    None,
    /// `FULL`: any time between 0 and the interval.
    Full,
}

pub(super) fn read_list(fields: &Fields<'_>) -> Vec<Retrier> {
    let Some(list) = fields.list("Retry") else { return Vec::new() };
    let at = fields.at.field("Retry");
    let last = list.len().saturating_sub(1);
    let entries = list.iter().enumerate();
    entries.filter_map(|(index, value)| read(fields, value, at.index(index), index == last)).collect()
}

fn read(state: &Fields<'_>, value: &Value, at: Location<'_>, is_last: bool) -> Option<Retrier> {
    let fields = state.inner(value, at)?;
    fields.allow(&[
        "ErrorEquals",
        "IntervalSeconds",
        "MaxAttempts",
        "BackoffRate",
        "MaxDelaySeconds",
        "JitterStrategy",
        "Comment",
    ]);
    let error_equals = read_error_equals(&fields, is_last);
    let interval = fields.integer("IntervalSeconds", 0, NUMBER_MAX);
    let max_attempts = fields.integer("MaxAttempts", 0, NUMBER_MAX);
    let backoff_rate = fields.number("BackoffRate").filter(|rate| {
        let is_growth = *rate >= 1.0;
        if !is_growth {
            fields.report_at("BackoffRate", wording::minimum("1.0"));
        }
        is_growth
    });
    let max_delay_seconds = fields.integer("MaxDelaySeconds", 1, MAX_DELAY_SECONDS_MAX);
    if let (Some(interval), Some(max_delay)) = (interval, max_delay_seconds)
        && max_delay <= interval
    {
        fields.report_at("MaxDelaySeconds", wording::MAX_DELAY_NOT_ABOVE_INTERVAL);
    }
    let jitter_strategy = match fields.one_of("JitterStrategy", &["NONE", "FULL"]) {
        Some("FULL") => JitterStrategy::Full,
        _ => JitterStrategy::None,
    };
    Some(Retrier {
        error_equals: error_equals?,
        interval_seconds: interval.unwrap_or(1),
        max_attempts: max_attempts.unwrap_or(3),
        backoff_rate: backoff_rate.unwrap_or(2.0),
        max_delay_seconds,
        jitter_strategy,
    })
}

/// `ErrorEquals` of a retrier or a catcher.
pub(super) fn read_error_equals(fields: &Fields<'_>, is_last: bool) -> Option<Vec<String>> {
    fields.require(&["ErrorEquals"]);
    let list = fields.list("ErrorEquals")?;
    let at = fields.at.field("ErrorEquals");
    if list.is_empty() {
        fields.problems.schema(at, wording::EMPTY_LIST);
        return None;
    }
    let mut names = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        match value.as_str() {
            None => fields.problems.schema(at.index(index), wording::expected("String")),
            Some("States.ALL") if list.len() > 1 || !is_last => {
                fields.problems.schema(at.index(index), wording::STATES_ALL_NOT_ALONE);
            }
            Some(name) => names.push(name.to_owned()),
        }
    }
    Some(names)
}
