//! `PutEvents` of an EventBridge-compatible endpoint: up to ten events a call, each with an outcome of its own.

use bytes::Bytes;
use futures::StreamExt;
use futures::stream;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::event::{DETAIL_TYPE, Event, SOURCE};
use super::target::Verdict;
use crate::aws;

/// Both are EventBridge's (user guide, "Sending events with PutEvents").
const ENTRIES_MAX: usize = 10;
const ENTRIES_BYTES_MAX: usize = 256 << 10;
/// What an entry has besides its detail: the sizes of `Time`, `Source`, `DetailType` and a resource.
const ENTRY_OVERHEAD: usize = 512;
const CALLS_MAX: usize = 4;
/// The errors of single entries that pass.
const PASSING: [&str; 4] =
    ["InternalException", "InternalFailure", "ServiceUnavailable", "ThrottlingException"];

pub(super) struct EventBridge(aws::Client);

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents<'a> {
    entries: Vec<Entry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<'a> {
    /// Seconds since the epoch.
    time: f64,
    source: &'static str,
    resources: [&'a str; 1],
    detail_type: &'static str,
    /// JSON within a string.
    detail: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    entries: Vec<EntryAnswer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EntryAnswer {
    error_code: Option<String>,
    error_message: Option<String>,
}

impl EventBridge {
    pub(super) fn new(client: aws::Client) -> Self {
        Self(client)
    }

    pub(super) async fn tell(&self, events: &[Event]) -> Vec<Verdict> {
        let calls: Vec<_> = batches(events).into_iter().map(|batch| self.put(batch)).collect();
        stream::iter(calls).buffered(CALLS_MAX).collect::<Vec<_>>().await.concat()
    }

    async fn put(&self, events: &[Event]) -> Vec<Verdict> {
        let failure = match self.call(events).await {
            Ok(verdicts) => return verdicts,
            Err(failure) => failure,
        };
        let is_refused =
            failure.code == "ValidationException" || failure.status == Some(StatusCode::PAYLOAD_TOO_LARGE);
        if !is_refused {
            return vec![Verdict::Unavailable(failure.to_string()); events.len()];
        }
        // One of them is not as it should be: which one shows when each comes alone.
        if events.len() == 1 {
            return vec![refused(&failure)];
        }
        let mut verdicts = Vec::with_capacity(events.len());
        for event in events.chunks(1) {
            verdicts.extend(self.call(event).await.unwrap_or_else(|failure| vec![refused(&failure)]));
        }
        verdicts
    }

    async fn call(&self, events: &[Event]) -> Result<Vec<Verdict>, aws::Failure> {
        let unusable = |reason: String| Verdict::Unavailable(format!("the answer of PutEvents: {reason}"));
        let entries = events.iter().map(entry).collect();
        let body = match serde_json::to_vec(&PutEvents { entries }) {
            Ok(body) => Bytes::from(body),
            Err(error) => return Ok(vec![Verdict::Refused(error.to_string()); events.len()]),
        };
        let region = events.first().map(|event| event.region.as_str()).filter(|region| !region.is_empty());
        let answer = self.0.call("PutEvents", region, body).await?;
        Ok(match serde_json::from_slice::<Answer>(&answer) {
            Ok(answer) if answer.entries.len() == events.len() => {
                answer.entries.into_iter().map(verdict).collect()
            }
            Ok(_) => vec![unusable("there isn't an outcome for each entry".to_owned()); events.len()],
            Err(error) => vec![unusable(error.to_string()); events.len()],
        })
    }
}

/// As many events as go into one call, in order, all of one region.
fn batches(events: &[Event]) -> Vec<&[Event]> {
    let mut batches = Vec::new();
    let mut rest = events;
    while let Some(first) = rest.first() {
        let mut bytes = 0;
        let fits = |event: &&Event| {
            bytes += event.bytes() + ENTRY_OVERHEAD;
            event.region == first.region && bytes <= ENTRIES_BYTES_MAX
        };
        // One that is larger than that by itself goes alone: the endpoint may take more.
        let len = rest.iter().take(ENTRIES_MAX).take_while(fits).count().max(1);
        let (batch, others) = rest.split_at(len);
        batches.push(batch);
        rest = others;
    }
    batches
}

fn entry(event: &Event) -> Entry<'_> {
    Entry {
        time: event.at_ms as f64 / 1_000.0,
        source: SOURCE,
        resources: [&event.execution_arn],
        detail_type: DETAIL_TYPE,
        detail: event.detail.get(),
    }
}

fn verdict(answer: EntryAnswer) -> Verdict {
    let Some(code) = answer.error_code else { return Verdict::Taken };
    let reason = format!("{code}: {}", answer.error_message.unwrap_or_default());
    if PASSING.contains(&code.as_str()) { Verdict::Unavailable(reason) } else { Verdict::Refused(reason) }
}

fn refused(failure: &aws::Failure) -> Verdict {
    if failure.is_retryable {
        Verdict::Unavailable(failure.to_string())
    } else {
        Verdict::Refused(failure.to_string())
    }
}
