//! Configuration: one set of settings, given by flags, by `KEEPSTEP_*` environment variables and by a TOML file, in this order of
//! precedence, and checked before anything starts. Reads files that settings name; starts nothing.

mod error;
mod node;
mod settings;

pub(crate) use error::Error;
pub(crate) use node::{LogFormat, Node};
pub(crate) use settings::Settings;

#[cfg(test)]
mod tests;
