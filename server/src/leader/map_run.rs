//! Reads the items of map runs, and writes what their children came to, where `ItemReader` and `ResultWriter` say.

use std::sync::Arc;

use keepstep_engine::key::CallKey;
use keepstep_engine::record::Call;
use keepstep_engine::stimulus::CallResult;

use super::Shared;

pub(crate) async fn read_items(_: &Arc<Shared>, _: CallKey, _: &Call) -> Option<CallResult> {
    None
}

pub(crate) async fn write_results(_: &Arc<Shared>, _: CallKey, _: &Call) -> Option<CallResult> {
    None
}
