//! Page tokens: opaque texts that say where a list goes on. They hold the position itself, so that any node can go on with them, also
//! after a change of leader.
//!
//! A token is good for the same list only: it holds a digest of what was asked (operation, account, region, ARN, filter, order). It is
//! checked against accidents, not against forgery: a forged position reads nothing that its caller could not read anyway.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::api_error::ApiError;
use crate::id::Timestamp;

const VERSION: u8 = 1;
const LIST_LEN: usize = 16;
const CHECKSUM_LEN: usize = 8;
/// API reference: "Each pagination token expires after 24 hours."
const LIFE_MS: i64 = 24 * 60 * 60 * 1_000;
/// A node's clock may be behind that of the node that gave the token.
const CLOCK_SKEW_MS: i64 = 60 * 1_000;
/// Longer than any token that is given: AWS's own limit is 1,024 characters (3,096 for ListExecutions).
const CHARS_MAX: usize = 3_096;

/// Which list a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct List([u8; LIST_LEN]);

impl List {
    /// The list that these texts describe together.
    pub(super) fn new(parts: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(part.as_bytes());
        }
        Self(front(&digest.finalize()))
    }

    /// The token that leads to `position`.
    pub(super) fn token(&self, now: Timestamp, position: &[u8]) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&now.0.to_be_bytes());
        bytes.extend_from_slice(&self.0);
        bytes.extend_from_slice(position);
        let checksum: [u8; CHECKSUM_LEN] = front(&Sha256::digest(&bytes));
        bytes.extend_from_slice(&checksum);
        STANDARD.encode(bytes)
    }

    /// The position that a token leads to; `None` for the empty one, which stands for the beginning.
    ///
    /// # Errors
    ///
    /// `InvalidToken` for anything that was not given for this list within the last 24 hours.
    pub(super) fn position(&self, now: Timestamp, token: &str) -> Result<Option<Vec<u8>>, ApiError> {
        if token.is_empty() {
            return Ok(None);
        }
        self.open(now, token).map(Some).ok_or_else(ApiError::invalid_token)
    }

    fn open(&self, now: Timestamp, token: &str) -> Option<Vec<u8>> {
        if token.len() > CHARS_MAX {
            return None;
        }
        let bytes = STANDARD.decode(token).ok()?;
        let (content, checksum) = bytes.split_last_chunk::<CHECKSUM_LEN>()?;
        let (version, rest) = content.split_first_chunk::<1>()?;
        let (given, rest) = rest.split_first_chunk::<8>()?;
        let (list, position) = rest.split_first_chunk::<LIST_LEN>()?;
        let age_ms = now.0.checked_sub(i64::from_be_bytes(*given))?;
        let valid = *version == [VERSION]
            && *checksum == front::<CHECKSUM_LEN>(&Sha256::digest(content))
            && *list == self.0
            && (-CLOCK_SKEW_MS..=LIFE_MS).contains(&age_ms);
        valid.then(|| position.to_vec())
    }
}

fn front<const N: usize>(digest: &[u8]) -> [u8; N] {
    let mut front = [0; N];
    front.iter_mut().zip(digest).for_each(|(to, from)| *to = *from);
    front
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    #[test]
    fn a_token_is_good_for_its_list_and_a_day() {
        let list = List::new(&["ListExecutions", "a", "b"]);
        let token = list.token(Timestamp(5 * DAY), b"position");
        let check = |list: List, now: i64, token: &str, expected: Result<Option<&[u8]>, &str>| {
            let found = list.position(Timestamp(now), token).map_err(|error| error.message);
            assert_eq!(found, expected.map(|at| at.map(<[u8]>::to_vec)).map_err(str::to_owned));
        };
        let invalid = Err("Invalid Token: 'Invalid token'");
        check(list, 5 * DAY, "", Ok(None));
        check(list, 5 * DAY, &token, Ok(Some(b"position")));
        check(list, 6 * DAY, &token, Ok(Some(b"position")));
        check(list, 6 * DAY + 1, &token, invalid);
        check(list, 5 * DAY - 60_001, &token, invalid);
        check(List::new(&["ListExecutions", "ab", ""]), 5 * DAY, &token, invalid);
        check(list, 5 * DAY, "InvalidToken", invalid);
        check(list, 5 * DAY, "AAAA", invalid);
        check(list, 5 * DAY, &"A".repeat(4_000), invalid);
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let list = List::new(&["x"]);
        let token = list.token(Timestamp(DAY), b"position");
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'B' { b'C' } else { b'B' };
            let changed = String::from_utf8(bytes).expect("base64 is ASCII");
            assert!(list.position(Timestamp(DAY), &changed).is_err(), "{at}");
        }
    }
}
