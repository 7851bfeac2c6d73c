//! One change as EventBridge shows it (developer guide, "Automating Step Functions event delivery with EventBridge"): members that don't
//! apply are null, dates within `detail` are milliseconds.

use bytes::Bytes;
use keepstep_engine::Limits;
use keepstep_engine::arn::ExecutionArn;
use keepstep_engine::execution::redrivability_by_head;
use keepstep_engine::id::derived_uuid;
use keepstep_engine::key::Outgoing;
use keepstep_engine::outbox::Payloads;
use keepstep_engine::record::Head;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// AWS leaves out the input where it and the output are longer together, and the output where it is longer by itself: escaped, in bytes.
const ESCAPED_BYTES_MAX: usize = 248 << 10;
pub(super) const SOURCE: &str = "aws.states";
pub(super) const DETAIL_TYPE: &str = "Step Functions Execution Status Change";

/// An event to tell.
pub(crate) struct Event {
    /// A UUID, the same for every time that this change is told, and for every target.
    pub(super) id: String,
    pub(super) execution_arn: String,
    pub(super) region: String,
    account: String,
    /// Milliseconds since the epoch.
    pub(super) at_ms: i64,
    /// JSON.
    pub(super) detail: Box<RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail<'a> {
    execution_arn: &'a str,
    state_machine_arn: &'a str,
    name: &'a str,
    status: &'static str,
    start_date: i64,
    stop_date: Option<i64>,
    input: Option<&'a str>,
    output: Option<&'a str>,
    state_machine_version_arn: Option<String>,
    state_machine_alias_arn: Option<String>,
    redrive_count: u32,
    redrive_date: Option<i64>,
    redrive_status: &'static str,
    redrive_status_reason: Option<&'a str>,
    input_details: Option<DataDetails>,
    output_details: Option<DataDetails>,
    error: Option<&'a str>,
    cause: Option<&'a str>,
}

/// `CloudWatchEventsExecutionDataDetails`.
#[derive(Serialize)]
struct DataDetails {
    included: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Envelope<'a> {
    version: &'static str,
    id: &'a str,
    detail_type: &'static str,
    source: &'static str,
    account: &'a str,
    time: String,
    region: &'a str,
    resources: [&'a str; 1],
    detail: &'a RawValue,
}

impl Event {
    /// The event of a change; `payloads` are those that are still there.
    pub(crate) fn new(
        outgoing: &Outgoing,
        head: &Head,
        payloads: &Payloads,
        limits: &Limits,
    ) -> serde_json::Result<Self> {
        let text = |payload: &Option<Bytes>| {
            payload.as_deref().map(|text| String::from_utf8_lossy(text).into_owned())
        };
        let (input, output) = (text(&payloads.input), text(&payloads.output));
        let (error, cause) = (head.error.as_deref(), head.cause.as_deref());
        let output_bytes = escaped_bytes(output.as_deref())?;
        // Errors count as well: EventBridge has room for 256 KB in all.
        let bytes =
            escaped_bytes(input.as_deref())? + output_bytes + escaped_bytes(error)? + escaped_bytes(cause)?;
        let input = input.filter(|_| bytes <= ESCAPED_BYTES_MAX);
        let output = output.filter(|_| output_bytes <= ESCAPED_BYTES_MAX);
        let arn = ExecutionArn::parse(&head.arn).ok();
        let redrivability = redrivability_by_head(head, outgoing.at, limits);
        let detail = Detail {
            execution_arn: &head.arn,
            state_machine_arn: &head.state_machine_arn,
            name: arn.map_or("", |arn| arn.name),
            status: head.status().api_name(),
            start_date: head.started_ms,
            stop_date: head.stopped_ms,
            input: input.as_deref(),
            output: output.as_deref(),
            state_machine_version_arn: head.version_arn(),
            state_machine_alias_arn: head.alias_arn(),
            redrive_count: head.redrive_count,
            redrive_date: head.redriven_ms,
            redrive_status: redrivability.api_name(),
            redrive_status_reason: redrivability.reason(),
            input_details: Some(DataDetails { included: input.is_some() }),
            output_details: head.output.map(|_| DataDetails { included: output.is_some() }),
            error,
            cause,
        };
        let execution = outgoing.execution.as_bytes();
        Ok(Self {
            id: derived_uuid(&[execution, &head.started_ms.to_be_bytes(), &outgoing.event_id.to_be_bytes()]),
            region: arn.map_or("", |arn| arn.place.region).to_owned(),
            account: arn.map_or("", |arn| arn.place.account).to_owned(),
            at_ms: outgoing.at.0,
            detail: to_raw_value(&detail)?,
            execution_arn: head.arn.clone(),
        })
    }

    /// Whose status has changed.
    pub(crate) fn execution_arn(&self) -> &str {
        &self.execution_arn
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.detail.get().len()
    }

    /// The whole event as its rules' targets get it.
    pub(super) fn to_json(&self) -> serde_json::Result<Bytes> {
        let at = jiff::Timestamp::from_millisecond(self.at_ms).unwrap_or_default();
        let envelope = Envelope {
            version: "0",
            id: &self.id,
            detail_type: DETAIL_TYPE,
            source: SOURCE,
            account: &self.account,
            time: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            region: &self.region,
            resources: [&self.execution_arn],
            detail: &self.detail,
        };
        serde_json::to_vec(&envelope).map(Bytes::from)
    }
}

/// The length of a text within a JSON string.
fn escaped_bytes(text: Option<&str>) -> serde_json::Result<usize> {
    text.map_or(Ok(0), |text| serde_json::to_string(text).map(|escaped| escaped.len() - 2))
}
