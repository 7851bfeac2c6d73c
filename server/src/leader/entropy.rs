//! Randomness for decisions, from the operating system, fetched in blocks.

use std::cell::RefCell;

use keepstep_asl::Entropy;

const BLOCK_LEN: usize = 512;

/// The operating system's randomness.
pub(crate) struct OsEntropy;

struct Block {
    bytes: [u8; BLOCK_LEN],
    used: usize,
}

thread_local! {
    static BLOCK: RefCell<Block> = const { RefCell::new(Block { bytes: [0; BLOCK_LEN], used: BLOCK_LEN }) };
}

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        BLOCK.with_borrow_mut(|block| {
            for byte in bytes {
                if block.used == BLOCK_LEN {
                    // Without randomness task tokens could be guessed: no decision may go on.
                    getrandom::fill(&mut block.bytes).expect("the operating system gives randomness");
                    block.used = 0;
                }
                // Used bytes are forgotten, so that no token can be read out of memory later.
                if let Some(next) = block.bytes.get_mut(block.used) {
                    *byte = std::mem::take(next);
                }
                block.used += 1;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_never_repeated() {
        let take = || {
            let mut bytes = [0; 100];
            OsEntropy.fill(&mut bytes);
            bytes
        };
        let taken: Vec<_> = (0..20).map(|_| take()).collect();
        for (index, bytes) in taken.iter().enumerate() {
            assert!(!taken[..index].contains(bytes));
            assert_ne!(*bytes, [0; 100]);
        }
    }
}
