//! What goes into one `PutLogEvents`: events of one stream, in the order of time, within the service's bounds. Pure.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jiff::Timestamp;
use keepstep_engine::arn::{ExecutionArn, LogGroupArn};
use keepstep_engine::execution::Logged;

use crate::logs::event;

/// The bounds of one call (CloudWatch Logs API reference, "PutLogEvents").
const EVENTS_MAX: usize = 10_000;
const BYTES_MAX: usize = 1 << 20;
const SPAN_MS_MAX: i64 = 24 * 60 * 60 * 1_000;
/// What an event counts beside its text.
const EVENT_BYTES: usize = 26;

/// A log stream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Stream {
    pub(super) region: String,
    pub(super) group: String,
    pub(super) name: String,
}

/// An event as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) timestamp_ms: i64,
    pub(super) text: String,
}

/// Sorts events by streams. `writer` is what the names of this node's streams end with.
pub(super) fn by_stream(logged: Vec<Logged>, writer: &str) -> BTreeMap<Stream, Vec<Line>> {
    let mut streams: BTreeMap<Stream, Vec<Line>> = BTreeMap::new();
    for Logged { arn, redrive_count, configuration, events } in logged {
        let group = configuration.log_group_arns.first().and_then(|group| LogGroupArn::parse(group));
        let (Some(group), Some(first)) = (group, events.first()) else { continue };
        let stream = Stream {
            region: group.place.region.to_owned(),
            group: group.name.to_owned(),
            name: stream_name(&arn, first.event.timestamp_ms, writer),
        };
        let lines = events.into_iter().map(|event| {
            let timestamp_ms = event.event.timestamp_ms;
            Line { timestamp_ms, text: event::line(&arn, redrive_count, event) }
        });
        streams.entry(stream).or_default().extend(lines);
    }
    // The sort keeps what happened at the same time in its order.
    streams.values_mut().for_each(|lines| lines.sort_by_key(|line| line.timestamp_ms));
    streams
}

/// AWS's form: one stream for each state machine and hour, and at its end which of several it is.
fn stream_name(execution_arn: &str, timestamp_ms: i64, writer: &str) -> String {
    let machine = ExecutionArn::parse(execution_arn).map_or("", |arn| arn.state_machine);
    let machine = machine.split_once('/').map_or(machine, |(machine, _)| machine);
    let hour = Timestamp::from_millisecond(timestamp_ms).unwrap_or_default().strftime("%Y-%m-%d-%H");
    format!("states/{machine}/{hour}/{writer}")
}

/// Cuts the lines of a stream into calls.
pub(super) fn calls(lines: &[Line]) -> Vec<&[Line]> {
    let mut calls = Vec::new();
    let mut rest = lines;
    while let Some(first) = rest.first() {
        let mut bytes = 0;
        let span: RangeInclusive<i64> =
            first.timestamp_ms..=first.timestamp_ms.saturating_add(SPAN_MS_MAX - 1);
        let fits = |line: &&Line| {
            bytes += line.text.len() + EVENT_BYTES;
            bytes <= BYTES_MAX && span.contains(&line.timestamp_ms)
        };
        // One that is too large by itself goes alone: it is the service's to refuse it.
        let len = rest.iter().take(EVENTS_MAX).take_while(fits).count().max(1);
        let (call, others) = rest.split_at(len);
        calls.push(call);
        rest = others;
    }
    calls
}

#[cfg(test)]
mod tests {
    use keepstep_engine::query::HistoryEvent;
    use keepstep_engine::record::{Configuration, Event};

    use super::*;

    /// 2026-08-24T03:25:42.883Z.
    const TIME_MS: i64 = 1_787_541_942_883;

    fn logged(arn: &str, group: &str, times: &[i64]) -> Logged {
        let configuration = Configuration {
            log_group_arns: vec![format!("arn:aws:logs:eu-west-1:123456789012:log-group:{group}:*")],
            ..Configuration::default()
        };
        let event = |timestamp_ms: &i64| {
            HistoryEvent::without_payloads(Event { id: 1, timestamp_ms: *timestamp_ms, ..Event::default() })
        };
        Logged {
            arn: arn.to_owned(),
            redrive_count: 0,
            configuration,
            events: times.iter().map(event).collect(),
        }
    }

    #[test]
    fn streams_are_those_of_state_machines_and_hours() {
        let arn = |rest: &str| format!("arn:aws:states:us-east-1:123456789012:{rest}");
        let hour = 60 * 60 * 1_000;
        let streams = by_stream(
            vec![
                logged(&arn("execution:m:e"), "g", &[TIME_MS + 1, TIME_MS + 2]),
                logged(&arn("execution:m:f"), "g", &[TIME_MS]),
                logged(&arn("express:m:e:uuid"), "g", &[TIME_MS + hour]),
                logged(&arn("execution:m/label:uuid"), "/other", &[TIME_MS]),
            ],
            "01234567",
        );
        let found: Vec<_> = streams
            .iter()
            .map(|(stream, lines)| {
                let times: Vec<_> = lines.iter().map(|line| line.timestamp_ms - TIME_MS).collect();
                (stream.region.as_str(), stream.group.as_str(), stream.name.as_str(), times)
            })
            .collect();
        assert_eq!(
            found,
            [
                ("eu-west-1", "/other", "states/m/2026-08-24-03/01234567", vec![0]),
                ("eu-west-1", "g", "states/m/2026-08-24-03/01234567", vec![0, 1, 2]),
                ("eu-west-1", "g", "states/m/2026-08-24-04/01234567", vec![hour]),
            ]
        );
    }

    #[test]
    fn calls_are_within_the_bounds() {
        let line = |timestamp_ms, bytes| Line { timestamp_ms, text: "x".repeat(bytes) };
        let check = |lines: Vec<Line>, expected: &[usize]| {
            let found: Vec<_> = calls(&lines).iter().map(|call| call.len()).collect();
            assert_eq!(found, expected);
            assert_eq!(calls(&lines).concat(), lines);
        };
        let half = BYTES_MAX / 2 - EVENT_BYTES;
        check(vec![], &[]);
        check(vec![line(0, 1); 3], &[3]);
        check(vec![line(0, 1); 10_001], &[10_000, 1]);
        check(vec![line(0, half); 3], &[2, 1]);
        check(vec![line(0, half), line(0, half + 1)], &[1, 1]);
        check(vec![line(0, 2 * BYTES_MAX), line(0, 1)], &[1, 1]);
        check(vec![line(0, 1), line(SPAN_MS_MAX - 1, 1), line(SPAN_MS_MAX, 1)], &[2, 1]);
    }
}
