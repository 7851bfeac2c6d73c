//! The `keepstep` binary.

mod leader;
mod node;

fn main() {}
