//! AWS JSON 1.0 over HTTP to gRPC: takes requests as AWS Step Functions does, checks signature, syntax and shape, asks a node, and
//! answers in AWS's words. Holds no state of its own: any number of gateways may stand before the same nodes, in their process or
//! elsewhere.
//!
//! Never here: anything that depends on what exists (that is the nodes' to judge), and the evaluation of definitions.
//!
//! The life of a request: [`Gateway`] takes the connection, `routes` finds the handler, `api` reads the body, `sigv4` verifies the
//! signature, `decode` and `validate` hold the body against the API model (`model`), `operations` translates it, and `nodes` asks, again
//! if need be with the same request id.

pub mod credentials;
pub mod metric;
pub mod workflow;

mod api;
mod arn;
mod caller;
mod check;
mod decode;
mod fault;
mod gateway;
mod model;
mod name;
mod nodes;
mod operation;
mod operations;
mod options;
mod probes;
mod request_id;
mod routes;
mod sigv4;
mod throttle;
mod validate;

#[cfg(test)]
mod tests;

pub use check::check_request;
pub use gateway::{Error, Gateway};
pub use options::{Limits, Options};
pub use probes::Probes;
pub use throttle::{Bucket, Throttling, ThrottlingError};
pub use workflow::Workflow;

/// The details of an event as the API gives them, without the member around them; an empty object for an event that has none.
pub fn event_details(
    event: &keepstep_proto::workflow::v1::HistoryEvent,
) -> serde_json::Map<String, serde_json::Value> {
    operations::history::details(event)
}

/// The answer of GetExecutionHistory as the API gives it: a JSON text.
pub fn history_json(answer: &keepstep_proto::workflow::v1::GetExecutionHistoryResponse) -> Vec<u8> {
    operations::history::got(answer)
}
