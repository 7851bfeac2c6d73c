//! A page of the keys under one prefix, in their order: how state machines and activities are listed. The position in a page's token is
//! what follows the prefix in the last key given, which is a name.

use bytes::Bytes;

use super::page::PageRequest;
use super::page_token::List;
use crate::api_error::Refusal;
use crate::id::Timestamp;
use crate::key;
use crate::view::{Direction, Versioned, View};

type Pairs = Vec<(Bytes, Versioned)>;

/// The pairs of a page, and the token of the next one.
///
/// # Errors
///
/// `InvalidToken`.
pub(super) fn scan(
    view: &dyn View,
    now: Timestamp,
    list: &List,
    prefix: &Bytes,
    page: &PageRequest,
) -> Result<(Pairs, String), Refusal> {
    let from = match list.position(now, &page.token)? {
        Some(name) => key::after(&[prefix.as_ref(), &name].concat()),
        None => prefix.clone(),
    };
    let limit = page.limit();
    let mut pairs = view.scan(&from, &key::prefix_end(prefix), limit + 1, Direction::Forward)?;
    if pairs.len() <= limit {
        return Ok((pairs, String::new()));
    }
    pairs.truncate(limit);
    let name = pairs.last().and_then(|(key, _)| key.strip_prefix(prefix.as_ref())).unwrap_or_default();
    let token = list.token(now, name);
    Ok((pairs, token))
}
