//! Who calls, from the contract to the engine.

use keepstep_engine::Caller;
use keepstep_engine::id::RequestId;
use keepstep_proto::workflow::v1 as proto;

use crate::leader::Failure;

/// The caller and the request id of a call.
///
/// # Errors
///
/// `Internal`: gateways always send both.
pub(super) fn of(caller: Option<proto::Caller>) -> Result<(Caller, RequestId), Failure> {
    let incomplete =
        || Failure::Internal("the call names no caller or has no request id of 16 bytes".to_owned());
    let proto::Caller { account, region, partition, request_id } = caller.ok_or_else(incomplete)?;
    let request = RequestId::from_slice(&request_id).ok_or_else(incomplete)?;
    if account.is_empty() || region.is_empty() || partition.is_empty() {
        return Err(incomplete());
    }
    Ok((Caller { account, region, partition }, request))
}
