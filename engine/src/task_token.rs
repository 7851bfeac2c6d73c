//! Task tokens: unguessable, and found without an index. A token names its execution, branch and attempt, and carries a random nonce
//! that the branch's record holds too.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::id::{BranchId, ExecutionId};

/// The length of a nonce, in bytes.
pub const NONCE_LEN: usize = 16;
const LEN: usize = 1 + 16 + 8 + 8 + NONCE_LEN;
const VERSION: u8 = 1;

/// Which attempt of which task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskToken {
    /// The execution.
    pub execution: ExecutionId,
    /// The branch whose task it is.
    pub branch: BranchId,
    /// Counts the branch's task attempts, from 1: an old attempt's token can't complete a new one.
    pub attempt: u64,
    /// Compared with the branch's record.
    pub nonce: [u8; NONCE_LEN],
}

impl TaskToken {
    /// The text that workers get and send back: base64, shorter than AWS's limit of 2,048 characters.
    pub fn encode(&self) -> String {
        let mut bytes = Vec::with_capacity(LEN);
        bytes.push(VERSION);
        bytes.extend_from_slice(self.execution.as_bytes());
        bytes.extend_from_slice(&self.branch.0.to_be_bytes());
        bytes.extend_from_slice(&self.attempt.to_be_bytes());
        bytes.extend_from_slice(&self.nonce);
        STANDARD.encode(bytes)
    }

    /// The token of a text; `None` for anything that [`TaskToken::encode`] did not make.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes: [u8; LEN] = STANDARD.decode(text).ok()?.try_into().ok()?;
        let (version, rest) = bytes.split_first_chunk::<1>()?;
        let (execution, rest) = rest.split_first_chunk::<16>()?;
        let (branch, rest) = rest.split_first_chunk::<8>()?;
        let (attempt, rest) = rest.split_first_chunk::<8>()?;
        (version[0] == VERSION).then_some(())?;
        Some(Self {
            execution: ExecutionId::from_bytes(*execution),
            branch: BranchId(u64::from_be_bytes(*branch)),
            attempt: u64::from_be_bytes(*attempt),
            nonce: rest.try_into().ok()?,
        })
    }
}
