//! Starting and stopping a node: what it refuses to start with, and what it says.

mod folders;
mod refusals;
