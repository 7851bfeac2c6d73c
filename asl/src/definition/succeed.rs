//! The Succeed state: ends its flow. It has no fields of its own.

use super::fields::Fields;
use super::{StateKind, state};

pub(super) fn read(fields: &Fields<'_>) -> Option<StateKind> {
    state::allow(fields, &[]);
    Some(StateKind::Succeed)
}
