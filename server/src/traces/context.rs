//! Which trace an execution belongs to: that of the `traceHeader` it was started with, or one of its own.

use keepstep_engine::record::Head;
use sha2::{Digest, Sha256};

/// The trace of an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Context {
    /// 16 bytes.
    pub(super) trace_id: Vec<u8>,
    /// 8 bytes; none if the execution begins the trace.
    pub(super) parent_span_id: Vec<u8>,
}

impl Context {
    /// `None` if whoever started the execution doesn't want it traced.
    pub(super) fn of(head: &Head) -> Option<Self> {
        match header(&head.trace_header) {
            Some(Header { sampled: false, .. }) => None,
            Some(Header { trace_id, parent_span_id, .. }) => Some(Self { trace_id, parent_span_id }),
            None => Some(Self { trace_id: own_trace_id(head), parent_span_id: Vec::new() }),
        }
    }
}

/// An id for one of the spans of an execution: the same each time.
pub(super) fn span_id(head: &Head, event_id: u64) -> Vec<u8> {
    digest(&[head.arn.as_bytes(), &event_id.to_be_bytes()])[..8].to_vec()
}

/// In X-Ray's form, which begins with the seconds of the start.
fn own_trace_id(head: &Head) -> Vec<u8> {
    let seconds = u32::try_from(head.started_ms / 1_000).unwrap_or_default();
    [&seconds.to_be_bytes()[..], &digest(&[head.arn.as_bytes()])[..12]].concat()
}

fn digest(parts: &[&[u8]]) -> [u8; 32] {
    parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)).finalize().into()
}

#[derive(Debug, PartialEq, Eq)]
struct Header {
    trace_id: Vec<u8>,
    parent_span_id: Vec<u8>,
    sampled: bool,
}

/// Reads `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1` (AWS X-Ray developer guide, "Tracing header"). Of
/// what is not in this form nothing is known.
fn header(text: &str) -> Option<Header> {
    let (mut trace_id, mut parent_span_id, mut sampled) = (None, Vec::new(), true);
    for part in text.split(';') {
        match part.trim().split_once('=') {
            Some(("Root", root)) => {
                let (seconds, rest) = root.strip_prefix("1-")?.split_once('-')?;
                trace_id = Some(id::<16>(&format!("{seconds}{rest}"))?);
            }
            Some(("Parent", parent)) => parent_span_id = id::<8>(parent)?,
            Some(("Sampled", value)) => sampled = value != "0",
            _ => {}
        }
    }
    Some(Header { trace_id: trace_id?, parent_span_id, sampled })
}

/// An id of so many bytes, which are not all zero.
fn id<const LENGTH: usize>(text: &str) -> Option<Vec<u8>> {
    let id = hex::decode(text).ok()?;
    (id.len() == LENGTH && id.iter().any(|byte| *byte != 0)).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trace_headers_are_read() {
        const ROOT: &str = "5759e988bd862e3fe1be46a994272793";
        let read = |parent: &str, sampled| Some((ROOT.to_owned(), parent.to_owned(), sampled));
        for (text, expected) in [
            (
                "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
                read("53995c3f42cd8ad8", true),
            ),
            ("Sampled=0; Root=1-5759e988-bd862e3fe1be46a994272793", read("", false)),
            ("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=?;Lineage=a:1|b:2", read("", true)),
            ("", None),
            ("Parent=53995c3f42cd8ad8", None),
            ("Root=1-5759e988-bd862e3fe1be46a99427279", None),
            ("Root=1-00000000-000000000000000000000000", None),
            ("Root=2-5759e988-bd862e3fe1be46a994272793", None),
            ("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=x", None),
            ("00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01", None),
        ] {
            let found = header(text).map(|Header { trace_id, parent_span_id, sampled }| {
                (hex::encode(trace_id), hex::encode(parent_span_id), sampled)
            });
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_trace_without_a_header_begins_with_its_time() {
        let head = Head { arn: "a".into(), started_ms: 1_465_510_280_999, ..Head::default() };
        let context = Context::of(&head).expect("it is traced");
        assert_eq!(context.trace_id.len(), 16);
        assert_eq!(hex::encode(&context.trace_id[..4]), "5759e988");
        assert_eq!(context.parent_span_id, [0; 0]);
        assert_eq!(Context::of(&head), Some(context));
        assert_ne!(span_id(&head, 1), span_id(&head, 2));
        let other = Head { arn: "b".into(), ..head.clone() };
        assert_ne!(span_id(&head, 1), span_id(&other, 1));
    }

    #[test]
    fn what_is_not_sampled_is_not_traced() {
        let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0";
        assert_eq!(Context::of(&Head { trace_header: header.into(), ..Head::default() }), None);
    }
}
