//! Definitions through the crate's public door: what valid ones compile to, and what AWS says of invalid
//! ones.

mod bounds;
mod json_syntax;
mod model;
mod problems;
mod random_states;
