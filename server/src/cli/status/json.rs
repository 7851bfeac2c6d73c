//! The status as JSON, for scripts. Holds all that nodes answer; raft ids and hashes as text, since JSON numbers can't hold them.

use serde_json::{Value, json};

use super::{Row, StatusResponse};

/// One document: `{"nodes": [...]}`, sorted by name.
pub(super) fn document(rows: &[Row]) -> Value {
    json!({ "nodes": rows.iter().map(node).collect::<Vec<_>>() })
}

fn node(row: &Row) -> Value {
    match &row.answer {
        Ok(answer) => answered(row, answer),
        Err(reason) => json!({ "name": row.name, "address": row.addr, "voter": row.voter, "error": reason }),
    }
}

fn answered(row: &Row, answer: &StatusResponse) -> Value {
    let hash = answer.current_hash.as_ref();
    json!({
        "name": row.name,
        "address": row.addr,
        "voter": row.voter,
        "raft_id": answer.raft_id.to_string(),
        "cluster_id": answer.cluster_id,
        "role": answer.role,
        "leader": answer.leader,
        "term": answer.term,
        "last_log": answer.last_log,
        "committed": answer.committed,
        "applied": answer.applied,
        "snapshot": answer.snapshot,
        "purged": answer.purged,
        "state_hash": hash.map(|state| hex::encode(&state.hash)),
        "state_hash_index": hash.map(|state| state.index),
        "pairs": answer.view_pairs,
        "state_bytes": answer.view_bytes,
        "log_bytes": answer.log_bytes,
    })
}
