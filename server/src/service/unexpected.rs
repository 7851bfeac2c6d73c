//! What an engine never gives.

use crate::leader::Failure;

/// The failure of an answer that is another operation's.
pub(super) fn answer() -> Failure {
    Failure::Internal("the engine gave the answer of another operation".to_owned())
}
